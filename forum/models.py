"""Rooms, topics and posts; public comments and their items."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.people import Account, Department
from ledger.models import Consultation
from moderation.models import Moderated

PATH_STEP = 6  # digits of a post's number in its path
MAX_DEPTH = 6  # deeper replies stand beside their parent


class Room(db.Addressable, db.Versioned, db.Base):
    """A meeting room (電子会議室): time-boxed, tied to a consultation and its department."""

    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint("opens_at < closes_at", name="opens_before_closes"),
        Index("ix_room_consultation", "consultation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    title: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text)
    rules: Mapped[list[str]] = mapped_column(default=list)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    consultation: Mapped[Consultation] = relationship(lazy="joined")
    topics: Mapped[list[Topic]] = relationship(order_by="Topic.position", back_populates="room")

    def scopes(self) -> set[str]:
        return {f"room:{self.public_id}", *self.consultation.scopes()}

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_at


class Topic(db.Addressable, db.Versioned, db.Base):
    """One question of a room. `post_count` numbers the posts and is never lowered."""

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
    position: Mapped[int] = mapped_column(default=0)
    post_count: Mapped[int] = mapped_column(default=0)
    last_post_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    room: Mapped[Room] = relationship(back_populates="topics", lazy="joined")

    def scopes(self) -> set[str]:
        return self.room.scopes()


class Post(Moderated, db.Addressable, db.Versioned, db.Base):
    """One contribution. `path` orders a topic as it is read: each reply under what it answers.

    `key` is made by the form: the same form sent twice is one post.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("topic_id", "number"),
        UniqueConstraint("topic_id", "key"),
        Index("ix_post_path", "topic_id", "path"),
        Index("ix_post_author", "author_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    number: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    path: Mapped[str] = mapped_column(String(PATH_STEP * (MAX_DEPTH + 2)))
    depth: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    role: Mapped[str] = mapped_column(String(20), default="resident")
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    renderer: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(String(400), default="")

    topic: Mapped[Topic] = relationship(lazy="joined", innerjoin=True)
    author: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    department: Mapped[Department | None] = relationship(lazy="joined")
    parent: Mapped[Post | None] = relationship(remote_side=[id])

    def scopes(self) -> set[str]:
        return self.topic.scopes()

    @property
    def is_official(self) -> bool:
        return self.role == "officer"

    @property
    def is_shown(self) -> bool:
        return self.hidden_at is None and self.withdrawn_at is None


class PostRevision(db.Base):
    """How a post read before an edit; public while the post is shown."""

    __tablename__ = "post_revision"
    __table_args__ = (UniqueConstraint("post_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    version: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class Comment(db.Addressable, db.Base):
    """One submission (通) to a public comment; its points are items. `key` is made by the form."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("consultation_id", "key"),
        Index("ix_comment_consultation", "consultation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    key: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(20))
    ties: Mapped[list[str]] = mapped_column(default=list)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[datetime]

    consultation: Mapped[Consultation] = relationship(lazy="joined")
    items: Mapped[list[CommentItem]] = relationship(order_by="CommentItem.position")

    def scopes(self) -> set[str]:
        return self.consultation.scopes()


class CommentItem(db.Base):
    """One point of a submission: what the ledger's line refers to. Its text is the opinion's."""

    __tablename__ = "comment_item"
    __table_args__ = (UniqueConstraint("comment_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    position: Mapped[int]
    section_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"))


class CommentPerson(db.Base):
    """Name and mail address somebody left with a submission: apart, erasable, never shown."""

    __tablename__ = "comment_person"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
