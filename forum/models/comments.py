"""Public comments: one submission (通), its items, and the person apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from ledger.models import Consultation


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
