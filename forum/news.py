"""Notices put into words as they may be read now: for the list, the mails and the digests.

What was hidden, withdrawn or held meanwhile is no news: it is left out, with its notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, lazyload

from core import db, text
from core.messages import Message, _
from core.people import Account
from forum import documents, queries
from forum.models import Notice, Post, Question, Room, Topic


class Kind(StrEnum):
    """What happened."""

    POST = "post"
    REPLY = "reply"
    MENTION = "mention"
    ANSWER = "answer"
    INTERIM = "interim"
    ADMITTED = "admitted"
    TOPIC = "topic"
    CONTEXT = "context"
    EXTENDED = "room_extended"
    CLOSED = "room_closed"
    SUMMARY = "summary"


@dataclass(frozen=True)
class News:
    """One notice as its reader may see it now; `said` is the whole text it is about."""

    notice: Notice
    headline: Message
    room: Room
    topic: Topic | None
    post: Post | None
    said: str
    path: str

    @property
    def at(self) -> datetime:
        return self.post.created_at if self.post is not None else self.notice.at

    @property
    def is_official(self) -> bool:
        return self.post is not None and self.post.is_official

    def excerpt(self, length: int) -> str:
        """The beginning of what was said, without the words it quotes."""
        own = [line for line in self.said.split("\n") if not line.lstrip().startswith(">")]
        return text.excerpt("\n".join(own) or self.said, length)


@dataclass(frozen=True)
class _Around:
    """What a list of notices is about, by id; only what may be read."""

    posts: dict[int, Post]
    topics: dict[int, Topic]
    rooms: dict[int, Room]
    parents: dict[int, tuple[int, int | None]]
    askers: dict[int, int | None]


def read(notices: Sequence[Notice]) -> list[News]:
    """Put notices into words, in their order (five statements at most)."""
    around = _look(notices)
    told = (_told(notice, around) for notice in notices)
    return [news for news in told if news is not None]


def path_of(place: Room | Topic) -> str:
    if isinstance(place, Topic):
        return documents.path_of_topic(place.public_id)
    return f"/rm/{place.public_id}"


def _look(notices: Sequence[Notice]) -> _Around:
    current = db.session()
    wanted = _ids(n.post_id for n in notices)
    author = joinedload(Post.author).lazyload(Account.grants)
    query = select(Post).where(Post.id.in_(wanted), queries.shown(), queries.placed())
    found = current.scalars(query.options(lazyload(Post.topic), author)) if wanted else ()
    posts = {post.id: post for post in found}
    ids = _ids([*(n.topic_id for n in notices), *(p.topic_id for p in posts.values())])
    about = select(Topic).where(Topic.id.in_(ids), Topic.held_at.is_(None))
    about = about.options(joinedload(Topic.room).lazyload(Room.consultation))
    topics = {topic.id: topic for topic in current.scalars(about)} if ids else {}
    missing = _ids(n.room_id for n in notices) - {t.room_id for t in topics.values()}
    rooms = {topic.room_id: topic.room for topic in topics.values()}
    if missing:
        others = select(Room).where(Room.id.in_(missing))
        others = others.options(lazyload(Room.consultation))
        rooms.update({room.id: room for room in current.scalars(others)})
    return _Around(posts, topics, rooms, _parents(posts), _askers(posts))


def _ids(said: Iterable[int | None]) -> set[int]:
    return {one for one in said if one is not None}


def _parents(posts: dict[int, Post]) -> dict[int, tuple[int, int | None]]:
    """Number and author of what the posts reply to; never its words."""
    ids = _ids(post.parent_id for post in posts.values())
    if not ids:
        return {}
    query = select(Post.id, Post.number, Post.author_id).where(Post.id.in_(ids))
    return {row[0]: (row[1], row[2]) for row in db.session().execute(query)}


def _askers(posts: dict[int, Post]) -> dict[int, int | None]:
    """Who asked what the official posts among these answer."""
    ids = [post.id for post in posts.values() if post.is_official]
    if not ids:
        return {}
    query = (
        select(Question.answer_id, Question.interim_id, Post.author_id)
        .join(Post, Post.id == Question.post_id)
        .where(or_(Question.answer_id.in_(ids), Question.interim_id.in_(ids)))
    )
    found: dict[int, int | None] = {}
    for answer_id, interim_id, author_id in db.session().execute(query):
        found.update({id_: author_id for id_ in (answer_id, interim_id) if id_ is not None})
    return found


def _told(notice: Notice, around: _Around) -> News | None:
    post = around.posts.get(notice.post_id or 0)
    if notice.post_id is not None and post is None:
        return None
    topic_id = post.topic_id if post is not None else notice.topic_id
    topic = around.topics.get(topic_id or 0)
    if topic_id is not None and topic is None:
        return None
    room = topic.room if topic is not None else around.rooms[notice.room_id]
    if post is not None:
        path, said = documents.path_of_post(post.public_id), post.body
    elif topic is not None:
        path = path_of(topic)
        said = topic.context if notice.kind == Kind.CONTEXT else topic.question
    else:
        path, said = path_of(room), ""
    return News(notice, _headline(notice, post, around), room, topic, post, said, path)


def _headline(notice: Notice, post: Post | None, around: _Around) -> Message:
    if post is None:
        return _OF_PLACES[notice.kind]
    who = str(post.speaker if post.is_official else _("%(name)sさん", name=post.speaker))
    is_mine = around.askers.get(post.id) == notice.account_id
    parent, author_id = around.parents.get(post.parent_id or 0, (0, None))
    if notice.kind == Kind.ADMITTED:
        return _("あなたの発言%(number)sを公開しました", number=post.number)
    if notice.kind == Kind.ANSWER:
        return _("あなたの質問に、区が回答しました") if is_mine else _("質問に、区が回答しました")
    if notice.kind == Kind.INTERIM:
        return (
            _("あなたの質問に、区から途中のお知らせがあります")
            if is_mine
            else _("質問に、区から途中のお知らせがあります")
        )
    if notice.kind == Kind.MENTION:
        return _("%(who)sが、発言の中であなたに呼びかけました", who=who)
    if notice.kind == Kind.REPLY and parent and author_id == notice.account_id:
        return _("%(who)sが、あなたの発言%(number)sに返信しました", who=who, number=parent)
    if parent:
        return _("%(who)sが、発言%(number)sに返信しました", who=who, number=parent)
    return _("%(who)sが発言しました", who=who)


_OF_PLACES: dict[str, Message] = {
    Kind.TOPIC: _("新しい話題が開かれました"),
    Kind.CONTEXT: _("進行役が、いまの整理を書きかえました"),
    Kind.EXTENDED: _("会議室の期間が延びました"),
    Kind.CLOSED: _("会議室を、予定より早く閉じることになりました"),
    Kind.SUMMARY: _("会議室のまとめが公開されました"),
}
