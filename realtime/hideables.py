"""Words of a workshop that can be hidden: whatever somebody wrote for others to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import db
from core.errors import NotFound
from core.messages import Message, _
from realtime.models import (
    BoardOp,
    Island,
    IslandLink,
    Member,
    Note,
    NoteTalk,
    TableSum,
    Workshop,
    WorkshopPhoto,
)

NOTE, TALK, ISLAND, LINK, SUM, PHOTO = "note", "talk", "island", "link", "sum", "photo"
Row = Note | NoteTalk | Island | IslandLink | TableSum | WorkshopPhoto


@dataclass(frozen=True)
class Words:
    """One kind of words: what they say, who said them (a member), where a record shows them.

    `is_there`: on the board, hidden or not; `is_shown_to_all`: a moderator may be asked about it.
    """

    model: type[Any]
    body: Callable[[Any], str]
    by: Callable[[Any], str]
    anchor: Callable[[Any], str]
    is_there: Callable[[Any], bool]
    is_shown_to_all: Callable[[Any], bool]
    place: Callable[[str], Message]
    judged: Message


@dataclass
class Hideable:
    """Words as moderation knows things: where they are, and whether, why and since when hidden."""

    kind: str
    row: Row
    workshop: Workshop
    hidden_at: datetime | None = None
    hidden_rule: str = ""
    hidden_reason: str = ""

    @property
    def public_id(self) -> str:
        return address(self.workshop, key_of(self.row))

    @property
    def words(self) -> Words:
        return KINDS[self.kind]

    @property
    def body(self) -> str:
        return self.words.body(self.row)

    @property
    def author_id(self) -> int | None:
        """The account of whoever said it, when they were signed in."""
        query = select(Member.account_id).where(Member.public_id == self.words.by(self.row))
        return db.session().scalar(query)

    def scopes(self) -> set[str]:
        return self.workshop.scopes()


def address(workshop: Workshop, key: str) -> str:
    """How moderation names what stands on a board."""
    return f"{workshop.public_id}.{key}"


def key_of(row: Row) -> str:
    """What names words on their board; photos are on none and have an address of their own."""
    return row.public_id if isinstance(row, WorkshopPhoto) else row.key


def row_of(workshop: Workshop, kind: str, key: str, *, lock: bool = False) -> Any:
    """Words by their kind and key; raises `NotFound`."""
    model = KINDS[kind].model if kind in KINDS else None
    if model is None:
        raise NotFound
    if model is WorkshopPhoto:
        query = select(model).where(model.workshop_id == workshop.id, model.public_id == key)
    else:
        query = select(model).where(model.board_id == workshop.id, model.key == key)
    query = query.execution_options(populate_existing=True)
    found = db.session().scalars(db.locked(query) if lock else query).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def _worded_by(*ops: str) -> Callable[[Any], str]:
    """Who worded something last by one of these operations: not always who made it."""

    def by(row: Island | IslandLink | TableSum) -> str:
        op, id_ = BoardOp.body["op"].as_string(), BoardOp.body["id"].as_string()
        query = select(BoardOp.member).where(BoardOp.board_id == row.board_id, id_ == row.key)
        query = query.where(op.in_(ops)).order_by(BoardOp.seq.desc())
        return db.session().scalars(query.limit(1)).one_or_none() or ""

    return by


def _is_described(photo: WorkshopPhoto) -> bool:
    return bool(photo.caption) and photo.removed_at is None


KINDS: dict[str, Words] = {
    NOTE: Words(
        model=Note,
        body=lambda note: str(note.body),
        by=lambda note: str(note.member),
        anchor=lambda note: f"n-{note.key}",
        is_there=lambda note: not note.is_gone,
        is_shown_to_all=lambda note: note.settled_at is not None and not note.is_gone,
        place=lambda title: _("ワークショップ「%(title)s」の付せん", title=title),
        judged=_("判断する付せん"),
    ),
    TALK: Words(
        model=NoteTalk,
        body=lambda talk: str(talk.body),
        by=lambda talk: str(talk.member),
        anchor=lambda talk: f"k-{talk.key}",
        is_there=lambda _talk: True,
        is_shown_to_all=lambda _talk: True,
        place=lambda title: _("ワークショップ「%(title)s」の付せんへのコメント", title=title),
        judged=_("判断するコメント"),
    ),
    ISLAND: Words(
        model=Island,
        body=lambda island: str(island.title),
        by=_worded_by("island.add", "island.title"),
        anchor=lambda island: f"i-{island.key}",
        is_there=lambda island: bool(island.title) and not island.is_gone,
        is_shown_to_all=lambda island: bool(island.title) and not island.is_gone,
        place=lambda title: _("ワークショップ「%(title)s」の島の見出し", title=title),
        judged=_("判断する見出し"),
    ),
    LINK: Words(
        model=IslandLink,
        body=lambda link: str(link.word),
        by=_worded_by("link.add"),
        anchor=lambda link: f"l-{link.key}",
        is_there=lambda link: bool(link.word),
        is_shown_to_all=lambda link: bool(link.word),
        place=lambda title: _("ワークショップ「%(title)s」の線に添えた言葉", title=title),
        judged=_("判断する言葉"),
    ),
    SUM: Words(
        model=TableSum,
        body=lambda said: str(said.body),
        by=_worded_by("sum.set"),
        anchor=lambda said: f"s-{said.key}",
        is_there=lambda said: bool(said.body),
        is_shown_to_all=lambda said: bool(said.body),
        place=lambda title: _("ワークショップ「%(title)s」のまとめ", title=title),
        judged=_("判断するまとめ"),
    ),
    PHOTO: Words(
        model=WorkshopPhoto,
        body=lambda photo: str(photo.caption),
        by=lambda photo: str(photo.member),
        anchor=lambda photo: f"p-{photo.public_id}",
        is_there=_is_described,
        is_shown_to_all=_is_described,
        place=lambda title: _("ワークショップ「%(title)s」の写真の説明", title=title),
        judged=_("判断する写真の説明"),
    ),
}
