"""Rooms: what for, until when, who may write and how; how that changed; the papers of the ward."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from core import clock, db
from core.files import StoredFile
from ledger.models import Consultation

if TYPE_CHECKING:
    from forum.models.topics import Topic


class Writers(StrEnum):
    """Who may write: people with an account, or guests with a display name as well."""

    ACCOUNT = "account"
    GUEST = "guest"


class Checked(StrEnum):
    """When what is said is looked at: after it is shown, or before."""

    AFTER = "after"
    BEFORE = "before"


class TopicsBy(StrEnum):
    """Who opens topics: the ward and its facilitators, or residents too."""

    WARD = "ward"
    RESIDENTS = "residents"


class Room(db.Addressable, db.Versioned, db.Base):
    """A meeting room (電子会議室): time-boxed, tied to a consultation and its department.

    What a guest writes is held until looked at, whatever `checked` says.
    """

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
    writers: Mapped[str] = mapped_column(String(12), default=Writers.ACCOUNT)
    checked: Mapped[str] = mapped_column(String(12), default=Checked.AFTER)
    topics_by: Mapped[str] = mapped_column(String(12), default=TopicsBy.WARD)
    has_stances: Mapped[bool] = mapped_column(default=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    summary_html: Mapped[str] = mapped_column(Text, default="")
    summary_at: Mapped[datetime | None]
    summary_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    consultation: Mapped[Consultation] = relationship(lazy="joined")
    topics: Mapped[list[Topic]] = relationship(order_by="Topic.position", back_populates="room")

    def scopes(self) -> set[str]:
        return {f"room:{self.public_id}", *self.consultation.scopes()}

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_at

    @property
    def takes_guests(self) -> bool:
        return self.writers == Writers.GUEST

    @property
    def looks_first(self) -> bool:
        return self.checked == Checked.BEFORE


class RoomChange(db.Base):
    """One change of a room's dates or settings, public with its reason.

    `kind` is "extended", "closed_early" or "settings"; `detail` holds what it was and became.
    """

    __tablename__ = "room_change"
    __table_args__ = (Index("ix_room_change_room", "room_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    kind: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(400), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Paper(db.Addressable, db.Base):
    """A paper the ward put into a room: a PDF or a picture, its words kept for search."""

    __tablename__ = "paper"
    __table_args__ = (Index("ix_paper_room", "room_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_at: Mapped[datetime | None]
    removed_reason: Mapped[str] = mapped_column(String(400), default="")

    room: Mapped[Room] = relationship(lazy="joined", innerjoin=True)
    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)
    has_words: Mapped[bool] = column_property(text != "")  # asked where the text is left unread

    def scopes(self) -> set[str]:
        return self.room.scopes()
