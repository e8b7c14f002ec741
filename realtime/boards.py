"""Boards: their owners in this process, and what a verb does to one inside its own transaction.

Whatever else is asked of a board, its owner judges (`owners`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from core import clock, db
from realtime import folds, listeners, logs, projections
from realtime.asks import Row
from realtime.models import Board, Workshop
from realtime.owners import Owner
from realtime.state import Effect, State

KEPT = 200  # boards remembered
_owners: dict[int, Owner] = {}
_lock = threading.Lock()


def of(workshop: Workshop) -> Owner:
    """The owner of a workshop's board in this process."""
    return at(workshop.id, workshop.public_id)


def at(board_id: int, public_id: str) -> Owner:
    """The same by the board's two ids, for who has looked them up before."""
    with _lock:
        owner = _owners.pop(board_id, None)
        if owner is None or owner.public_id != public_id:
            owner = Owner(board_id, public_id)
        _owners[board_id] = owner  # the last asked for is the last to be let go
        quiet = [one for one in list(_owners.values())[: -KEPT or None] if not one.is_running]
        for one in quiet:
            del _owners[one.board_id]
        return owner


def forget() -> None:
    """Let go of every board; the next to ask reads it from the database."""
    with _lock:
        owners = list(_owners.values())
        _owners.clear()
    for owner in owners:
        owner.stop()


def read(board_id: int) -> tuple[State, int]:
    """A board as the database has it, for those inside a transaction of their own."""
    return projections.read(board_id)


def append(board_id: int, effects: Sequence[Effect], *, by: str = "") -> None:
    """Let the server itself do something to a board, within the current transaction.

    For verbs that change other rows with it. The owner reads the board anew after the commit and
    tells whoever looks at it.
    """
    with db.transaction() as tx:
        query = select(Board).where(Board.workshop_id == board_id)
        board = tx.scalars(db.locked(query)).one()
        state, seq = projections.read(board_id)
        now = clock.now()
        changed: projections.Touched = set()
        rows: list[Row] = []
        for effect in effects:
            changed |= projections.touched(state, effect)
            folds.apply(state, effect)
            seq += 1
            rows.append(Row(seq, "server", seq, effect, by))
        projections.claim(board_id, state, board.seq, seq)
        logs.write(board_id, rows, now)
        projections.write(board_id, state, changed, now)
        tx.expire(board)
        for noted in listeners.noters:
            noted(board_id, rows)
        db.on_commit(lambda: _tell_appended(board_id))


def _tell_appended(board_id: int) -> None:
    owner = _owners.get(board_id)
    if owner is not None:
        owner.refresh()
        owner.tick()


def history(board_id: int) -> Iterable[tuple[datetime, Row]]:
    """The whole log with its times, oldest first."""
    return logs.whole(board_id)
