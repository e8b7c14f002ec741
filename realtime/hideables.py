"""Words on a board that can be hidden: notes, comments on notes, headings of islands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import db
from core.errors import NotFound
from core.messages import Message, _
from realtime.models import BoardOp, Island, Member, Note, NoteTalk, Workshop

NOTE, TALK, ISLAND = "note", "talk", "island"
Row = Note | NoteTalk | Island


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
        return address(self.workshop, self.row.key)

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


def row_of(workshop: Workshop, kind: str, key: str, *, lock: bool = False) -> Any:
    """Words by their kind and key; raises `NotFound`."""
    model = KINDS[kind].model if kind in KINDS else None
    if model is None:
        raise NotFound
    query = select(model).where(model.board_id == workshop.id, model.key == key)
    query = query.execution_options(populate_existing=True)
    found = db.session().scalars(db.locked(query) if lock else query).one_or_none()
    if found is None:
        raise NotFound
    return found


def _titled_by(island: Island) -> str:
    """Who worded a heading last: not always who made the island."""
    op, id_ = BoardOp.body["op"].as_string(), BoardOp.body["id"].as_string()
    query = select(BoardOp.member).where(BoardOp.board_id == island.board_id, id_ == island.key)
    query = query.where(op.in_(("island.add", "island.title"))).order_by(BoardOp.seq.desc())
    return db.session().scalars(query.limit(1)).one_or_none() or ""


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
        by=_titled_by,
        anchor=lambda island: f"i-{island.key}",
        is_there=lambda island: bool(island.title) and not island.is_gone,
        is_shown_to_all=lambda island: bool(island.title) and not island.is_gone,
        place=lambda title: _("ワークショップ「%(title)s」の島の見出し", title=title),
        judged=_("判断する見出し"),
    ),
}
