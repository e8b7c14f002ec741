"""The phases of a workshop as they really were, read from the log of its board."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core import clock
from realtime import boards, state
from realtime.models import Workshop
from realtime.phases import Kind


@dataclass(frozen=True)
class Stage:
    """One phase as it really was; the numbers are those at its end."""

    title: str
    kind: str
    began_at: datetime
    ended_at: datetime
    planned: int
    added: int
    notes: int
    islands: int

    @property
    def minutes(self) -> int:
        """How long it took, to the nearest minute."""
        return round((self.ended_at - self.began_at).total_seconds() / 60)


@dataclass
class _Counting:
    """How much is on the board while its log is read from the beginning."""

    notes: set[str] = field(default_factory=set)
    copies: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    islands: set[str] = field(default_factory=set)
    added: int = 0

    @property
    def shown(self) -> int:
        """Notes that can be read: copies, notes taken away and hidden ones are none of them."""
        return len(self.notes - self.hidden)

    def take(self, effect: dict[str, Any]) -> None:
        op, id_ = effect["op"], effect.get("id", "")
        if op == "note.add" and effect["of"]:
            self.copies.add(id_)
        elif op == "note.add":
            self.added += 1
            self.notes.add(id_)
        elif op == "note.back" and id_ not in self.copies:
            self.notes.add(id_)
        elif op == "note.del":
            self.notes.discard(id_)
        elif op == "note.hide":
            self.hidden.update(state.family(effect))
        elif op == "note.show":
            self.hidden.difference_update(state.family(effect))
        elif op in ("island.add", "island.back"):
            self.islands.add(id_)
        elif op == "island.del":
            self.islands.discard(id_)


def of(workshop: Workshop) -> tuple[tuple[Stage, ...], datetime | None]:
    """The phases as they really were, and when the log was last written.

    The first phase begins when the first person came: its line in the log is older than that.
    """
    plan = {one["id"]: one for one in workshop.phases}
    found: list[Stage] = []
    counting = _Counting()
    began: tuple[str, str, datetime] | None = None
    someone_came = False
    last_at: datetime | None = None

    def end(at: datetime) -> None:
        if began is None:
            return
        id_, kind, since = began
        planned = plan.get(id_, {})
        found.append(
            Stage(
                title=str(planned.get("title", "")),
                kind=kind,
                began_at=since,
                ended_at=at,
                planned=int(planned.get("minutes") or 0),
                added=counting.added,
                notes=counting.shown,
                islands=len(counting.islands),
            )
        )
        counting.added = 0

    for at, row in boards.history(workshop.id):
        last_at = at
        op = row.effect["op"]
        if op == "member.join" and not someone_came:
            someone_came = True
            if began is not None and not found:
                began = (began[0], began[1], at)
        if op == "phase.set" and (began is None or began[0] != row.effect["id"]):
            end(at)
            began = (row.effect["id"], row.effect["kind"], at)
        elif op == "board.close":
            end(at)
            began = None
        else:
            counting.take(row.effect)
    if began is not None and began[1] != Kind.OVER:
        end(clock.now())
    return tuple(found), last_at
