"""A whole room as files that need no server: what stands in them, read in batches.

What everybody may read and nothing else, whoever asks: of a hidden, withdrawn or waiting post no
word leaves the database. How they are drawn and packed is in `forum.views.exports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, tuple_
from sqlalchemy.orm import aliased

from core import db
from core.files import ENDINGS, StoredFile
from core.people import Account, Department
from forum.models import Post, PostImage, Question, Room, Topic
from forum.queries import listed, placed, shown

BATCH = 500


@dataclass(frozen=True)
class Picture:
    """A picture of a post: `name` is its file in the archive."""

    file_id: int
    name: str
    size: int
    alt: str


@dataclass(frozen=True)
class Entry:
    """A post as it is handed out; `state` is "" while it is shown, and only then it has words."""

    id: int
    public_id: str
    number: int
    parent: int | None
    depth: int
    path: str
    role: str
    at: datetime
    edited_at: datetime | None
    state: str
    reason: str
    speaker: str
    department: str
    body: str
    html: str
    asked_until: datetime | None
    answered_at: datetime | None
    pictures: tuple[Picture, ...] = ()


@dataclass
class Tally:
    """What was handed out of one topic: posts by state, and the pictures to pack."""

    shown: int = 0
    hidden: int = 0
    withdrawn: int = 0
    last_at: datetime | None = None
    pictures: list[Picture] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        if entry.state:
            setattr(self, entry.state, getattr(self, entry.state) + 1)
            return
        self.shown += 1
        self.last_at = max(self.last_at or entry.at, entry.at)
        self.pictures += entry.pictures


def topics(room: Room) -> list[Topic]:
    """The topics of a room in their order; one that waits to be looked at is not among them."""
    query = select(Topic).where(Topic.room_id == room.id, listed())
    return list(db.session().scalars(query.order_by(Topic.position, Topic.id)))


def held_count(room: Room) -> int:
    """How many posts wait to be looked at: said as a number, never handed out."""
    query = select(func.count()).select_from(Post).join(Topic, Topic.id == Post.topic_id)
    waiting = and_(Post.held_at.is_not(None), Post.hidden_at.is_(None), Post.withdrawn_at.is_(None))
    return db.session().scalars(query.where(Topic.room_id == room.id, waiting)).one()


def entries(topic: Topic, folder: str) -> Iterator[Entry]:
    """A topic's posts as they are read; `folder` begins the names of its pictures."""
    after = ("", 0)
    while batch := _batch(topic, after):
        after = (batch[-1].path, batch[-1].number)
        pictures = _pictures(batch, folder)
        for entry in batch:
            found = pictures.get(entry.id)
            yield replace(entry, pictures=tuple(found)) if found else entry


def _if_shown(column: Any, otherwise: Any = "") -> ColumnElement[Any]:
    return case((shown(), column), else_=otherwise)


def _batch(topic: Topic, after: tuple[str, int]) -> list[Entry]:
    parent = aliased(Post)
    is_gone, is_hidden = Post.withdrawn_at.is_not(None), Post.hidden_at.is_not(None)
    asked = and_(shown(), Question.unmarked_at.is_(None))
    promised = and_(Question.interim_at.is_not(None), Question.promised_at.is_not(None))
    query = (
        select(
            Post.id,
            Post.public_id,
            Post.number,
            parent.number,
            Post.depth,
            Post.path,
            Post.role,
            Post.created_at,
            _if_shown(Post.edited_at, None),
            case((is_gone, "withdrawn"), (is_hidden, "hidden"), else_=""),
            case((is_gone, Post.withdrawn_reason), (is_hidden, Post.hidden_rule), else_=""),
            _if_shown(func.coalesce(Account.display_name, Post.guest_name)),
            _if_shown(func.coalesce(Department.name, "")),
            _if_shown(Post.body),
            _if_shown(Post.body_html),
            case((asked, case((promised, Question.promised_at), else_=Question.due_at))),
            case((asked, Question.answered_at)),
        )
        .outerjoin(parent, and_(parent.id == Post.parent_id, parent.topic_id == Post.topic_id))
        .outerjoin(Account, Account.id == Post.author_id)
        .outerjoin(Department, Department.id == Post.department_id)
        .outerjoin(Question, Question.post_id == Post.id)
        .where(Post.topic_id == topic.id, placed(), Post.held_at.is_(None))
        .where(tuple_(Post.path, Post.number) > after)
        .order_by(Post.path, Post.number)
        .limit(BATCH)
    )
    return [Entry(*row) for row in db.session().execute(query)]


def _pictures(batch: Sequence[Entry], folder: str) -> dict[int, list[Picture]]:
    """The pictures of the posts that are shown, by post (one statement)."""
    said = {entry.id: entry for entry in batch if not entry.state}
    query = (
        select(PostImage.post_id, PostImage.position, PostImage.alt, StoredFile)
        .join(StoredFile, StoredFile.id == PostImage.file_id)
        .where(PostImage.post_id.in_(said))
        .order_by(PostImage.post_id, PostImage.position)
    )
    found: dict[int, list[Picture]] = {}
    for post_id, position, alt, file in db.session().execute(query):
        name = f"{folder}-{said[post_id].number}-{position + 1}{ENDINGS[file.media_type]}"
        found.setdefault(post_id, []).append(Picture(file.id, name, file.size, alt))
    return found
