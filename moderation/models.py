"""The mixin that makes a row moderable, and the decisions that were taken, each with its reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class Moderated:
    """Worn by what moderators may hide: a hidden row stays, its text is shown to nobody else."""

    hidden_at: Mapped[datetime | None] = mapped_column(default=None)
    hidden_rule: Mapped[str] = mapped_column(String(120), default="")
    hidden_reason: Mapped[str] = mapped_column(String(400), default="")


class Decision(db.Addressable, db.Base):
    """One act of moderation, public: when, where, which rule, by which role, and why."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_at", "decided_at"),
        Index("ix_decision_subject", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))  # "post:9k2…"
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    place: Mapped[str] = mapped_column(String(200))
    act: Mapped[str] = mapped_column(String(12))  # "hide" or "restore"
    rule: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(400))
    role: Mapped[str] = mapped_column(String(20))
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime] = mapped_column(default=clock.now)
