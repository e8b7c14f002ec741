"""Consultation (案件): one object lives through all phases; nothing is copied to the next."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.people import Department


class Stage(StrEnum):
    """Where the policy is: 課題発見 → 立案 → 決定 → 実施 → 評価."""

    DISCOVERY = "discovery"
    DRAFTING = "drafting"
    DECISION = "decision"
    IMPLEMENTATION = "implementation"
    EVALUATION = "evaluation"


class PhaseKind(StrEnum):
    """What a phase opens rights for."""

    DISCUSS = "discuss"
    WORKSHOP = "workshop"
    PROPOSAL = "proposal"
    COMMENT = "comment"
    ANALYSIS = "analysis"
    REPORT = "report"
    FOLLOW_UP = "follow_up"


class Consultation(db.Versioned, db.Base):
    """One question the ward puts to its residents, from first talk to follow-up.

    While the talk goes on everybody may see its themes if it `shows_themes`, and how groups of
    people answer each other if it `shows_voices`.
    """

    __tablename__ = "consultation"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(400))
    purpose: Mapped[str] = mapped_column(Text, default="")
    stage: Mapped[str] = mapped_column(String(20), default=Stage.DISCOVERY)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    voice_secret: Mapped[str] = mapped_column(String(64))
    last_seq: Mapped[int] = mapped_column(default=0)
    shows_themes: Mapped[bool] = mapped_column(default=False)
    shows_voices: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    department: Mapped[Department] = relationship(lazy="joined")
    phases: Mapped[list[Phase]] = relationship(
        lazy="selectin", order_by="Phase.position", back_populates="consultation"
    )
    sections: Mapped[list[Section]] = relationship(
        order_by="Section.position", back_populates="consultation"
    )

    def scopes(self) -> set[str]:
        return {self.scope, *self.department.scopes()}

    @property
    def scope(self) -> str:
        return f"consultation:{self.slug}"

    def phase(self, kind: PhaseKind) -> Phase | None:
        """The phase of a kind; a consultation has at most one of each."""
        return next((p for p in self.phases if p.kind == kind), None)

    def is_open(self, kind: PhaseKind, at: datetime | None = None) -> bool:
        """Whether a phase of `kind` takes acts at a moment: computed, never stored."""
        found = self.phase(kind)
        return found is not None and found.is_open(at or clock.now())


class Phase(db.Base):
    """A half-open span [opens_at, closes_at) in which a kind of act is taken."""

    __tablename__ = "phase"
    __table_args__ = (
        CheckConstraint("opens_at < closes_at", name="opens_before_closes"),
        Index("uq_phase_kind", "consultation_id", "kind", unique=True),
        Index("ix_phase_dates", "kind", "opens_at", "closes_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]

    consultation: Mapped[Consultation] = relationship(back_populates="phases")

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_at

    def has_ended(self, at: datetime) -> bool:
        return self.closes_at <= at


class Section(db.Base):
    """A place in the draft that an opinion can be about: "3-2 かたちの選び方, page 19"."""

    __tablename__ = "section"
    __table_args__ = (Index("uq_section_number", "consultation_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    page: Mapped[int | None]
    position: Mapped[int]

    consultation: Mapped[Consultation] = relationship(back_populates="sections")
