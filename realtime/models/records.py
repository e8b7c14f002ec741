"""WorkshopRecord: what a facilitator adds to the record that a board writes by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from realtime.models.workshops import Workshop


class WorkshopRecord(db.Versioned, db.Base):
    """Title, lead and closing words of a record; the rest is read from the board.

    There is no row before somebody writes or publishes. `changed_at` is the last change of these
    words after everybody could read them.
    """

    __tablename__ = "workshop_record"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    lead: Mapped[str] = mapped_column(Text, default="")
    lead_html: Mapped[str] = mapped_column(Text, default="")
    closing: Mapped[str] = mapped_column(Text, default="")
    closing_html: Mapped[str] = mapped_column(Text, default="")
    written_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]

    workshop: Mapped[Workshop] = relationship()
