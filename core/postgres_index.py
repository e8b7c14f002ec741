"""The index in PostgreSQL: the same characters and pairs in an array with a GIN index.

Not a tsvector: that caps positions at 16,383 and at 256 of each lexeme, so that a phrase in a long
paper is lost; here the array finds the candidates and the folded text decides. The table is no
model: it exists on PostgreSQL only, in no backup, and is made anew from the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    delete,
    func,
    literal,
    not_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from core import db, grams
from core.documents import SCHEMA, Broken, Document, Filters, entry, microseconds

_LOCK = 7_061_001  # of writers to this table; any number nobody else uses
_BATCH = 200
_MARK = "schema"  # the row that says which layout the index has; its kind is of no document

search_text = Table(
    "search_text",
    MetaData(),
    Column("key", Text, primary_key=True),
    Column("kind", Text),
    Column("number", Integer),
    Column("at", BigInteger),
    Column("room", Text),
    Column("consultation_id", Integer),
    Column("is_official", Boolean),
    Column("title", Text),
    Column("body", Text),
    Column("grams", ARRAY(Text)),
    Column("kept_at", DateTime(timezone=True)),
)
_of = search_text.c


class PostgresIndex:
    """Texts by key in one table; a rebuild goes over it row by row while it answers."""

    @property
    def is_sound(self) -> bool:
        """Whether a rebuild of this layout was finished."""
        try:
            found = db.session().scalar(select(_of.number).where(_of.key == _MARK))
        except SQLAlchemyError:
            db.session().rollback()
            return False
        return found == SCHEMA

    def find(self, words: Sequence[str], filters: Filters, *, limit: int) -> list[str]:
        """Keys of the texts that hold every word, best first; raises `Broken`."""
        try:
            if not self.is_sound:
                raise Broken
            return list(db.session().scalars(_query(words, filters, limit)))
        except SQLAlchemyError as error:
            db.session().rollback()
            raise Broken from error

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """One writer at a time; what is read inside and written is one transaction."""
        with db.transaction() as tx:
            tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield

    def write(self, added: Mapping[str, Document], removed: Collection[str]) -> None:
        """Put texts in (again) and take others out, inside `exclusively()`."""
        with db.transaction() as tx:
            tx.execute(delete(search_text).where(_of.key.in_(removed)))
            if added:
                tx.execute(_put([_row(document) for document in added.values()]))

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Bring every row up to date, forget the others; returns how many there are.

        What was written meanwhile is newer than what is read here, and stays. A rebuild that is
        killed leaves a mixture, each row of it right, and is asked for again.
        """
        count, rest = 0, iter(documents)
        began = self._begin()
        while batch := list(islice(rest, _BATCH)):
            rows = [_row(document) for document in batch]
            with self.exclusively():
                db.session().execute(_put(rows, unless_kept_since=began))
            count += len(rows)
        with db.transaction() as tx:
            tx.execute(delete(search_text).where(_of.kept_at < began))
            mark = {"key": _MARK, "kind": "", "number": SCHEMA, "kept_at": func.clock_timestamp()}
            written = insert(search_text).values(mark)
            tx.execute(written.on_conflict_do_update(index_elements=[_of.key], set_=mark))
            tx.execute(text("ANALYZE search_text"))  # how common which token is
        return count

    def _begin(self) -> datetime:
        """The database's own time, after which a row is newer than this rebuild."""
        with db.transaction() as tx:
            now: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
            return now


def _row(document: Document) -> dict[str, Any]:
    kept = entry(document)
    return {
        "key": kept.facts.key,
        "kind": kept.facts.kind,
        "number": kept.facts.id,
        "at": kept.facts.at,
        "room": kept.facts.room,
        "consultation_id": kept.facts.consultation_id,
        "is_official": kept.facts.is_official,
        "title": kept.title,
        "body": kept.body,
        "grams": sorted(grams.tokens(f"{kept.title} {kept.body}")),
        "kept_at": func.clock_timestamp(),
    }


def _put(rows: list[dict[str, Any]], *, unless_kept_since: datetime | None = None) -> Insert:
    written = insert(search_text).values(rows)
    fresh = {column.name: column for column in written.excluded if column.name != "key"}
    older = None if unless_kept_since is None else _of.kept_at < unless_kept_since
    return written.on_conflict_do_update(index_elements=[_of.key], set_=fresh, where=older)


def _query(words: Sequence[str], filters: Filters, limit: int) -> Select[str]:
    """In the order of `Facts.rank`, as two walks, so that each can follow an index.

    Of common words the newest are found by going back in time, of rare ones by the array:
    PostgreSQL knows how common each is.
    """
    titled = and_(_of.title != "", *(func.strpos(_of.title, word) > 0 for word in words))
    walks = (
        select(_of.key, literal(tier).label("tier"), _of.at, _of.kind, _of.number)
        .where(found, *_passes(filters))
        .order_by(*_newest_first(_of))
        .limit(limit)
        .subquery()
        for tier, found in ((0, titled), (1, and_(_holds(words), not_(titled))))
    )
    both = union_all(*(select(walk) for walk in walks)).subquery()
    return select(both.c.key).order_by(both.c.tier, *_newest_first(both.c)).limit(limit)


def _newest_first(of: Any) -> list[ColumnElement[Any]]:
    return [of.at.desc(), of.kind, of.number.desc()]


def _holds(words: Sequence[str]) -> ColumnElement[bool]:
    """The tokens by the index; of longer words, the text itself."""
    tokens = sorted({token for word in words for token in grams.wanted(word)})
    long = [word for word in words if len(word) > 2]
    return and_(_of.grams.contains(tokens), *(_in_text(word) for word in long))


def _in_text(word: str) -> ColumnElement[bool]:
    return (func.strpos(_of.body, word) > 0) | (func.strpos(_of.title, word) > 0)


def _passes(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.kind:
        yield _of.kind == filters.kind
    if filters.room:
        yield _of.room == filters.room
    if filters.consultation_id is not None:
        yield _of.consultation_id == filters.consultation_id
    if filters.since is not None:
        yield _of.at >= microseconds(filters.since)
    if filters.until is not None:
        yield _of.at < microseconds(filters.until)
    if filters.is_official:
        yield _of.is_official
