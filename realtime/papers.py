"""Paper tables: a helper keys in what people wrote by hand, and photos are kept beside it."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import func, select
from sqlalchemy.orm import lazyload

from core import clock, db, files, pictures, text
from core.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from core.messages import Message, _
from core.permissions import permits
from realtime import boards
from realtime.asks import Answer, Ask
from realtime.limits import COLORS
from realtime.members import STAFFING
from realtime.models import Member, Note, Workshop, WorkshopPhoto, WorkshopRecord

LINES = 100  # notes in one form
LONGEST = 2000  # pixels of a photo
CAPTION = 120
PHOTOS = 60  # of one workshop
COLUMNS, WIDE, HIGH = 6, 164, 124  # how notes lie that nobody has moved yet


@dataclass(frozen=True)
class Keyed:
    """What became of the lines of one form: how many are on the board, and which are not, why."""

    count: int
    refused: list[tuple[str, Message | str]]


def may_key(workshop: Workshop, member: Member | None) -> bool:
    """Whether somebody may key in what others wrote on paper."""
    return member is not None and member.role in STAFFING and workshop.is_open


def key_in(
    workshop: Workshop,
    member: Member,
    lines: Sequence[str],
    *,
    key: str,
    table: str = "",
    question: int = 0,
    color: int = 1,
) -> Keyed:
    """Put one note on the board for each line that says something, at one table.

    The same form sent twice (`key`) is the same notes. What a line can not be is handed back.
    """
    if member.role not in STAFFING:
        raise Forbidden
    said = [line.strip() for line in lines if text.visible(line)]
    if not said:
        raise Invalid("text", _("付せんの言葉を入力してください。"))
    if len(said) > LINES:
        raise Invalid("text", _("一度に入れられるのは、%(limit)s枚までです。", limit=LINES))
    first = _lying(workshop, table)
    heard: list[tuple[str, Answer]] = []
    owner = boards.of(workshop)
    owner.do(
        [
            Ask(
                member.public_id,
                f"paper-{key}",
                n,
                {
                    "op": "note.add",
                    "id": f"k{key[:24]}{n:03d}",
                    "text": line,
                    "table": table,
                    "q": question,
                    "color": color if color in COLORS else 1,
                    **_spot(first + n - 1),
                },
                _hearing(heard, line),
            )
            for n, line in enumerate(said, start=1)
        ]
    )
    refused = [(line, answer.said) for line, answer in heard if answer.code]
    return Keyed(len(heard) - len(refused), refused)


def undo(workshop: Workshop, member: Member, note: str) -> None:
    """Take back a note one keyed in; one that is gone already is left so."""
    heard: list[Answer] = []
    op = {"op": "note.del", "id": note[:40]}
    sender = f"undo-{secrets.token_hex(8)}"
    boards.of(workshop).do([Ask(member.public_id, sender, 1, op, heard.append)])
    answer = heard[0]
    if answer.code and answer.code != "gone":
        raise Conflict(answer.said if isinstance(answer.said, Message) else None)


def keyed(workshop: Workshop, member: Member, limit: int = 20) -> list[Note]:
    """What somebody keyed in last, newest first."""
    query = select(Note).where(
        Note.board_id == workshop.id, Note.member == member.public_id, Note.is_gone.is_(False)
    )
    return list(db.session().scalars(query.order_by(Note.id.desc()).limit(limit)))


def count(workshop: Workshop, member: Member) -> int:
    """How many notes somebody keyed in."""
    query = select(func.count()).where(
        Note.board_id == workshop.id, Note.member == member.public_id, Note.is_gone.is_(False)
    )
    return int(db.session().scalar(query) or 0)


def add_photo(
    workshop: Workshop,
    member: Member,
    stream: IO[bytes],
    name: str,
    *,
    table: str = "",
    caption: str = "",
) -> WorkshopPhoto:
    """Keep a photo of a table, drawn anew: without the place it was taken at and all else."""
    if member.role not in STAFFING:
        raise Forbidden
    if table and table not in boards.of(workshop).whole()[0]["tables"]:
        raise Invalid("table", _("班を選び直してください。"))
    said = text.accepted("caption", caption, limit=CAPTION, required=False)
    drawn = pictures.reencode(io.BytesIO(_read(stream)), longest=LONGEST, field="photo")
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Workshop).where(Workshop.id == workshop.id)))
        here = row.unique().one()
        if here.closed_at is not None:
            raise Closed(_("このワークショップは終わりました。"))
        there = photos(here)
        digest = files.digest(drawn.content)
        same = (one for one in there if (one.file.sha256, one.table_key) == (digest, table))
        if (found := next(same, None)) is not None:
            return found
        if len(there) >= PHOTOS:
            raise Conflict(_("写真は、%(limit)s枚までです。", limit=PHOTOS))
        file = files.store(
            drawn.content, drawn.media_type, name, width=drawn.width, height=drawn.height
        )
        photo = WorkshopPhoto(
            workshop_id=here.id,
            table_key=table,
            file_id=file.id,
            caption=said,
            member=member.public_id,
            added_at=clock.now(),
        )
        tx.add(photo)
        tx.flush()
        return photo


def remove_photo(actor: Any, member: Member | None, photo: WorkshopPhoto) -> None:
    """Take a photo away: who is in it may ask for that at any time. Its content is erased."""
    workshop = photo.workshop
    if not (may_key(workshop, member) or permits(actor, "workshops.lead", workshop)):
        raise Forbidden
    with db.transaction() as tx:
        query = select(WorkshopPhoto).where(WorkshopPhoto.id == photo.id)
        row = tx.scalars(db.locked(query)).unique().one()
        if row.removed_at is None:
            row.removed_at = clock.now()
            files.erase(row.file)


def photos(workshop: Workshop) -> list[WorkshopPhoto]:
    """A workshop's photos in the order they came, without those taken away (one statement)."""
    query = select(WorkshopPhoto).where(
        WorkshopPhoto.workshop_id == workshop.id, WorkshopPhoto.removed_at.is_(None)
    )
    query = query.options(lazyload(WorkshopPhoto.workshop)).order_by(WorkshopPhoto.id)
    return list(db.session().scalars(query))


def photo(workshop: Workshop, public_id: str) -> WorkshopPhoto:
    """A photo that is there; raises `NotFound`."""
    found = next((one for one in photos(workshop) if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def may_see(actor: Any, workshop: Workshop, member: Member | None) -> bool:
    """Whether photos are shown: to who takes part or leads, to all once the record is public."""
    if member is not None or permits(actor, "workshops.lead", workshop):
        return True
    query = select(WorkshopRecord.published_at).where(WorkshopRecord.workshop_id == workshop.id)
    return db.session().scalar(query) is not None


def _read(stream: IO[bytes]) -> bytes:
    raw = stream.read(pictures.LARGEST + 1)
    if not raw:
        raise Invalid("photo", _("写真を選んでください。"))
    return raw


def _lying(workshop: Workshop, table: str) -> int:
    """How many notes of a table lie on no island: the next one goes behind them."""
    query = select(func.count()).where(
        Note.board_id == workshop.id, Note.table_key == table, Note.island_key == ""
    )
    return int(db.session().scalar(query) or 0)


def _spot(place: int) -> dict[str, int]:
    return {"x": 14 + place % COLUMNS * WIDE, "y": 14 + place // COLUMNS * HIGH}


def _hearing(heard: list[tuple[str, Answer]], line: str) -> Any:
    return lambda answer: heard.append((line, answer))
