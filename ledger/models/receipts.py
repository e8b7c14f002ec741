"""Receipt: number and secret by which somebody finds what became of what they sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from ledger.models.consultations import Consultation


class Receipt(db.Base):
    """One submission's receipt. The secret is derived, never stored (see `ledger.receipts`)."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    submission: Mapped[str] = mapped_column(String(60), unique=True)
    issued_at: Mapped[datetime]
    failed_tries: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]

    consultation: Mapped[Consultation] = relationship(lazy="joined")
