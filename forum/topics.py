"""Opening a topic, and its running summary (いまの整理)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core import clock, db, events, record, search, text
from core.errors import Closed, Forbidden, Stale
from core.messages import _
from core.people import Role
from core.permissions import require
from forum import notices, rooms, traces
from forum.events import TopicChanged
from forum.models import Post, Room, Tag, Topic, TopicsBy
from forum.places import lock_topic
from forum.tags import allowed as allowed_tags
from moderation import screening

TITLE_LIMIT = 120
QUESTION_LIMIT = 2000
CONTEXT_LIMIT = 2000
_LABELLED = re.compile(r"^[-*・]?\s*([^：:*\n]{1,20})：\s*(?=\S)", re.MULTILINE)


def open_topic(
    actor: Any, room: Room, title: str, question: str, *, tags: Sequence[Tag] = ()
) -> Topic:
    """Put a question to a room; it stands after the topics already there."""
    require(actor, "topics.ask", room)
    rooms.require_not_over(room, clock.now())
    asked = text.accepted("question", question, limit=QUESTION_LIMIT)
    html = text.render(asked)
    named = text.accepted("title", title, limit=TITLE_LIMIT)
    with db.transaction():
        topic = new(room, named, actor, role_in(actor, room), tags)
        topic.question, topic.question_html = asked, html
        notices.topic_opened(topic)
        return topic


def open_by_resident(
    actor: Any,
    room: Room,
    title: str,
    body: str,
    *,
    key: str,
    received_at: datetime,
    tags: Sequence[Tag] = (),
) -> Topic:
    """Open a topic with its first post, in a room where residents may; `key` makes it once.

    Where what is said is looked at first, the topic is shown to nobody else until its post is.
    """
    from forum import posts  # posts are written in topics: it needs this module

    require(actor, "topics.open", room)
    if room.topics_by != TopicsBy.RESIDENTS:
        raise Forbidden(_("この会議室の話題は、区と進行役が置きます。"))
    rooms.require_open(room, received_at)
    named = screening.admit("title", title, limit=TITLE_LIMIT)
    with db.transaction() as tx:
        _lock(room)  # the same form sent twice waits here
        if (made := _opened_with(actor, room, key)) is not None:
            return made
        topic = new(room, named, actor, "resident", tags)
        tx.flush()
        post = posts.reply(actor, topic, body, key=key, received_at=received_at)
        topic.held_at = post.held_at
        return topic


def new(
    room: Room,
    title: str,
    actor: Any,
    role: str,
    tags: Sequence[Tag],
    *,
    kept: Sequence[Tag] = (),
) -> Topic:
    """A topic at the end of a room, in the current transaction; whoever calls has required.

    Of `tags` those `kept` from another topic may have been taken off the list.
    """
    tx = db.session()
    _lock(room)
    topic = Topic(
        room_id=room.id,
        title=title,
        position=last_position(room) + 1,
        role=role,
        opened_by_id=actor.id,
        created_at=clock.now(),
        tags=allowed_tags(room.consultation, tags, kept=kept),
    )
    tx.add(topic)
    tx.flush()
    record.append(
        "topic.opened",
        f"topic:{topic.public_id}",
        role=role,
        scope=room.consultation.scope,
    )
    search.enqueue("topic", topic.id)
    return topic


def last_position(room: Room) -> int:
    """Where the last topic of a room stands; 0 while there is none."""
    last = select(func.coalesce(func.max(Topic.position), 0)).where(Topic.room_id == room.id)
    return db.session().scalars(last).one()


def first_post_admitted(post: Post) -> None:
    """The first post of a resident's topic was let in: from now on everybody sees the topic."""
    topic = lock_topic(post.topic_id)
    if topic.held_at is not None and post.author_id == topic.opened_by_id:
        topic.held_at, topic.locked_at, topic.locked_reason = None, None, ""
        changed(topic)


def first_post_refused(post: Post, reason: str = "") -> None:
    """It was not: the topic stays with its author, closed, with the reason."""
    topic = lock_topic(post.topic_id)
    if topic.held_at is not None and topic.locked_at is None:
        topic.locked_at, topic.locked_reason = clock.now(), reason[:400]


def set_context(actor: Any, topic: Topic, body: str, version: int) -> Topic:
    """Write the running summary of a topic; raises `Stale` when another one was saved first."""
    require(actor, "topics.sum_up", topic)
    said = text.accepted("body", body, limit=CONTEXT_LIMIT, required=False)
    html = text.render(_LABELLED.sub(r"\n**\1**\n", said)) if said else ""
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Topic).where(Topic.id == topic.id))).one()
        rooms.require_not_over(row.room, clock.now())
        if row.context == said:
            return row
        if row.version != version:
            raise Stale(current=row.context, yours=said)
        row.context, row.context_html, row.context_at = said, html, clock.now()
        row.context_role = traces.role_of(actor, row)
        traces.leave(actor, row, traces.SUMMED_UP, detail={"body": said})
        row.version += 1
        notices.context_written(row, actor)
        changed(row)
        return row


def require_open(topic: Topic, at: datetime) -> None:
    """Raise `Closed` unless one can write here: room open, topic not locked, merged or held."""
    rooms.require_open(topic.room, at)
    if topic.merged_into_id is not None:
        raise Closed(_("この話題は、別の話題にまとめました。続きは、まとめた先に書いてください。"))
    if topic.locked_at is not None:
        raise Closed(
            _(
                "この話題は、書きこみを止めています。書いた文は送られていません。写してお持ちください。"
            )
        )
    if topic.held_at is not None:
        raise Closed(_("この話題は、確認を待っています。公開されてから、続きを書いてください。"))


def role_in(actor: Any, room: Room) -> str:
    """As what somebody speaks in a room: "officer" of its department, "facilitator", "resident"."""
    scopes = room.scopes()
    if actor.holds(Role.OFFICER, scopes):
        return "officer"
    return "facilitator" if actor.holds(Role.FACILITATOR, scopes) else "resident"


def _opened_with(actor: Any, room: Room, key: str) -> Topic | None:
    """The topic this form opened before."""
    query = select(Topic).join(Post, Post.topic_id == Topic.id)
    query = query.where(Topic.room_id == room.id, Topic.opened_by_id == actor.id, Post.key == key)
    return db.session().scalars(query.limit(1)).one_or_none()


def _lock(room: Room) -> None:
    db.session().scalars(db.locked(select(Room).where(Room.id == room.id))).one()


def changed(row: Topic) -> None:
    """A topic reads differently: search and open pages are told after the commit."""
    search.enqueue("topic", row.id)
    events.emit(TopicChanged(row.id))
