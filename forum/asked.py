"""Reading questions to the ward: which are open, until when, and what answers them.

Each function takes one statement, however many questions there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    or_,
    select,
    true,
)
from sqlalchemy.orm import contains_eager, joinedload, lazyload
from sqlalchemy.sql.base import ExecutableOption

from core import business_days, db, people
from core.messages import Message, _
from core.people import Department, Role
from forum.models import PATH_STEP, Post, Question, Room, Topic
from forum.queries import shown
from ledger.models import Consultation


def open_() -> ColumnElement[bool]:
    """The questions the ward still has to answer, among Question joined with the post it asks."""
    return and_(Question.answered_at.is_(None), Question.unmarked_at.is_(None), shown())


def of(posts: Iterable[Post]) -> dict[int, Question]:
    """The questions among some posts, by the post's id (one statement)."""
    ids = [post.id for post in posts if not post.is_official]
    if not ids:
        return {}
    return {question.post_id: question for question in db.session().scalars(_among(), {"ids": ids})}


def answered_by(posts: Iterable[Post]) -> dict[int, Question]:
    """What some official posts answer, for good or in between, by the official post's id."""
    ids = [post.id for post in posts if post.is_official]
    if not ids:
        return {}
    found: dict[int, Question] = {}
    for question in db.session().scalars(_settled_by(), {"ids": ids}):
        if question.interim_id is not None:
            found[question.interim_id] = question
        if question.answer_id is not None:
            found[question.answer_id] = question
    return found


def asked_above(post: Post | None) -> Question | None:
    """The question that a post under `post` would answer: the nearest above, open ones first."""
    if post is None:
        return None
    above = [post.path[:end] for end in range(PATH_STEP, len(post.path) + 1, PATH_STEP)]
    query = (
        _with_posts()
        .where(
            Post.topic_id == post.topic_id,
            or_(Post.path.in_(above), Post.id == post.parent_id),
            Question.unmarked_at.is_(None),
            shown(),
        )
        .order_by(Question.answered_at.is_not(None), Post.depth.desc(), Post.path.desc())
    )
    return db.session().scalars(query.limit(1)).one_or_none()


def open_in(room: Room) -> list[Question]:
    """The open questions of a room, soonest due first (one statement)."""
    query = _with_posts().where(open_(), Topic.room_id == room.id)
    return list(db.session().scalars(query.order_by(_until(), Question.post_id)))


def open_for(officer: Any) -> list[Question]:
    """What an officer has to answer for their departments, soonest due first (one statement)."""
    query = _with_posts().where(open_(), _of_officer(officer))
    return list(db.session().scalars(query.order_by(_until(), Question.post_id)))


def answered_lately(officer: Any, limit: int = 20) -> list[Question]:
    """What an officer's departments answered, newest first (one statement)."""
    query = _with_posts().where(Question.answered_at.is_not(None), shown(), _of_officer(officer))
    return list(db.session().scalars(query.order_by(Question.answered_at.desc()).limit(limit)))


def due_words(question: Question) -> Message:
    """How long the ward still has, in the days it is open."""
    today, last = business_days.today(), business_days.day_of(question.until)
    if today > last:
        over = business_days.until(last, today)
        return _("%(days)s開庁日過ぎました", days=over) if over else _("期限を過ぎています")
    if today == last:
        return _("きょうまで")
    return _("あと%(days)s開庁日", days=business_days.until(today, last))


def _until() -> ColumnElement[datetime]:
    """`Question.until`, in the database."""
    promised = and_(Question.interim_at.is_not(None), Question.promised_at.is_not(None))
    return case((promised, Question.promised_at), else_=Question.due_at)


def _with_posts() -> Select[Question]:
    """Questions with what a list shows of the posts that ask: their place and department."""
    asks = contains_eager(Question.post)
    case_of = asks.contains_eager(Post.topic).contains_eager(Topic.room)
    case_of = case_of.contains_eager(Room.consultation)
    return (
        select(Question)
        .join(Question.post)
        .join(Post.topic)
        .join(Topic.room)
        .join(Room.consultation)
        .join(Consultation.department)
        .options(
            asks.options(lazyload(Post.author), lazyload(Post.department)),
            case_of.contains_eager(Consultation.department),
            case_of.lazyload(Consultation.phases),
            *_replies(),
        )
    )


def _of_officer(officer: Any) -> ColumnElement[bool]:
    """The questions of all consultations in which this account is an officer."""
    scopes = {grant.scope for grant in officer.grants if grant.role == Role.OFFICER}
    if people.INSTALLATION in scopes:
        return true()
    named: dict[str, list[str]] = {"department": [], "consultation": []}
    for scope in scopes:
        prefix, _colon, name = scope.partition(":")
        named.setdefault(prefix, []).append(name)
    return or_(
        Department.slug.in_(named["department"]), Consultation.slug.in_(named["consultation"])
    )


@cache  # for every page of a topic: putting it together costs more than running it
def _among() -> Select[Question]:
    among = Question.post_id.in_(bindparam("ids", expanding=True))
    return select(Question).where(among).options(*_replies())


@cache
def _settled_by() -> Select[Question]:
    ids: BindParameter[int] = bindparam("ids", expanding=True)
    either = or_(Question.answer_id.in_(ids), Question.interim_id.in_(ids))
    return select(Question).where(either).options(*_replies())


def _replies() -> tuple[ExecutableOption, ...]:
    """The official posts as a link needs them, without what hangs on every post."""
    bare = (lazyload(Post.topic), lazyload(Post.author), lazyload(Post.department))
    return tuple(
        joinedload(relation).options(*bare) for relation in (Question.answer, Question.interim)
    )
