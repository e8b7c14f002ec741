"""Rooms, their papers, topics and posts as search finds them, and their paths.

Each kind is one statement: whose words everybody may read, and just the columns a document needs.
What is held, hidden, withdrawn, merged or removed is found by nobody, staff included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from sqlalchemy import Row, Select, select

from core import clock, db, jobs, search
from core.files import StoredFile
from core.messages import Message, _
from core.people import Role
from core.search import Document, Place
from forum import queries
from forum.models import Paper, Post, Room, Topic
from ledger.models import Consultation

Words = Select[*tuple[Any, ...]]

_CITATION = re.compile(r'<a [^>]*href="[^"]*/p/[^"]*"[^>]*>.*?</a>', re.DOTALL)
_LONG_AGO = timedelta(days=31)  # what a worker that has just started looks at
_indexed_until: list[datetime] = []

_ROOM = (
    Room.public_id.label("room"),
    Room.title.label("place"),
    Room.consultation_id.label("consultation_id"),
)


def path_of_room(public_id: str) -> str:
    return f"/rm/{public_id}"


def path_of_topic(public_id: str) -> str:
    return f"/t/{public_id}"


def path_of_post(public_id: str) -> str:
    return f"/p/{public_id}"


def path_of_paper(room_id: str, public_id: str, name: str) -> str:
    return f"/rm/{room_id}/papers/{public_id}/{quote(name, safe='')}"


def register() -> None:
    """Let search find what is in rooms, and narrow by them."""
    _register("room", _("会議室"), _rooms(), _room)
    _register("topic", _("会議室の話題"), _topics(), _topic)
    _register("post", _("会議室の発言"), _posts(), _post)
    _register("paper", _("会議室の資料"), _papers(), _paper)
    search.offer_places(_places)


def _register(
    kind: str, label: Message, query: Words, document: Callable[[Row[Any]], Document]
) -> None:
    """The first column is the id. What is said in rooms is public: every viewer sees the same."""
    key = query.selected_columns[0]
    ids = query.with_only_columns(key)

    def visible(wanted: Collection[int], _viewer: Any) -> Iterable[Document]:
        return [document(row) for row in db.session().execute(query.where(key.in_(wanted)))]

    def readable(wanted: Collection[int], _viewer: Any) -> Iterable[int]:
        return db.session().scalars(ids.where(key.in_(wanted)))

    search.register(
        kind, lambda: db.session().scalars(ids), visible, readable=readable, label=label
    )


def _rooms() -> Words:
    words = Room.title, Room.purpose, Room.summary_html, Room.closes_at, Room.created_at
    case = Consultation.title.label("place")
    query = select(Room.id, *words, _ROOM[0], case, _ROOM[2]).select_from(Room)
    return query.join(Room.consultation)


def _room(row: Row[Any]) -> Document:
    """What it is for and, once it has closed, what came of it."""
    summary = _words_of(row.summary_html) if row.closes_at <= clock.now() else ""
    return Document(
        kind="room",
        id=row.id,
        consultation_id=row.consultation_id,
        title=row.title,
        body=f"{row.purpose}\n{summary}",
        at=row.created_at,
        url=path_of_room(row.room),
        place=row.place,
        room=row.room,
        is_official=True,
    )


def _words_of(summary_html: str) -> str:
    """A summary without its citations: they may name what was hidden since."""
    return Markup(_CITATION.sub("", summary_html)).striptags()  # noqa: S704 tags are taken off


@jobs.chore
def index_summaries() -> None:
    """A summary becomes public by the clock alone: index the rooms that closed since last time."""
    now = clock.now()
    since = _indexed_until[-1] if _indexed_until and _indexed_until[-1] < now else now - _LONG_AGO
    closed = select(Room.id).where(Room.summary != "", Room.closes_at > since)
    ids = list(db.session().scalars(closed.where(Room.closes_at <= now)))
    db.session().rollback()
    if ids:
        search.enqueue_all("room", ids)
    _indexed_until[:] = [now]


def _topics() -> Words:
    words = Topic.title, Topic.question, Topic.context
    facts = Topic.public_id, Topic.role, Topic.created_at
    query = select(Topic.id, *words, *facts, *_ROOM).select_from(Topic).join(Topic.room)
    return query.where(queries.listed())


def _topic(row: Row[Any]) -> Document:
    return Document(
        kind="topic",
        id=row.id,
        consultation_id=row.consultation_id,
        title=row.title,
        body="\n".join(part for part in (row.question, row.context) if part),
        at=row.created_at,
        url=path_of_topic(row.public_id),
        place=row.place,
        room=row.room,
        is_official=row.role == Role.OFFICER,
    )


def _posts() -> Words:
    facts = Post.public_id, Post.number, Post.role, Post.created_at, Topic.title
    query = select(Post.id, Post.body, *facts, *_ROOM).select_from(Post)
    query = query.join(Post.topic).join(Topic.room)
    return query.where(queries.shown(), queries.placed(), Topic.held_at.is_(None))


def _post(row: Row[Any]) -> Document:
    """The title is its topic's: shown, and not searched, else one topic would fill the page."""
    return Document(
        kind="post",
        id=row.id,
        consultation_id=row.consultation_id,
        title=str(_("%(topic)s　発言%(number)s", topic=row.title, number=row.number)),
        body=row.body,
        at=row.created_at,
        url=path_of_post(row.public_id),
        place=row.place,
        room=row.room,
        is_official=row.role == Role.OFFICER,
        has_own_title=False,
    )


def _papers() -> Words:
    words = Paper.title, Paper.text, StoredFile.name
    query = select(Paper.id, *words, Paper.public_id, Paper.added_at, *_ROOM)
    query = query.select_from(Paper).join(Paper.room).join(Paper.file)
    return query.where(Paper.removed_at.is_(None))


def _paper(row: Row[Any]) -> Document:
    return Document(
        kind="paper",
        id=row.id,
        consultation_id=row.consultation_id,
        title=row.title,
        body=row.text,
        at=row.added_at,
        url=path_of_paper(row.room, row.public_id, row.name),
        place=row.place,
        room=row.room,
        is_official=True,
    )


def _places() -> list[Place]:
    """Every case that has rooms, the newest first, with them (one statement)."""
    query = select(Consultation.id, Consultation.title, Consultation.slug, *_ROOM[:2])
    query = query.join(Room, Room.consultation_id == Consultation.id)
    found: dict[int, Place] = {}
    for row in db.session().execute(query.order_by(Consultation.id.desc(), Room.id.desc())):
        case = found.setdefault(row.id, Place(row.title, row.slug, row.id, []))
        case.rooms.append((row.room, row.place))
    return list(found.values())
