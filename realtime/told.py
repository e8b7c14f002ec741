"""What a record says, as values: told by `tellings`, shown by page, document, file and picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from realtime.models import Workshop, WorkshopPhoto
from realtime.stages import Stage

HIDDEN, WITHDRAWN, ERASED, VEILED = "hidden", "withdrawn", "erased", "veiled"


@dataclass(frozen=True)
class TalkTold:
    """A comment on a note; `text` is None once it was hidden, and `reason` says why."""

    key: str
    text: str | None
    reason: str


@dataclass(frozen=True)
class NoteTold:
    """A note as a record shows it; `text` is None for a tombstone, `why` says which.

    `votes` is None while they were not revealed. `is_copy`: the same words stand elsewhere too.
    `meant` is what its colour stands for.
    `seq` is its line in the ledger.
    """

    key: str
    text: str | None
    why: str
    reason: str
    table: str
    island: str
    question: int
    color: int
    meant: str
    x: int
    y: int
    votes: int | None
    talks: tuple[TalkTold, ...]
    is_copy: bool
    seq: int | None
    said_at: datetime


@dataclass(frozen=True)
class LinkTold:
    """A line between two islands, by their keys, and the word on it: "" once it was hidden, and
    `reason` says why.
    """

    key: str
    a: str
    b: str
    word: str
    reason: str = ""


@dataclass(frozen=True)
class SumTold:
    """What a table, or all together, sum up: "" once it was hidden, and `reason` says why."""

    key: str
    text: str = ""
    reason: str = ""

    @property
    def is_there(self) -> bool:
        return bool(self.text or self.reason)


@dataclass(frozen=True)
class IslandTold:
    """An island with its notes in their order; `links` are lines and the other island's title.

    A heading that was hidden is "", and `reason` says why.
    """

    key: str
    title: str
    x: int
    y: int
    notes: tuple[NoteTold, ...]
    links: tuple[tuple[LinkTold, str], ...]
    reason: str = ""

    @property
    def votes(self) -> int:
        return sum(note.votes or 0 for note in self.notes)

    @property
    def count(self) -> int:
        return sum(note.text is not None and not note.is_copy for note in self.notes)


@dataclass(frozen=True)
class TableTold:
    """What one table made; `key` and `title` are "" for what stands on none."""

    key: str
    title: str
    summary: SumTold
    islands: tuple[IslandTold, ...]
    loose: tuple[NoteTold, ...]
    photos: tuple[WorkshopPhoto, ...] = ()

    @property
    def notes(self) -> Iterable[NoteTold]:
        for island in self.islands:
            yield from island.notes
        yield from self.loose

    @property
    def count(self) -> int:
        return sum(note.text is not None and not note.is_copy for note in self.notes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing came of it: then a record names it, and no more."""
        return not (self.islands or self.loose or self.photos or self.summary.is_there)


@dataclass(frozen=True)
class Figures:
    """A record in numbers. Notes are originals that can be read; copies are counted nowhere."""

    people: int
    notes: int
    hidden: int
    withdrawn: int
    islands: int
    talks: int
    voters: int | None
    votes: int | None


@dataclass(frozen=True)
class Told:
    """Everything a record shows, for whoever may read it."""

    workshop: Workshop
    title: str
    lead: str
    lead_html: str
    closing: str
    closing_html: str
    version: int
    published_at: datetime | None
    changed_at: datetime | None
    figures: Figures
    stages: tuple[Stage, ...]
    tables: tuple[TableTold, ...]
    links: tuple[LinkTold, ...]
    summary: SumTold
    photos: tuple[WorkshopPhoto, ...] = field(default_factory=tuple)

    @property
    def is_public(self) -> bool:
        return self.published_at is not None

    @property
    def notes(self) -> Iterable[NoteTold]:
        for table in self.tables:
            yield from table.notes

    @property
    def chosen(self) -> list[NoteTold]:
        """The notes that most people chose, at most ten: those of one voter only if all are."""
        found = [note for note in self.notes if note.votes and note.text is not None]
        found = [note for note in found if (note.votes or 0) > 1] or found
        return sorted(found, key=lambda note: (-(note.votes or 0), note.said_at, note.key))[:10]
