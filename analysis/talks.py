"""今、話されていること: adopted themes as the talk goes on, for everybody. Read only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from analysis import maps, spots
from analysis.maps import Topic
from analysis.picture_models import Spot
from core import db, record, text
from core.errors import NotFound
from ledger import queries
from ledger.models import Consultation, Filing, Opinion, OpinionText, State

_SENTENCES = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[」』）)]*|\n|$)")
_ENOUGH = 20  # characters: 「同感です。」 alone says nothing about a theme


@dataclass(frozen=True)
class Quote:
    """What a resident said, of those everybody may read: the one nearest to the theme's middle."""

    public_id: str
    seq: int
    body: str
    channel: str

    @property
    def sentence(self) -> str:
        """Their first words, to the end of the sentence that says enough."""
        said = ""
        for part in _SENTENCES.findall(self.body):
            said += part
            if len(said.strip()) >= _ENOUGH:
                break
        return text.excerpt(said, 140)


@dataclass(frozen=True)
class Line:
    """One adopted theme, since when it was last spoken of, and a resident's words if one may."""

    topic: Topic
    newest_at: datetime
    quote: Quote | None


@dataclass(frozen=True)
class Talk:
    """The whole page: themes, the one spoken of last first, and how much is in none of them."""

    lines: tuple[Line, ...]
    counted: int
    people: int
    unknown: int

    @property
    def inside(self) -> int:
        return sum(line.topic.opinions for line in self.lines)

    @property
    def outside(self) -> int:
        return self.counted - self.inside


def require_shown(consultation: Consultation) -> None:
    """Raise `NotFound` where the officer has not opened the talk to everybody."""
    if not consultation.shows_themes:
        raise NotFound


def talk(consultation: Consultation) -> Talk:
    """What is being talked about, for any reader (a known number of statements)."""
    key = ("talk", consultation.id, spots.made_at(consultation))
    return record.unchanged(key, lambda: _talk(consultation))


def _talk(consultation: Consultation) -> Talk:
    topics = maps.topics(consultation, only_adopted=True)
    newest, quotes = _newest(consultation), _quotes(consultation)
    counts = queries.counts(consultation)
    lines = [Line(one, newest[one.id], quotes.get(one.id)) for one in topics]
    lines.sort(key=lambda line: (line.newest_at, line.topic.id), reverse=True)
    return Talk(tuple(lines), counts.counted, counts.people, counts.unknown)


def _newest(consultation: Consultation) -> dict[int, datetime]:
    query = (
        select(Filing.theme_id, func.max(Opinion.received_at))
        .join(Opinion, Opinion.id == Filing.opinion_id)
        .where(
            Opinion.consultation_id == consultation.id,
            Opinion.state == State.COUNTED,
            Filing.theme_id.is_not(None),
        )
        .group_by(Filing.theme_id)
    )
    return {row[0]: row[1] for row in db.session().execute(query) if row[0] is not None}


def _quotes(consultation: Consultation) -> dict[int, Quote]:
    """The public opinion nearest to the middle of each theme; before there is a map, the first."""
    near = case((Spot.theme_id == Filing.theme_id, Spot.centrality), else_=-1)
    place = (
        func.row_number()
        .over(partition_by=Filing.theme_id, order_by=(near.desc(), Opinion.seq))
        .label("place")
    )
    ranked = (
        select(
            Filing.theme_id,
            Opinion.public_id,
            Opinion.seq,
            OpinionText.body,
            Opinion.channel,
            place,
        )
        .select_from(Opinion)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .join(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Spot, Spot.opinion_id == Opinion.id)
        .where(
            Opinion.consultation_id == consultation.id,
            queries.public(),
            OpinionText.erased_at.is_(None),
            Filing.theme_id.is_not(None),
        )
        .subquery()
    )
    rows = db.session().execute(select(ranked).where(ranked.c.place == 1))
    return {row.theme_id: Quote(row.public_id, row.seq, row.body, row.channel) for row in rows}
