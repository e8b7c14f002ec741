"""Who is at a board and who is writing: told at most once a second, people and not tabs.

A browser says `board.busy` {writing: true} at most once a second while somebody types, and
{writing: false} when they stop. Everybody hears `board.here` {n} when it changes; leads hear
`board.stats` {here, writing, tables: {id: {here, notes, idle_s}}}, "" for who sits at no table.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog

from core import db
from core.errors import NotFound
from core.web import permits
from realtime import boards, seats, sockets
from realtime.phases import Role
from realtime.seats import Seat
from realtime.sockets import on

log = structlog.get_logger(__name__)
EVERY = 1.0  # seconds
WRITING = 4.0  # seconds for which somebody who said so is taken to be writing
_lock = threading.Lock()
_threads: list[threading.Thread] = []


@on("board.busy")
@permits("public")
def busy(said: dict[str, Any]) -> None:
    """Somebody begins or goes on writing, or has stopped."""
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
    writing = {one.member for one in here.values() if now - one.writing_at < WRITING}
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


def _run() -> None:
    told: dict[int, int] = {}
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
            except NotFound:
                continue
            except Exception:
                log.exception("attendance not told", board=board_id)
            finally:
                db.session.remove()


def _tell(board_id: int, public_id: str, before: int | None) -> int:
    here, count = seats.at(board_id), seats.people(board_id)
    if count != before:
        for room in (seats.everybody(public_id), seats.leads(public_id)):
            sockets.tell(room, "board.here", {"n": count})
    if any(_leads(seat) for seat in here.values()):
        sockets.tell(seats.leads(public_id), "board.stats", counted(board_id, public_id))
    return count


def _leads(seat: Seat) -> bool:
    return seat.role == Role.LEAD
