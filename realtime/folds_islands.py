"""What becomes of islands and of the lines between them when an effect is folded."""

from __future__ import annotations

from realtime.folds_notes import note_place
from realtime.state import Effect, State, members_of

STEP = 24  # units between notes that an island lets go of


def island_add(state: State, effect: Effect) -> None:
    state["islands"][effect["id"]] = {
        "title": effect["title"],
        "table": effect["table"],
        "x": effect["x"],
        "y": effect["y"],
        "o": effect["o"],
        "by": effect["by"],
        "hid": "",
        "gone": False,
    }
    for place, id_ in enumerate(effect["notes"]):
        note_place(state, {"id": id_, "island": effect["id"], "o": _order(place)})


def island_title(state: State, effect: Effect) -> None:
    if effect["id"] in state["islands"]:
        state["islands"][effect["id"]].update(title=effect["title"], hid="")


def island_hide(state: State, effect: Effect) -> None:
    """A heading taken off its island, or shown again: then there is no reason."""
    island = state["islands"].get(effect["id"])
    if island is not None:
        island.update(hid=effect.get("reason", ""), title=effect.get("title", island["title"]))


def island_move(state: State, effect: Effect) -> None:
    if effect["id"] in state["islands"]:
        state["islands"][effect["id"]].update(x=effect["x"], y=effect["y"])


def island_order(state: State, effect: Effect) -> None:
    if effect["id"] in state["islands"]:
        state["islands"][effect["id"]]["o"] = effect["o"]


def island_del(state: State, effect: Effect) -> None:
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


def island_back(state: State, effect: Effect) -> None:
    """An island as it was, with those of its notes that are on no other by now."""
    island = state["islands"].get(effect["id"])
    if island is None:
        return
    island["gone"] = False
    for place, id_ in enumerate(effect["notes"]):
        if (note := state["notes"].get(id_)) is not None and not note["island"]:
            note_place(state, {"id": id_, "island": effect["id"], "o": _order(place)})


def link_add(state: State, effect: Effect) -> None:
    ends = {"a": effect["a"], "b": effect["b"]}
    state["links"][effect["id"]] = {**ends, "word": effect["word"], "hid": ""}


def link_hide(state: State, effect: Effect) -> None:
    """The word on a line taken away, or shown again: then there is no reason."""
    link = state["links"].get(effect["id"])
    if link is not None:
        link.update(hid=effect.get("reason", ""), word=effect.get("word", link["word"]))


def link_del(state: State, effect: Effect) -> None:
    state["links"].pop(effect["id"], None)


def _order(place: int) -> str:
    return f"{place + 1:04d}"
