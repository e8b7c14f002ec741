"""What search is made of: a text to be found, what narrows a search, and what keeps an index.

The order is the same on every index (`Entry.rank`): first what bears every word in its own title,
then the newest; of the same moment by kind, the later one first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from core import grams

SCHEMA = 2  # of both indexes: raise it when what they keep, or how texts are folded, changes
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Broken(Exception):
    """The index can not be read; it wants to be rebuilt."""


@dataclass(frozen=True)
class Document:
    """One text to be found. `url` is a path; `place` says where it stands, such as its case.

    `room` is the public id of the room it lies in. A title that is not the document's own (a post
    bears its topic's) is shown, but not searched.
    """

    kind: str
    id: int
    consultation_id: int | None
    title: str
    body: str
    at: datetime
    url: str
    place: str = ""
    room: str = ""
    is_official: bool = False
    has_own_title: bool = True

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Filters:
    """What narrows a search; the period is half-open, `since <= at < until`."""

    kind: str = ""
    room: str = ""
    consultation_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_official: bool = False


ANYTHING = Filters()


class Facts(NamedTuple):
    """What is known of a text besides its words; `at` in microseconds since 1970."""

    kind: str
    id: int
    at: int
    room: str
    consultation_id: int
    is_official: bool

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    def rank(self, in_title: bool) -> tuple[bool, int, str, int]:
        return not in_title, -self.at, self.kind, -self.id

    def passes(self, filters: Filters) -> bool:
        return (
            (not filters.kind or self.kind == filters.kind)
            and (not filters.room or self.room == filters.room)
            and filters.consultation_id in (None, self.consultation_id)
            and (filters.since is None or microseconds(filters.since) <= self.at)
            and (filters.until is None or self.at < microseconds(filters.until))
            and (self.is_official or not filters.is_official)
        )


@dataclass(frozen=True)
class Entry:
    """A document as an index keeps it: folded words, and facts."""

    facts: Facts
    title: str
    body: str

    def holds(self, words: Sequence[str]) -> bool:
        return all(word in self.title or word in self.body for word in words)

    def rank(self, words: Sequence[str]) -> tuple[bool, int, str, int]:
        return self.facts.rank(all(word in self.title for word in words))


class SearchIndex(Protocol):
    """What keeps the texts; every backend gives the same keys in the same order.

    What is written was loaded inside `exclusively()`: else a slow writer would put an older text
    over a newer one.
    """

    @property
    def is_sound(self) -> bool: ...
    def find(self, words: Sequence[str], filters: Filters, *, limit: int) -> list[str]: ...
    def exclusively(self) -> AbstractContextManager[None]: ...
    def write(self, added: Mapping[str, Document], removed: Collection[str]) -> None: ...
    def rebuild(self, documents: Iterable[Document]) -> int: ...


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def entry(document: Document) -> Entry:
    """A document as an index keeps it."""
    facts = Facts(
        document.kind,
        document.id,
        microseconds(document.at),
        document.room,
        document.consultation_id or 0,
        document.is_official,
    )
    title = grams.folded(document.title) if document.has_own_title else ""
    return Entry(facts, title, grams.folded(document.body))
