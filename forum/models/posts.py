"""Posts and what belongs to one: earlier wordings and places, pictures, mentions, a question."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.files import StoredFile
from core.people import Account, Department
from forum.models.topics import Topic
from moderation.models import Moderated

PATH_STEP = 6  # digits of a post's number in its path
MAX_DEPTH = 6  # deeper replies stand beside their parent


class Post(Moderated, db.Addressable, db.Versioned, db.Base):
    """One contribution. `path` orders a topic as it is read: each reply under what it answers.

    `key` is made by the form: the same form sent twice is one post. A post that waits to be looked
    at (`held_at`) has a number below zero and no place yet: it gets both when it is admitted. A
    guest's post has no author, but a display name and the hash of the guest's token.
    `changed_at` is when it last began to read differently: edited, withdrawn, hidden, restored.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("topic_id", "number"),
        UniqueConstraint("topic_id", "key"),
        Index("ix_post_path", "topic_id", "path", "number"),
        Index("ix_post_author", "author_id"),
        Index("ix_post_changed", "topic_id", "changed_at"),
        Index("ix_post_role", "topic_id", "role", "number"),
        Index("ix_post_held", "held_at"),
        Index("ix_post_parent", "parent_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    number: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    path: Mapped[str] = mapped_column(String(PATH_STEP * (MAX_DEPTH + 2)))
    depth: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    guest_name: Mapped[str] = mapped_column(String(40), default="")
    guest_hash: Mapped[str] = mapped_column(String(64), default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    role: Mapped[str] = mapped_column(String(20), default="resident")
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    renderer: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    edited_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(String(400), default="")

    topic: Mapped[Topic] = relationship(lazy="joined", innerjoin=True)
    author: Mapped[Account | None] = relationship(lazy="joined")
    department: Mapped[Department | None] = relationship(lazy="joined")
    parent: Mapped[Post | None] = relationship(remote_side=[id])

    def scopes(self) -> set[str]:
        return self.topic.scopes()

    @property
    def is_official(self) -> bool:
        return self.role == "officer"

    @property
    def is_held(self) -> bool:
        return self.held_at is not None

    @property
    def is_shown(self) -> bool:
        return self.hidden_at is None and self.withdrawn_at is None and self.held_at is None

    @property
    def speaker(self) -> str:
        """The name a reader sees: the department's, the account's or the guest's."""
        if self.is_official and self.department is not None:
            return self.department.name
        return self.author.display_name if self.author is not None else self.guest_name


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


class PostPlace(db.Base):
    """Where a post stood before it was moved: an old number still leads to it.

    `path` is where the trace is read; `is_root` marks the first of the posts moved together.
    """

    __tablename__ = "post_place"
    __table_args__ = (
        UniqueConstraint("topic_id", "number"),
        Index("ix_post_place_path", "topic_id", "path"),
        Index("ix_post_place_post", "post_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    number: Mapped[int]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    path: Mapped[str] = mapped_column(String(PATH_STEP * (MAX_DEPTH + 2)))
    depth: Mapped[int] = mapped_column(default=0)
    is_root: Mapped[bool] = mapped_column(default=False)
    moved_at: Mapped[datetime] = mapped_column(default=clock.now)

    post: Mapped[Post] = relationship()


class PostImage(db.Base):
    """A picture in a post, re-encoded, with the words for those who do not see it."""

    __tablename__ = "post_image"
    __table_args__ = (UniqueConstraint("post_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), unique=True)
    alt: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)

    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)


class Mention(db.Base):
    """Somebody who was spoken to by name in a post."""

    __tablename__ = "mention"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)


class Question(db.Base):
    """A post that asks the ward something: until when it is answered, and by which post.

    `due_at` is the end of the tenth business day; an interim reply sets `promised_at`, the end of
    the day by which the ward now says it will answer. Open while `answered_at` is empty, nobody
    took the mark off (`unmarked_at`) and the post is shown. When an answer is hidden or withdrawn
    `answered_at` is emptied and `answer_id` stays, for its return; likewise with an interim reply.
    """

    __tablename__ = "question"
    __table_args__ = (Index("ix_question_open", "department_id", "answered_at", "due_at"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    interim_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    interim_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    answered_at: Mapped[datetime | None]
    unmarked_at: Mapped[datetime | None]
    unmarked_role: Mapped[str] = mapped_column(String(20), default="")
    unmarked_reason: Mapped[str] = mapped_column(String(400), default="")

    post: Mapped[Post] = relationship(foreign_keys=[post_id])
    interim: Mapped[Post | None] = relationship(foreign_keys=[interim_id])
    answer: Mapped[Post | None] = relationship(foreign_keys=[answer_id])

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    @property
    def is_marked(self) -> bool:
        """Whether it still counts as a question to the ward."""
        return self.unmarked_at is None

    @property
    def until(self) -> datetime:
        """When the ward has to have answered: as it promised in between, else the due date."""
        if self.interim_at is not None and self.promised_at is not None:
            return self.promised_at
        return self.due_at

    @property
    def due_day(self) -> datetime:
        """A moment of the last day of the ten: `due_at` itself is the first of the next."""
        return self.due_at - timedelta(minutes=1)

    @property
    def kept(self) -> str:
        """What an answer kept: "due", the ten days; "promise", of an interim reply; or ""."""
        if self.answered_at is None:
            return ""
        if self.answered_at < self.due_at:
            return "due"
        return "promise" if self.answered_at < self.until else ""

    @property
    def until_day(self) -> datetime:
        return self.until - timedelta(minutes=1)

    def state(self, at: datetime) -> str:
        """How it stands: "unmarked", "answered", "late", "interim" or "open"."""
        if not self.is_marked:
            return "unmarked"
        if self.is_answered:
            return "answered"
        if self.until <= at:
            return "late"
        return "interim" if self.interim_at is not None else "open"
