"""Search: an outbox written with the act, an index behind `SearchIndex`, rebuilt from the database.

Packages register kinds of documents; a hit is shown only as what its kind's `visible` returns for
the viewer, so a text that was hidden a moment ago is not shown even before the index forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy import String, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db, grams, jobs
from core.indexes import Broken, WhooshIndex
from core.messages import Message, _

log = structlog.get_logger(__name__)
MOST = 500  # hits looked at for one query: ten pages
LONGEST = 100  # characters of a query
BATCH = 200


class SearchOutbox(db.Base):
    """What changed and is not yet in the index."""

    __tablename__ = "search_outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)


@dataclass(frozen=True)
class Document:
    """One text to be found. `url` is a path; `place` says where it stands, such as its case."""

    kind: str
    id: int
    consultation_id: int | None
    title: str
    body: str
    at: datetime
    url: str
    place: str = ""


@dataclass(frozen=True)
class Kind:
    """How a package's documents are read.

    `load` is for the index: the document everybody may read, or None (absent, hidden, withdrawn).
    `visible` is for the page: the documents among `ids` that this viewer may read now, in a known
    number of statements.
    """

    label: Message
    load: Callable[[int], Document | None]
    all_ids: Callable[[], Iterable[int]]
    visible: Callable[[Collection[int], Any], Iterable[Document]]


class SearchIndex(Protocol):
    """What keeps the texts; another backend offers the same."""

    @property
    def is_sound(self) -> bool: ...
    def find(self, words: Sequence[str], *, limit: int) -> list[str]: ...
    def write(self, added: Mapping[str, str], removed: Collection[str]) -> None: ...
    def rebuild(self, texts: Iterable[tuple[str, str]]) -> int: ...


@dataclass(frozen=True)
class Found:
    """What a viewer may see of the hits, best first; `is_ready` is false while the index is not."""

    words: list[str]
    documents: list[Document]
    is_ready: bool = True


_kinds: dict[str, Kind] = {}
_index: list[SearchIndex] = []


def configure(directory: Path) -> None:
    """Keep the index in `directory`."""
    _index[:] = [WhooshIndex(directory)]


def register(
    kind: str,
    load: Callable[[int], Document | None],
    all_ids: Callable[[], Iterable[int]],
    visible: Callable[[Collection[int], Any], Iterable[Document]],
    *,
    label: Message | None = None,
) -> None:
    """Make a kind of documents findable; `label` is its word in the list of results."""
    _kinds[kind] = Kind(label or _("ページ"), load, all_ids, visible)


def label_of(kind: str) -> Message:
    return _kinds[kind].label


def enqueue(kind: str, object_id: int) -> None:
    """Say in the current transaction that an object's document changed; the index follows soon."""
    with db.transaction() as tx:
        tx.add(SearchOutbox(kind=kind, object_id=object_id, at=clock.now()))
        if "search" not in db.unit().pending:
            db.unit().pending["search"] = []
            db.on_commit(wake)


def wake() -> None:
    """See to it that a drain is waiting.

    After the commit and in a unit of its own: two acts that both made the job row would wait for
    each other on PostgreSQL. Should the process die just here, the worker's chore comes instead.
    """
    try:
        jobs.enqueue("search.drain", {}, key="search.drain")
    except SQLAlchemyError:
        log.warning("the search index is not woken now")


def find(query: str, viewer: Any) -> Found:
    """What `viewer` may read that holds every word of `query`."""
    words = grams.words(query[:LONGEST])
    if not words:
        return Found([], [])
    try:
        keys = _index[0].find(words, limit=MOST)
    except Broken as error:
        log.warning("search index is not ready", reason=repr(error.__cause__))
        return Found(words, [], is_ready=False)
    ids: dict[str, list[int]] = {}
    for key in keys:
        kind, _colon, number = key.partition(":")
        ids.setdefault(kind, []).append(int(number))
    shown = {
        _key(kind, document.id): document
        for kind, numbers in ids.items()
        if kind in _kinds
        for document in _kinds[kind].visible(numbers, viewer)
    }
    return Found(words, [shown[key] for key in keys if key in shown])


@jobs.handler("search.drain")
def drain(running: jobs.Running) -> None:
    """Bring the index up to date; changes made meanwhile wake another drain."""
    running.release_key()
    if not _index[0].is_sound:
        rebuild(running)
        return
    while batch := _waiting():
        latest = {(kind, number) for _id, kind, number in batch}
        texts = {_key(kind, number): _load(kind, number) for kind, number in latest}
        db.session().rollback()
        added = {key: text for key, text in texts.items() if text is not None}
        _index[0].write(added, [key for key, text in texts.items() if text is None])
        _forget([row_id for row_id, _kind, _number in batch])
        running.progress("index", 0, 0)


@jobs.handler("search.rebuild")
def rebuild(running: jobs.Running) -> None:
    """Make the whole index anew from the database."""
    running.progress("index", 0, 0)
    before = list(db.session().scalars(select(SearchOutbox.id)))
    ids = [(kind, number) for kind, of in _kinds.items() for number in of.all_ids()]
    db.session().rollback()

    def texts() -> Iterator[tuple[str, str]]:
        for count, (kind, number) in enumerate(ids, start=1):
            text = _load(kind, number)
            if text is not None:
                yield _key(kind, number), text
            if count % BATCH == 0:
                db.session().rollback()
                db.session().expunge_all()
                running.progress("index", count, len(ids))

    running.result["count"] = _index[0].rebuild(texts())
    db.session().rollback()
    for first in range(0, len(before), BATCH):
        _forget(before[first : first + BATCH])


@jobs.chore
def look_after() -> None:
    """Once a minute: an outbox nobody drains, an index nobody can read."""
    waiting = db.session().scalar(select(SearchOutbox.id).limit(1)) is not None
    db.session().rollback()
    if waiting or not _index[0].is_sound:
        wake()


def _key(kind: str, number: int) -> str:
    return f"{kind}:{number}"


def _load(kind: str, number: int) -> str | None:
    """The text the index keeps of a document; None when there is nothing to find."""
    document = _kinds[kind].load(number) if kind in _kinds else None
    return None if document is None else f"{document.title}\n{document.body}"


def _waiting() -> list[tuple[int, str, int]]:
    columns = SearchOutbox.id, SearchOutbox.kind, SearchOutbox.object_id
    rows = db.session().execute(select(*columns).order_by(SearchOutbox.id).limit(BATCH)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def _forget(row_ids: Collection[int]) -> None:
    with db.transaction() as tx:
        tx.execute(delete(SearchOutbox).where(SearchOutbox.id.in_(row_ids)))
