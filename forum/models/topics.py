"""Topics, the traces of what was done to them, and the tags of a consultation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.people import Account
from forum.models.rooms import Room


class Topic(db.Addressable, db.Versioned, db.Base):
    """One question of a room.

    `post_count` numbers the posts and is never lowered; `gone` are the spans [first, last] of
    numbers that a split took away, `silent` those whose posts are hidden or withdrawn, so that a
    page knows without counting how much is shown; `people_count` are those who speak in posts that
    are shown (both kept by `forum.tallies`). `held_count` numbers what waits to be looked at. A
    resident's topic with `held_at` is shown to nobody until its first post is.
    """

    __tablename__ = "topic"
    __table_args__ = (Index("ix_topic_room", "room_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    title: Mapped[str] = mapped_column(String(120))
    question: Mapped[str] = mapped_column(Text, default="")
    question_html: Mapped[str] = mapped_column(Text, default="")
    context: Mapped[str] = mapped_column(Text, default="")
    context_html: Mapped[str] = mapped_column(Text, default="")
    context_at: Mapped[datetime | None]
    context_role: Mapped[str] = mapped_column(String(20), default="")
    position: Mapped[int] = mapped_column(default=0)
    post_count: Mapped[int] = mapped_column(default=0)
    held_count: Mapped[int] = mapped_column(default=0)
    gone: Mapped[list[Any]] = mapped_column(default=list)
    silent: Mapped[list[Any]] = mapped_column(default=list)
    people_count: Mapped[int] = mapped_column(default=0)
    last_post_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(String(20), default="officer")
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    pinned_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    locked_reason: Mapped[str] = mapped_column(String(400), default="")
    held_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    room: Mapped[Room] = relationship(back_populates="topics", lazy="joined")
    opened_by: Mapped[Account | None] = relationship()
    merged_into: Mapped[Topic | None] = relationship(remote_side=[id])
    tags: Mapped[list[Tag]] = relationship(secondary="topic_tag", order_by="Tag.position")

    def scopes(self) -> set[str]:
        return self.room.scopes()

    def takes_posts(self, at: datetime) -> bool:
        """Whether one can write here: the room is open, and nobody locked or merged the topic."""
        return self.room.is_open(at) and self.locked_at is None and self.merged_into_id is None


class TopicTrace(db.Base):
    """One act on a topic, public with its reason; `other_id` is the topic it has to do with.

    `kind`: pinned, unpinned, locked, unlocked, renamed, moved, merged (away), joined (by another),
    split (off), founded (by a split), tagged, summed_up (a wording of the running summary).
    """

    __tablename__ = "topic_trace"
    __table_args__ = (Index("ix_topic_trace_topic", "topic_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    kind: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(400), default="")
    other_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=clock.now)

    other: Mapped[Topic | None] = relationship(foreign_keys=[other_id])


class Tag(db.Base):
    """One word of a consultation's list of tags; taken off the list it stays where it was put."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("consultation_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    name: Mapped[str] = mapped_column(String(30))
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None]


class TopicTag(db.Base):
    __tablename__ = "topic_tag"

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
