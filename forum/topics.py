"""Opening a topic, and its running summary (いまの整理)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core import clock, db, events, record, search, text
from core.errors import Closed, Stale
from core.messages import _
from core.people import Role
from core.permissions import require
from forum import notices, rooms
from forum.events import TopicChanged
from forum.models import Room, Topic

QUESTION_LIMIT = 2000
CONTEXT_LIMIT = 2000
_LABELLED = re.compile(r"^[-*・]?\s*([^：:*\n]{1,20})：\s*(?=\S)", re.MULTILINE)


def open_topic(actor: Any, room: Room, title: str, question: str) -> Topic:
    """Put a question to a room; it stands after the topics already there."""
    require(actor, "topics.open", room)
    asked = text.accepted("question", question, limit=QUESTION_LIMIT)
    html = text.render(asked)
    with db.transaction() as tx:
        tx.scalars(db.locked(select(Room).where(Room.id == room.id))).one()
        last = select(func.coalesce(func.max(Topic.position), 0)).where(Topic.room_id == room.id)
        topic = Topic(
            room_id=room.id,
            title=text.accepted("title", title, limit=120),
            question=asked,
            question_html=html,
            position=tx.scalars(last).one() + 1,
            created_at=clock.now(),
        )
        tx.add(topic)
        tx.flush()
        record.append(
            "topic.opened",
            f"topic:{topic.public_id}",
            role=role_in(actor, room),
            scope=room.consultation.scope,
        )
        search.enqueue("topic", topic.id)
        return topic


def set_context(actor: Any, topic: Topic, body: str, version: int) -> Topic:
    """Write the running summary of a topic; raises `Stale` when another one was saved first."""
    require(actor, "topics.sum_up", topic)
    said = text.accepted("body", body, limit=CONTEXT_LIMIT, required=False)
    html = text.render(_LABELLED.sub(r"\n**\1**\n", said)) if said else ""
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Topic).where(Topic.id == topic.id))).one()
        if row.context == said:
            return row
        if row.version != version:
            raise Stale(current=row.context, yours=said)
        row.context, row.context_html, row.context_at = said, html, clock.now()
        row.version += 1
        search.enqueue("topic", row.id)
        notices.context_written(row)
        events.emit(TopicChanged(row.id))
        return row


def require_open(topic: Topic, at: datetime) -> None:
    """Raise `Closed` unless one can write here: room open, topic neither locked nor merged."""
    rooms.require_open(topic.room, at)
    if topic.merged_into_id is not None:
        raise Closed(_("この話題は、別の話題にまとめました。続きは、まとめた先に書いてください。"))
    if topic.locked_at is not None:
        raise Closed(
            _(
                "この話題は、書きこみを止めています。書いた文は送られていません。写してお持ちください。"
            )
        )


def role_in(actor: Any, room: Room) -> str:
    """As what somebody speaks in a room: "officer" of its department, "facilitator", "resident"."""
    scopes = room.scopes()
    if actor.holds(Role.OFFICER, scopes):
        return "officer"
    return "facilitator" if actor.holds(Role.FACILITATOR, scopes) else "resident"
