"""The ledger line by line, as staff look through it: every channel in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import contains_eager

from core import db
from ledger import queries
from ledger.models import (
    Channel,
    Consultation,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    State,
    Theme,
)


@dataclass(frozen=True)
class Wanted:
    """What to look for; "" is anything."""

    state: str = ""
    channel: str = ""
    words: str = ""

    @property
    def is_all(self) -> bool:
        return not (self.state or self.channel or self.words.strip())


@dataclass(frozen=True)
class Line:
    """One opinion and where it is filed: in a theme, alone on purpose, or not yet."""

    opinion: Opinion
    placement: str | None
    theme: Theme | None

    @property
    def is_lone(self) -> bool:
        return self.placement == Placement.LONE


def count(viewer: Any, consultation: Consultation, wanted: Wanted) -> int:
    """How many lines there are to look at (one statement)."""
    query = select(func.count()).select_from(Opinion).join(OpinionText)
    return db.session().scalar(query.where(_wanted(viewer, consultation, wanted))) or 0


def of(
    viewer: Any, consultation: Consultation, wanted: Wanted, *, offset: int = 0, limit: int = 50
) -> list[Line]:
    """The lines in the order they were received, with text and place (one statement)."""
    query = (
        select(Opinion, Filing.placement, Theme)
        .join(OpinionText)
        .options(contains_eager(Opinion.text))
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Theme, Theme.id == Filing.theme_id)
    )
    query = query.where(_wanted(viewer, consultation, wanted))
    query = query.order_by(Opinion.seq).offset(offset).limit(limit)
    return [Line(*row) for row in db.session().execute(query)]


def _wanted(viewer: Any, consultation: Consultation, wanted: Wanted) -> ColumnElement[bool]:
    conditions = [queries.visible_to(viewer, consultation)]
    if wanted.state in set(State):
        conditions.append(Opinion.state == wanted.state)
    if wanted.channel in set(Channel):
        conditions.append(Opinion.channel == wanted.channel)
    for word in wanted.words.split()[:8]:
        conditions.append(OpinionText.body.icontains(word, autoescape=True))
    return and_(*conditions)


def received_by(consultation: Consultation) -> dict[str, int]:
    """How many lines each channel brought, whatever became of them (one statement)."""
    query = (
        select(Opinion.channel, func.count())
        .where(Opinion.consultation_id == consultation.id)
        .group_by(Opinion.channel)
    )
    return {row[0]: row[1] for row in db.session().execute(query)}


def awaits_decision(consultation: Consultation) -> bool:
    """Whether any line is still held (one statement)."""
    query = select(Opinion.id).where(
        Opinion.consultation_id == consultation.id, Opinion.state == State.HELD
    )
    return db.session().scalar(query.limit(1)) is not None
