"""Topics and posts as search finds them, and their paths."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from core import db, search, text
from core.messages import _
from core.search import Document
from forum import queries
from forum.models import Post, Topic


def path_of_topic(public_id: str) -> str:
    return f"/t/{public_id}"


def path_of_post(public_id: str) -> str:
    return f"/p/{public_id}"


def register() -> None:
    """Let search find topics and posts."""
    search.register(
        "topic",
        lambda topic_id: _only(_topics([topic_id])),
        _topic_ids,
        lambda ids, _viewer: _topics(ids),
        label=_("会議室の話題"),
    )
    search.register(
        "post",
        lambda post_id: _only(_posts([post_id])),
        _post_ids,
        lambda ids, _viewer: _posts(ids),
        label=_("会議室の発言"),
    )


def _only(found: Sequence[Document]) -> Document | None:
    return found[0] if found else None


def _topic_ids() -> Iterable[int]:
    return db.session().scalars(select(Topic.id))


def _post_ids() -> Iterable[int]:
    return db.session().scalars(select(Post.id).where(queries.shown()))


def _topics(ids: Collection[int]) -> list[Document]:
    query = select(Topic).where(Topic.id.in_(ids))
    return [
        Document(
            kind="topic",
            id=topic.id,
            consultation_id=topic.room.consultation_id,
            title=topic.title,
            body="\n".join(part for part in (topic.question, topic.context) if part),
            at=topic.created_at,
            url=path_of_topic(topic.public_id),
            place=topic.room.title,
        )
        for topic in db.session().scalars(query)
    ]


def _posts(ids: Collection[int]) -> list[Document]:
    """Only what is shown: hidden and withdrawn posts are found by nobody, staff included."""
    query = select(Post).where(Post.id.in_(ids), queries.shown())
    return [
        Document(
            kind="post",
            id=post.id,
            consultation_id=post.topic.room.consultation_id,
            title=f"{post.topic.title}　{post.number}",
            body=post.body,
            at=post.created_at,
            url=path_of_post(post.public_id),
            place=text.excerpt(post.topic.room.title, 60),
        )
        for post in db.session().scalars(query)
    ]
