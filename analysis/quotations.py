"""Opinions of a published edition as everybody may see them, copies folded, in few statements.

The same for every reader, staff too: texts pass `ledger.queries.public`, and one that was taken
down since leaves its number and the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, distinct, func, or_, select

from core import db
from ledger import queries
from ledger.models import (
    Edition,
    EditionGroup,
    EditionLine,
    Opinion,
    OpinionText,
    Section,
    State,
)


@dataclass(frozen=True)
class Voice:
    """One opinion as the public may see it; `body` is None where only a tombstone stands.

    `copies` equal texts (件) are shown as this one, from `senders` people (人). `why` says what
    became of a text that is not shown.
    """

    number: int
    seq: int
    public_id: str
    channel: str
    section: str
    disposition: str
    said_at: datetime
    body: str | None
    why: str = ""
    reason: str = ""
    commitment: str = ""
    salt: str = ""
    copies: int = 1
    senders: int = 1


@dataclass(frozen=True)
class Sieve:
    """What a reader looks for in a report: a disposition, words, or both."""

    disposition: str = ""
    words: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.disposition or self.words)


ALL = Sieve()


def readable() -> ColumnElement[bool]:
    """Texts that everybody may read now."""
    return and_(queries.public(), OpinionText.erased_at.is_(None))


def every(edition: Edition) -> Iterator[tuple[EditionGroup, Voice]]:
    """Every opinion of an edition with its answer, in order, each by itself: for files."""
    query = select(EditionGroup).where(EditionGroup.edition_id == edition.id)
    groups = {group.id: group for group in db.session().scalars(query)}
    lines = _base().where(EditionLine.edition_id == edition.id).order_by(EditionLine.number)
    for row in db.session().execute(lines.execution_options(yield_per=2000)):
        yield groups[row.group_id], _voice(row)


def holds(words: str) -> ColumnElement[bool]:
    return OpinionText.body.icontains(words, autoescape=True)


def answer_holds(words: str) -> ColumnElement[bool]:
    said = EditionGroup.title, EditionGroup.summary, EditionGroup.view, EditionGroup.reason
    return or_(*(column.icontains(words, autoescape=True) for column in said))


def _base(*more: Any) -> Any:
    return (
        select(
            EditionLine.group_id,
            EditionLine.number,
            EditionLine.disposition,
            EditionLine.commitment,
            Opinion.seq,
            Opinion.public_id,
            Opinion.channel,
            Opinion.said_at,
            Opinion.state,
            Opinion.state_reason,
            Opinion.voice_id,
            OpinionText.erased_at,
            OpinionText.fold_key,
            case((readable(), OpinionText.body)).label("body"),
            case((readable(), OpinionText.salt)).label("salt"),
            Section.number.label("section_number"),
            Section.title.label("section_title"),
            *more,
        )
        .join(Opinion, Opinion.id == EditionLine.opinion_id)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .outerjoin(Section, Section.id == Opinion.section_id)
    )


def _fold() -> ColumnElement[str]:
    """Equal for what is shown as one: readable copies; what is not shown stands for itself."""
    return case((readable(), OpinionText.fold_key), else_=cast(Opinion.id, String))


def lines(group_ids: Sequence[int], sieve: Sieve) -> Any:
    same = EditionLine.group_id, _fold()
    query = _base(
        func.row_number().over(partition_by=same, order_by=EditionLine.number).label("copy"),
        func.count().over(partition_by=same).label("copies"),
    ).where(EditionLine.group_id.in_(group_ids))
    if sieve.words:
        query = query.join(EditionGroup, EditionGroup.id == EditionLine.group_id).where(
            or_(answer_holds(sieve.words), and_(readable(), holds(sieve.words)))
        )
    return query


def of(
    group_ids: Sequence[int], sieve: Sieve, *, offset: int = 0, limit: int
) -> dict[int, list[Voice]]:
    """The opinions of groups, copies folded, `limit` of each group: two statements."""
    if not group_ids:
        return {}
    every_line = lines(group_ids, sieve).subquery()
    columns = every_line.c
    rank = func.row_number().over(partition_by=columns.group_id, order_by=columns.number)
    firsts = select(every_line, rank.label("rank")).where(columns.copy == 1).subquery()
    query = (
        select(firsts)
        .where(firsts.c.rank > offset, firsts.c.rank <= offset + limit)
        .order_by(firsts.c.group_id, firsts.c.number)
    )
    rows = db.session().execute(query).all()
    senders = _senders(group_ids, {r.fold_key for r in rows if r.copies > 1})
    found: dict[int, list[Voice]] = {}
    for row in rows:
        people = senders.get((row.group_id, row.fold_key), row.copies) if row.copies > 1 else 1
        voice = _voice(row, copies=row.copies, senders=people)
        found.setdefault(row.group_id, []).append(voice)
    return found


def _senders(group_ids: Sequence[int], keys: set[str]) -> dict[tuple[int, str], int]:
    """How many people sent each of these copies; what nobody's voice is known for counts as one."""
    if not keys:
        return {}
    query = (
        select(
            EditionLine.group_id,
            OpinionText.fold_key,
            func.count(distinct(Opinion.voice_id)) + func.sum(case((_unknown(), 1), else_=0)),
        )
        .join(Opinion, Opinion.id == EditionLine.opinion_id)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(
            EditionLine.group_id.in_(group_ids),
            OpinionText.fold_key.in_(sorted(keys)),
            readable(),
        )
        .group_by(EditionLine.group_id, OpinionText.fold_key)
    )
    return {(group, key): int(people) for group, key, people in db.session().execute(query)}


def _unknown() -> ColumnElement[bool]:
    return Opinion.voice_id.is_(None)


def _voice(row: Any, *, copies: int = 1, senders: int = 1) -> Voice:
    section = f"{row.section_number} {row.section_title}" if row.section_number else ""
    return Voice(
        number=row.number,
        seq=row.seq,
        public_id=row.public_id,
        channel=row.channel,
        section=section,
        disposition=row.disposition,
        said_at=row.said_at,
        body=row.body,
        why="" if row.body is not None else why(row.state, row.erased_at),
        reason="" if row.body is not None else told(row.state, row.state_reason),
        commitment=row.commitment,
        salt=row.salt or "",
        copies=copies,
        senders=senders,
    )


def why(state: str, erased_at: datetime | None) -> str:
    return "erased" if erased_at is not None else state


def told(state: str, reason: str) -> str:
    """The reason of a decision is public; why somebody took back their own words is theirs."""
    return reason if state == State.WITHHELD else ""
