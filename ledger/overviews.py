"""What home and a consultation's page show at a glance, in a known number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased, joinedload

from core import clock, db
from core.people import Department
from ledger import queries, sources
from ledger.models import (
    Consultation,
    Edition,
    EditionGroup,
    EditionLine,
    Opinion,
    OpinionText,
    Phase,
    PhaseKind,
    Report,
    State,
)

TAKES_VOICES = (PhaseKind.DISCUSS, PhaseKind.WORKSHOP, PhaseKind.PROPOSAL, PhaseKind.COMMENT)
_EDITIONS_LOOKED_AT = 4  # enough for a home page: one report has dozens of answers


@dataclass(frozen=True)
class RecentAnswer:
    """A voice as it was said and the ward's answer to it."""

    voice: str
    group: EditionGroup
    department: str
    report: str
    edition: int
    at: datetime


@dataclass(frozen=True)
class Year:
    """The ledger since the first of April: received = answered + in preparation."""

    received: int
    answered: int

    @property
    def preparing(self) -> int:
        return self.received - self.answered


@dataclass(frozen=True)
class Card:
    """A consultation in which something can be said now, with what closes first.

    `action` is None while a phase is open but its channel offers nothing yet.
    """

    consultation: Consultation
    phase: Phase
    action: sources.Action | None
    others: list[sources.Action]
    counts: queries.Counts

    @property
    def closes_at(self) -> datetime | None:
        return self.action.closes_at if self.action else self.phase.closes_at


@dataclass(frozen=True)
class Home:
    """All consultations by what a visitor can do: speak now, wait, or read the answer."""

    cards: list[Card]
    coming: list[Consultation]
    preparing: list[Consultation]
    ended: list[Consultation]


def home(viewer: Any) -> Home:
    """The consultations as home shows them; open ones soonest closing first."""
    everything = queries.open_consultations()
    answered = last_answered(everything)
    by_standing: dict[str, list[Consultation]] = {}
    for consultation in everything:
        key = standing(consultation, answered.get(consultation.id))
        by_standing.setdefault(key, []).append(consultation)
    taking = by_standing.get("open", [])
    counts = queries.counts_of(taking) if taking else {}
    cards = [_card(c, phase, viewer, counts[c.id]) for c in taking if (phase := open_phase(c))]
    far = datetime.max.replace(tzinfo=UTC)
    return Home(
        sorted(cards, key=lambda card: card.closes_at or far),
        sorted(by_standing.get("coming", []), key=lambda c: _opens_next(c) or far),
        by_standing.get("preparing", []),
        by_standing.get("ended", []),
    )


def standing(consultation: Consultation, answered_at: datetime | None) -> str:
    """Where a consultation stands: open, coming, preparing (its answers) or ended."""
    if open_phase(consultation) is not None:
        return "open"
    if not consultation.phases or _opens_next(consultation) is not None:
        return "coming"
    return "ended" if is_answered(consultation, answered_at) else "preparing"


def is_answered(consultation: Consultation, answered_at: datetime | None) -> bool:
    """Whether a report was published after the newest phase that took voices had begun."""
    taking = [p.opens_at for p in consultation.phases if p.kind in TAKES_VOICES]
    begun = [at for at in taking if at <= clock.now()]
    return answered_at is not None and answered_at >= max(begun, default=answered_at)


def open_phase(consultation: Consultation) -> Phase | None:
    """The phase that takes voices now; the one that opened last when there are several."""
    now = clock.now()
    taking = [p for p in consultation.phases if p.kind in TAKES_VOICES and p.is_open(now)]
    return max(taking, key=lambda p: p.opens_at, default=None)


def next_phase(consultation: Consultation) -> Phase | None:
    """The phase that begins next, of any kind."""
    now = clock.now()
    ahead = [p for p in consultation.phases if p.opens_at > now]
    return min(ahead, key=lambda p: p.opens_at, default=None)


def _opens_next(consultation: Consultation) -> datetime | None:
    now = clock.now()
    ahead = [p.opens_at for p in consultation.phases if p.kind in TAKES_VOICES]
    return min((at for at in ahead if at > now), default=None)


def _card(consultation: Consultation, phase: Phase, viewer: Any, counts: queries.Counts) -> Card:
    actions = [a for a in sources.actions_of(consultation, viewer) if a.is_open]
    return Card(consultation, phase, actions[0] if actions else None, actions[1:], counts)


def last_answered(consultations: Sequence[Consultation]) -> dict[int, datetime]:
    """When each consultation's newest edition was published, by id."""
    query = (
        select(Report.consultation_id, func.max(Edition.published_at))
        .join(Edition, Edition.report_id == Report.id)
        .where(Report.consultation_id.in_([c.id for c in consultations]))
        .group_by(Report.consultation_id)
    )
    return {row[0]: row[1] for row in db.session().execute(query)}


def recent_answers(limit: int = 3) -> list[RecentAnswer]:
    """Answers of the newest editions, differently handled ones first, each with a resident's words.

    Not the largest groups: quantity is not weight. Two statements.
    """
    newest = (
        select(Edition.id, Edition.number, Edition.published_at, Report.public_id, Department.name)
        .join(Report, Report.id == Edition.report_id)
        .join(Consultation, Consultation.id == Report.consultation_id)
        .join(Department, Department.id == Consultation.department_id)
        .where(_is_newest_of_its_report())
        .order_by(Edition.published_at.desc(), Edition.id.desc())
        .limit(_EDITIONS_LOOKED_AT)
        .subquery()
    )
    query = (
        select(
            EditionGroup, newest.c.name, newest.c.public_id, newest.c.number, newest.c.published_at
        )
        .join(newest, newest.c.id == EditionGroup.edition_id)
        .where(EditionGroup.is_lone.is_(False))
        .order_by(newest.c.published_at.desc(), newest.c.id.desc(), EditionGroup.number)
        .limit(200)
    )
    rows = _varied(db.session().execute(query).all(), limit)
    said = _first_voices([row[0].id for row in rows])
    return [RecentAnswer(said[row[0].id], *row) for row in rows if row[0].id in said]


def year() -> Year:
    """This fiscal year's counted and held opinions, and how many have their answer in public."""
    today = clock.local(clock.now())
    start = today.replace(
        year=today.year - (today.month < 4),
        month=4,
        day=1,
        hour=0,
        minute=0,
        second=0,
        microsecond=0,
    )
    has_answer = select(EditionLine.opinion_id).distinct().subquery()
    query = (
        select(func.count(Opinion.id), func.count(has_answer.c.opinion_id))
        .outerjoin(
            has_answer,
            and_(has_answer.c.opinion_id == Opinion.id, Opinion.state == State.COUNTED),
        )
        .where(Opinion.received_at >= start, Opinion.state.in_((State.COUNTED, State.HELD)))
    )
    return Year(*db.session().execute(query).one())


def editions_of(consultation: Consultation) -> list[Edition]:
    """The newest edition of each of a consultation's reports, newest first."""
    query = (
        select(Edition)
        .join(Report, Report.id == Edition.report_id)
        .options(joinedload(Edition.report).lazyload(Report.consultation))
        .where(Report.consultation_id == consultation.id, _is_newest_of_its_report())
        .order_by(Edition.published_at.desc(), Edition.id.desc())
    )
    return list(db.session().scalars(query))


def _is_newest_of_its_report() -> ColumnElement[bool]:
    other = aliased(Edition)
    newest = select(func.max(other.number)).where(other.report_id == Edition.report_id)
    return Edition.number == newest.correlate(Edition).scalar_subquery()


def _varied(rows: Sequence[Any], limit: int) -> list[Any]:
    """The first answer of each disposition, then the rest, as many as asked for, in order."""
    seen: set[str] = set()
    first: list[Any] = []
    rest: list[Any] = []
    for row in rows:
        (rest if row[0].disposition in seen else first).append(row)
        seen.add(row[0].disposition)
    chosen = (first + rest)[:limit]
    return [row for row in rows if row in chosen]


def _first_voices(group_ids: Sequence[int]) -> dict[int, str]:
    """The first text of each group that everybody may read."""
    if not group_ids:
        return {}
    readable = and_(
        EditionLine.group_id.in_(group_ids), queries.public(), OpinionText.erased_at.is_(None)
    )
    first = (
        select(func.min(EditionLine.id))
        .join(Opinion, Opinion.id == EditionLine.opinion_id)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(readable)
        .group_by(EditionLine.group_id)
    )
    query = (
        select(EditionLine.group_id, OpinionText.body)
        .join(OpinionText, OpinionText.opinion_id == EditionLine.opinion_id)
        .where(EditionLine.id.in_(first))
    )
    return {row.group_id: row.body for row in db.session().execute(query)}
