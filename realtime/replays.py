"""How a board grew, for whoever may read its record: the log without who did what.

Effects are those of `realtime.folds`, so that the browser folds them as it folds a live board.
What is told of a note is what it says in the end: what was struck out, taken back or hidden is not
told again, nor names, single votes, or words before they were shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realtime import boards
from realtime.state import Effect
from realtime.told import Told

_PLAIN = frozenset({"island.move", "island.del", "link.del", "table.add", "table.title"})
_OF_NOTES = frozenset({"note.color", "note.move", "note.place", "note.del", "note.back"})


@dataclass(frozen=True)
class _Last:
    """What notes, islands and lines say in the end, by key."""

    notes: dict[str, str]
    titles: dict[str, str]
    words: dict[str, str]


def effects(told: Told) -> list[dict[str, Any]]:
    """The effects in order; `t` is the second since people came in which each happened."""
    last = _Last(
        {note.key: note.text for note in told.notes if note.text is not None},
        {one.key: one.title for table in told.tables for one in table.islands},
        {link.key: link.word for link in told.links},
    )
    found: list[dict[str, Any]] = []
    began = told.stages[0].began_at if told.stages else None
    for at, row in boards.history(told.workshop.id):
        effect = _told(row.effect, last)
        if effect is not None:
            since = (at - began).total_seconds() if began is not None else 0
            found.append({"t": max(0, int(since)), **effect})
    return found


def _told(effect: Effect, last: _Last) -> Effect | None:
    op, id_ = effect["op"], effect.get("id", "")
    if op == "note.add" and id_ in last.notes:
        return {**effect, "by": "", "text": last.notes[id_], "veil": False, "of": ""}
    if op in _OF_NOTES and id_ in last.notes:
        return {k: v for k, v in effect.items() if k != "text"}
    if op == "island.add":
        notes = [note for note in effect["notes"] if note in last.notes]
        return {**effect, "notes": notes, "by": "", "title": last.titles.get(id_, "")}
    if op == "island.back":
        return {**effect, "notes": [note for note in effect["notes"] if note in last.notes]}
    if op == "link.add":
        return {**effect, "word": last.words.get(id_, "")}
    if op == "phase.set":
        return {"op": op, "id": id_, "kind": effect["kind"], "timer": None}
    if op == "board.close":
        return {"op": op}
    return effect if op in _PLAIN else None
