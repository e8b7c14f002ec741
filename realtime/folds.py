"""What an accepted operation (an effect) does to a board. Pure; no clock, no chance.

The same fold runs on the server, in every browser (`static/js/realtime/state.js`) and when a board
is built anew from its log; `tests/realtime/folds.json` holds the two languages together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from realtime import folds_islands, folds_notes
from realtime.state import Effect, State, empty


def apply(state: State, effect: Effect) -> State:
    """Change `state` by one effect and return it; what an effect does not find, it leaves."""
    fold = FOLDS.get(effect["op"])
    if fold is not None:
        fold(state, effect)
    return state


def folded(effects: Iterable[Effect], onto: State | None = None) -> State:
    """The state after these effects, from an empty board or from `onto`."""
    state = empty() if onto is None else onto
    for effect in effects:
        apply(state, effect)
    return state


def _sum_set(state: State, effect: Effect) -> None:
    state["sums"][effect["id"]] = {"text": effect["text"], "v": effect["v"], "hid": ""}


def _sum_hide(state: State, effect: Effect) -> None:
    """A summary taken away, or shown again: then there is no reason."""
    said = state["sums"].get(effect["id"])
    if said is not None:
        said.update(hid=effect.get("reason", ""), text=effect.get("text", said["text"]))


def _phase_set(state: State, effect: Effect) -> None:
    state.update(phase=effect["id"], kind=effect["kind"], timer=effect["timer"], locked=False)
    if effect["kind"] == "vote":
        state["tally"] = None
    folds_notes.unveil(state, effect)


def _reveal_notes(state: State, effect: Effect) -> None:
    folds_notes.unveil(state, effect)


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
    seat = {"table": effect["table"], "home": effect["table"]}
    if (before := state["members"].get(effect["id"])) is not None:
        seat["home"] = before["home"] or effect["table"]
    state["members"][effect["id"]] = {"name": effect["name"], "role": effect["role"], **seat}


def _members_seat(state: State, effect: Effect) -> None:
    """Who is seated by hand is at home there, unless they were mixed before."""
    is_round = effect.get("round", False)
    for id_, table in effect["seats"].items():
        if (member := state["members"].get(id_)) is not None:
            if member["home"] == "" or (not is_round and member["home"] == member["table"]):
                member["home"] = table
            member["table"] = table


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
    folds_notes.unveil(state, effect)


def _flag(name: str) -> Any:
    def fold(state: State, effect: Effect) -> None:
        state[name] = effect["on"]

    return fold


FOLDS = {
    "note.add": folds_notes.note_add,
    "note.text": folds_notes.note_text,
    "note.color": folds_notes.note_color,
    "note.move": folds_notes.note_move,
    "note.place": folds_notes.note_place,
    "note.del": folds_notes.note_del,
    "note.back": folds_notes.note_back,
    "note.hide": folds_notes.note_hide,
    "note.show": folds_notes.note_show,
    "island.add": folds_islands.island_add,
    "island.title": folds_islands.island_title,
    "island.move": folds_islands.island_move,
    "island.order": folds_islands.island_order,
    "island.hide": folds_islands.island_hide,
    "island.show": folds_islands.island_hide,
    "island.del": folds_islands.island_del,
    "island.back": folds_islands.island_back,
    "link.add": folds_islands.link_add,
    "link.hide": folds_islands.link_hide,
    "link.show": folds_islands.link_hide,
    "link.del": folds_islands.link_del,
    "talk.add": folds_notes.talk_add,
    "talk.del": folds_notes.talk_del,
    "talk.hide": folds_notes.talk_hide,
    "talk.show": folds_notes.talk_hide,
    "vote.set": folds_notes.vote_set,
    "sum.set": _sum_set,
    "sum.hide": _sum_hide,
    "sum.show": _sum_hide,
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
