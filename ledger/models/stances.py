"""Stance: what a voice thinks of an opinion. Belongs to the opinion's row, never to a post."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class Choice(StrEnum):
    AGREE = "agree"
    DISAGREE = "disagree"
    UNSURE = "pass"


class Stance(db.Base):
    """One voice's stance on one opinion; it can be changed and taken back, and is never ranked."""

    __tablename__ = "stance"
    __table_args__ = (CheckConstraint("choice IN ('agree','disagree','pass')", name="choice"),)

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    voice_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    choice: Mapped[str] = mapped_column(String(8))
    taken_at: Mapped[datetime] = mapped_column(default=clock.now)
