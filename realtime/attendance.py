"""Who is at a board, who is writing or moving something: told at most once a second; in no log.

A browser says `board.busy` {writing: true} at most once a second while somebody types, and
{writing: false} when they stop; in the same way {moving: id} while they drag a note or an island,
and {moving: ""}. Everybody hears when it changes: `board.here` {n} and, on a board of up to `FEW`,
`board.moving` {by: {id: member}}. Leads hear `board.stats` {here, writing, tables: {id: {here,
notes, idle_s}}}, "" for who sits at no table.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog

from core import db
from core.errors import NotFound
from core.web import permits
from realtime import boards, ops, seats, sockets
from realtime.phases import Role
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.seats import Seat
from realtime.sockets import on
from realtime.state import State

log = structlog.get_logger(__name__)
EVERY = 1.0  # seconds
WRITING = 4.0  # seconds for which somebody who said so is taken to be writing, or moving
FEW = 50  # members up to whom everybody hears who is moving what
_lock = threading.Lock()
_threads: list[threading.Thread] = []


@on("board.busy")
@permits("public")
def busy(said: dict[str, Any]) -> None:
    """Somebody begins or goes on writing or moving something, or has stopped."""
    if isinstance(moving := said.get("moving"), str):
        seats.move(sockets.sid(), moving[:40])
    else:
        seats.write(sockets.sid(), said.get("writing") is True)


def begin() -> None:
    """Tell who is here from now on, while anybody is."""
    with _lock:
        if not _threads:
            thread = threading.Thread(target=_run, daemon=True, name="attendance")
            _threads.append(thread)
            thread.start()


def counted(board_id: int, public_id: str) -> dict[str, Any]:
    """What the leads of a board are told of who is there."""
    here = seats.at(board_id)
    now = time.monotonic()
    people = {seat.member for seat in here.values()}
    taking = [one for one in here.values() if one.role != Role.LEAD]  # a lead waits for the others
    writing = {one.member for one in taking if now - one.writing_at < WRITING}
    owner = boards.at(board_id, public_id)
    with owner.still() as memory:
        ids = [*memory.state["tables"], ""]
        tables = {id_: {"here": 0, "notes": 0, "idle_s": owner.idle(id_)} for id_ in ids}
        for member in people:
            table = memory.state["members"].get(member, {}).get("table", "")
            tables[table if table in tables else ""]["here"] += 1
        for note in memory.state["notes"].values():
            if not note["gone"]:
                tables[note["table"] if note["table"] in tables else ""]["notes"] += 1
    return {"here": len(people), "writing": len(writing), "tables": tables}


def moving(board_id: int, public_id: str) -> dict[str, str]:
    """What is being moved by whom, where they may and it is shown; nothing on a large board."""
    now = time.monotonic()
    held = [one for one in seats.at(board_id).values() if one.moving]
    held = [one for one in held if now - one.moving_at < WRITING]
    if not held:
        return {}
    with boards.at(board_id, public_id).still() as memory:
        if len(memory.state["members"]) > FEW:
            return {}
        return {one.moving: one.member for one in held if _may_move(memory.state, one)}


def _may_move(state: State, seat: Seat) -> bool:
    """Judged as the move itself will be; of what is not shown yet, nobody hears that it moves."""
    note = state["notes"].get(seat.moving)
    if note is not None and note["veil"]:
        return False
    op = "island.move" if note is None else "note.move"
    try:
        ops.judged(state, Asking(seat.member, seat.role, 0), {"op": op, "id": seat.moving})
    except Refused:
        return False
    return True


def _run() -> None:
    told: dict[int, int] = {}
    moved: dict[int, dict[str, str]] = {}
    while True:
        time.sleep(EVERY)
        listed = seats.boards()
        with _lock:
            if not listed:
                _threads.clear()
                return
        for board_id, public_id in listed.items():
            try:
                told[board_id] = _tell(board_id, public_id, told.get(board_id))
                moved[board_id] = _tell_moving(board_id, public_id, moved.get(board_id, {}))
            except NotFound:
                continue
            except Exception:
                log.exception("attendance not told", board=board_id)
            finally:
                db.session.remove()


def _tell(board_id: int, public_id: str, before: int | None) -> int:
    here, count = seats.at(board_id), seats.people(board_id)
    if count != before:
        _tell_all(public_id, "board.here", {"n": count})
    if any(_leads(seat) for seat in here.values()):
        sockets.tell(seats.leads(public_id), "board.stats", counted(board_id, public_id))
    return count


def _tell_moving(board_id: int, public_id: str, before: dict[str, str]) -> dict[str, str]:
    now = moving(board_id, public_id)
    if now != before:
        _tell_all(public_id, "board.moving", {"by": now})
    return now


def _tell_all(public_id: str, event: str, said: dict[str, Any]) -> None:
    for room in (seats.everybody(public_id), seats.leads(public_id)):
        sockets.tell(room, event, said)


def _leads(seat: Seat) -> bool:
    return seat.role == Role.LEAD
