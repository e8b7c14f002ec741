"""Telling people what happened where they follow: a job in the transaction of the act.

And the list of what one was told: reading it, and how much of it is new.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, update

from core import clock, db, jobs
from core.errors import NotFound
from core.people import Account
from core.permissions import require
from forum import digests as _digests  # noqa: F401 its chore mails what is written here
from forum import follows, news, queries, spans
from forum import tellings as _tellings  # noqa: F401 its job does what is asked for here
from forum.models import Notice, Post, Question, Room, Topic
from forum.news import Kind, News
from forum.spans import Spans

MOST = 100  # more than this many unread are said as 99+


def post_published(post: Post) -> None:
    """See to it that followers are told of a post; its author follows the replies to it."""
    follows.begin_with_post(post)
    _enqueue(f"post:{post.id}", {"kind": Kind.POST, "post_id": post.id})


def admitted(post: Post) -> None:
    """See to it that the author of a post that waited is told that it is shown now."""
    _enqueue(f"post:{post.id}:admitted", {"kind": Kind.ADMITTED, "post_id": post.id})


def answer_published(post: Post, question: Question) -> None:
    """See to it that whoever asked is told at once, also when the post was there before."""
    if question.post_id != post.id:
        _enqueue(f"post:{post.id}", {"kind": Kind.POST, "post_id": post.id})


def context_written(topic: Topic, by: Any = None) -> None:
    """See to it that followers are told of a topic's new summary: of the first in a day."""
    day = clock.local(clock.now()).date()
    _enqueue_place(
        f"context:{topic.id}:{day}", Kind.CONTEXT, topic.room, topic, getattr(by, "id", None)
    )


def topic_opened(topic: Topic) -> None:
    """See to it that a room's followers are told of a new topic."""
    key = f"topic:{topic.id}"
    _enqueue_place(key, Kind.TOPIC, topic.room, topic, topic.opened_by_id)


def room_changed(room: Room, kind: str, by: Any = None) -> None:
    """See to it that followers are told that a room was extended or closes early."""
    told = {"extended": Kind.EXTENDED, "closed_early": Kind.CLOSED}.get(kind)
    if told is not None:
        key = f"room:{room.id}:{kind}:{int(room.closes_at.timestamp())}"
        _enqueue_place(key, told, room, None, getattr(by, "id", None))


def summary_published(room: Room, by: Any = None) -> None:
    """See to it that followers are told of a room's closing summary once it is public."""
    _enqueue_place(f"summary:{room.id}", Kind.SUMMARY, room, None, getattr(by, "id", None))


def unread_count(account: Account) -> int:
    """How much somebody was told and has not read, up to `MOST` (one statement)."""
    return db.session().scalar(_unread(), {"account": account.id}) or 0


@cache  # on every page: putting it together costs more than running it
def _unread() -> Select[int]:
    unread = _readable(select(Notice.id)).where(
        Notice.account_id == bindparam("account"), Notice.read_at.is_(None)
    )
    return select(func.count()).select_from(unread.limit(MOST).subquery())


def total(account: Account) -> int:
    """How many notices the list has."""
    query = _readable(select(func.count(Notice.id))).where(Notice.account_id == account.id)
    return db.session().scalar(query) or 0


def listed(account: Account, *, offset: int = 0, limit: int = 50) -> list[News]:
    """What somebody was told, the newest first, as far as it may be read now."""
    query = _readable(select(Notice)).where(Notice.account_id == account.id)
    query = query.order_by(Notice.id.desc()).offset(offset).limit(limit)
    return news.read(list(db.session().scalars(query)))


def opened(actor: Account, public_id: str) -> str:
    """Mark one notice read and say where it leads; raises `NotFound`."""
    require(actor, "notices.read")
    with db.transaction() as tx:
        query = select(Notice).where(Notice.public_id == public_id, Notice.account_id == actor.id)
        notice = tx.scalars(query).one_or_none()
        told = news.read([notice]) if notice is not None else []
        if notice is None or not told:
            raise NotFound
        if notice.read_at is None:
            notice.read_at = clock.now()
        return told[0].path


def read_posts(account: Account | None, post_ids: Collection[int]) -> None:
    """Somebody read these posts in their topic: what they were told of them is read too."""
    if account is not None and post_ids:
        _mark(account, Notice.post_id.in_(list(post_ids)))


def read_in(account_id: int, topic: Topic, seen: Spans) -> None:
    """Somebody read these numbers of a topic: what they were told of it is read as far."""
    query = select(Notice.id, Post.number).outerjoin(Post, Post.id == Notice.post_id)
    query = query.where(
        Notice.account_id == account_id,
        Notice.read_at.is_(None),
        func.coalesce(Post.topic_id, Notice.topic_id) == topic.id,
    )
    with db.transaction() as tx:
        found = tx.execute(query).all()
        ids = [row[0] for row in found if row[1] is None or spans.contains(seen, row[1])]
        if ids:
            tx.execute(update(Notice).where(Notice.id.in_(ids)).values(read_at=clock.now()))


def read_all(actor: Account) -> None:
    """Mark everything read."""
    require(actor, "notices.read")
    _mark(actor)


def _mark(account: Account, *which: ColumnElement[bool]) -> None:
    unread = (Notice.account_id == account.id, Notice.read_at.is_(None))
    with db.transaction() as tx:
        tx.execute(update(Notice).where(*unread, *which).values(read_at=clock.now()))


def _readable(query: Select[Any]) -> Select[Any]:
    """Only notices whose post and topic are shown now."""
    query = query.outerjoin(Post, Post.id == Notice.post_id).outerjoin(
        Topic, Topic.id == func.coalesce(Post.topic_id, Notice.topic_id)
    )
    return query.where(
        or_(Notice.post_id.is_(None), and_(queries.shown(), queries.placed())),
        Topic.held_at.is_(None),
    )


def _enqueue(key: str, args: dict[str, Any]) -> None:
    jobs.enqueue("forum.tell", args, key=f"tell:{key}")


def _enqueue_place(key: str, kind: str, room: Room, topic: Topic | None, by_id: int | None) -> None:
    args = {
        "kind": kind,
        "key": key,
        "room_id": room.id,
        "topic_id": topic.id if topic is not None else None,
        "by_id": by_id,
    }
    _enqueue(key, args)
