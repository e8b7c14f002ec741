"""Tending a topic: pin, lock, rename, tag; each act leaves a trace that everybody may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core import clock, db, search, text
from core.errors import Conflict, Stale
from core.messages import _
from core.permissions import require
from forum import lines, rooms, tags, topics, traces
from forum.models import Post, Tag, Topic
from forum.places import lock_topic
from moderation import decisions


def pin(actor: Any, topic: Topic) -> Topic:
    """Let a topic stand before the others of its room."""
    require(actor, "topics.pin", topic)
    with db.transaction():
        row = _tended(topic)
        if row.pinned_at is None:
            row.pinned_at = clock.now()
            _acted(actor, row, "pinned")
        return row


def unpin(actor: Any, topic: Topic) -> Topic:
    """Put a topic back among the others."""
    require(actor, "topics.pin", topic)
    with db.transaction():
        row = _tended(topic)
        if row.pinned_at is not None:
            row.pinned_at = None
            _acted(actor, row, "unpinned")
        return row


def lock(actor: Any, topic: Topic, reason: str) -> Topic:
    """Take no more posts in a topic; everything stays readable, and the reason is public."""
    require(actor, "topics.lock", topic)
    why = text.accepted("reason", reason, limit=traces.REASON_LIMIT)
    with db.transaction():
        row = _tended(topic)
        if row.locked_at is None:
            row.locked_at, row.locked_reason = clock.now(), why
            _acted(actor, row, "locked", why)
        return row


def unlock(actor: Any, topic: Topic, reason: str = "") -> Topic:
    """Take posts again."""
    require(actor, "topics.lock", topic)
    why = text.accepted("reason", reason, limit=traces.REASON_LIMIT, required=False)
    with db.transaction():
        row = _tended(topic)
        if row.locked_at is not None:
            row.locked_at, row.locked_reason = None, ""
            _acted(actor, row, "unlocked", why)
        return row


def rename(
    actor: Any, topic: Topic, title: str, reason: str, *, former: str, keeps_former: bool = True
) -> Topic:
    """Give a topic another title; raises `Stale` unless its title is still `former`.

    The former title stays readable in the trace, unless it must not be read: then no trace has it.
    """
    require(actor, "topics.rename", topic)
    named = text.accepted("title", title, limit=topics.TITLE_LIMIT)
    why = text.accepted("reason", reason, limit=traces.REASON_LIMIT)
    with db.transaction():
        row = _tended(topic, whenever=not keeps_former)
        if row.title == named:
            return row
        if row.title != former:
            raise Stale(current=row.title, yours=named)
        row.title = named
        if not keeps_former:
            _forget_title(row, former, named)
        _acted(actor, row, "renamed", why, before=former if keeps_former else "", after=named)
        search.enqueue_all("post", _posts_of(row))
        return row


def choose_tags(actor: Any, topic: Topic, chosen: Sequence[Tag]) -> Topic:
    """Choose from the consultation's list what a topic is about."""
    require(actor, "topics.tag", topic)
    with db.transaction():
        row = _tended(topic)
        fit = tags.allowed(row.room.consultation, chosen, kept=row.tags)
        if fit != list(row.tags):
            row.tags = fit
            _acted(actor, row, "tagged", names=[tag.name for tag in fit])
        return row


def _tended(topic: Topic, *, whenever: bool = False) -> Topic:
    """The locked topic, while its room is open and nobody merged it.

    What must not be read goes `whenever` it is seen: a merged topic's title stands in traces.
    """
    row = lock_topic(topic.id)
    if not whenever:
        rooms.require_not_over(row.room, clock.now())
        if row.merged_into_id is not None:
            raise Conflict(
                _("この話題は、別の話題にまとめてあります。まとめた先で行ってください。")
            )
    return row


def _forget_title(row: Topic, former: str, named: str) -> None:
    """Where a topic was named beside what was said in it, it is named as it is now."""
    traces.forget_title(row, former)
    lines.forget_title(row, former, named)
    decisions.forget(row.room.consultation_id, former, named)


def _posts_of(topic: Topic) -> Sequence[int]:
    return db.session().scalars(select(Post.id).where(Post.topic_id == topic.id)).all()


def _acted(actor: Any, row: Topic, kind: str, reason: str = "", **detail: object) -> None:
    traces.leave(actor, row, kind, reason, detail=detail)
    topics.changed(row)
