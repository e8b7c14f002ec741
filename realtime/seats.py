"""Who sits where: each connection's board and member, and the rooms by which it is reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime import sockets
from realtime.asks import Allowance
from realtime.phases import Role

JOINS = 10.0  # readings of a board at once: a line that comes and goes
JOIN_RATE = 0.5  # and a second, from then on


@dataclass
class Seat:
    """Which board a connection sits at, as whom, and what they are doing and since when."""

    board_id: int
    public_id: str
    member: str
    role: str
    writing_at: float = 0.0
    moving: str = ""  # a note or an island
    moving_at: float = 0.0
    joins: Allowance = field(default_factory=lambda: Allowance(JOIN_RATE, JOINS, JOINS))

    def rooms(self) -> tuple[str, str]:
        """The names under which it is reached: all but the leads or the leads, and oneself."""
        name = leads if self.role == Role.LEAD else everybody
        return name(self.public_id), oneself(self.public_id, self.member)


_seats: dict[str, Seat] = {}
_lock = threading.Lock()


def of(sid: str) -> Seat | None:
    """Where a connection sits."""
    return _seats.get(sid)


def at(board_id: int) -> dict[str, Seat]:
    """The connections at a board."""
    return {sid: seat for sid, seat in list(_seats.items()) if seat.board_id == board_id}


def people(board_id: int) -> int:
    """How many people sit at a board: one with three tabs is one."""
    return len({seat.member for seat in at(board_id).values()})


def boards() -> dict[int, str]:
    """The boards at which anybody sits, with their addresses."""
    return {seat.board_id: seat.public_id for seat in list(_seats.values())}


def take(sid: str, seat: Seat) -> None:
    """Sit a connection down; wherever it sat before it hears of no more."""
    with _lock:
        before = _seats.get(sid)
        _seats[sid] = seat
    if before is not None:
        _leave(sid, set(before.rooms()) - set(seat.rooms()))
    for room in seat.rooms():
        sockets.enter(room, sid)


def cast(sid: str, role: str) -> None:
    """Let a connection hear from now on what its member's new role hears."""
    seat = _seats.get(sid)
    if seat is not None:
        before, seat.role = seat.rooms(), role
        _leave(sid, set(before) - set(seat.rooms()))
        for room in seat.rooms():
            sockets.enter(room, sid)


def leave(sid: str) -> None:
    """A connection sits nowhere any more."""
    with _lock:
        seat = _seats.pop(sid, None)
    if seat is not None:
        _leave(sid, seat.rooms())


def write(sid: str, is_writing: bool) -> None:
    """Somebody begins or goes on writing, or has stopped."""
    seat = _seats.get(sid)
    if seat is not None:
        seat.writing_at = time.monotonic() if is_writing else 0.0


def move(sid: str, id_: str) -> None:
    """Somebody begins or goes on moving a note or an island; "" when they have let go."""
    seat = _seats.get(sid)
    if seat is not None:
        seat.moving, seat.moving_at = id_, time.monotonic()


def everybody(board: str) -> str:
    return f"board:{board}"


def leads(board: str) -> str:
    return f"leads:{board}"


def oneself(board: str, member: str) -> str:
    return f"seat:{board}:{member}"


def _leave(sid: str, rooms: Iterable[str]) -> None:
    for room in rooms:
        sockets.leave(room, sid)
