"""How views are spread over a topic's opinions: in the order they are read, never by how many.

It is no vote, and those who chose are no sample; of fewer than three voices nothing is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, distinct, func, select
from sqlalchemy.orm import contains_eager, lazyload

from core import db
from forum import queries
from forum.lines import SOURCE
from forum.models import Post, Topic
from ledger import stances
from ledger.models import Opinion, OpinionText, Stance
from ledger.queries import public
from ledger.stances import Spread

PER_PAGE = 50


@dataclass(frozen=True)
class Row:
    """One opinion of a topic, where it was said, and how views on it are spread."""

    post: Post
    opinion: Opinion
    spread: Spread


@dataclass(frozen=True)
class Sum:
    """How many opinions a topic holds, on how many somebody chose, and how many people chose."""

    opinions: int
    chosen: int
    people: int

    @property
    def is_few(self) -> bool:
        return self.people < stances.FEW


def rows(topic: Topic, *, offset: int = 0, limit: int = PER_PAGE) -> list[Row]:
    """One page of a topic's opinions as they are read (two statements); hidden ones are absent."""
    query = (
        select(Post, Opinion)
        .join(Opinion, _is_said_in())
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .options(lazyload(Post.topic), lazyload(Post.author), contains_eager(Opinion.text))
        .where(*_readable(topic))
        .order_by(Post.path, Opinion.part)
    )
    found = [(row[0], row[1]) for row in db.session().execute(query.offset(offset).limit(limit))]
    spread = stances.spread([opinion.id for _post, opinion in found])
    return [Row(post, opinion, spread.get(opinion.id, Spread())) for post, opinion in found]


def total(topic: Topic) -> Sum:
    """The topic in three figures (one statement)."""
    query: Select[int, int, int] = (
        select(
            func.count(distinct(Opinion.id)),
            func.count(distinct(Stance.opinion_id)),
            func.count(distinct(Stance.voice_id)),
        )
        .select_from(Post)
        .join(Opinion, _is_said_in())
        .outerjoin(Stance, Stance.opinion_id == Opinion.id)
        .where(*_readable(topic))
    )
    return Sum(*db.session().execute(query).one())


def _is_said_in() -> ColumnElement[bool]:
    return and_(Opinion.source == SOURCE, Opinion.source_id == Post.id)


def _readable(topic: Topic) -> tuple[ColumnElement[bool], ...]:
    return (Post.topic_id == topic.id, queries.placed(), queries.shown(), public())
