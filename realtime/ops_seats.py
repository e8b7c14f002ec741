"""What is asked of seats, judged: one by one, mixed for another round, back to the first table.

Who is seated one by one before any mixing has that table as their first one; `round` marks seats
that change nothing about it (`folds.members_seat`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from realtime import rights, values
from realtime.phases import Role
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.state import Effect, State


def members_seat(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    seats, is_round = op.get("seats"), op.get("round", False)
    if not isinstance(seats, dict) or not isinstance(is_round, bool):
        raise Refused("shape")
    if not all(isinstance(one, str) for one in seats):
        raise Refused("shape")
    known = {
        member: rights.known_table(state, table) if table else ""
        for member, table in seats.items()
        if member in state["members"]
    }
    return _seated(known) if is_round else {"op": "members.seat", "seats": known}


def members_shuffle(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    return mixed(state, values.whole(op.get("seed", 0), 0, 2**31))


def members_home(state: State, _who: Asking, _op: Mapping[str, Any]) -> Effect:
    return returned(state)


def mixed(state: State, seed: int) -> Effect:
    """Everybody but the hosts to another table, as evenly as can be; hosts stay, and are counted.

    Whose turn came when only their own table was free changes places with somebody afterwards.
    """
    tables = sorted(state["tables"], key=lambda one: (state["tables"][one]["o"], one))
    if not tables:
        raise Refused("gone")
    chance = random.Random(seed)  # noqa: S311 seats, not secrets
    before = {i: one["table"] for i, one in state["members"].items() if one["role"] == Role.MEMBER}
    order = sorted(before)
    chance.shuffle(order)
    size = dict.fromkeys(tables, 0)
    for one in state["members"].values():
        if one["role"] == Role.HOST and one["table"] in size:
            size[one["table"]] += 1
    seats: dict[str, str] = {}
    for member in order:
        free = min(tables, key=lambda one: (size[one], one == before[member]))
        seats[member] = free
        size[free] += 1
    for member in order:
        stays = seats[member]
        if stays == before[member]:
            others = (one for one in order if stays not in (seats[one], before[one]))
            if (other := next(others, None)) is not None:
                seats[member], seats[other] = seats[other], stays
    return _seated(seats)


def returned(state: State) -> Effect:
    """Everybody but the hosts back to the table where they were first; hosts stay."""
    seats = {
        member: one["home"]
        for member, one in state["members"].items()
        if one["role"] == Role.MEMBER and one["home"] not in ("", one["table"])
    }
    if not seats:
        raise Refused("home")
    return _seated(seats)


def _seated(seats: Mapping[str, str]) -> Effect:
    return {"op": "members.seat", "seats": dict(sorted(seats.items())), "round": True}
