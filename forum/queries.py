"""Reading rooms: every function takes a known number of statements, however much was said.

What is hidden or withdrawn keeps its place as a tombstone; templates print no text of such a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, distinct, func, or_, select
from sqlalchemy.orm import joinedload, lazyload
from sqlalchemy.sql.base import ExecutableOption

from core import clock, db
from core.errors import NotFound
from core.people import Account
from forum.models import Post, PostRevision, Room, Topic
from ledger.models import Consultation, Phase, PhaseKind

PER_PAGE = 50
CAUGHT_UP = 100  # more than this is missed: the page is opened anew


@dataclass(frozen=True)
class Talk:
    """How much is said somewhere: posts that are shown, by how many people, and when last."""

    posts: int = 0
    people: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True)
class RoomCard:
    """A room as a list shows it."""

    room: Room
    talk: Talk
    topics: int


@dataclass(frozen=True)
class Missed:
    """What a page that was cut off has to fetch: new posts, then posts that read differently."""

    ids: list[str]
    is_all: bool


def shown() -> ColumnElement[bool]:
    """The posts whose text everybody may read."""
    return and_(Post.hidden_at.is_(None), Post.withdrawn_at.is_(None), Post.held_at.is_(None))


def placed() -> ColumnElement[bool]:
    """The posts that have a place in their topic: what waits to be looked at has none."""
    return Post.number > 0


def rooms(consultations: Sequence[Consultation] | None = None) -> list[RoomCard]:
    """All rooms, or those of some consultations, soonest closing first (three statements)."""
    query = select(Room).options(lazyload(Room.topics)).order_by(Room.closes_at, Room.id)
    if consultations is not None:
        query = query.where(Room.consultation_id.in_([c.id for c in consultations]))
    found = list(db.session().scalars(query))
    ids = [room.id for room in found]
    counted = select(Topic.room_id, func.count()).where(Topic.room_id.in_(ids))
    topics = {row[0]: row[1] for row in db.session().execute(counted.group_by(Topic.room_id))}
    said = _talks(
        select(Topic.room_id, *_figures())
        .join(Topic, Topic.id == Post.topic_id)
        .where(Topic.room_id.in_(ids))
        .group_by(Topic.room_id)
    )
    return [RoomCard(r, said.get(r.id, Talk()), topics.get(r.id, 0)) for r in found]


def room(public_id: str) -> Room:
    """The room at `/rm/<public_id>`; raises `NotFound`."""
    return _one(select(Room).where(Room.public_id == public_id))


def topics(room: Room) -> list[tuple[Topic, Talk]]:
    """A room's topics in their order, each with how much is said (two statements)."""
    query = select(Topic).where(Topic.room_id == room.id).order_by(Topic.position, Topic.id)
    found = list(db.session().scalars(query))
    said = _talks(
        select(Post.topic_id, *_figures())
        .where(Post.topic_id.in_([topic.id for topic in found]))
        .group_by(Post.topic_id)
    )
    return [(topic, said.get(topic.id, Talk())) for topic in found]


def topic(public_id: str) -> Topic:
    """The topic at `/t/<public_id>`; raises `NotFound`."""
    return _one(select(Topic).where(Topic.public_id == public_id))


def thread(topic: Topic, *, offset: int = 0, limit: int = PER_PAGE) -> list[Post]:
    """One page of a topic's posts as they are read: each reply under what it answers."""
    query = select(Post).where(Post.topic_id == topic.id, placed()).order_by(Post.path)
    return list(db.session().scalars(query.options(*_for_reading()).offset(offset).limit(limit)))


def answered(posts: Sequence[Post]) -> dict[int, Post]:
    """What these posts reply to, by id, wherever it stands (one statement)."""
    ids = {post.parent_id for post in posts if post.parent_id is not None}
    query = select(Post).where(Post.id.in_(ids)).options(*_for_reading())
    return {post.id: post for post in db.session().scalars(query)} if ids else {}


def first_official(topic: Topic) -> Post | None:
    """The first of the ward's answers in a topic that is shown."""
    query = select(Post).where(Post.topic_id == topic.id, Post.role == "officer", shown())
    query = query.options(*_for_reading()).order_by(Post.path).limit(1)
    return db.session().scalars(query).one_or_none()


def total(topic: Topic) -> int:
    """How many places a topic has, tombstones included."""
    query = select(func.count()).select_from(Post).where(Post.topic_id == topic.id, placed())
    return db.session().scalars(query).one()


def page_of(post: Post) -> int:
    """On which page of its topic a post stands; the first is 1."""
    before = select(func.count()).where(
        Post.topic_id == post.topic_id, Post.path < post.path, placed()
    )
    return db.session().scalars(before).one() // PER_PAGE + 1


def post(public_id: str) -> Post:
    """The post at `/p/<public_id>`, whatever became of it; raises `NotFound`."""
    return _one(select(Post).where(Post.public_id == public_id))


def shown_post(public_id: str) -> Post:
    """A post whose text may be read; what is hidden or withdrawn is as good as absent."""
    found = post(public_id)
    if not found.is_shown:
        raise NotFound
    return found


def replies_to(post: Post, *, limit: int = 3) -> list[Post]:
    """The first replies under a post, for a look at its surroundings."""
    query = select(Post).where(Post.parent_id == post.id).options(*_for_reading())
    return list(db.session().scalars(query.order_by(Post.path).limit(limit)))


def revisions(post: Post) -> list[PostRevision]:
    """How a post read before, oldest first."""
    query = select(PostRevision).where(PostRevision.post_id == post.id)
    return list(db.session().scalars(query.order_by(PostRevision.version)))


def missed(topic: Topic, number: int, since: datetime | None) -> Missed:
    """What came after post `number`, and what changed after `since`, in a topic."""
    news = Post.number > number
    if since is not None:
        news = or_(news, Post.changed_at >= since)
    query = (
        select(Post.public_id)
        .where(Post.topic_id == topic.id, placed(), news)
        .order_by(Post.number)
    )
    ids = list(db.session().scalars(query.limit(CAUGHT_UP + 1)))
    return Missed(ids[:CAUGHT_UP], len(ids) <= CAUGHT_UP)


def to_talk_in() -> list[Consultation]:
    """Consultations whose phase of talking has not ended: rooms can be opened in them."""
    query = select(Consultation).join(Phase).where(Phase.kind == PhaseKind.DISCUSS)
    query = query.where(Phase.closes_at > clock.now()).order_by(Consultation.id.desc())
    return list(db.session().scalars(query))


def _one(query: Select[db.T]) -> db.T:
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def _figures() -> tuple[ColumnElement[int], ColumnElement[int], ColumnElement[datetime]]:
    return (
        func.coalesce(func.sum(case((shown(), 1), else_=0)), 0),
        func.count(distinct(case((shown(), Post.author_id)))),
        func.max(Post.created_at),
    )


def _talks(query: Select[int, int, int, datetime]) -> dict[int, Talk]:
    return {row[0]: Talk(int(row[1]), row[2], row[3]) for row in db.session().execute(query)}


def _for_reading() -> tuple[ExecutableOption, ...]:
    """Without what a page has already or does not show: the topic, and the authors' roles."""
    author = joinedload(Post.author)
    return (lazyload(Post.topic), author.lazyload(Account.grants))
