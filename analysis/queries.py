"""What the themes desk shows: a known number of statements, whatever the number of opinions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from core import db
from core.errors import Gone, NotFound
from core.messages import _
from core.permissions import permits
from ledger import queries
from ledger.models import (
    Answer,
    AnswerState,
    Consultation,
    Filing,
    Opinion,
    Placement,
    State,
    Theme,
)
from ledger.queries import Counts, ThemeRow


@dataclass(frozen=True)
class Overview:
    """The left column and the line above all: every theme, every figure."""

    consultation: Consultation
    counts: Counts
    themes: list[ThemeRow]
    lone_answered: int
    waiting: int

    @cached_property
    def listed(self) -> list[ThemeRow]:
        """Themes as they stand under their headings, those without any last."""
        return sorted(self.themes, key=lambda row: not row.theme.level1)

    @property
    def headings(self) -> list[str]:
        return list(dict.fromkeys(row.theme.level1 for row in self.listed if row.theme.level1))

    @property
    def answered(self) -> int:
        """Themes whose answer was handed in or approved."""
        return sum(
            row.answer is not None and row.answer.state != AnswerState.DRAFT for row in self.themes
        )

    @cached_property
    def unanswered(self) -> list[ThemeRow]:
        return [row for row in self.themes if row.answer is None and row.opinions]

    @cached_property
    def drafts(self) -> list[ThemeRow]:
        """Themes whose answer was begun, or came back because what it answers has changed."""
        return [r for r in self.themes if r.answer and r.answer.state == AnswerState.DRAFT]

    def after(self, theme: object) -> ThemeRow | None:
        """The next theme to answer, going on down the list and then from its top; drafts last."""
        going = [row for row in self._going_on(theme) if row.opinions]
        drafts = (row for row in going if row.answer and row.answer.state == AnswerState.DRAFT)
        return next((row for row in going if row.answer is None), None) or next(drafts, None)

    def waiting_after(self, theme: object) -> ThemeRow | None:
        """The next theme whose answer waits for approval, on down the list and from its top."""
        waits = {row.theme.id for row in self.handed_in}
        return next((row for row in self._going_on(theme) if row.theme.id in waits), None)

    def _going_on(self, theme: object) -> list[ThemeRow]:
        rows = self.listed
        at = next((n for n, row in enumerate(rows) if row.theme is theme), len(rows))
        return [*rows[at + 1 :], *rows[:at]]

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


def opening(viewer: Any, consultation: Consultation) -> Theme | None:
    """Where the desk opens: at the top of the list; for who approves, at what waits first."""
    query = (
        select(Theme)
        .where(Theme.consultation_id == consultation.id, Theme.dissolved_at.is_(None))
        .order_by(Theme.level1 == "", Theme.level1, Theme.position, Theme.id)
        .limit(1)
    )
    if not permits(viewer, "themes.work", consultation):
        waits = query.join(Answer).where(Answer.state == AnswerState.SUBMITTED)
        found = db.session().scalars(waits).one_or_none()
        if found is not None:
            return found
    return db.session().scalars(query).one_or_none()


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


_GONE = {
    State.WITHDRAWN: _("このご意見は、出した方が取り下げました。回答はいりません。"),
    State.SUPERSEDED: _(
        "このご意見は、ほかの画面で分けられたか、書き直されました。"
        "回答は、いま数えているご意見に付けてください。"
    ),
}


def require_not_gone(opinion: Opinion) -> None:
    """Raises `Gone` for what was withdrawn or split while an officer had it open."""
    said = _GONE.get(State(opinion.state))
    if said is not None:
        raise Gone(said)


def counted(viewer: Any, consultation: Consultation, public_id: str) -> Opinion:
    """One counted opinion of a consultation by address; raises `NotFound` or `Gone`."""
    query = select(Opinion).where(
        Opinion.public_id == public_id, queries.visible_to(viewer, consultation)
    )
    found = db.session().scalars(query).one_or_none()
    if found is not None:
        require_not_gone(found)
    if found is None or found.state != State.COUNTED:
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


def handed_in_count(consultation: Consultation) -> int:
    """Themes whose answer is handed in or approved."""
    query = (
        select(func.count())
        .select_from(Answer)
        .join(Theme, Theme.id == Answer.theme_id)
        .where(
            Theme.consultation_id == consultation.id,
            Theme.dissolved_at.is_(None),
            Answer.state != AnswerState.DRAFT,
        )
    )
    return db.session().scalar(query) or 0


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
