"""Boards over sockets: joining, what is asked, what is told. Judging is the owner's (`boards`).

A browser says `board.join` with the number it has seen, gets what it missed or is sent to read the
board anew over HTTP, and from then on hears each tick as one frame `ops`. Its own operations in it
are their acknowledgement; a refusal (`no`) goes to its sender alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import clock, web
from core.errors import Forbidden
from core.web import permits
from realtime import boards, members, sockets, workshops
from realtime.boards import Answer, Ask, Owner, Row
from realtime.models import Member, Workshop
from realtime.phases import Role
from realtime.sockets import on

OPS = 200  # operations in one message: what a phone wrote in a tunnel


@dataclass(frozen=True)
class Seat:
    """Which board a connection sits at, and as whom."""

    board_id: int
    public_id: str
    member: str
    role: str


_seats: dict[str, Seat] = {}
_lock = threading.Lock()


@on("board.join")
@permits("public")
def join(said: dict[str, Any]) -> dict[str, Any]:
    """Sit down at a board: `{"board": public id, "seq": last number seen}`."""
    workshop = workshops.by_address(str(said.get("board", ""))[:40])
    member = member_here(workshop)
    if member is None:
        raise Forbidden
    owner, sid = boards.of(workshop), sockets.sid()
    role = owner.role_of(member.public_id) or member.role
    with _lock:
        _seats[sid] = Seat(workshop.id, workshop.public_id, member.public_id, role)
    for room in rooms_of(workshop.public_id, member.public_id, role):
        sockets.enter(room)
    seen = said.get("seq")
    missed = owner.since(seen, member.public_id) if isinstance(seen, int) else None
    told: dict[str, Any] = {"seq": owner.seq, "at": now(), "role": role}
    return {**told, "resync": True} if missed is None else {**told, "ops": missed}


@on("board.op")
@permits("public")
def op(said: dict[str, Any]) -> dict[str, Any] | None:
    """Operations of one tab: `{"c": its id, "ops": [{"n": 1, "op": …}, …]}`, in order."""
    sid = sockets.sid()
    seat = _seats.get(sid)
    cid, asked = said.get("c"), said.get("ops")
    if seat is None:
        raise Forbidden
    if not isinstance(cid, str) or not 8 <= len(cid) <= 40 or not isinstance(asked, list):
        return {"error": "shape"}
    owner = boards.of(workshops.by_address(seat.public_id))
    owner.ask([_ask(owner, seat, sid, cid, one) for one in asked[:OPS] if is_op(one)])
    return None


def left(sid: str) -> None:
    """A connection is over."""
    with _lock:
        _seats.pop(sid, None)


def member_here(workshop: Workshop) -> Member | None:
    """Who this browser is at a workshop: by its signed cookie, or by whoever is signed in."""
    who = web.actor()
    found = members.known(workshop, web.kept_for(f"w:{workshop.public_id}"))
    if found is not None:
        return found
    return members.of_account(workshop, who) if who is not None else None


def rooms_of(board: str, member: str, role: str) -> list[str]:
    """The names under which somebody at a board is reached: all but the leads, leads, oneself."""
    return [leads(board) if role == Role.LEAD else everybody(board), oneself(board, member)]


def everybody(board: str) -> str:
    return f"board:{board}"


def leads(board: str) -> str:
    return f"leads:{board}"


def oneself(board: str, member: str) -> str:
    return f"seat:{board}:{member}"


def tell(owner: Owner, rows: list[Row]) -> None:
    """One frame to everybody; other ones to the leads and to whom some of it is their own."""
    concerned = owner.concerned(rows)
    own = concerned - {""}
    board = owner.public_id
    seats = [seat for seat in list(_seats.values()) if seat.board_id == owner.board_id]
    apart = {seat.member: seat.role for seat in seats if seat.member in own}
    skipped = [sid for sid, seat in list(_seats.items()) if seat.member in apart]
    sockets.tell(everybody(board), "ops", _frame(owner, rows, "", Role.MEMBER), skip=skipped)
    if any(seat.role == Role.LEAD for seat in seats):
        sockets.tell(leads(board), "ops", _frame(owner, rows, "", Role.LEAD), skip=skipped)
    for member, role in apart.items():
        sockets.tell(oneself(board, member), "ops", _frame(owner, rows, member, role))


def _frame(owner: Owner, rows: list[Row], member: str, role: str) -> dict[str, Any]:
    told = owner.outgoing(rows, member, role)
    return {"from": rows[0].seq - 1, "to": rows[-1].seq, "at": now(), "ops": told}


def _ask(owner: Owner, seat: Seat, sid: str, cid: str, one: Mapping[str, Any]) -> Ask:
    n = int(one["n"])

    def answer(answered: Answer) -> None:
        if answered.code:
            refusal = {"c": cid, "n": n, "code": answered.code, "said": str(answered.said)}
            sockets.tell(sid, "no", refusal)
        elif answered.is_again:
            sockets.tell(sid, "again", {"c": cid, "n": n, "seq": owner.seq})

    return Ask(seat.member, cid, n, one, answer)


def is_op(one: object) -> bool:
    """Whether this can be looked at as an operation at all."""
    if not isinstance(one, dict):
        return False
    n = one.get("n")
    return isinstance(n, int) and not isinstance(n, bool) and 0 < n < 2**31


def now() -> int:
    """The server's clock, in ms: browsers count what a timer has left from it."""
    return int(clock.now().timestamp() * 1000)


boards.tell_by(tell)
sockets.when_left(left)
