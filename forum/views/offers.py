"""What rooms offer to others: opinions to the ledger, posts to moderation, texts to search."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from sqlalchemy import select

from core import clock, db, scopes, text
from core.messages import _
from core.navigation import NavItem, add_nav
from forum import documents, lines, links, places, posts, queries, rooms, standing
from forum.models import Post
from ledger import sources
from ledger.models import Consultation, Opinion
from ledger.queries import open_consultations
from ledger.sources import Action, Source
from moderation import subjects
from moderation.subjects import Kind

_WITHIN = frozenset(
    f"forum.{page}"
    for page in (
        "room", "topic", "topic_overview", "room_overview", "room_summary", "room_closing",
        "room_settings", "room_dates", "room_close", "room_papers", "paper_remove",
        "room_facilitators",
    )
)  # fmt: skip


def register() -> None:
    """Tell the ledger, moderation, search and the header what there is."""
    add_nav(NavItem(_("会議室"), "forum.rooms", 20, within=_WITHIN))
    sources.register(
        lines.SOURCE,
        Source(
            lines.existing,
            lines.entered,
            _url,
            _actions,
            states=lines.states,
            withdraw=posts.withdrawn_by_receipt,
        ),
    )
    subjects.register(
        "post",
        Kind(
            load=_load,
            consultation_id=lambda post: post.topic.room.consultation_id,
            author_id=lambda post: post.author_id,
            place=_place,
            path=documents.path_of_post,
            link=lambda public_id: links.absolute(documents.path_of_post(public_id)),
            rules=lambda post: post.topic.room.rules,
            template="forum/_around.html",
            around=lambda post: {
                "answered": queries.answered([post]).get(post.parent_id or 0),
                "replies": queries.replies_to(post),
            },
            on_hide=standing.hidden,
            on_restore=standing.restored,
        ),
    )
    documents.register()
    scopes.offer("room", rooms.as_scopes, order=60)


def _load(public_id: str, lock: bool) -> Post | None:
    query = select(Post).where(Post.public_id == public_id)
    found = db.session().scalars(query).one_or_none()
    return places.lock(found) if found is not None and lock else found


def _place(post: Post) -> str:
    """Where a post stands, for a log that everybody reads: a topic that waits has no name there."""
    room = text.excerpt(post.topic.room.title, 60)  # so that no topic's name is cut in the log
    said = _("公開の前の発言") if post.is_held else _("発言%(number)s", number=post.number)
    if post.topic.held_at is not None:
        return f"{room}　{said}"
    return f"{room}　{post.topic.title}　{said}"


def _url(opinion: Opinion) -> str | None:
    """Where an opinion was said: its 通 is "post:<public id>", so a list asks no database."""
    return documents.path_of_post(opinion.submission.partition(":")[2])


def _actions(consultation: Consultation, _viewer: Any) -> list[Action]:
    """The open rooms of a consultation; one look at the database serves a whole page of cases."""
    if "open_rooms" not in g:
        now = clock.now()
        cards = queries.rooms(open_consultations())
        g.open_rooms = [card for card in cards if card.room.is_open(now)]
    return [
        Action(
            tag=_("電子会議室"),
            icon="chat",
            title=card.room.title,
            detail=_(
                "%(topics)sの話題に%(posts)sの発言", topics=card.topics, posts=card.talk.posts
            ),
            call=_("話し合いを読む"),
            url=url_for("forum.room", public_id=card.room.public_id),
            closes_at=card.room.closes_at,
        )
        for card in g.open_rooms
        if card.room.consultation_id == consultation.id
    ]
