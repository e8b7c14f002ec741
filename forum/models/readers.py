"""What a reader has seen, follows and was told; all of it personal, none of it in the record."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class Pace(StrEnum):
    """How fast somebody wants to be told; SITE is by the list of notices only, without mail."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    SITE = "site"


class Reading(db.Base):
    """How far somebody has read a topic: the spans [first, last] of post numbers seen.

    `read_at` is when they last read here, and `up_to` the newest number there was then: what came
    later is told on their return.
    """

    __tablename__ = "reading"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    spans: Mapped[list[Any]] = mapped_column(default=list)
    up_to: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime] = mapped_column(default=clock.now)


class ReaderSettings(db.Base):
    """How somebody wants to be told, unless they say otherwise where they follow something.

    `follows_replies` has the replies to one's own posts followed as they are written;
    `mails_direct` sends mail at once when one is spoken to by name, or one's question is answered.
    """

    __tablename__ = "reader_settings"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    pace: Mapped[str] = mapped_column(String(8), default=Pace.DAILY)
    follows_replies: Mapped[bool] = mapped_column(default=True)
    mails_direct: Mapped[bool] = mapped_column(default=True)


class Follow(db.Base):
    """Somebody follows a room, a topic or the replies to a post (`kind`, `object_id`)."""

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "object_id"),
        Index("ix_follow_object", "kind", "object_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(8))
    object_id: Mapped[int]
    pace: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Notice(db.Addressable, db.Base):
    """Something somebody is told: in the list of notices, and by mail at their pace.

    `kind` is what happened (`forum.news.Kind`); `follow_id` is why they are told, `key` makes the
    same news twice one. It carries ids: the words are read when it is shown or mailed, and what was
    hidden meanwhile is left out. `mailed_at` is set with the letter's row: it is in one mail only.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notice_unread", "account_id", "read_at"),
        Index("ix_notice_unmailed", "mailed_at", "pace"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(16))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    follow_id: Mapped[int | None]
    pace: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
