"""Theme and Filing: where each counted opinion stands. The machine proposes, a person decides."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from ledger.models.consultations import Consultation


class Placement(StrEnum):
    """A counted opinion without a Filing is not yet filed (未整理)."""

    THEME = "theme"
    LONE = "lone"


class Theme(db.Addressable, db.Versioned, db.Base):
    """A group of opinions that one answer speaks to. Its id is permanent; a merge redirects.

    `locked_at` is when a person last worked on it: from the first time on no run of the machine
    changes it.
    """

    __tablename__ = "theme"
    __table_args__ = (Index("ix_theme_consultation", "consultation_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    title: Mapped[str] = mapped_column(String(120))
    level1: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[int] = mapped_column(default=0)
    machine_label: Mapped[str] = mapped_column(String(200), default="")
    machine_quote: Mapped[str] = mapped_column(Text, default="")
    confidence: Mapped[int | None]  # per cent of members that contain the label's phrase
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    locked_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))
    dissolved_at: Mapped[datetime | None]

    consultation: Mapped[Consultation] = relationship()

    def scopes(self) -> set[str]:
        return self.consultation.scopes()


class Filing(db.Base):
    """Where one counted opinion stands: in a theme, or alone on purpose.

    `looked_at` is when a person saw that a lone opinion rightly stands alone.
    """

    __tablename__ = "filing"
    __table_args__ = (
        CheckConstraint("(placement = 'theme') = (theme_id IS NOT NULL)", name="theme_given"),
        Index("ix_filing_theme", "theme_id"),
    )

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    placement: Mapped[str] = mapped_column(String(8))
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))
    by_person: Mapped[bool] = mapped_column(default=False)
    filed_at: Mapped[datetime] = mapped_column(default=clock.now)
    looked_at: Mapped[datetime | None]
