"""Import: opinions an officer read in from a file, row by row, each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import db


class Import(db.Addressable, db.Base):
    """One file that was read in, as a whole or not at all."""

    __tablename__ = "import"
    __table_args__ = (Index("ix_import_consultation", "consultation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    text_column: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(20))
    row_count: Mapped[int]
    added_count: Mapped[int]
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    imported_at: Mapped[datetime]


class ImportRow(db.Base):
    """One row of a file. `key` says that this row, this often, was read in before."""

    __tablename__ = "import_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), index=True)
    line: Mapped[int]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    columns: Mapped[dict[str, Any]]
