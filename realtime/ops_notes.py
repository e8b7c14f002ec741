"""What is asked of notes, of what is said to them and of votes, judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime import limits, phases, rights, values
from realtime.phases import Role
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.state import Effect, State, echoes

_SORTING = frozenset({phases.Kind.GROUP})


def note_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.new_id(op, state["notes"])
    if len(state["notes"]) >= limits.NOTES:
        raise Refused("full")
    island = values.string(op.get("island", ""))
    if island:
        rights.island(state, island)
    table = state["islands"][island]["table"] if island else rights.table_for(state, who, op)
    rights.require_table(state, who, table)
    return {
        "op": "note.add",
        "id": id_,
        "by": who.member,
        "table": table,
        "q": values.whole(op.get("q", 0), 0, max(0, who.plan.questions - 1)),
        "text": values.text(op, limits.NOTE_LIMIT),
        "color": values.whole(op.get("color", 1), min(limits.COLORS), max(limits.COLORS)),
        **values.point(op),
        "island": island,
        "o": values.order(op) if island else "",
        "veil": state["kind"] in phases.WRITES,
        "of": "",
    }


def note_copy(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """The same words a second time: one opinion still, which is why it remembers of which."""
    id_ = values.new_id(op, state["notes"])
    of = values.string(op.get("of", ""))
    note = rights.note(state, who, of)
    rights.require_table(state, who, note["table"])
    if len(state["notes"]) >= limits.NOTES:
        raise Refused("full")
    kept = {name: note[name] for name in ("table", "q", "text", "color")}
    return {
        "op": "note.add",
        "id": id_,
        "by": note["by"],
        **kept,
        **values.point(op),
        "island": "",
        "o": "",
        "veil": note["veil"],
        "of": note["of"] or of,
    }


def note_text(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    note = rights.note(state, who, id_)
    rights.require_own(who, note)
    said = values.text(op, limits.NOTE_LIMIT)
    effect: Effect = {"op": "note.text", "id": id_, "text": said, "v": note["v"] + 1}
    if op.get("base") != note["v"] and note["text"] != said:
        effect["was"] = note["text"]  # who was overtaken is shown, not lost
    return effect


def note_color(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    rights.require_own(who, rights.note(state, who, id_))
    color = values.whole(op.get("color"), min(limits.COLORS), max(limits.COLORS))
    return {"op": "note.color", "id": id_, "color": color}


def note_move(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    note = rights.note(state, who, id_)
    rights.require_table(state, who, note["table"])
    if state["kind"] not in _SORTING and who.role != Role.LEAD:
        rights.require_own(who, note)
    table = note["table"]
    if who.role in (Role.LEAD, Role.HELPER) and "table" in op:
        table = rights.known_table(state, op["table"])
    return {"op": "note.move", "id": id_, **values.point(op), "table": table}


def note_place(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_, island = values.string(op.get("id", "")), values.string(op.get("island", ""))
    note = rights.note(state, who, id_)
    there = rights.island(state, island)
    rights.require_table(state, who, note["table"])
    rights.require_table(state, who, there["table"])
    return {"op": "note.place", "id": id_, "island": island, "o": values.order(op)}


def note_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Only who wrote a note takes it off the board; a lead hides it, with a reason (law 7)."""
    id_ = values.string(op.get("id", ""))
    rights.require_author(who, rights.note(state, who, id_))
    return {"op": "note.del", "id": id_}


def note_back(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    note = state["notes"].get(id_)
    if note is None or not note["gone"]:
        raise Refused("gone")
    rights.require_author(who, note)
    return {"op": "note.back", "id": id_}


def note_hide(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    note = state["notes"].get(id_)
    if note is None or note["gone"] or note["hid"]:
        raise Refused("gone")
    reason = values.text(op, limits.REASON_LIMIT, "reason")
    return {"op": "note.hide", "id": id_, "reason": reason, "also": echoes(state, id_)}


def note_show(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    note = state["notes"].get(id_)
    if note is None or not note["hid"]:
        raise Refused("gone")
    return {"op": "note.show", "id": id_, "also": echoes(state, id_)}


def talk_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.new_id(op, state["talks"])
    note = values.string(op.get("note", ""))
    rights.note(state, who, note)
    if len(state["talks"]) >= limits.NOTES:
        raise Refused("full")
    said = values.text(op, limits.TALK_LIMIT)
    return {"op": "talk.add", "id": id_, "note": note, "by": who.member, "text": said}


def talk_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Only who wrote a comment takes it away; a lead hides it, with a reason (law 7)."""
    id_ = values.string(op.get("id", ""))
    said = state["talks"].get(id_)
    if said is None or said["hid"]:
        raise Refused("gone")
    rights.require_author(who, said)
    return {"op": "talk.del", "id": id_}


def talk_hide(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    said = state["talks"].get(id_)
    if said is None or said["hid"]:
        raise Refused("gone")
    why = values.text(op, limits.REASON_LIMIT, "reason")
    return {"op": "talk.hide", "id": id_, "reason": why}


def talk_show(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = values.string(op.get("id", ""))
    said = state["talks"].get(id_)
    if said is None or not said["hid"]:
        raise Refused("gone")
    return {"op": "talk.show", "id": id_}


def vote_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """A vote is set, never added: the same twice is the same once. The budget is checked here."""
    note, k = values.string(op.get("note", "")), values.whole(op.get("k"), 0, 1)
    if state["tally"] is not None:
        raise Refused("phase")
    found = rights.note(state, who, note)
    if found["veil"]:
        raise Refused("gone")
    others = sum(1 for one in state["votes"].get(who.member, {}) if one != note)
    if k and others + 1 > state["budget"]:
        raise Refused("budget")
    return {"op": "vote.set", "by": who.member, "note": note, "k": k}
