"""What is asked of islands and of the lines between them, judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime import limits, rights, values
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.state import Effect, State


def island_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """An island, with notes put on it at once: one tap on two notes, or an accepted suggestion."""
    id_ = values.new_id(op, state["islands"])
    if len(state["islands"]) >= limits.ISLANDS:
        raise Refused("full")
    table = rights.table_for(state, who, op)
    rights.require_table(state, who, table)
    notes = [values.string(one) for one in values.many(op.get("notes", []), limits.NOTES)]
    for note in notes:
        rights.require_table(state, who, rights.note(state, who, note)["table"])
    return {
        "op": "island.add",
        "id": id_,
        "title": values.text(op, limits.TITLE_LIMIT, "title", required=False),
        "table": table,
        **values.point(op),
        "o": values.order(op) if op.get("o") else "1",
        "by": who.member,
        "notes": list(dict.fromkeys(notes)),
    }


def island_title(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    rights.require_table(state, who, rights.island(state, id_)["table"])
    return {"op": "island.title", "id": id_, "title": values.text(op, limits.TITLE_LIMIT, "title")}


def island_move(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    rights.require_table(state, who, rights.island(state, id_)["table"])
    return {"op": "island.move", "id": id_, **values.point(op)}


def island_order(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Another place among the islands of its table, where they are read one after the other."""
    id_ = values.string(op.get("id", ""))
    rights.require_table(state, who, rights.island(state, id_)["table"])
    return {"op": "island.order", "id": id_, "o": values.order(op)}


def island_hide(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    """Take a heading off its island, with a reason (law 7); whoever may can word another."""
    id_ = values.string(op.get("id", ""))
    island = rights.island(state, id_)
    if island["hid"] or not island["title"]:
        raise Refused("gone")
    why = values.text(op, limits.REASON_LIMIT, "reason")
    return {"op": "island.hide", "id": id_, "reason": why}


def island_show(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    if not rights.island(state, id_)["hid"]:
        raise Refused("gone")
    return {"op": "island.show", "id": id_}


def island_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    rights.require_table(state, who, rights.island(state, id_)["table"])
    return {"op": "island.del", "id": id_}


def island_back(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    island = state["islands"].get(id_)
    if island is None or not island["gone"]:
        raise Refused("gone")
    rights.require_table(state, who, island["table"])
    notes = dict.fromkeys(
        values.string(one) for one in values.many(op.get("notes", []), limits.NOTES)
    )
    return {
        "op": "island.back",
        "id": id_,
        "notes": [n for n in notes if _may_place(state, who, n)],
    }


def _may_place(state: State, who: Asking, id_: str) -> bool:
    """Whether somebody may put a note on an island: else it stays where it is by now."""
    try:
        rights.require_table(state, who, rights.note(state, who, id_)["table"])
    except Refused:
        return False
    return True


def link_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.new_id(op, state["links"])
    a, b = values.string(op.get("a", "")), values.string(op.get("b", ""))
    for end in (a, b):
        rights.require_table(state, who, rights.island(state, end)["table"])
    if a == b or any({a, b} == {one["a"], one["b"]} for one in state["links"].values()):
        raise Refused("exists")
    if len(state["links"]) >= limits.LINKS:
        raise Refused("full")
    word = values.text(op, limits.TITLE_LIMIT, "word", required=False)
    return {"op": "link.add", "id": id_, "a": a, "b": b, "word": word}


def link_hide(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    """Take the word off a line, with a reason (law 7); the line stays."""
    id_ = values.string(op.get("id", ""))
    link = state["links"].get(id_)
    if link is None or link["hid"] or not link["word"]:
        raise Refused("gone")
    why = values.text(op, limits.REASON_LIMIT, "reason")
    return {"op": "link.hide", "id": id_, "reason": why}


def link_show(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    link = state["links"].get(id_)
    if link is None or not link["hid"]:
        raise Refused("gone")
    return {"op": "link.show", "id": id_}


def link_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    link = state["links"].get(id_)
    if link is None:
        raise Refused("gone")
    rights.require_table(state, who, state["islands"][link["a"]]["table"])
    return {"op": "link.del", "id": id_}
