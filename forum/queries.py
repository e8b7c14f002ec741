"""Reading rooms: every function takes a known number of statements, however much was said.

What is hidden or withdrawn keeps its place as a tombstone; templates print no text of such a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, lazyload, load_only
from sqlalchemy.sql.base import ExecutableOption

from core import clock, db
from core.errors import NotFound
from core.people import Account
from forum import spans
from forum.models import PATH_STEP, Post, PostRevision, Room, Tag, Topic, TopicTag
from ledger.models import Consultation, Phase, PhaseKind

PER_PAGE = 50
CAUGHT_UP = 100  # more than this is missed: the page is opened anew


@dataclass(frozen=True)
class Talk:
    """How much is said somewhere: posts that are shown, by how many people, and when last.

    People are counted in a topic only: those of a room are not the sum of its topics'.
    """

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


def talk_of(topic: Topic) -> Talk:
    """How much is said in a topic; what its row keeps, so no page counts posts."""
    posts = total(topic) - spans.count(topic.silent)
    return Talk(posts, topic.people_count, topic.last_post_at)


def listed() -> ColumnElement[bool]:
    """The topics a list shows: neither merged into another nor waiting for their first post."""
    return and_(Topic.merged_into_id.is_(None), Topic.held_at.is_(None))


def rooms(consultations: Sequence[Consultation] | None = None) -> list[RoomCard]:
    """All rooms, or those of some consultations, soonest closing first (two statements)."""
    query = select(Room).options(lazyload(Room.topics)).order_by(Room.closes_at, Room.id)
    if consultations is not None:
        query = query.where(Room.consultation_id.in_([c.id for c in consultations]))
    found = list(db.session().scalars(query))
    ids = [room.id for room in found]
    topics: dict[int, list[Topic]] = {room_id: [] for room_id in ids}
    listing = select(Topic).where(Topic.room_id.in_(ids), listed())
    listing = listing.options(lazyload(Topic.room), load_only(*FIGURES))
    for topic in db.session().scalars(listing):
        topics[topic.room_id].append(topic)
    return [RoomCard(r, _talk_in(topics[r.id]), len(topics[r.id])) for r in found]


def room(public_id: str) -> Room:
    """The room at `/rm/<public_id>`; raises `NotFound`."""
    return _one(select(Room).where(Room.public_id == public_id))


def topics(
    room: Room, viewer: Account | None = None, *, tag: Tag | None = None
) -> list[tuple[Topic, Talk]]:
    """A room's topics, pinned ones first, each with how much is said (one statement).

    Those with `tag` when one is given; the viewer's own that wait to be looked at are among them.
    """
    query = select(Topic).where(Topic.room_id == room.id, seen_by(viewer))
    query = query.order_by(Topic.pinned_at.is_(None), Topic.position, Topic.id)
    query = query.options(lazyload(Topic.room))
    if tag is not None:
        query = query.join(TopicTag).where(TopicTag.tag_id == tag.id)
    found = list(db.session().scalars(query))
    return [(topic, talk_of(topic)) for topic in found]


def topic(public_id: str, viewer: Account | None = None) -> Topic:
    """The topic at `/t/<public_id>`, merged ones too; one that waits only for who opened it."""
    query = select(Topic).where(Topic.public_id == public_id)
    found = _one(query.options(*_without_phases()))
    if found.held_at is not None and (viewer is None or viewer.id != found.opened_by_id):
        raise NotFound
    return found


def topic_of(topic_id: int) -> Topic:
    """The topic with this id; raises `NotFound`."""
    return _one(select(Topic).where(Topic.id == topic_id).options(*_without_phases()))


def thread(topic: Topic, *, offset: int = 0, limit: int = PER_PAGE) -> list[Post]:
    """Some of a topic's posts as they are read: each reply under what it answers."""
    on_page = Post.number.in_(places(Post.path))
    query = select(Post).where(Post.topic_id == topic.id, on_page).order_by(off_index(Post.path))
    bound = {"topic": topic.id, "offset": offset, "limit": limit}
    return list(db.session().scalars(query.options(*_for_reading()), bound))


def places(way: SQLColumnExpression[Any]) -> Select[int]:
    """The numbers of `limit` posts after `offset` others, by the index of places alone.

    Measured on 10,000 posts: 0.5 ms from the middle, where OFFSET over the rows took 40.
    """
    query = select(Post.number).where(Post.topic_id == bindparam("topic"), placed()).order_by(way)
    return query.offset(bindparam("offset", type_=Integer)).limit(bindparam("limit", type_=Integer))


def off_index(column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """An order that no index has: for the few a page shows, sorted after they are found.

    By the path itself SQLite walks the whole topic along its index and asks of each post whether
    it is one of the fifty: 0.7 ms of 10,000 posts, where finding them takes 0.15.
    """
    return column + ""


def light() -> Select[Post]:
    """Posts without their texts, authors and topics: where they stand and what became of them."""
    none = (lazyload(Post.topic), lazyload(Post.author), lazyload(Post.department))
    return select(Post).options(load_only(*_PLACE), *none)


def answered(posts: Sequence[Post]) -> dict[int, Post]:
    """What these posts reply to, by id, wherever it stands (one statement)."""
    ids = {post.parent_id for post in posts if post.parent_id is not None}
    query = select(Post).where(Post.id.in_(ids)).options(*_for_reading())
    return {post.id: post for post in db.session().scalars(query)} if ids else {}


def first_official(topic: Topic) -> Post | None:
    """The first of the ward's answers in a topic that is shown; its text is not loaded."""
    return db.session().scalars(_first_official(), {"topic": topic.id}).one_or_none()


@cache
def _first_official() -> Select[Post]:
    query = light().where(Post.topic_id == bindparam("topic"), Post.role == "officer")
    return query.where(placed(), shown()).order_by(Post.number).limit(1)


def total(topic: Topic) -> int:
    """How many places a topic has, tombstones included; its row knows."""
    return topic.post_count - spans.count(topic.gone)


def page_of(post: Post) -> int:
    """On which page of its topic a post stands; the first is 1. Counts from the nearer end."""
    root = int(post.path[:PATH_STEP] or 0)
    is_late = 2 * root > post.topic.post_count
    beyond = Post.path > post.path if is_late else Post.path < post.path
    query = select(func.count()).where(Post.topic_id == post.topic_id, placed(), beyond)
    count = db.session().scalars(query).one()
    before = total(post.topic) - 1 - count if is_late else count
    return max(0, before) // PER_PAGE + 1


def post(public_id: str) -> Post:
    """The post at `/p/<public_id>`, whatever became of it; raises `NotFound`."""
    return _one(select(Post).where(Post.public_id == public_id))


def placed_post(public_id: str) -> Post:
    """A post that has its place in a topic, shown or a tombstone; what waits is as good as absent.

    Raises `NotFound`.
    """
    found = post(public_id)
    if found.is_held:
        raise NotFound
    return found


def shown_post(public_id: str) -> Post:
    """A post whose text may be read; what is hidden or withdrawn is as good as absent."""
    found = post(public_id)
    if not found.is_shown:
        raise NotFound
    return found


def replies_to(post: Post, *, limit: int = 3) -> list[Post]:
    """The first replies under a post, for a look at its surroundings."""
    query = select(Post).where(Post.parent_id == post.id, placed()).options(*_for_reading())
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


def seen_by(viewer: Account | None) -> ColumnElement[bool]:
    """The topics that a list shows somebody."""
    if viewer is None:
        return listed()
    own = and_(Topic.opened_by_id == viewer.id, Topic.merged_into_id.is_(None))
    return or_(listed(), own)


def _one(query: Select[db.T]) -> db.T:
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def _talk_in(topics: Sequence[Topic]) -> Talk:
    said = [talk_of(topic) for topic in topics]
    moments = [talk.last_at for talk in said if talk.last_at is not None]
    return Talk(sum(talk.posts for talk in said), last_at=max(moments, default=None))


FIGURES = (
    Topic.room_id,
    Topic.post_count,
    Topic.gone,
    Topic.silent,
    Topic.people_count,
    Topic.last_post_at,
)
_PLACE = (
    Post.id,
    Post.public_id,
    Post.topic_id,
    Post.number,
    Post.path,
    Post.depth,
    Post.parent_id,
    Post.author_id,
    Post.department_id,
    Post.role,
    Post.guest_name,
    Post.version,
    Post.created_at,
    Post.edited_at,
    Post.changed_at,
    Post.held_at,
    Post.withdrawn_at,
    Post.withdrawn_reason,
    Post.hidden_at,
    Post.hidden_rule,
)


def _without_phases() -> tuple[ExecutableOption, ...]:
    """A topic's page shows the room's dates, not the consultation's phases."""
    room = joinedload(Topic.room)
    return (room.joinedload(Room.consultation).lazyload(Consultation.phases),)


def _for_reading() -> tuple[ExecutableOption, ...]:
    """Without what a page has already or does not show: the topic, and the authors' roles."""
    author = joinedload(Post.author)
    return (lazyload(Post.topic), author.lazyload(Account.grants))
