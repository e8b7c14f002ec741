"""The public record: append-only, hash-chained, who did what to what, when.

An entry says what happened to which object and carries a salted commitment where a text is
concerned, never the text: an erased text does not break the chain. Entries of one transaction are
written together at its end, with the chain's head locked last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, Index, Integer, String, Table, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db

GENESIS = "0" * 64
T = TypeVar("T")


class Entry(db.Base):
    """One act. `hash` covers every other column and the hash before it."""

    __tablename__ = "record"
    __table_args__ = (Index("ix_record_object", "object"), Index("ix_record_kind", "kind"))

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))
    object: Mapped[str] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(80), default="")
    actor_role: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]]
    commitment: Mapped[str] = mapped_column(String(64), default="")
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class Head(db.Base):
    """The newest entry's number and hash: the single row that appends are ordered by."""

    __tablename__ = "record_head"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seq: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64), default=GENESIS)


@dataclass(frozen=True)
class Fault:
    """Where the chain does not hold, and how."""

    seq: int
    reason: str


def append(
    kind: str,
    object: str,
    *,
    role: str,
    scope: str = "",
    commitment: str = "",
    **detail: object,
) -> None:
    """Add an act to the record of the current transaction.

    `object` and `scope` are readable addresses ("opinion:9k2…", "consultation:park"); `detail`
    holds JSON values and never a person's name or a resident's text.
    """
    db.unit().pending.setdefault("record", []).append(
        {
            "at": clock.now(),
            "kind": kind,
            "object": object,
            "scope": scope,
            "actor_role": role,
            "detail": detail,
            "commitment": commitment,
        }
    )
    db.at_the_end("record", _write)


def _write() -> None:
    current = db.session()
    pending: list[dict[str, Any]] = db.unit().pending.pop("record")
    current.flush()
    head = current.scalars(db.locked(select(Head).where(Head.id == 1))).one_or_none()
    if head is None:
        head = Head(id=1, seq=0, hash=GENESIS)
        current.add(head)
    for values in pending:
        values["seq"] = head.seq + 1
        values["prev_hash"] = head.hash
        values["hash"] = digest(values)
        head.seq, head.hash = values["seq"], values["hash"]
    # into the table: through the mapper 50,000 entries take a second longer
    current.execute(insert(cast(Table, Entry.__table__)), pending)
    current.flush()


def digest(values: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of one entry's columns, in hex."""
    said = [
        values["seq"],
        values["at"].isoformat(timespec="microseconds"),
        values["kind"],
        values["object"],
        values["scope"],
        values["actor_role"],
        values["detail"],
        values["commitment"],
        values["prev_hash"],
    ]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def commit_to(salt: str, text: str) -> str:
    """A commitment to `text` that reveals nothing once `salt` and text are erased."""
    return hashlib.sha256(f"{salt}\0{text}".encode()).hexdigest()


def verify() -> Iterator[Fault]:
    """Walk the whole chain and yield every place where it does not hold."""
    previous, expected = GENESIS, 1
    columns = Entry.__table__.c
    query = select(*columns).order_by(columns.seq)
    for row in db.session().execute(query.execution_options(yield_per=2000)):
        values = dict(row._mapping)
        if values["seq"] != expected:
            yield Fault(expected, f"missing: the next entry is {values['seq']}")
            expected = values["seq"]
        if values["prev_hash"] != previous:
            yield Fault(values["seq"], "does not follow the entry before it")
        if digest(values) != values["hash"]:
            yield Fault(values["seq"], "was changed after it was written")
        previous, expected = values["hash"], expected + 1
    head = db.session().get(Head, 1)
    if (head.seq if head else 0, head.hash if head else GENESIS) != (expected - 1, previous):
        yield Fault(expected - 1, "the head names another entry: the end was cut or replaced")


_known: dict[tuple[object, ...], Any] = {}
_KNOWN_LIMIT = 512


def unchanged(key: tuple[object, ...], ask: Callable[[], T]) -> T:
    """What `ask()` answers, asked again only after the record has grown.

    For figures that change by recorded acts alone: they are counted once for each head of the
    chain, not for each reader. Inside a unit of work, which has yet to write its entries, the
    question is always asked.
    """
    if db.in_unit():
        return ask()
    at = (head()[1], *key)
    try:
        answer: T = _known[at]
    except KeyError:
        answer = ask()
        if len(_known) >= _KNOWN_LIMIT:
            _known.clear()
        _known[at] = answer
    return answer


def head() -> tuple[int, str]:
    """Number and hash of the newest entry; (0, zeros) before the first."""
    found = db.session().execute(select(Head.seq, Head.hash).where(Head.id == 1)).one_or_none()
    return (found.seq, found.hash) if found else (0, GENESIS)
