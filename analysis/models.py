"""Run: one grouping by the machine, so that it can be repeated and told from another.

Change: what a run would move on a desk where people have worked; a person decides each.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from ledger.models import Theme


class RunState(StrEnum):
    """Adopted at once, or a difference that waits for a person, or one that was decided."""

    ADOPTED = "adopted"
    OPEN = "open"
    DECIDED = "decided"


class Run(db.Addressable, db.Base):
    """What went in (hash), with which parameters, versions and seed, and how long it took.

    `grains` are [cut, themes, lone] for each hundredth of the slider, off the run's dendrogram;
    `groups` the opinions of each group it proposed, so that two runs can be compared.
    """

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_consultation", "consultation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    input_hash: Mapped[str] = mapped_column(String(64))
    opinion_count: Mapped[int]
    parameters: Mapped[dict[str, Any]]
    versions: Mapped[dict[str, Any]]
    seed: Mapped[int]
    duration_ms: Mapped[int]
    theme_count: Mapped[int]
    lone_count: Mapped[int]
    unplaced_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    state: Mapped[str] = mapped_column(String(10), default=RunState.ADOPTED)
    grains: Mapped[list[Any]] = mapped_column(default=list)
    groups: Mapped[list[Any]] = mapped_column(JSON, default=list, deferred=True)

    changes: Mapped[list[Change]] = relationship(order_by="Change.id", back_populates="run")


class Change(db.Addressable, db.Base):
    """Opinions that a run would bring to one place: a theme that is there, a new one, or 単独.

    `moves` are [where from, [opinion ids]], the place written as `differences.Place` is.
    """

    __tablename__ = "run_change"
    __table_args__ = (Index("ix_run_change_run", "run_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))
    is_lone: Mapped[bool] = mapped_column(default=False)
    label: Mapped[str] = mapped_column(String(200), default="")
    quote: Mapped[str] = mapped_column(Text, default="")
    confidence: Mapped[int] = mapped_column(default=0)
    moves: Mapped[list[Any]]
    is_accepted: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    run: Mapped[Run] = relationship(back_populates="changes")
    theme: Mapped[Theme | None] = relationship()

    @property
    def opinion_count(self) -> int:
        return sum(len(ids) for _place, ids in self.moves)


class Suggested(db.Base):
    """A theme that an opinion without a place may belong to, as the machine sees it."""

    __tablename__ = "suggested"
    __table_args__ = (Index("ix_suggested_theme", "theme_id", "rank"),)

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    theme_id: Mapped[int] = mapped_column(ForeignKey("theme.id"))
    score: Mapped[float]

    theme: Mapped[Theme] = relationship(lazy="joined", innerjoin=True)


class NearCopy(db.Base):
    """An opinion that nearly is an earlier one; a proposal, since one word may turn its sense."""

    __tablename__ = "near_copy"
    __table_args__ = (Index("ix_near_copy_of", "of_id"),)

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    of_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"))
    likeness: Mapped[float]


class Pointing(db.Base):
    """Where the machine thinks that another point of an opinion begins: offsets, no words.

    Only opinions with several points have a row. A person splits (`ledger.parts`), or does not.
    """

    __tablename__ = "pointing"

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    cuts: Mapped[list[Any]]
