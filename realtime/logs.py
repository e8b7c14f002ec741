"""A board's log: written by ticks, read by who missed something and by who builds it anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, insert, select

from core import db
from realtime.asks import Row
from realtime.models import BoardOp


@dataclass
class Senders:
    """Which operations were done: a sender's numbers, whose sender it is, each one's last moves.

    Numbers are kept one by one: what was refused as "busy" may come after what followed it.
    A move that a later one of the same sender overtook is in no row; sent again it is done.
    """

    numbers: dict[str, set[int]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    moves: dict[tuple[str, str], int] = field(default_factory=dict)

    def keep(self, row: Row) -> None:
        """Remember a new row."""
        self.numbers.setdefault(row.cid, set()).add(row.n)
        self.members.setdefault(row.cid, row.by)
        if row.effect["op"] == "note.move":
            place = (row.cid, row.effect["id"])
            self.moves[place] = max(row.n, self.moves.get(place, 0))

    def has(self, cid: str, n: int, moved: str) -> bool:
        """Whether this was done before; `moved` is the note it moves, or nothing."""
        if n in self.numbers.get(cid, ()):
            return True
        return bool(moved) and n < self.moves.get((cid, moved), 0)


def senders(board_id: int) -> Senders:
    """What a board's log says of its senders."""
    found = Senders()
    query = select(BoardOp.cid, BoardOp.n, BoardOp.member).where(BoardOp.board_id == board_id)
    for cid, n, member in db.session().execute(query.order_by(BoardOp.seq)):
        found.numbers.setdefault(cid, set()).add(n)
        found.members.setdefault(cid, member)
    note = BoardOp.body["id"].as_string()
    moves = select(BoardOp.cid, note, func.max(BoardOp.n)).where(
        BoardOp.board_id == board_id, BoardOp.body["op"].as_string() == "note.move"
    )
    for cid, moved, n in db.session().execute(moves.group_by(BoardOp.cid, note)):
        found.moves[(cid, moved)] = n
    return found


def after(board_id: int, seq: int) -> list[Row]:
    """The rows of a log behind a number."""
    query = select(BoardOp.seq, BoardOp.cid, BoardOp.n, BoardOp.body, BoardOp.member)
    query = query.where(BoardOp.board_id == board_id, BoardOp.seq > seq).order_by(BoardOp.seq)
    return [Row(*found) for found in db.session().execute(query)]


def whole(board_id: int) -> Iterable[tuple[datetime, Row]]:
    """The whole log with its times, oldest first."""
    query = select(BoardOp).where(BoardOp.board_id == board_id).order_by(BoardOp.seq)
    for op in db.session().scalars(query.execution_options(yield_per=1000)):
        yield op.at, Row(op.seq, op.cid, op.n, op.body, op.member)


def write(board_id: int, rows: Sequence[Row], at: datetime) -> None:
    """Add rows, within the transaction that also writes the tables."""
    listed = [
        {
            "board_id": board_id,
            "seq": row.seq,
            "cid": row.cid,
            "n": row.n,
            "member": row.by,
            "at": at,
            "body": row.effect,
        }
        for row in rows
    ]
    db.session().connection().execute(insert(BoardOp.__table__), listed)  # type: ignore[arg-type]
