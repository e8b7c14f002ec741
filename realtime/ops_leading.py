"""What is asked of the course of a workshop, judged: phases, the timer, showing, stopping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime import phases, values
from realtime.refusals import Refused
from realtime.rights import Asking, Judge
from realtime.state import Effect, State, vote_totals


def phase_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    phase = who.plan.phase(op.get("id"))
    if phase is None:
        raise Refused("shape")
    timer = {"ends": who.now + 60_000 * phase.minutes, "left": None} if phase.minutes else None
    effect: Effect = {"op": "phase.set", "id": phase.id, "kind": phase.kind, "timer": timer}
    if phase.kind not in phases.WRITES:
        effect["unveil"] = _veiled(state)
    return effect


def timer_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Start, stop, or a minute more; what was stopped keeps what was left."""
    timer = state["timer"] or {"ends": None, "left": 0}
    running = timer["ends"] is not None
    left = max(0, timer["ends"] - who.now) if running else timer["left"] or 0
    act = op.get("act")
    if act == "add":
        left = min(left + 60_000 * values.whole(op.get("minutes", 1), 1, 60), 24 * 3_600_000)
    elif act == "start":
        running = True
    elif act == "stop":
        running = False
    elif act == "clear":
        return {"op": "timer.set", "timer": None}
    else:
        raise Refused("shape")
    if running and left <= 0:
        raise Refused("shape")
    ends = who.now + left if running else None
    return {"op": "timer.set", "timer": {"ends": ends, "left": None if running else left}}


def reveal_notes(state: State, _who: Asking, _op: Mapping[str, Any]) -> Effect:
    return {"op": "reveal.notes", "unveil": _veiled(state)}


def reveal_votes(state: State, _who: Asking, _op: Mapping[str, Any]) -> Effect:
    return {"op": "reveal.votes", "tally": vote_totals(state)}


def flag(name: str) -> Judge:
    def judge(_state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
        if not isinstance(op.get("on"), bool):
            raise Refused("shape")
        return {"op": name, "on": op["on"]}

    return judge


def look_set(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    at = op.get("at")
    if at is None:
        return {"op": "look.set", "at": None}
    if not isinstance(at, str) or not (at in state["islands"] or at in state["tables"]):
        raise Refused("gone")
    return {"op": "look.set", "at": at}


def _veiled(state: State) -> list[str]:
    return sorted(id_ for id_, note in state["notes"].items() if note["veil"])
