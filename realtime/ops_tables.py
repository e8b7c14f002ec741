"""What is asked of tables, judged: who hosts them, what each sums up, whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime import limits, rights, values
from realtime.phases import Role
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.state import Effect, State


def table_add(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.new_id(op, state["tables"])
    if len(state["tables"]) >= limits.TABLES:
        raise Refused("full")
    title = values.text(op, limits.TITLE_LIMIT, "title")
    return {"op": "table.add", "id": id_, "title": title, "o": f"{len(state['tables']) + 1:04d}"}


def table_title(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = rights.known_table(state, op.get("id"))
    return {"op": "table.title", "id": id_, "title": values.text(op, limits.TITLE_LIMIT, "title")}


def member_host(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    """Who takes part becomes the host of their table, or takes part as everybody does again."""
    id_, on = values.string(op.get("id", "")), op.get("on")
    found = state["members"].get(id_)
    if not isinstance(on, bool):
        raise Refused("shape")
    if found is None or found["role"] not in (Role.HOST, Role.MEMBER):
        raise Refused("gone")
    role = Role.HOST if on else Role.MEMBER
    seat = {"name": found["name"], "table": found["table"]}
    return {"op": "member.join", "id": id_, **seat, "role": role, "again": True}


def member_gone(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    if id_ not in state["members"] or id_ == who.member:
        raise Refused("gone")
    return {"op": "member.gone", "id": id_}


def sum_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    if id_ != "all":
        rights.require_table(state, who, rights.known_table(state, id_))
    elif who.role not in (Role.LEAD, Role.HELPER):
        raise Refused("table")
    before = state["sums"].get(id_, {"text": "", "v": 0, "hid": ""})
    said = values.text(op, limits.SUM_LIMIT, required=False)
    if before["hid"] and said == before["text"]:
        raise Refused("gone")  # a form left open does not bring back what was taken away
    effect: Effect = {"op": "sum.set", "id": id_, "text": said, "v": before["v"] + 1}
    is_stale = op.get("base") != before["v"] and not before["hid"]
    if is_stale and before["text"] not in ("", said):
        effect["was"] = before["text"]
    return effect


def sum_hide(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    """Take a summary away, with a reason (law 7); whoever may can write another."""
    id_ = values.string(op.get("id", ""))
    said = state["sums"].get(id_)
    if said is None or said["hid"] or not said["text"]:
        raise Refused("gone")
    why = values.text(op, limits.REASON_LIMIT, "reason")
    return {"op": "sum.hide", "id": id_, "reason": why}


def sum_show(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    said = state["sums"].get(id_)
    if said is None or not said["hid"]:
        raise Refused("gone")
    return {"op": "sum.show", "id": id_}


def speakers_set(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    order = [
        rights.known_table(state, one) for one in values.many(op.get("order", []), limits.TABLES)
    ]
    now = op.get("now")
    if now is not None and now not in order:
        raise Refused("gone")
    return {"op": "speakers.set", "order": order, "now": now}
