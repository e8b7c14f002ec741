"""Answer: the ward's view and the disposition, on a theme or on one opinion."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from ledger.models.opinions import Opinion
from ledger.models.themes import Theme


class AnswerState(StrEnum):
    """Answering is not publishing: drafted, handed in, approved by a second person."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


class Answer(db.Versioned, db.Base):
    """How one theme, or one opinion by itself, is handled, and why.

    An opinion's own answer goes before its theme's: so each opinion has exactly one disposition.
    """

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint("(theme_id IS NULL) <> (opinion_id IS NULL)", name="one_target"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"), unique=True)
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"), unique=True)
    disposition: Mapped[str] = mapped_column(String(24), default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    view: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), default=AnswerState.DRAFT)
    remark: Mapped[str] = mapped_column(String(400), default="")  # why it was sent back
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    approved_at: Mapped[datetime | None]

    theme: Mapped[Theme | None] = relationship()
    opinion: Mapped[Opinion | None] = relationship()

    @property
    def was_sent_back(self) -> bool:
        return self.state == AnswerState.DRAFT and bool(self.remark)

    def scopes(self) -> set[str]:
        target = self.theme or self.opinion
        return target.scopes() if target else set()
