"""Run: one grouping by the machine, so that it can be repeated and told from another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class Run(db.Addressable, db.Base):
    """What went in (hash), with which parameters, versions and seed, and how long it took."""

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
