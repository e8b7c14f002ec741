"""Boards over sockets: joining, what is asked, what is told. Judging is the owner's (`owners`).

A browser says `board.join` {board, seq: the number it has seen, or -1} and is answered {seq, at,
role} with `ops` (what it missed) or `resync` (read the board anew over HTTP, then go on). From then
on it hears each tick as one frame `ops` {from, to, at, ops: [{s, c, n, m, op, …}]}. Frames may
overtake the answer to a joining: they are kept until it is there; what one has already is skipped,
and a frame that begins behind what one has means: join again. Its own operations in a frame (`c`,
`n`) are their acknowledgement.

It asks by `board.op` {c: a name of its own, ops: [{n: 1, op, …}, …]} in order, at most `OPS` at
once. To its sender alone goes `no` {c, n, code, said}, or `again` {c, n, seq}: done before, to be
seen from number `seq` on. Code "busy" (too much at once) is to be asked again a little later.

Who is sent away, or becomes something else, gets an empty frame behind what they have: they join
again, and are refused or read the board anew. `realtime.attendance` says who is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import clock, web
from core.errors import Forbidden, TooMany
from core.web import permits
from realtime import asks, attendance, boards, listeners, members, seats, sockets, workshops
from realtime.asks import Answer, Ask, Row
from realtime.models import Member, Workshop
from realtime.owners import Owner
from realtime.phases import Role
from realtime.seats import Seat
from realtime.sockets import on

OPS = 200  # operations in one message: what a phone wrote in a tunnel


@on("board.join", is_rare=True)
@permits("public")
def join(said: dict[str, Any]) -> dict[str, Any]:
    """Sit down at a board: `{"board": public id, "seq": last number seen}`."""
    sid = sockets.sid()
    before = seats.of(sid)
    if before is not None and not before.joins.take():
        raise TooMany
    workshop = workshops.by_address(str(said.get("board", ""))[:40])
    member = member_here(workshop)
    if member is None:
        seats.leave(sid)
        raise Forbidden
    owner, seen = boards.of(workshop), said.get("seq")
    seat = Seat(workshop.id, workshop.public_id, member.public_id, member.role)
    if before is not None:
        seat.joins = before.joins
    with owner.still() as memory:  # no tick comes between the rooms and what was missed
        there = memory.state["members"].get(seat.member)
        if there is None:
            raise Forbidden
        seat.role = there["role"]
        seats.take(sid, seat)
        missed = owner.since(seen, seat.member) if isinstance(seen, int) else None
        told: dict[str, Any] = {"seq": memory.seq, "at": now(), "role": seat.role}
    owner.watch()
    attendance.begin()
    sockets.tell(sid, "board.here", {"n": seats.people(seat.board_id)})
    return {**told, "resync": True} if missed is None else {**told, "ops": missed}


@on("board.op")
@permits("public")
def op(said: dict[str, Any]) -> dict[str, Any] | None:
    """Operations of one tab: `{"c": its id, "ops": [{"n": 1, "op": …}, …]}`, in order."""
    sid = sockets.sid()
    seat = seats.of(sid)
    cid, asked = said.get("c"), said.get("ops")
    if seat is None:
        raise Forbidden
    if not asks.is_sender(cid) or not isinstance(asked, list):
        return {"error": "shape"}
    owner = boards.at(seat.board_id, seat.public_id)
    listed = [_ask(owner, seat, sid, cid, one) for one in asked if is_op(one)]
    owner.ask(listed[:OPS])
    for one in listed[OPS:]:
        one.answer(asks.busy())
    return None


def member_here(workshop: Workshop) -> Member | None:
    """Who this browser is at a workshop: by its signed cookie, or by whoever is signed in."""
    who = web.actor()
    found = members.known(workshop, web.kept_for(f"w:{workshop.public_id}"))
    if found is not None:
        return found
    return members.of_account(workshop, who) if who is not None else None


def tell(owner: Owner, rows: list[Row]) -> None:
    """One frame to everybody; other ones to the leads and to whom some of it is their own."""
    board, here = owner.public_id, seats.at(owner.board_id)
    recast = _recast(owner, rows, here)
    own = owner.concerned(rows) - {""}
    apart = {seat.member: seat.role for seat in here.values() if seat.member in own}
    skipped = [sid for sid, seat in here.items() if seat.member in apart or sid in recast]
    sockets.tell(seats.everybody(board), "ops", _frame(owner, rows, "", Role.MEMBER), skip=skipped)
    if any(seat.role == Role.LEAD for seat in here.values()):
        sockets.tell(seats.leads(board), "ops", _frame(owner, rows, "", Role.LEAD), skip=skipped)
    for member, role in apart.items():
        frame = _frame(owner, rows, member, role)
        sockets.tell(seats.oneself(board, member), "ops", frame, skip=recast)
    last = rows[-1].seq
    for sid in recast:
        sockets.tell(sid, "ops", {"from": last, "to": last, "at": now(), "ops": []})


def _recast(owner: Owner, rows: list[Row], here: Mapping[str, Seat]) -> list[str]:
    """Cut off who was sent away, and let who is something else now hear as that; their sids."""
    named = [row.effect["id"] for row in rows if row.effect["op"] in ("member.gone", "member.join")]
    if not named:
        return []
    found = []
    with owner.still() as memory:
        for sid, seat in here.items():
            member = memory.state["members"].get(seat.member)
            if member is None:
                seats.leave(sid)
            elif member["role"] != seat.role:
                seats.cast(sid, member["role"])
            else:
                continue
            found.append(sid)
    return found


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


listeners.tell_by(tell)
sockets.when_left(seats.leave)
