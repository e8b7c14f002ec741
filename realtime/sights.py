"""What of a board each member may see and hear.

`seen` is the state as one member may see it, `outgoing` an effect as one member may hear of it:
folding what one hears gives what one may see (a test).
"""

from __future__ import annotations

from typing import Any

from realtime import state as states
from realtime.asks import Row
from realtime.state import Effect, State, copied

LEAD = "lead"
_TEXTUAL = frozenset({"note.add", "note.text", "note.del", "note.back", "note.hide", "note.show"})


def seen(state: State, viewer: str, role: str) -> State:
    """The state as `viewer` may see it; a copy."""
    leads = role == LEAD
    shown = {**state, "notes": {}, "members": {}, "votes": {}}
    for id_, note in state["notes"].items():
        is_read = _may_read(note, viewer, leads)
        shown["notes"][id_] = note if is_read else {**note, "text": "", "lost": ""}
    for id_, member in state["members"].items():
        is_named = _may_name(state, member["role"], leads)
        shown["members"][id_] = member if is_named else {**member, "name": ""}
    if viewer in state["votes"]:
        shown["votes"] = {viewer: state["votes"][viewer]}
    return copied(shown)


def outgoing(state: State, effect: Effect, viewer: str, role: str) -> Effect:
    """An effect as `viewer` may hear of it; `state` is the one after it.

    What is none of theirs comes as "nop", so that everybody counts the same numbers.
    """
    op, leads = effect["op"], role == LEAD
    if op == "vote.set" and effect["by"] != viewer:
        return {"op": "nop"}
    if op == "member.join" and not _may_name(state, effect["role"], leads):
        return {**effect, "name": ""}
    if op == "names.set":
        return {**effect, "names": _names(state, leads)}
    if "unveil" in effect:
        texts = {i: _text(state, i, viewer, leads) for i in effect["unveil"]}
        return {**effect, "texts": texts}
    if op in _TEXTUAL and (note := state["notes"].get(effect["id"])) is not None:
        text = note["text"] if _may_read(note, viewer, leads) else ""
        told = {k: v for k, v in effect.items() if k != "was"}
        if effect.get("was") and _may_read(note, viewer, leads):
            told["was"] = effect["was"]
        if also := effect.get("also"):
            told["texts"] = {one: _text(state, one, viewer, leads) for one in also}
        return {**told, "text": text}
    return effect


def told(state: State, row: Row, member: str, role: str) -> dict[str, Any]:
    """One row as it goes out to a member: `s` its number, `c` and `n` its sender's, and what."""
    effect = outgoing(state, row.effect, member, role)
    return {"s": row.seq, "c": row.cid, "n": row.n, "m": row.by, **effect}


def concerned(state: State, effect: Effect) -> set[str]:
    """Whom an effect concerns otherwise than the rest: members, and "" for the leads.

    What concerns somebody goes out in more than one frame.
    """
    op = effect["op"]
    if op == "vote.set":
        return {str(effect["by"])}
    if op in ("member.join", "names.set"):
        return {""}
    ids = [*states.family(effect)] if op in _TEXTUAL else effect.get("unveil", ())
    notes = [state["notes"][id_] for id_ in ids if id_ in state["notes"]]
    return {str(note["by"]) for note in notes if _is_covered(note)}


def recasts(effect: Effect, member: str) -> bool:
    """Whether a member is something else from now on, and so sees more or less of the board."""
    return bool(effect["op"] == "member.join" and effect["id"] == member)


def _is_covered(note: dict[str, Any] | None) -> bool:
    return note is not None and bool(note["veil"] or note["hid"] or note["gone"])


def _may_read(note: dict[str, Any], viewer: str, leads: bool) -> bool:
    """Before it is revealed only who wrote a note reads it; one taken away, they and the lead."""
    if note["by"] == viewer or not _is_covered(note):
        return True
    return leads and not note["veil"]


def _text(state: State, id_: str, viewer: str, leads: bool) -> str:
    note = state["notes"].get(id_)
    return note["text"] if note is not None and _may_read(note, viewer, leads) else ""


def _may_name(state: State, role: str, leads: bool) -> bool:
    """Names of those who take part are the lead's to see until they show them to all."""
    return bool(state["names"] or leads or role == LEAD)


def _names(state: State, leads: bool) -> dict[str, str]:
    return {
        id_: member["name"] if _may_name(state, member["role"], leads) else ""
        for id_, member in state["members"].items()
    }
