"""Papers the ward puts into a room: PDFs as they are, pictures drawn anew, and their words."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import defer, lazyload

from core import clock, db, files, pdfs, pictures, record, search, text
from core.errors import Conflict, Gone, Invalid, NotFound
from core.messages import _
from core.permissions import require
from forum import topics
from forum.models import Paper, Room

KIND = "paper"
PDF_LIMIT = 20 * 1024 * 1024
LONGEST = 2000  # pixels
TITLE_LIMIT = 120
MOST = 100  # papers of a room
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True)
class _Read:
    """A file somebody handed in, read and found fit to keep."""

    content: bytes
    media_type: str
    words: str = ""
    width: int | None = None
    height: int | None = None


def add(actor: Any, room: Room, title: str, stream: IO[bytes], name: str) -> Paper:
    """Put a paper into a room; its words can be searched unless the PDF hides them.

    A file that lies in the room already is not added twice. Takes seconds for large files.
    """
    require(actor, "papers.add", room)
    called = text.accepted(
        "title", title if text.visible(title) else _ENDING.sub("", name), limit=TITLE_LIMIT
    )
    read = _read(stream)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Room).where(Room.id == room.id))).unique().one()
        there = of(row)
        shown = [paper for paper in there if paper.removed_at is None]
        digest = files.digest(read.content)
        if (same := next((p for p in shown if p.file.sha256 == digest), None)) is not None:
            return same
        if len(shown) >= MOST:
            raise Conflict(_("一つの会議室に置ける資料は、%(limit)s点までです。", limit=MOST))
        file = files.store(
            read.content, read.media_type, name, width=read.width, height=read.height
        )
        paper = Paper(
            room_id=row.id,
            file_id=file.id,
            title=called,
            text=read.words,
            position=there[-1].position + 1 if there else 1,
            added_at=clock.now(),
        )
        tx.add(paper)
        tx.flush()
        _note(actor, row, paper, "added", sha256=digest)
        return paper


def remove(actor: Any, paper: Paper, reason: str) -> None:
    """Take a paper out of its room: a line with the reason stays, what was in the file does not."""
    require(actor, "papers.add", paper)
    why = text.accepted("reason", reason, limit=400)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Paper).where(Paper.id == paper.id))).unique().one()
        if row.removed_at is not None:
            return
        row.removed_at, row.removed_reason, row.text = clock.now(), why, ""
        files.erase(row.file)
        _note(actor, row.room, row, "removed", reason=why)


def of(room: Room) -> list[Paper]:
    """A room's papers in their order, with those taken out, without their words (one statement)."""
    return list(db.session().scalars(_of_room(), {"room": room.id}))


@cache  # for every page of a topic: putting it together costs more than running it
def _of_room() -> Select[Paper]:
    query = select(Paper).where(Paper.room_id == bindparam("room"))
    query = query.options(defer(Paper.text), lazyload(Paper.room))
    return query.order_by(Paper.position, Paper.id)


def find(room_id: str, public_id: str) -> Paper:
    """A paper of the room at `/rm/<room_id>`, taken out or not; raises `NotFound`."""
    query = select(Paper).join(Room, Room.id == Paper.room_id)
    query = query.where(Room.public_id == room_id, Paper.public_id == public_id)
    found = db.session().scalars(query.options(defer(Paper.text))).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def require_there(paper: Paper) -> None:
    """Raise `Gone` with the reason when a paper was taken out."""
    if paper.removed_at is not None:
        raise Gone(
            _(
                "この資料は、会議室から取りのぞきました。理由：%(reason)s",
                reason=paper.removed_reason,
            )
        )


def _read(stream: IO[bytes]) -> _Read:
    raw = stream.read(PDF_LIMIT + 1)
    if not raw:
        raise Invalid("file", _("ファイルを選んでください。"))
    if pictures.is_picture(raw[:16]):
        drawn = pictures.reencode(io.BytesIO(raw), longest=LONGEST)
        return _Read(drawn.content, drawn.media_type, width=drawn.width, height=drawn.height)
    if not pdfs.is_pdf(raw):
        raise Invalid(
            "file", _("PDFか画像（JPEG、PNG、WebP、GIF）を選んでください。ほかの種類は置けません。")
        )
    if len(raw) > PDF_LIMIT:
        raise Invalid(
            "file",
            _("PDFは%(limit)sメガバイトまでです。", limit=PDF_LIMIT // 1024**2),
        )
    return _Read(raw, "application/pdf", words=pdfs.words(raw))


def _note(actor: Any, room: Room, paper: Paper, act: str, **detail: Any) -> None:
    record.append(
        f"paper.{act}",
        f"paper:{paper.public_id}",
        role=topics.role_in(actor, room),
        scope=room.consultation.scope,
        room=room.public_id,
        **detail,
    )
    search.enqueue(KIND, paper.id)
