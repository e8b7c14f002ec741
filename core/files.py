"""Files people hand in: pictures are re-encoded, papers are kept as they are; both in the database.

The content lies in a table of its own, so that lists never read it, and a backup is one file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db
from core.errors import Gone
from core.messages import _

ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069/\\\\:*?\"<>|]+")


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


def store(
    content: bytes,
    media_type: str,
    name: str,
    *,
    width: int | None = None,
    height: int | None = None,
) -> StoredFile:
    """Keep a file in the current transaction; only what `ENDINGS` names is ever served."""
    if media_type not in ENDINGS:
        raise ValueError(f"no file of ours is {media_type}")
    with db.transaction() as tx:
        file = StoredFile(
            media_type=media_type,
            name=fit_name(name, media_type),
            size=len(content),
            sha256=digest(content),
            width=width,
            height=height,
            created_at=clock.now(),
        )
        tx.add(file)
        tx.flush()
        tx.add(StoredContent(file_id=file.id, content=content))
        tx.flush()
        return file


def digest(content: bytes) -> str:
    """What tells one file from another."""
    return hashlib.sha256(content).hexdigest()


def content(file: StoredFile) -> bytes:
    """What is in a file; raises `Gone` once it was erased.

    Whoever calls has made sure that the reader may see the thing the file belongs to.
    """
    query = select(StoredContent.content).where(StoredContent.file_id == file.id)
    found = db.session().scalar(query)
    if found is None:
        raise Gone(_("このファイルは、取りのぞきました。"))
    return found


def erase(file: StoredFile) -> None:
    """Forget what is in a file; that there was one, its size and its hash stay."""
    with db.transaction() as tx:
        tx.execute(delete(StoredContent).where(StoredContent.file_id == file.id))


def fit_name(name: str, media_type: str) -> str:
    """A file's name as it may stand in an address and on any disk, its ending the true one."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    stem = _UNFIT.sub("", PurePosixPath(last).stem).strip(" .")
    return f"{stem[:100] or 'file'}{ENDINGS[media_type]}"
