"""Pictures in posts: drawn anew before the post is written, seen only while it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, Protocol

from sqlalchemy import Select, bindparam, func, select

from core import db, files, pictures, text
from core.errors import Invalid, NotFound
from core.messages import _
from core.pictures import Picture
from forum.models import Post, PostImage

MOST = 4
LONGEST = 1600  # pixels: sharp on a phone at its full width, and half a megabyte
ALT_LIMIT = 200


class Upload(Protocol):
    """A file as a form brings it (werkzeug's FileStorage)."""

    @property
    def filename(self) -> str | None: ...

    @property
    def stream(self) -> IO[bytes]: ...


@dataclass(frozen=True)
class Prepared:
    """A picture drawn anew, with the words for those who do not see it."""

    picture: Picture
    alt: str
    name: str


def prepare(uploads: Sequence[Upload], alts: Sequence[str], room: int = MOST) -> list[Prepared]:
    """Draw the chosen pictures anew: slow, so before the transaction.

    A place of the form where nothing was chosen is left out; `room` is how many may be added.
    Raises `Invalid` naming the field of the form's place, `pictures-0-file` or `pictures-0-alt`.
    """
    chosen = [(at, upload) for at, upload in enumerate(uploads) if upload and upload.filename]
    if len(chosen) > room:
        raise Invalid("pictures", _("写真は、一つの発言に%(most)s枚までです。", most=MOST))
    described = {at: _described(at, alts[at] if at < len(alts) else "") for at, _file in chosen}
    return [
        Prepared(
            pictures.reencode(upload.stream, longest=LONGEST, field=f"pictures-{at}-file"),
            described[at],
            upload.filename or "",
        )
        for at, upload in chosen
    ]


def attach(post: Post, prepared: Iterable[Prepared]) -> None:
    """Put pictures under a post, after those it has, in the transaction that writes it."""
    with db.transaction() as tx:
        last = select(func.max(PostImage.position)).where(PostImage.post_id == post.id)
        position = tx.scalar(last)
        start = 0 if position is None else position + 1
        for position, one in enumerate(prepared, start):
            made = one.picture
            file = files.store(
                made.content, made.media_type, one.name, width=made.width, height=made.height
            )
            tx.add(PostImage(post_id=post.id, file_id=file.id, alt=one.alt, position=position))
        tx.flush()


def remove(post: Post, positions: Collection[int]) -> int:
    """Take pictures off a post, in the transaction that edits it; their pixels are forgotten."""
    if not positions:
        return 0
    with db.transaction() as tx:
        query = select(PostImage).where(
            PostImage.post_id == post.id, PostImage.position.in_(positions)
        )
        found = list(tx.scalars(query))
        for image in found:
            files.erase(image.file)
            tx.delete(image)
        tx.flush()
        return len(found)


def of(posts: Iterable[Post]) -> dict[int, list[PostImage]]:
    """The pictures of posts, by the post's id, in their order (one statement)."""
    ids = [post.id for post in posts]
    if not ids:
        return {}
    found: dict[int, list[PostImage]] = {}
    for image in db.session().scalars(_of_posts(), {"ids": ids}):
        found.setdefault(image.post_id, []).append(image)
    return found


@cache  # for every page of a topic: putting it together costs more than running it
def _of_posts() -> Select[PostImage]:
    query = select(PostImage).where(PostImage.post_id.in_(bindparam("ids", expanding=True)))
    return query.order_by(PostImage.post_id, PostImage.position)


def at(post: Post, position: int) -> PostImage:
    """One picture of a post; whether the post may be seen is asked before. Raises `NotFound`."""
    query = select(PostImage).where(PostImage.post_id == post.id, PostImage.position == position)
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def _described(at: int, alt: str) -> str:
    field = f"pictures-{at}-alt"
    if not text.visible(alt):
        raise Invalid(
            field,
            _("%(number)s枚目の写真に何が写っているか、短く書いてください。", number=at + 1),
        )
    return " ".join(text.accepted(field, alt, limit=ALT_LIMIT).split())
