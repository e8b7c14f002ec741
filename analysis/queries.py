"""What the themes desk shows: a known number of statements, whatever the number of opinions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from core import db
from core.errors import NotFound
from core.permissions import permits
from ledger import queries
from ledger.models import (
    Answer,
    AnswerState,
    Consultation,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    State,
    Theme,
)
from ledger.queries import Counts, ThemeRow

Where = Theme | Placement | None  # None is 未整理


@dataclass(frozen=True)
class Voice:
    """One text of a list: said by `people` in `copies` opinions; `answer` is its very own."""

    opinion: Opinion
    copies: int
    people: int
    answer: Answer | None


@dataclass(frozen=True)
class Overview:
    """The left column and the line above all: every theme, every figure."""

    consultation: Consultation
    counts: Counts
    themes: list[ThemeRow]
    lone_answered: int
    waiting: int

    @property
    def chapters(self) -> list[tuple[str, list[ThemeRow]]]:
        """Themes under their headings, those without any last."""
        rows = sorted(self.themes, key=lambda r: (not r.theme.level1, r.theme.level1))
        return [(name, list(part)) for name, part in groupby(rows, lambda r: r.theme.level1)]

    @property
    def answered(self) -> int:
        """Themes whose answer was handed in or approved."""
        return sum(
            row.answer is not None and row.answer.state != AnswerState.DRAFT for row in self.themes
        )

    @property
    def unanswered(self) -> list[ThemeRow]:
        return [row for row in self.themes if row.answer is None and row.opinions]

    @property
    def handed_in(self) -> list[ThemeRow]:
        """Themes whose answer waits for approval."""
        return [r for r in self.themes if r.answer and r.answer.state == AnswerState.SUBMITTED]

    def row(self, theme: Theme) -> ThemeRow:
        return next(row for row in self.themes if row.theme.id == theme.id)


def require_read(viewer: Any, consultation: Consultation) -> None:
    """Absent and forbidden look alike: raises `NotFound` for who has no business at this desk."""
    if not permits(viewer, "themes.read", consultation):
        raise NotFound


def overview(viewer: Any, consultation: Consultation) -> Overview:
    """Everything about a consultation's themes but the opinions themselves: three statements."""
    require_read(viewer, consultation)
    lone, waiting = _answer_counts(consultation)
    return Overview(
        consultation,
        queries.counts(consultation),
        queries.themes_of(consultation),
        lone_answered=lone,
        waiting=waiting,
    )


def voices_in(
    viewer: Any, consultation: Consultation, where: Where, *, offset: int = 0, limit: int = 50
) -> list[Voice]:
    """Texts of a place in the order they came, exact copies as one; lone ones stand each alone."""
    first = func.min(Opinion.seq)
    same = Opinion.id if where == Placement.LONE else OpinionText.fold_key
    query = (
        _here(viewer, consultation, where, first, func.count(), _people())
        .group_by(same)
        .order_by(first)
    )
    found = db.session().execute(query.offset(offset).limit(limit)).all()
    opinions = select(Opinion, Answer).outerjoin(Answer, Answer.opinion_id == Opinion.id)
    rows = db.session().execute(
        opinions.where(
            Opinion.consultation_id == consultation.id, Opinion.seq.in_([row[0] for row in found])
        )
    )
    by_seq = {opinion.seq: (opinion, answer) for opinion, answer in rows}
    return [
        Voice(by_seq[seq][0], copies, people, by_seq[seq][1] if copies == 1 else None)
        for seq, copies, people in found
    ]


def text_count(viewer: Any, consultation: Consultation, where: Where) -> int:
    """How many `voices_in` has in all."""
    same = Opinion.id if where == Placement.LONE else OpinionText.fold_key
    query = _here(viewer, consultation, where, func.count(same.distinct()))
    return db.session().scalar(query) or 0


def ids_of(
    viewer: Any, consultation: Consultation, where: Where, public_ids: Collection[str]
) -> list[int]:
    """The opinions that checked rows of a list stand for: their exact copies are among them."""
    chosen = Opinion.public_id.in_(list(public_ids)[:500])
    query = _here(viewer, consultation, where, Opinion.id)
    if where == Placement.LONE:
        return list(db.session().scalars(query.where(chosen)))
    keys = _here(viewer, consultation, where, OpinionText.fold_key).where(chosen)
    return list(db.session().scalars(query.where(OpinionText.fold_key.in_(keys))))


def unanswered_in(viewer: Any, consultation: Consultation, where: Where) -> list[Opinion]:
    """Opinions of a place that have no answer of their own."""
    own = select(Answer.opinion_id).where(Answer.opinion_id.is_not(None))
    ids = _here(viewer, consultation, where, Opinion.id).where(Opinion.id.not_in(own))
    query = select(Opinion).where(Opinion.id.in_(ids)).order_by(Opinion.id)
    return list(db.session().scalars(query))


def opinions_by_id(ids: Sequence[int]) -> list[Opinion]:
    """Opinions by their ids, which a query for the viewer has given."""
    found: list[Opinion] = []
    for start in range(0, len(ids), 500):
        query = select(Opinion).where(Opinion.id.in_(ids[start : start + 500]))
        found += db.session().scalars(query)
    return found


def titles(theme_ids: Collection[int]) -> dict[int, str]:
    """What themes are called, those among them that are no more too."""
    query = select(Theme.id, Theme.title).where(Theme.id.in_(list(theme_ids)))
    return {row.id: row.title for row in db.session().execute(query)}


def counted(viewer: Any, consultation: Consultation, public_id: str) -> Opinion:
    """One counted opinion of a consultation by address; raises `NotFound`."""
    query = select(Opinion).where(
        Opinion.public_id == public_id,
        Opinion.state == State.COUNTED,
        queries.visible_to(viewer, consultation),
    )
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def is_answered(consultation: Consultation) -> bool:
    """Whether every counted opinion has an approved answer: the step テーマと回答 is done."""
    own, theirs = aliased(Answer), aliased(Answer)
    state = func.coalesce(own.state, theirs.state, "")
    query = (
        select(func.count(), func.sum(case((state == AnswerState.APPROVED, 1), else_=0)))
        .select_from(Opinion)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(own, own.opinion_id == Opinion.id)
        .outerjoin(theirs, theirs.theme_id == Filing.theme_id)
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
    )
    total, approved = db.session().execute(query).one()
    return bool(total) and total == approved


@dataclass(frozen=True)
class Waiting:
    """How many answers of one consultation wait for an approver, and since when."""

    consultation: Consultation
    count: int


def waiting_for(approver: Any) -> list[Waiting]:
    """Consultations with handed-in answers that `approver` may approve, most first."""
    place = func.coalesce(Theme.consultation_id, Opinion.consultation_id)
    count = func.count(Answer.id)
    query = (
        select(place, count)
        .select_from(Answer)
        .outerjoin(Theme, and_(Theme.id == Answer.theme_id, Theme.dissolved_at.is_(None)))
        .outerjoin(Opinion, and_(Opinion.id == Answer.opinion_id, Opinion.state == State.COUNTED))
        .where(
            Answer.state == AnswerState.SUBMITTED,
            Answer.drafted_by_id != getattr(approver, "id", None),
            place.is_not(None),
        )
        .group_by(place)
    )
    counts: dict[int, int] = {row[0]: row[1] for row in db.session().execute(query)}
    rows = db.session().scalars(select(Consultation).where(Consultation.id.in_(counts)))
    found = [
        Waiting(row, counts[row.id]) for row in rows if permits(approver, "answers.approve", row)
    ]
    return sorted(found, key=lambda w: (-w.count, w.consultation.id))


def _here(viewer: Any, consultation: Consultation, where: Where, *columns: Any) -> Any:
    """A query over the counted opinions of one place that the viewer may read."""
    query = (
        select(*columns)
        .select_from(Opinion)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.state == State.COUNTED, queries.visible_to(viewer, consultation))
        .correlate(None)
    )
    if isinstance(where, Theme):
        return query.where(Filing.theme_id == where.id)
    if where is None:
        return query.where(Filing.opinion_id.is_(None))
    return query.where(Filing.placement == where)


def _people() -> ColumnElement[int]:
    """Known voices, and each unknown one by itself."""
    return func.count(Opinion.voice_id.distinct()) + func.count() - func.count(Opinion.voice_id)


def _answer_counts(consultation: Consultation) -> tuple[int, int]:
    """(lone opinions whose answer was handed in, answers that wait for approval)."""
    is_lone = Filing.placement == Placement.LONE
    waits = Answer.state == AnswerState.SUBMITTED
    handed_in = Answer.state != AnswerState.DRAFT

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = (
        select(number(and_(is_lone, handed_in)), number(waits))
        .select_from(Answer)
        .outerjoin(Theme, Theme.id == Answer.theme_id)
        .outerjoin(Opinion, Opinion.id == Answer.opinion_id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(
            or_(
                and_(Theme.consultation_id == consultation.id, Theme.dissolved_at.is_(None)),
                and_(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED),
            )
        )
    )
    lone, waiting = db.session().execute(query).one()
    return int(lone), int(waiting)
