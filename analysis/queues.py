"""What waits for a person: newcomers with the themes they may belong to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from analysis import newcomers
from analysis.models import Suggested
from core import db
from ledger import queries
from ledger.models import Consultation, Filing, Opinion, OpinionText, State, Theme

SHOWN = 5  # newcomers in a theme's box at once


@dataclass(frozen=True)
class Queue:
    """First suggestions of everybody who waits: how many for each theme, and from which score."""

    of_theme: Counter[int] = field(default_factory=Counter)
    scores: dict[int, list[float]] = field(default_factory=dict)

    def kinds(self, theme: Theme | None = None) -> list[tuple[float, int]]:
        """(score, how many reach it), for one theme or for all; without repeating a number."""
        if theme is not None:
            scores = self.scores.get(theme.id, [])
        else:
            scores = [score for own in self.scores.values() for score in own]
        found: list[tuple[float, int]] = []
        for least in newcomers.LEAST:
            count = sum(score >= least for score in scores)
            if count and (not found or found[-1][1] != count):
                found.append((least, count))
        return found


def queue(consultation: Consultation) -> Queue:
    """One statement, however many wait."""
    query = (
        select(Suggested.theme_id, Suggested.score)
        .join(Opinion, Opinion.id == Suggested.opinion_id)
        .join(Theme, Theme.id == Suggested.theme_id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(
            Opinion.consultation_id == consultation.id,
            Opinion.state == State.COUNTED,
            Filing.opinion_id.is_(None),
            Suggested.rank == 1,
            Theme.dissolved_at.is_(None),
        )
    )
    scores: defaultdict[int, list[float]] = defaultdict(list)
    for theme_id, score in db.session().execute(query):
        scores[theme_id].append(score)
    return Queue(Counter({key: len(own) for key, own in scores.items()}), dict(scores))


def waiting_for(viewer: Any, consultation: Consultation, theme: Theme) -> list[Opinion]:
    """The newcomers that are likest to a theme, best first."""
    query = (
        select(Opinion)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .join(Suggested, Suggested.opinion_id == Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(
            queries.visible_to(viewer, consultation),
            Opinion.state == State.COUNTED,
            Filing.opinion_id.is_(None),
            Suggested.rank == 1,
            Suggested.theme_id == theme.id,
        )
        .order_by(Suggested.score.desc(), Opinion.seq)
        .limit(SHOWN)
    )
    return list(db.session().scalars(query))


def suggested(opinions: Sequence[Opinion]) -> dict[int, list[Suggested]]:
    """The themes each of these may belong to, best first; those that are no more left out."""
    query = (
        select(Suggested)
        .where(Suggested.opinion_id.in_([opinion.id for opinion in opinions]))
        .order_by(Suggested.opinion_id, Suggested.rank)
    )
    found: defaultdict[int, list[Suggested]] = defaultdict(list)
    for one in db.session().scalars(query):
        if one.theme.dissolved_at is None:
            found[one.opinion_id].append(one)
    return found


def following(consultation: Consultation) -> int:
    """How many who wait are exact copies of an opinion that stands in a theme."""
    query = newcomers.copies(consultation).subquery()
    return db.session().scalar(select(func.count()).select_from(query)) or 0
