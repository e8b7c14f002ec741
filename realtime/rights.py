"""Who asks, and what of a board is theirs to touch: shown to them, of their table, their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime.phases import Plan, Role
from realtime.refusals import Refused
from realtime.state import Effect, State


@dataclass(frozen=True)
class Asking:
    """Who asks, when (ms since 1970) and of which plan."""

    member: str
    role: str
    now: int
    plan: Plan = field(default_factory=lambda: Plan(()))


Judge = Callable[[State, Asking, Mapping[str, Any]], Effect]


def note(state: State, who: Asking, id_: str) -> dict[str, Any]:
    """A note one can do something with: there, and shown to whoever asks."""
    note: dict[str, Any] | None = state["notes"].get(id_)
    if note is None or note["gone"] or note["hid"]:
        raise Refused("gone")
    if note["veil"] and note["by"] != who.member:
        raise Refused("own")
    return note


def island(state: State, id_: str) -> dict[str, Any]:
    """An island that is on the board."""
    island: dict[str, Any] | None = state["islands"].get(id_)
    if island is None or island["gone"]:
        raise Refused("gone")
    return island


def require_own(who: Asking, thing: Mapping[str, Any]) -> None:
    """Only who made a thing, or a lead, changes it."""
    if thing["by"] != who.member and who.role != Role.LEAD:
        raise Refused("own")


def require_author(who: Asking, thing: Mapping[str, Any]) -> None:
    """Only who made a thing."""
    if thing["by"] != who.member:
        raise Refused("own")


def require_table(state: State, who: Asking, table: str) -> None:
    """Everybody works at their own table; what stands on none is everybody's."""
    if table and who.role not in (Role.LEAD, Role.HELPER):
        sits = state["members"][who.member]["table"]
        if sits and sits != table:
            raise Refused("table")


def table_for(state: State, who: Asking, op: Mapping[str, Any]) -> str:
    """The table something new is for: one's own, or the one a lead or helper names."""
    if who.role in (Role.LEAD, Role.HELPER) and op.get("table"):
        return known_table(state, op["table"])
    table: str = state["members"][who.member]["table"]
    return table


def known_table(state: State, id_: object) -> str:
    """The id of a table that there is."""
    if not isinstance(id_, str) or id_ not in state["tables"]:
        raise Refused("gone")
    return id_
