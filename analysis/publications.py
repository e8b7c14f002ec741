"""What everybody reads of a published edition, in a known number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, distinct, func, or_, select
from sqlalchemy.orm import aliased

from analysis import quotations
from analysis.quotations import ALL, Sieve, Voice
from analysis.render import Change, difference
from core import db, text
from ledger import dispositions
from ledger.models import (
    Edition,
    EditionGroup,
    EditionLine,
    Opinion,
    OpinionText,
    Report,
)

SHOWN = 20  # opinions under a theme before the link to all of them
GROUPS = 30  # themes, or lone opinions, on one page


@dataclass
class Passage:
    """One answer with the opinions under it.

    `apart` are the answers that single opinions of the same theme got by themselves.
    """

    group: EditionGroup
    voices: list[Voice] = field(default_factory=list)
    apart: list[Passage] = field(default_factory=list)

    @property
    def unseen(self) -> int:
        """How many 件 the page leaves to the list of all of them."""
        return self.group.opinion_count - sum(voice.copies for voice in self.voices)


def count(edition: Edition, *, is_lone: bool, sieve: Sieve = ALL) -> int:
    """How many groups of a kind the sieve lets through."""
    groups = _groups(edition, is_lone, sieve).subquery()
    return db.session().scalar(select(func.count()).select_from(groups)) or 0


def passages(
    edition: Edition,
    *,
    is_lone: bool,
    sieve: Sieve = ALL,
    offset: int = 0,
    limit: int = GROUPS,
) -> list[Passage]:
    """Groups in their order with the first opinions of each: three statements."""
    query = _groups(edition, is_lone, sieve).order_by(EditionGroup.number)
    groups = list(db.session().scalars(query.offset(offset).limit(limit)))
    ids = [group.id for group in groups]
    voices = quotations.of(ids, sieve, limit=SHOWN)
    found = [Passage(group, voices.get(group.id, [])) for group in groups]
    return found if is_lone else _gathered(found)


def group(edition: Edition, number: int) -> EditionGroup | None:
    """One group of an edition by its number."""
    query = select(EditionGroup).where(
        EditionGroup.edition_id == edition.id, EditionGroup.number == number
    )
    return db.session().scalars(query).one_or_none()


def passage(of: EditionGroup, *, offset: int = 0, limit: int = 50) -> Passage:
    """One group with a page of its opinions: two statements."""
    voices = quotations.of([of.id], ALL, offset=offset, limit=limit)
    return Passage(of, voices.get(of.id, []))


def texts_in(group: EditionGroup) -> int:
    """How many different texts a group shows: copies are one."""
    lines = quotations.lines([group.id], ALL).subquery()
    query = select(func.count()).select_from(lines).where(lines.c.copy == 1)
    return db.session().scalar(query) or 0


def changes(edition: Edition) -> list[Change]:
    """The places of the draft that were changed, the same change under two answers once."""
    query = (
        select(EditionGroup)
        .where(
            EditionGroup.edition_id == edition.id,
            EditionGroup.disposition.in_(dispositions.CHANGED),
            (EditionGroup.before != "") | (EditionGroup.after != ""),
        )
        .order_by(EditionGroup.number)
    )
    found: dict[tuple[str, str, str], list[EditionGroup]] = {}
    for group in db.session().scalars(query):
        key = text.folded(group.place), group.before, group.after
        found.setdefault(key, []).append(group)
    return [
        Change(
            place=same[0].place,
            opinions=sum(group.opinion_count for group in same),
            title=same[0].title,
            group=same[0].number,
            sides=difference(same[0].before, same[0].after),
        )
        for same in found.values()
    ]


def editions_of(report: Report) -> list[Edition]:
    """Every edition of a report, newest first."""
    query = select(Edition).where(Edition.report_id == report.id)
    return list(db.session().scalars(query.order_by(Edition.number.desc())))


def is_newest(edition: Edition) -> bool:
    """Whether no later edition of the same report exists."""
    query = select(func.max(Edition.number)).where(Edition.report_id == edition.report_id)
    return db.session().scalar(query) == edition.number


def published(*, offset: int = 0, limit: int = 20) -> list[Edition]:
    """The newest edition of each report, the one published last first."""
    query = select(Edition).where(_is_newest())
    query = query.order_by(Edition.published_at.desc(), Edition.id.desc())
    return list(db.session().scalars(query.offset(offset).limit(limit)))


def newest_of(report_ids: Collection[int]) -> list[Edition]:
    """The newest editions of these reports; a report without one is left out."""
    query = select(Edition).where(Edition.report_id.in_(list(report_ids)), _is_newest())
    return list(db.session().scalars(query))


def published_count() -> int:
    return db.session().scalar(select(func.count(distinct(Edition.report_id)))) or 0


@dataclass(frozen=True)
class Removal:
    """A text of an edition that is not shown any more."""

    seq: int
    why: str
    reason: str
    at: datetime


def removals(edition: Edition, *, limit: int = 50) -> list[Removal]:
    """What was taken down since the edition came out: its correction log says so by itself."""
    query = (
        select(
            Opinion.seq,
            Opinion.state,
            Opinion.state_reason,
            Opinion.state_at,
            OpinionText.erased_at,
        )
        .join(EditionLine, EditionLine.opinion_id == Opinion.id)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(EditionLine.edition_id == edition.id, ~quotations.readable())
        .order_by(Opinion.state_at, Opinion.seq)
        .limit(limit)
    )
    return [
        Removal(seq, quotations.why(state, erased), quotations.told(state, reason), erased or at)
        for seq, state, reason, at, erased in db.session().execute(query)
    ]


def _is_newest() -> ColumnElement[bool]:
    other = aliased(Edition)
    newest = select(func.max(other.number)).where(other.report_id == Edition.report_id)
    return Edition.number == newest.scalar_subquery()


def _groups(edition: Edition, is_lone: bool, sieve: Sieve) -> Select[EditionGroup]:
    query = select(EditionGroup).where(
        EditionGroup.edition_id == edition.id, EditionGroup.is_lone.is_(is_lone)
    )
    if sieve.disposition:
        query = query.where(EditionGroup.disposition == sieve.disposition)
    if sieve.words:
        said = (
            select(EditionLine.group_id)
            .join(Opinion, Opinion.id == EditionLine.opinion_id)
            .join(OpinionText, OpinionText.opinion_id == Opinion.id)
            .where(
                EditionLine.edition_id == edition.id,
                quotations.readable(),
                quotations.holds(sieve.words),
            )
        )
        query = query.where(or_(quotations.answer_holds(sieve.words), EditionGroup.id.in_(said)))
    return query


def _gathered(found: Sequence[Passage]) -> list[Passage]:
    """Put the answers that single opinions of a theme got behind the theme's own."""
    heads: list[Passage] = []
    for one in found:
        head = heads[-1] if heads else None
        if head is not None and one.group.theme_id == head.group.theme_id:
            head.apart.append(one)
        else:
            heads.append(one)
    return heads
