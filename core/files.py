"""Files people hand in: pictures are re-encoded, papers are kept as they are; both in the database.

The content lies in a table of its own, so that lists never read it, and a backup is one file.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class StoredFile(db.Addressable, db.Base):
    """What a file is; `sha256` is of the content as it is served."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    media_type: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class StoredContent(db.Base):
    __tablename__ = "stored_content"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
