"""Report and Edition: what was published, frozen. A correction is a new edition."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from ledger.models.consultations import Consultation
from ledger.models.opinions import Opinion


class ReportState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"


class Report(db.Addressable, db.Versioned, db.Base):
    """The account of a consultation's opinions up to a cut-off; its editions are what people read.

    `cutoff_seq` is fixed when the report is handed in: later voices wait for the next report.
    """

    __tablename__ = "report"
    __table_args__ = (Index("ix_report_consultation", "consultation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    title: Mapped[str] = mapped_column(String(160))
    notice: Mapped[str] = mapped_column(Text, default="")  # how the call was made known
    state: Mapped[str] = mapped_column(String(12), default=ReportState.DRAFT)
    cutoff_seq: Mapped[int | None]
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    submitted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    consultation: Mapped[Consultation] = relationship(lazy="joined")
    editions: Mapped[list[Edition]] = relationship(
        order_by="Edition.number", back_populates="report"
    )

    def scopes(self) -> set[str]:
        return self.consultation.scopes()


class Edition(db.Base):
    """One published state of a report. `hash` covers its figures, groups and lines."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("report_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    number: Mapped[int]
    published_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
    correction: Mapped[str] = mapped_column(Text, default="")
    hash: Mapped[str] = mapped_column(String(64))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    report: Mapped[Report] = relationship(back_populates="editions", lazy="joined")


class EditionGroup(db.Base):
    """A theme or a lone opinion as it was answered in one edition."""

    __tablename__ = "edition_group"
    __table_args__ = (UniqueConstraint("edition_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    number: Mapped[int]
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))
    is_lone: Mapped[bool] = mapped_column(default=False)
    level1: Mapped[str] = mapped_column(String(120), default="")
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    disposition: Mapped[str] = mapped_column(String(24))
    view: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    opinion_count: Mapped[int]
    people_count: Mapped[int]


class EditionLine(db.Base):
    """One opinion in one edition: number, disposition, and a commitment to its text."""

    __tablename__ = "edition_line"
    __table_args__ = (
        UniqueConstraint("edition_id", "number"),
        UniqueConstraint("edition_id", "opinion_id"),
        Index("ix_edition_line_opinion", "opinion_id"),
        Index("ix_edition_line_group", "group_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("edition_group.id"))
    number: Mapped[int]
    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"))
    disposition: Mapped[str] = mapped_column(String(24))
    commitment: Mapped[str] = mapped_column(String(64))

    opinion: Mapped[Opinion] = relationship()
    group: Mapped[EditionGroup] = relationship()
