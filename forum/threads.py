"""A topic as a page shows it: which posts, in which order, each with what its head says.

However long the topic is, a page takes the same number of statements, and none reads more than
the index of places. Texts are loaded for those posts only that nobody has drawn yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import aliased, lazyload, load_only

from core import db
from core.errors import NotFound
from core.people import Account, Department
from forum import queries, spans
from forum.asked import open_
from forum.models import Post, Question, Room, Topic

PER_PAGE = queries.PER_PAGE
MOST_ASKED = 1_000  # open questions of one topic that a page sorts


class Sort(StrEnum):
    """How a topic is read: by what answers what, newest first, or what waits for the ward."""

    TREE = "tree"
    NEW = "new"
    ASKED = "asked"


@dataclass(frozen=True)
class Line:
    """A post in a list: where it stands, who speaks and what it answers; without its text."""

    post: Post
    name: str | None
    ties: tuple[str, ...]
    department: str | None
    answers: tuple[str, int] | None  # public id and number of a post of the same topic

    @property
    def speaker(self) -> str:
        if self.post.is_official and self.department is not None:
            return self.department
        return self.post.guest_name if self.name is None else self.name

    @property
    def key(self) -> tuple[object, ...]:
        """All that decides how the post reads to everybody, while it is shown."""
        post = self.post
        return (
            *(post.id, post.public_id, post.topic_id, post.number, post.version, post.role),
            *(post.changed_at, post.edited_at, post.hidden_at, post.withdrawn_at, post.held_at),
            *(self.speaker, self.ties, self.answers),
        )


def page(topic: Topic, sort: Sort, offset: int) -> list[Line]:
    """One page of a topic (one statement; two of the open questions)."""
    if sort is Sort.NEW:
        return _newest(topic, offset)
    if sort is Sort.ASKED:
        wanted = asked(topic)[offset : offset + PER_PAGE]
        found = {line.post.number: line for line in _lines(topic, _Which.AMONG, numbers=wanted)}
        return [found[number] for number in wanted if number in found]
    rest = max(0, queries.total(topic) - offset - PER_PAGE)
    if offset <= rest:
        return _lines(topic, _Which.FORTH, offset=offset, limit=PER_PAGE)
    limit = max(0, min(PER_PAGE, queries.total(topic) - offset))
    return _lines(topic, _Which.BACK, offset=rest, limit=limit)


def line(public_id: str) -> Line:
    """One post that has its place, as a list shows it; raises `NotFound`."""
    query = select(Post.topic_id).where(Post.public_id == public_id, queries.placed())
    topic_id = db.session().scalars(query).one_or_none()
    if topic_id is None:
        raise NotFound
    return _lines(queries.topic_of(topic_id), _Which.ONE, public_id=public_id)[0]


def asked(topic: Topic) -> list[int]:
    """The numbers of a topic's open questions, the one that waits longest first."""
    query = select(Post.number).join(Question, Question.post_id == Post.id)
    query = query.where(Post.topic_id == topic.id, queries.placed(), open_())
    query = query.order_by(Question.due_at, Post.number).limit(MOST_ASKED)
    return list(db.session().scalars(query))


def read_texts(ids: Collection[int]) -> None:
    """Load the texts of posts that a page got without, into the same rows (one statement)."""
    texts = load_only(Post.body, Post.body_html)
    bare = (lazyload(Post.topic), lazyload(Post.author), lazyload(Post.department))
    db.session().scalars(select(Post).where(Post.id.in_(ids)).options(texts, *bare)).all()


@dataclass(frozen=True)
class Beside:
    """Another topic of the room, as the list beside a topic shows it."""

    id: int
    public_id: str
    title: str
    posts: int


def beside(room: Room, viewer: Account | None) -> list[Beside]:
    """The topics of a room in its order, with how much is shown in each (one statement)."""
    own = viewer.id if viewer is not None else None
    return [
        Beside(topic.id, topic.public_id, topic.title, queries.talk_of(topic).posts)
        for topic in db.session().scalars(_beside(), {"room": room.id, "own": own})
    ]


def _newest(topic: Topic, offset: int) -> list[Line]:
    """The newest posts after the first `offset`: the numbers there are say from where to where."""
    there = spans.complement(topic.post_count, topic.gone)
    last = spans.count(there) - 1 - offset
    if last < 0:
        return []
    first = spans.nth(there, max(0, last - PER_PAGE + 1))
    return _lines(topic, _Which.NEWEST, first=first, last=spans.nth(there, last))


def _lines(topic: Topic, which: _Which, **values: Any) -> list[Line]:
    rows = db.session().execute(_statement(which), {"topic": topic.id, **values})
    return [
        Line(row[0], row[1], tuple(row[2] or ()), row[3], (row[4], row[5]) if row[4] else None)
        for row in rows
    ]


class _Which(StrEnum):
    """Which posts: counted along the index of places or back from its end, by number, or one."""

    FORTH = "forth"
    BACK = "back"
    NEWEST = "newest"
    AMONG = "among"
    ONE = "one"


@cache  # putting a statement together costs as much as running it
def _statement(which: _Which) -> Select[Any]:
    up = aliased(Post)
    found = (
        queries.light()
        .add_columns(Account.display_name, Account.ties, Department.name, up.public_id, up.number)
        .outerjoin(Account, Account.id == Post.author_id)
        .outerjoin(Department, Department.id == Post.department_id)
        .outerjoin(up, and_(up.id == Post.parent_id, up.topic_id == Post.topic_id))
        .where(Post.topic_id == bindparam("topic"))
        .order_by(Post.number.desc() if which is _Which.NEWEST else queries.off_index(Post.path))
    )
    if which is _Which.NEWEST:
        return found.where(Post.number.between(bindparam("first"), bindparam("last")))
    if which is _Which.AMONG:
        return found.where(Post.number.in_(bindparam("numbers", expanding=True)))
    if which is _Which.ONE:
        return found.where(Post.public_id == bindparam("public_id"))
    # no other condition on the number: SQLite would walk along it instead of the page's own
    way = Post.path if which is _Which.FORTH else Post.path.desc()
    return found.where(Post.number.in_(queries.places(way)))


@cache
def _beside() -> Select[Topic]:
    few = load_only(Topic.public_id, Topic.title, *queries.FIGURES)
    own = and_(Topic.opened_by_id == bindparam("own"), Topic.merged_into_id.is_(None))
    query = select(Topic).where(Topic.room_id == bindparam("room"), or_(queries.listed(), own))
    query = query.order_by(Topic.pinned_at.is_(None), Topic.position, Topic.id)
    return query.options(few, lazyload(Topic.room))


def posts_of(lines: Sequence[Line]) -> list[Post]:
    return [line.post for line in lines]
