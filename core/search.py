"""Search: an outbox written with the act, an index behind `SearchIndex`, rebuilt from the database.

Packages register kinds of documents; a hit is shown only as what its kind's `visible` returns for
the viewer, so a text that was hidden a moment ago is not shown even before the index forgets it.
Without an index that can be read, the newest texts themselves are looked through.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import String, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db, findables, grams, jobs
from core.documents import ANYTHING, Broken, Document, Filters, SearchIndex, entry
from core.findables import Place, documents, kinds, label_of, offer_places, places, register
from core.indexes import WhooshIndex
from core.postgres_index import PostgresIndex

__all__ = [
    "ANYTHING",
    "Document",
    "Filters",
    "Found",
    "Place",
    "documents",
    "kinds",
    "label_of",
    "offer_places",
    "places",
    "register",
]

log = structlog.get_logger(__name__)
MOST = 500  # hits looked at for one query: ten pages
LONGEST = 100  # characters of a query
BATCH = 200
SCAN_SECONDS = 0.3  # for looking through the texts themselves; 4,000 posts on a small machine


class SearchOutbox(db.Base):
    """What changed and is not yet in the index."""

    __tablename__ = "search_outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)


@dataclass(frozen=True)
class Found:
    """Keys of what a viewer may see of the hits, in order.

    `is_ready` is false while there is no index; `is_partial` when not everything was looked at.
    """

    words: list[str]
    keys: list[str]
    is_ready: bool = True
    is_partial: bool = False


_kinds = findables.registered
_index: list[SearchIndex] = []


def configure(directory: Path, database: str = "") -> None:
    """Keep the index in PostgreSQL where that is the database, else in `directory`."""
    is_postgres = database.startswith("postgresql")
    _index[:] = [PostgresIndex() if is_postgres else WhooshIndex(directory)]


def enqueue(kind: str, object_id: int) -> None:
    """Say in the current transaction that an object's document changed; the index follows soon."""
    enqueue_all(kind, [object_id])


def enqueue_all(kind: str, ids: Collection[int]) -> None:
    """Say it of many objects at once."""
    with db.transaction() as tx:
        now = clock.now()
        rows = [{"kind": kind, "object_id": object_id, "at": now} for object_id in ids]
        if rows:
            tx.execute(insert(SearchOutbox), rows)
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


def find(query: str, viewer: Any, filters: Filters = ANYTHING) -> Found:
    """What `viewer` may read that holds every word of `query`, at most `MOST`."""
    words = grams.words(query[:LONGEST])
    if not words:
        return Found([], [])
    try:
        keys = _index[0].find(words, filters, limit=MOST)
    except Broken as error:
        log.warning("search index is not ready", reason=repr(error.__cause__ or error))
        return _scan(words, viewer, filters)
    return Found(words, findables.readable(keys, viewer))


def _scan(words: Sequence[str], viewer: Any, filters: Filters) -> Found:
    """Look through the texts themselves, the newest first, for as long as a page may take."""
    end = time.monotonic() + SCAN_SECONDS
    waiting = {
        kind: iter(sorted(of.all_ids(), reverse=True))
        for kind, of in _kinds.items()
        if filters.kind in ("", kind)
    }
    found = {}
    while waiting and time.monotonic() < end:
        for kind, ids in list(waiting.items()):
            batch = list(islice(ids, BATCH))
            if not batch:
                del waiting[kind]
            for document in _kinds[kind].visible(batch, viewer) if batch else ():
                kept = entry(document)
                if kept.facts.passes(filters) and kept.holds(words):
                    found[document.key] = kept.rank(words)
    keys = sorted(found, key=found.__getitem__)[:MOST]
    return Found(list(words), keys, is_ready=False, is_partial=bool(waiting))


@jobs.handler("search.drain")
def drain(running: jobs.Running) -> None:
    """Bring the index up to date; changes made meanwhile wake another drain."""
    if not _index[0].is_sound:
        rebuild(running)
    running.release_key()
    while _bring_up_to_date():
        running.progress("index", 0, 0)


def _bring_up_to_date() -> bool:
    """Take one batch from the outbox into the index; False when there was none.

    Read inside the writer's lock, so that no slower drain puts an older text over a newer one.
    """
    db.session().rollback()
    if not _waiting():
        return False
    db.session().rollback()
    with _index[0].exclusively():
        batch = _waiting()
        latest = {(kind, number) for _id, kind, number in batch}
        added = _load([_key(kind, number) for kind, number in latest])
        _index[0].write(added, [key for pair in latest if (key := _key(*pair)) not in added])
        _forget([row_id for row_id, _kind, _number in batch])
    return True


@jobs.handler("search.rebuild")
def rebuild(running: jobs.Running) -> None:
    """Make the whole index anew from the database."""
    running.progress("index", 0, 0)
    before = list(db.session().scalars(select(SearchOutbox.id)))
    keys = [_key(kind, number) for kind, of in _kinds.items() for number in of.all_ids()]
    db.session().rollback()

    def everything() -> Iterator[Document]:
        for first in range(0, len(keys), BATCH):
            loaded = _load(keys[first : first + BATCH])
            db.session().rollback()
            yield from loaded.values()
            running.progress("index", min(first + BATCH, len(keys)), len(keys))

    running.result["count"] = _index[0].rebuild(everything())
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


def _load(keys: Iterable[str]) -> dict[str, Document]:
    """What the index keeps of some documents; one that is missing has nothing to find."""
    return {document.key: document for document in documents(list(keys), None)}


def _waiting() -> list[tuple[int, str, int]]:
    columns = SearchOutbox.id, SearchOutbox.kind, SearchOutbox.object_id
    rows = db.session().execute(select(*columns).order_by(SearchOutbox.id).limit(BATCH)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def _forget(row_ids: Collection[int]) -> None:
    with db.transaction() as tx:
        tx.execute(delete(SearchOutbox).where(SearchOutbox.id.in_(row_ids)))
