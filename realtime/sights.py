"""What of a board each member may see and hear.

`seen` is the state as one member may see it, `outgoing` an effect as one member may hear of it:
folding what one hears gives what one may see (a test).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from realtime import state as states
from realtime.asks import Row
from realtime.state import Effect, State, copied

LEAD = "lead"
_HIDEABLE = {"islands": "title", "links": "word", "sums": "text"}  # from everybody alike
_COVERING = frozenset({"note.del", "note.back", "note.hide", "note.show"})
_TEXTUAL = _COVERING | {"note.add", "note.text"}
_WORDED = frozenset(
    {
        *("island.add", "island.title", "island.hide", "island.show"),
        *("link.add", "link.hide", "link.show", "talk.add", "talk.hide", "talk.show"),
        *("sum.set", "sum.hide", "sum.show"),
    }
)


def seen(state: State, viewer: str, role: str) -> State:
    """The state as `viewer` may see it; a copy."""
    leads = role == LEAD
    shown = {**state, "notes": {}, "members": {}, "votes": {}, "talks": {}}
    for id_, note in state["notes"].items():
        is_read = _may_read(note, viewer, leads)
        shown["notes"][id_] = note if is_read else {**note, "text": "", "lost": ""}
    for id_, member in state["members"].items():
        is_named = _may_name(state, member["role"], leads)
        shown["members"][id_] = member if is_named else {**member, "name": ""}
    for kind, words in _HIDEABLE.items():
        things = state[kind].items()
        shown[kind] = {i: {**one, words: ""} if one["hid"] else one for i, one in things}
    for id_, said in state["talks"].items():
        shown["talks"][id_] = {**said, "text": _comment(state, id_, viewer, leads)}
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
        return {**effect, "texts": texts, **_comments(state, effect["unveil"], viewer, leads)}
    if op in _TEXTUAL and (note := state["notes"].get(effect["id"])) is not None:
        text = note["text"] if _may_read(note, viewer, leads) else ""
        told = {k: v for k, v in effect.items() if k != "was"}
        if effect.get("was") and _may_read(note, viewer, leads):
            told["was"] = effect["was"]
        if also := effect.get("also"):
            told["texts"] = {one: _text(state, one, viewer, leads) for one in also}
        if op in _COVERING:
            told |= _comments(state, states.family(effect), viewer, leads)
        return {**told, "text": text}
    return _worded(state, effect, viewer, leads) if op in _WORDED else effect


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
    if op in ("talk.add", "talk.show"):
        said = state["talks"].get(effect["id"])
        note = state["notes"].get(said["note"]) if said is not None else None
        return {str(note["by"])} if note is not None and _is_covered(note) else set()
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


def _comment(state: State, id_: str, viewer: str, leads: bool) -> str:
    """What a comment says to `viewer`: nothing once it was taken away, or while its note is not
    theirs to read.
    """
    said = state["talks"].get(id_)
    note = state["notes"].get(said["note"]) if said is not None else None
    if said is None or note is None or said["hid"] or not _may_read(note, viewer, leads):
        return ""
    return str(said["text"])


def _comments(state: State, notes: Iterable[str], viewer: str, leads: bool) -> dict[str, Any]:
    """What the comments on these notes say from now on, as part of an effect."""
    on = set(notes) if state["talks"] else set()
    ids = [id_ for id_, said in state["talks"].items() if said["note"] in on]
    return {"talks": {id_: _comment(state, id_, viewer, leads) for id_ in ids}} if ids else {}


def _worded(state: State, effect: Effect, viewer: str, leads: bool) -> Effect:
    """An effect with the words that are there now: what was taken away since is not told again."""
    kind, id_ = effect["op"].partition(".")[0], effect["id"]
    if kind == "talk":
        return {**effect, "text": _comment(state, id_, viewer, leads)}
    words = _HIDEABLE[f"{kind}s"]
    thing = state[f"{kind}s"].get(id_)
    is_shown = thing is not None and not thing["hid"]
    if effect["op"] == "sum.set" and not (is_shown and thing["v"] == effect["v"]):
        return {"op": "sum.set", "id": id_, "text": "", "v": effect["v"]}
    return {**effect, words: thing[words] if is_shown else ""}


def _may_name(state: State, role: str, leads: bool) -> bool:
    """Names of those who take part are the lead's to see until they show them to all."""
    return bool(state["names"] or leads or role == LEAD)


def _names(state: State, leads: bool) -> dict[str, str]:
    return {
        id_: member["name"] if _may_name(state, member["role"], leads) else ""
        for id_, member in state["members"].items()
    }
