"""Reading the ledger, in a known number of statements; texts pass `visible_to`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, select
from sqlalchemy.orm import contains_eager

from core import clock, db, record
from core.errors import NotFound
from core.permissions import permits
from ledger.models import (
    Answer,
    Consultation,
    Edition,
    EditionGroup,
    EditionLine,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    Report,
    ReportState,
    State,
    Theme,
)


@dataclass(frozen=True)
class Counts:
    """Law 1 in figures: received = counted + held + withheld + withdrawn + superseded.

    people (人), submissions (通) and counted (件) are three different numbers; `unknown` are
    counted opinions nobody's voice is known for (不明).
    """

    received: int = 0
    counted: int = 0
    held: int = 0
    withheld: int = 0
    withdrawn: int = 0
    superseded: int = 0
    in_themes: int = 0
    lone: int = 0
    unfiled: int = 0
    people: int = 0
    unknown: int = 0
    submissions: int = 0

    @property
    def balances(self) -> bool:
        parts = self.counted + self.held + self.withheld + self.withdrawn + self.superseded
        return self.received == parts and self.counted == self.in_themes + self.lone + self.unfiled


@dataclass(frozen=True)
class ChannelCounts:
    """One line of "where it came from": counted opinions of one channel."""

    channel: str
    people: int
    unknown: int
    submissions: int
    opinions: int


def visible_to(viewer: Any, consultation: Consultation) -> ColumnElement[bool]:
    """The opinions of a consultation whose text this viewer may read.

    Staff of the consultation see all but erased ones; everybody else what is counted and public.
    Every exit (page, JSON, embed, search, export, socket, mail) filters by this.
    """
    here = Opinion.consultation_id == consultation.id
    if permits(viewer, "opinions.see_all", consultation):
        return here
    return and_(here, public())


def public(at: Any = None) -> ColumnElement[bool]:
    """Counted, and said in public or covered by a published report.

    A query that is kept for many requests gives a parameter for the moment `at`, else it is now.
    """
    moment = clock.now() if at is None else at
    return and_(Opinion.state == State.COUNTED, Opinion.published_at <= moment)


def counts(consultation: Consultation, *, upto: int | None = None) -> Counts:
    """The conservation line of a consultation (one statement); `upto` is a report's cut-off."""
    return counts_of([consultation], upto=upto)[consultation.id]


def counts_of(
    consultations: Sequence[Consultation], *, upto: int | None = None
) -> dict[int, Counts]:
    """The conservation lines of several consultations, by id, counted once for each change."""
    ids = tuple(c.id for c in consultations)
    return record.unchanged(("counts", ids, upto), lambda: count(consultations, upto=upto))


def count(consultations: Sequence[Consultation], *, upto: int | None = None) -> dict[int, Counts]:
    """Count every line of several consultations now, in one statement: what `check` asks."""
    counted = Opinion.state == State.COUNTED

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = (
        select(
            Opinion.consultation_id,
            func.count(Opinion.id),
            *[number(Opinion.state == state) for state in _ORDER],
            number(and_(counted, Filing.placement == Placement.THEME)),
            number(and_(counted, Filing.placement == Placement.LONE)),
            number(and_(counted, Filing.opinion_id.is_(None))),
            func.count(distinct(case((counted, Opinion.voice_id)))),
            number(and_(counted, Opinion.voice_id.is_(None))),
            func.count(distinct(case((counted, Opinion.submission)))),
        )
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id.in_([c.id for c in consultations]))
        .group_by(Opinion.consultation_id)
    )
    if upto is not None:
        query = query.where(Opinion.seq <= upto)
    found = {row[0]: Counts(*(int(n) for n in row[1:])) for row in db.session().execute(query)}
    return {c.id: found.get(c.id, Counts()) for c in consultations}


_ORDER = (State.COUNTED, State.HELD, State.WITHHELD, State.WITHDRAWN, State.SUPERSEDED)


def by_channel(consultation: Consultation, *, upto: int | None = None) -> list[ChannelCounts]:
    """Counted opinions by the way they arrived, most first; counted once for each change."""
    key = ("channels", consultation.id, upto)
    return record.unchanged(key, lambda: _by_channel(consultation, upto))


def _by_channel(consultation: Consultation, upto: int | None) -> list[ChannelCounts]:
    opinions = func.count(Opinion.id)
    query = (
        select(
            Opinion.channel,
            func.count(distinct(Opinion.voice_id)),
            opinions - func.count(Opinion.voice_id),
            func.count(distinct(Opinion.submission)),
            opinions,
        )
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
        .group_by(Opinion.channel)
        .order_by(opinions.desc(), Opinion.channel)
    )
    if upto is not None:
        query = query.where(Opinion.seq <= upto)
    return [ChannelCounts(*row) for row in db.session().execute(query)]


@dataclass(frozen=True)
class ThemeRow:
    """A theme as a list shows it: how many 件 and 人, and how far its answer is."""

    theme: Theme
    opinions: int
    people: int
    answer: Answer | None

    @property
    def quote(self) -> str:
        """Words that tell apart what the machine calls alike, until a person has named it."""
        quote, title = self.theme.machine_quote or "", self.theme.title
        return "" if title != self.theme.machine_label or quote in title else quote[:60]


def themes_of(consultation: Consultation) -> list[ThemeRow]:
    """The living themes in their order, with counts and answers (one statement)."""
    query = (
        select(Theme, func.count(Opinion.id), func.count(distinct(Opinion.voice_id)), Answer)
        .outerjoin(Filing, Filing.theme_id == Theme.id)
        .outerjoin(Opinion, and_(Opinion.id == Filing.opinion_id, Opinion.state == State.COUNTED))
        .outerjoin(Answer, Answer.theme_id == Theme.id)
        .where(Theme.consultation_id == consultation.id, Theme.dissolved_at.is_(None))
        .group_by(Theme.id, Answer.id)
        .order_by(Theme.level1, Theme.position, Theme.id)
    )
    return [ThemeRow(*row) for row in db.session().execute(query)]


def theme(public_id: str, consultation: Consultation) -> Theme:
    """A theme by address, following merges; raises `NotFound`."""
    query = select(Theme).where(
        Theme.public_id == public_id, Theme.consultation_id == consultation.id
    )
    found = db.session().scalars(query).one_or_none()
    while found is not None and found.merged_into_id is not None:
        found = db.session().get_one(Theme, found.merged_into_id)
    if found is None or found.dissolved_at is not None:
        raise NotFound
    return found


def opinions_in(
    consultation: Consultation,
    where: Theme | Placement | None,
    *,
    offset: int = 0,
    limit: int = 50,
) -> list[Opinion]:
    """Counted opinions of a theme, of the lone list (`Placement.LONE`) or of 未整理 (None)."""
    query = (
        select(Opinion)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .options(contains_eager(Opinion.text))
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
    )
    if isinstance(where, Theme):
        query = query.where(Filing.theme_id == where.id)
    elif where is None:
        query = query.where(Filing.opinion_id.is_(None))
    else:
        query = query.where(Filing.placement == where)
    query = query.order_by(Opinion.seq).offset(offset).limit(limit)
    return list(db.session().scalars(query))


def opinion(public_id: str) -> Opinion:
    """An opinion by address, whatever its state; callers ask `may_read`. Raises `NotFound`."""
    found = (
        db.session().scalars(select(Opinion).where(Opinion.public_id == public_id)).one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def may_read(viewer: Any, opinion: Opinion) -> bool:
    """Whether `visible_to` would let this viewer read this opinion's text."""
    return permits(viewer, "opinions.see_all", opinion.consultation) or is_public(opinion)


def is_public(opinion: Opinion) -> bool:
    """What `public()` says in SQL, of one opinion at hand."""
    shown = opinion.published_at is not None and opinion.published_at <= clock.now()
    return opinion.state == State.COUNTED and shown


def covered(opinion_ids: Sequence[int]) -> set[int]:
    """Which of these a report speaks of: one handed in with a cut-off after them, or published."""
    handed_in = (
        select(Opinion.id)
        .join(Report, Report.consultation_id == Opinion.consultation_id)
        .where(
            Opinion.id.in_(opinion_ids),
            Report.state != ReportState.DRAFT,
            Report.cutoff_seq >= Opinion.seq,
        )
    )
    published = select(EditionLine.opinion_id).where(EditionLine.opinion_id.in_(opinion_ids))
    return set(db.session().scalars(handed_in.union(published))) if opinion_ids else set()


def open_consultations() -> list[Consultation]:
    """All consultations, newest first, with phases and departments."""
    return list(db.session().scalars(select(Consultation).order_by(Consultation.id.desc())))


@dataclass(frozen=True)
class Published:
    """How one opinion was answered in public: its disposition, the group's answer, and where."""

    disposition: str
    group: EditionGroup
    report: str
    edition: int
    at: datetime


def published_answers(opinion_ids: Sequence[int]) -> dict[int, Published]:
    """The answers of these opinions in the newest edition that covers each (one statement).

    What is not in an edition is not public: drafts and approvals are never returned.
    """
    if not opinion_ids:
        return {}
    query = (
        select(
            EditionLine.opinion_id,
            EditionLine.disposition,
            EditionGroup,
            Report.public_id,
            Edition.number,
            Edition.published_at,
        )
        .join(EditionGroup, EditionGroup.id == EditionLine.group_id)
        .join(Edition, Edition.id == EditionLine.edition_id)
        .join(Report, Report.id == Edition.report_id)
        .where(EditionLine.opinion_id.in_(opinion_ids))
        .order_by(Edition.published_at, Edition.id)
    )
    return {row[0]: Published(*row[1:]) for row in db.session().execute(query)}
