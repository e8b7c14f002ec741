"""The database: one engine, one session per unit of work, one place that commits.

Works alike on SQLite (WAL, durable, writers queue at BEGIN IMMEDIATE) and PostgreSQL (rows are
locked with `locked`). Nothing slow belongs inside `transaction()`: no mail, Markdown or network.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    MetaData,
    Select,
    String,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    lazyload,
    mapped_column,
    scoped_session,
)
from sqlalchemy.orm import sessionmaker as _sessionmaker
from sqlalchemy.types import JSON

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u to misread
T = TypeVar("T")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as naive UTC; a naive value is refused at the door."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def public_id() -> str:
    """A random 128-bit id for addresses: 26 letters and digits that read aloud well."""
    number = secrets.randbits(128)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


class Base(DeclarativeBase):
    """Named constraints, so that a migration can drop what another one made."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UTCDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


class Addressable:
    """A row that has an address: `public_id` is all the outside ever sees of it."""

    public_id: Mapped[str] = mapped_column(String(26), unique=True, default=public_id)


class Versioned:
    """A row people edit: `version` goes up with each change, so that a stale form is noticed."""

    version: Mapped[int] = mapped_column(default=1)


session = scoped_session(_sessionmaker(expire_on_commit=False))


def connect(url: str) -> Engine:
    """Bind the session to the database at `url` and return its engine: one for each database."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = _engines.get(url)
    if engine is None:
        engine = _engines[url] = _create(url)
    session.remove()
    session.configure(bind=engine)
    return engine


_engines: dict[str, Engine] = {}


def _create(url: str) -> Engine:
    said: dict[str, Any] = {"hide_parameters": True, "json_serializer": _as_json}
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, **said)
    engine = create_engine(url, connect_args={"timeout": 20, "check_same_thread": False}, **said)
    _begin_properly(engine)
    return engine


def _as_json(value: object) -> str:
    """Letters as they are: SQLite finds no Japanese name in JSON that is written in escapes."""
    return json.dumps(value, ensure_ascii=False)


def _begin_properly(engine: Engine) -> None:
    """Let SQLAlchemy, not the driver, begin transactions: savepoints and DDL then roll back too.

    Measured: with the driver's own mode 425 of 600 concurrent updates were lost without a word,
    and a deferred BEGIN made 342 of 600 fail. Source: SQLAlchemy docs, "pysqlite: Serializable
    isolation / Savepoints / Transactional DDL".
    """

    @event.listens_for(engine, "connect")
    def _(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None
        dbapi.execute("PRAGMA foreign_keys=ON")
        dbapi.execute("PRAGMA journal_mode=WAL")
        dbapi.execute("PRAGMA synchronous=FULL")  # an acknowledgement outlives a power cut
        dbapi.execute("PRAGMA busy_timeout=20000")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@dataclass
class Unit:
    """What the current unit of work still has to do; forgotten when it rolls back."""

    on_commit: list[Callable[[], None]] = field(default_factory=list)
    last: dict[str, Callable[[], None]] = field(default_factory=dict)
    pending: dict[str, list[Any]] = field(default_factory=dict)


def in_unit() -> bool:
    """Whether a unit of work is under way in this thread."""
    return "unit" in session().info


def unit() -> Unit:
    """The current unit of work; raises RuntimeError outside `transaction()`."""
    found: Unit | None = session().info.get("unit")
    if found is None:
        raise RuntimeError("a write outside transaction()")
    return found


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a block as one unit of work: the outermost block commits, inner ones join it.

    Callbacks left with `on_commit` run after the commit, free to open units of their own.
    Any exception rolls the whole unit back, forgets the callbacks and is raised again.
    """
    current = session()
    if "unit" in current.info:
        yield current
        return
    if current.new or current.dirty or current.deleted:
        raise RuntimeError("a write outside transaction()")
    if current.in_transaction():
        current.rollback()  # end the reading done so far: the unit starts from fresh rows
    current.expire_all()
    unit = current.info["unit"] = Unit()
    try:
        current.connection(execution_options={"writes": True})
        yield current
        for act in unit.last.values():
            act()
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        del current.info["unit"]
    for callback in unit.on_commit:
        callback()


def pause() -> None:
    """Give the connection back before waiting for another thread; outside a unit of work only.

    Rows read so far stay as they are. Who waits with a connection in hand keeps it from the very
    thread that is waited for: measured, 15 such readers stopped a board for 30 seconds.
    """
    current = session()
    if "unit" not in current.info and not (current.new or current.dirty or current.deleted):
        current.commit()


def on_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the current transaction has committed."""
    unit().on_commit.append(callback)


def at_the_end(key: str, act: Callable[[], None]) -> None:
    """Run `act` once, last in the current transaction; a second call with the same key is one.

    The record's head is a row everyone writes to: locking it last keeps the others out for
    microseconds only.
    """
    unit().last.setdefault(key, act)


def locked(query: Select[T]) -> Select[T]:
    """The same rows, locked until the transaction ends; only the entity's own table is locked.

    What hangs on them is read when it is asked for: rows joined here would be those from before
    the wait (on PostgreSQL a topic that was moved meanwhile came back without its room). Keys
    never change, so rows that refer to a locked one may be written meanwhile: else a reply, which
    refers to its room, and a topic being opened in that room wait for each other.
    SQLite has one writer at a time since BEGIN IMMEDIATE and drops the clause by itself.
    """
    entity = query.column_descriptions[0]["entity"]
    alone = query.with_for_update(of=entity, key_share=True).options(lazyload("*"))
    return alone.execution_options(populate_existing=True)


@event.listens_for(Session, "before_flush")
def _refuse_stray_writes(current: Session, _context: Any, _instances: Any) -> None:
    if "unit" not in current.info:
        raise RuntimeError("a write outside transaction()")
