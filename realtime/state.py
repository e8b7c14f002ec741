"""A board as a value: what an accepted operation (an effect) does to it. Pure; no clock, no chance.

The same fold runs on the server, in every browser (`static/js/realtime/state.js`) and when a board
is built anew from its log; `tests/realtime/folds.json` holds the two languages together. A state
is plain JSON:

    phase, kind, open, locked, frozen, names, budget, timer, look, speakers, speaker, tally
    tables   {id: {title, o}}            members {id: {name, role, table}}
    notes    {id: {by, table, q, text, v, color, x, y, island, o, veil, hid, gone, of, lost}}
    islands  {id: {title, table, x, y, o, by, gone}}     links {id: {a, b, word}}
    talks    {id: {note, by, text}}      votes {member: {note: 1}}      sums {id: {text, v}}

`seen` is that state as one member may see it, `outgoing` an effect as one member may hear of it:
folding what one hears gives what one may see (a test). Order keys `o` are strings.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

State = dict[str, Any]
Effect = dict[str, Any]
LEAD = "lead"
STEP = 24  # units between notes that an island lets go of


def empty() -> State:
    """A board before anything happened."""
    return {
        "phase": "",
        "kind": "explain",
        "open": True,
        "locked": False,
        "frozen": False,
        "names": False,
        "budget": 3,
        "timer": None,
        "look": None,
        "speakers": [],
        "speaker": None,
        "tally": None,
        "tables": {},
        "members": {},
        "notes": {},
        "islands": {},
        "links": {},
        "talks": {},
        "votes": {},
        "sums": {},
    }


def apply(state: State, effect: Effect) -> State:
    """Change `state` by one effect and return it; what an effect does not find, it leaves."""
    fold = _FOLDS.get(effect["op"])
    if fold is not None:
        fold(state, effect)
    return state


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


def copied(state: State) -> State:
    """A state that shares nothing with this one: `copy.deepcopy`, but ten times as fast, for five
    hundred who read a board of a thousand notes at once.
    """
    return {name: _copied(value) for name, value in state.items()}


def concerned(state: State, effect: Effect) -> set[str]:
    """Whom an effect concerns otherwise than the rest: members, and "" for the leads.

    What concerns somebody goes out in more than one frame.
    """
    op = effect["op"]
    if op == "vote.set":
        return {str(effect["by"])}
    if op in ("member.join", "names.set"):
        return {""}
    ids = [*family(effect)] if op in _TEXTUAL else effect.get("unveil", ())
    notes = [state["notes"][id_] for id_ in ids if id_ in state["notes"]]
    return {str(note["by"]) for note in notes if _is_covered(note)}


def recasts(effect: Effect, member: str) -> bool:
    """Whether a member is something else from now on, and so sees more or less of the board."""
    return bool(effect["op"] == "member.join" and effect["id"] == member)


def family(effect: Effect) -> tuple[str, ...]:
    """The notes that an effect hides, shows or changes: one, and the copies it names."""
    return (effect["id"], *effect.get("also", ()))


def echoes(state: State, id_: str) -> list[str]:
    """The other notes that say what a note says, because they are its copies or it is theirs."""
    note = state["notes"][id_]
    root = note["of"] or id_
    return sorted(
        other
        for other, one in state["notes"].items()
        if other != id_ and (one["of"] or other) == root and one["text"] == note["text"]
    )


def vote_totals(state: State) -> dict[str, int]:
    """How many votes each note has; only what has any."""
    totals: dict[str, int] = {}
    for ballot in state["votes"].values():
        for note in ballot:
            totals[note] = totals.get(note, 0) + 1
    return dict(sorted(totals.items()))


def members_of(state: State, island: str) -> list[str]:
    """The notes on an island in their order."""
    found = [i for i, note in state["notes"].items() if note["island"] == island]
    return sorted(found, key=lambda i: (state["notes"][i]["o"], i))


_TEXTUAL = frozenset({"note.add", "note.text", "note.del", "note.back", "note.hide", "note.show"})


def _is_covered(note: dict[str, Any] | None) -> bool:
    return note is not None and bool(note["veil"] or note["hid"] or note["gone"])


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copied(v) if isinstance(v, (dict, list)) else v for k, v in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


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


def _note_add(state: State, effect: Effect) -> None:
    state["notes"][effect["id"]] = {
        "by": effect["by"],
        "table": effect["table"],
        "q": effect["q"],
        "text": effect["text"],
        "v": 1,
        "color": effect["color"],
        "x": effect["x"],
        "y": effect["y"],
        "island": effect["island"],
        "o": effect["o"],
        "veil": effect["veil"],
        "hid": "",
        "gone": False,
        "of": effect["of"],
        "lost": "",
    }


def _note_text(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note["text"], note["v"] = effect["text"], effect["v"]
        note["lost"] = effect.get("was", "")


def _note_color(state: State, effect: Effect) -> None:
    if effect["id"] in state["notes"]:
        state["notes"][effect["id"]]["color"] = effect["color"]


def _note_move(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note.update(x=effect["x"], y=effect["y"], island="", o="", table=effect["table"])


def _note_place(state: State, effect: Effect) -> None:
    note, island = state["notes"].get(effect["id"]), state["islands"].get(effect["island"])
    if note is not None and island is not None:
        note.update(island=effect["island"], o=effect["o"], table=island["table"])


def _note_del(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note["gone"] = True
        note["lost"] = ""
        note["text"] = effect.get("text", note["text"])
        _drop_votes(state, effect["id"])


def _note_back(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note["gone"] = False
        note["lost"] = ""
        note["text"] = effect.get("text", note["text"])


def _note_hide(state: State, effect: Effect) -> None:
    _mark_hidden(state, effect, effect["reason"])
    for id_ in family(effect):
        _drop_votes(state, id_)


def _note_show(state: State, effect: Effect) -> None:
    _mark_hidden(state, effect, "")


def _mark_hidden(state: State, effect: Effect, reason: str) -> None:
    """A note and the copies that say the same: what is hidden must not stand beside itself."""
    texts = dict(effect.get("texts", {}))
    if "text" in effect:
        texts[effect["id"]] = effect["text"]
    for id_ in family(effect):
        if (note := state["notes"].get(id_)) is not None:
            note.update(hid=reason, lost="", text=texts.get(id_, note["text"]))


def _drop_votes(state: State, note: str) -> None:
    for voter in list(state["votes"]):
        state["votes"][voter].pop(note, None)
        if not state["votes"][voter]:
            del state["votes"][voter]
    if state["tally"] is not None:
        state["tally"].pop(note, None)


def _island_add(state: State, effect: Effect) -> None:
    state["islands"][effect["id"]] = {
        "title": effect["title"],
        "table": effect["table"],
        "x": effect["x"],
        "y": effect["y"],
        "o": effect["o"],
        "by": effect["by"],
        "gone": False,
    }
    for place, id_ in enumerate(effect["notes"]):
        _note_place(state, {"id": id_, "island": effect["id"], "o": _order(place)})


def _island_title(state: State, effect: Effect) -> None:
    if effect["id"] in state["islands"]:
        state["islands"][effect["id"]]["title"] = effect["title"]


def _island_move(state: State, effect: Effect) -> None:
    if effect["id"] in state["islands"]:
        state["islands"][effect["id"]].update(x=effect["x"], y=effect["y"])


def _island_order(state: State, effect: Effect) -> None:
    if effect["id"] in state["islands"]:
        state["islands"][effect["id"]]["o"] = effect["o"]


def _island_del(state: State, effect: Effect) -> None:
    island = state["islands"].get(effect["id"])
    if island is None:
        return
    island["gone"] = True
    for place, id_ in enumerate(members_of(state, effect["id"])):
        at = {"x": island["x"] + STEP * place, "y": island["y"] + STEP * place}
        state["notes"][id_].update(at, island="", o="")
    for id_, link in list(state["links"].items()):
        if effect["id"] in (link["a"], link["b"]):
            del state["links"][id_]


def _island_back(state: State, effect: Effect) -> None:
    """An island as it was, with those of its notes that are on no other by now."""
    island = state["islands"].get(effect["id"])
    if island is None:
        return
    island["gone"] = False
    for place, id_ in enumerate(effect["notes"]):
        if (note := state["notes"].get(id_)) is not None and not note["island"]:
            _note_place(state, {"id": id_, "island": effect["id"], "o": _order(place)})


def _link_add(state: State, effect: Effect) -> None:
    state["links"][effect["id"]] = {"a": effect["a"], "b": effect["b"], "word": effect["word"]}


def _link_del(state: State, effect: Effect) -> None:
    state["links"].pop(effect["id"], None)


def _talk_add(state: State, effect: Effect) -> None:
    said = {"note": effect["note"], "by": effect["by"], "text": effect["text"]}
    state["talks"][effect["id"]] = said


def _talk_del(state: State, effect: Effect) -> None:
    state["talks"].pop(effect["id"], None)


def _vote_set(state: State, effect: Effect) -> None:
    ballot = state["votes"].setdefault(effect["by"], {})
    if effect["k"]:
        ballot[effect["note"]] = 1
    else:
        ballot.pop(effect["note"], None)
    if not ballot:
        del state["votes"][effect["by"]]


def _sum_set(state: State, effect: Effect) -> None:
    state["sums"][effect["id"]] = {"text": effect["text"], "v": effect["v"]}


def _phase_set(state: State, effect: Effect) -> None:
    state.update(phase=effect["id"], kind=effect["kind"], timer=effect["timer"], locked=False)
    if effect["kind"] == "vote":
        state["tally"] = None
    _unveil(state, effect)


def _reveal_notes(state: State, effect: Effect) -> None:
    _unveil(state, effect)


def _unveil(state: State, effect: Effect) -> None:
    texts = effect.get("texts", {})
    for id_ in effect.get("unveil", ()):
        note = state["notes"].get(id_)
        if note is not None:
            note["veil"] = False
            note["lost"] = ""
            note["text"] = texts.get(id_, note["text"])


def _reveal_votes(state: State, effect: Effect) -> None:
    state["tally"] = dict(effect["tally"])


def _timer_set(state: State, effect: Effect) -> None:
    state["timer"] = effect["timer"]


def _timer_end(state: State, _effect: Effect) -> None:
    state["timer"] = {"ends": None, "left": 0}


def _names_set(state: State, effect: Effect) -> None:
    state["names"] = effect["on"]
    for id_, name in effect.get("names", {}).items():
        if id_ in state["members"]:
            state["members"][id_]["name"] = name


def _member_join(state: State, effect: Effect) -> None:
    member = {"name": effect["name"], "role": effect["role"], "table": effect["table"]}
    state["members"][effect["id"]] = member


def _members_seat(state: State, effect: Effect) -> None:
    for id_, table in effect["seats"].items():
        if id_ in state["members"]:
            state["members"][id_]["table"] = table


def _member_gone(state: State, effect: Effect) -> None:
    state["members"].pop(effect["id"], None)
    state["votes"].pop(effect["id"], None)


def _table_add(state: State, effect: Effect) -> None:
    state["tables"][effect["id"]] = {"title": effect["title"], "o": effect["o"]}


def _table_title(state: State, effect: Effect) -> None:
    if effect["id"] in state["tables"]:
        state["tables"][effect["id"]]["title"] = effect["title"]


def _speakers_set(state: State, effect: Effect) -> None:
    state["speakers"], state["speaker"] = list(effect["order"]), effect["now"]


def _board_open(state: State, effect: Effect) -> None:
    state["budget"] = effect["budget"]


def _board_close(state: State, effect: Effect) -> None:
    state.update(open=False, kind="over", timer=None)
    _unveil(state, effect)


def _flag(name: str) -> Any:
    def fold(state: State, effect: Effect) -> None:
        state[name] = effect["on"]

    return fold


def _order(place: int) -> str:
    return f"{place + 1:04d}"


_FOLDS = {
    "note.add": _note_add,
    "note.text": _note_text,
    "note.color": _note_color,
    "note.move": _note_move,
    "note.place": _note_place,
    "note.del": _note_del,
    "note.back": _note_back,
    "note.hide": _note_hide,
    "note.show": _note_show,
    "island.add": _island_add,
    "island.title": _island_title,
    "island.move": _island_move,
    "island.order": _island_order,
    "island.del": _island_del,
    "island.back": _island_back,
    "link.add": _link_add,
    "link.del": _link_del,
    "talk.add": _talk_add,
    "talk.del": _talk_del,
    "vote.set": _vote_set,
    "sum.set": _sum_set,
    "phase.set": _phase_set,
    "reveal.notes": _reveal_notes,
    "reveal.votes": _reveal_votes,
    "timer.set": _timer_set,
    "timer.end": _timer_end,
    "lock.set": _flag("locked"),
    "freeze.set": _flag("frozen"),
    "names.set": _names_set,
    "look.set": lambda state, effect: state.update(look=effect["at"]),
    "member.join": _member_join,
    "members.seat": _members_seat,
    "member.gone": _member_gone,
    "table.add": _table_add,
    "table.title": _table_title,
    "speakers.set": _speakers_set,
    "board.open": _board_open,
    "board.close": _board_close,
}


def folded(effects: Iterable[Effect], onto: State | None = None) -> State:
    """The state after these effects, from an empty board or from `onto`."""
    state = empty() if onto is None else onto
    for effect in effects:
        apply(state, effect)
    return state
