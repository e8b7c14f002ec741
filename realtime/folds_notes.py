"""What becomes of notes, of what is said to them and of votes when an effect is folded."""

from __future__ import annotations

from realtime import state as states
from realtime.state import Effect, State


def note_add(state: State, effect: Effect) -> None:
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


def note_text(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note["text"], note["v"] = effect["text"], effect["v"]
        note["lost"] = effect.get("was", "")


def note_color(state: State, effect: Effect) -> None:
    if effect["id"] in state["notes"]:
        state["notes"][effect["id"]]["color"] = effect["color"]


def note_move(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note.update(x=effect["x"], y=effect["y"], island="", o="", table=effect["table"])


def note_place(state: State, effect: Effect) -> None:
    note, island = state["notes"].get(effect["id"]), state["islands"].get(effect["island"])
    if note is not None and island is not None:
        note.update(island=effect["island"], o=effect["o"], table=island["table"])


def note_del(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note["gone"] = True
        note["lost"] = ""
        note["text"] = effect.get("text", note["text"])
        _drop_votes(state, effect["id"])
        _tell_comments(state, effect)


def note_back(state: State, effect: Effect) -> None:
    note = state["notes"].get(effect["id"])
    if note is not None:
        note["gone"] = False
        note["lost"] = ""
        note["text"] = effect.get("text", note["text"])
        _tell_comments(state, effect)


def note_hide(state: State, effect: Effect) -> None:
    _mark_hidden(state, effect, effect["reason"])
    for id_ in states.family(effect):
        _drop_votes(state, id_)


def note_show(state: State, effect: Effect) -> None:
    _mark_hidden(state, effect, "")


def _mark_hidden(state: State, effect: Effect, reason: str) -> None:
    """A note and the copies that say the same: what is hidden must not stand beside itself."""
    texts = dict(effect.get("texts", {}))
    if "text" in effect:
        texts[effect["id"]] = effect["text"]
    for id_ in states.family(effect):
        if (note := state["notes"].get(id_)) is not None:
            note.update(hid=reason, lost="", text=texts.get(id_, note["text"]))
    _tell_comments(state, effect)


def _tell_comments(state: State, effect: Effect) -> None:
    """What the comments on a note say to who hears of it: nothing while it is covered."""
    for id_, text in effect.get("talks", {}).items():
        if id_ in state["talks"]:
            state["talks"][id_]["text"] = text


def unveil(state: State, effect: Effect) -> None:
    texts = effect.get("texts", {})
    for id_ in effect.get("unveil", ()):
        note = state["notes"].get(id_)
        if note is not None:
            note["veil"] = False
            note["lost"] = ""
            note["text"] = texts.get(id_, note["text"])
    _tell_comments(state, effect)


def _drop_votes(state: State, note: str) -> None:
    for voter in list(state["votes"]):
        state["votes"][voter].pop(note, None)
        if not state["votes"][voter]:
            del state["votes"][voter]
    if state["tally"] is not None:
        state["tally"].pop(note, None)


def talk_add(state: State, effect: Effect) -> None:
    said = {"note": effect["note"], "by": effect["by"], "text": effect["text"], "hid": ""}
    state["talks"][effect["id"]] = said


def talk_hide(state: State, effect: Effect) -> None:
    """A comment taken away, or shown again: then there is no reason."""
    said = state["talks"].get(effect["id"])
    if said is not None:
        said.update(hid=effect.get("reason", ""), text=effect.get("text", said["text"]))


def talk_del(state: State, effect: Effect) -> None:
    state["talks"].pop(effect["id"], None)


def vote_set(state: State, effect: Effect) -> None:
    ballot = state["votes"].setdefault(effect["by"], {})
    if effect["k"]:
        ballot[effect["note"]] = 1
    else:
        ballot.pop(effect["note"], None)
    if not ballot:
        del state["votes"][effect["by"]]
