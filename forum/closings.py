"""The facilitator's summary (まとめ) of a room, with citations to what was said in it.

It can be drafted at any time and is public once the room has closed; nothing is stored for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from core import clock, db, record, search, text
from core.errors import Invalid, Stale
from core.messages import _
from core.people import Account
from core.permissions import require
from forum import notices, topics
from forum.models import Post, Room, Topic
from forum.queries import placed, shown

LIMIT = 6000
FOUND = 30  # posts a search for something to cite shows at once
_LINK = re.compile(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_CITED = re.compile(r"(?:https?://[^/?#]+)?/p/([0-9a-z]{26})/?(?:[?#].*)?")
_OURS = re.compile(r"/p(?:/|$)")


@dataclass(frozen=True)
class Summary:
    """A summary as it reads now: `body` is safe HTML, `cited` the posts it names, in that order."""

    body: Markup
    cited: list[Post]
    at: datetime


def write_summary(actor: Any, room: Room, body: str, version: int) -> Room:
    """Write the summary of a room; raises `Stale` when another one was saved first.

    `version` is the room's `summary_version` as it was read. Every post it links to was said in
    this room and is shown: anything else is `Invalid`, and named.
    """
    require(actor, "rooms.sum_up", room)
    said = text.accepted("body", body, limit=LIMIT)
    html = _levelled(text.render(said))
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Room).where(Room.id == room.id))).one()
        if row.summary == said:
            return row
        if row.summary_version != version:
            raise Stale(current=row.summary, yours=said)
        _require_citable(row, html)
        row.summary, row.summary_html, row.summary_at = said, html, clock.now()
        row.summary_version += 1
        record.append(
            "room.summed_up",
            f"room:{row.public_id}",
            role=topics.role_in(actor, row),
            scope=row.consultation.scope,
            version=row.summary_version,
            is_public=clock.now() >= row.closes_at,
        )
        search.enqueue("room", row.id)
        notices.summary_published(row, actor)
        return row


def published(room: Room) -> Summary | None:
    """The summary as everybody may read it, or None (one statement at most)."""
    return summary(room) if is_public(room) else None


def is_public(room: Room) -> bool:
    """Whether everybody may read the summary: it is written, and the room has closed."""
    return bool(room.summary) and clock.now() >= room.closes_at


def summary(room: Room) -> Summary | None:
    """The summary as it reads now, or None when there is none (one statement at most).

    Callers ask `is_public`, or who reads. What was hidden or withdrawn since it was cited is said
    to be so: neither its words nor a link to it stand there.
    """
    if not room.summary or room.summary_at is None:
        return None
    ids = list(dict.fromkeys(_cited(room.summary_html)))
    posts = _posts(room, ids)
    body = _LINK.sub(lambda link: _citation(link, posts), room.summary_html)
    return Summary(Markup(body), [posts[i] for i in ids if i in posts], room.summary_at)  # noqa: S704 rendered by core.text, links replaced by escaped words


def find(room: Room, words: str = "", topic: Topic | None = None) -> list[Post]:
    """Posts of a room that can be cited: those that say `words`, as they are read."""
    query = _readable(room).where(shown())
    for word in words.split()[:5]:
        query = query.where(Post.body.icontains(word, autoescape=True))
    if topic is not None:
        query = query.where(Post.topic_id == topic.id)
    return list(
        db.session().scalars(query.order_by(Topic.position, Topic.id, Post.path).limit(FOUND))
    )


def citation(post: Post) -> str:
    """What one writes to cite a post: Markdown that links to it."""
    return f"[発言{post.number}](/p/{post.public_id})"


def _levelled(html: str) -> str:
    """Headings that begin under the page's own, whichever number of # one began with."""
    for _step in range(2):
        if "<h3>" not in html:
            html = re.sub(r"<(/?)h([45])>", lambda tag: f"<{tag[1]}h{int(tag[2]) - 1}>", html)
    return html


def _require_citable(room: Room, html: str) -> None:
    named = set(_cited(html))
    citable = {post.public_id for post in _posts(room, named).values() if post.is_shown}
    for target, words in _LINK.findall(html):
        cited = _CITED.fullmatch(target)
        if cited and cited[1] in citable:
            continue
        if _OURS.match(target) or (cited and _exists(cited[1])):
            raise Invalid(
                "body",
                _(
                    "「%(words)s」のリンクは、この会議室でいま読める発言を指していません。",
                    words=text.excerpt(Markup(words).striptags(), 40),  # noqa: S704 read only
                ),
            )


def _exists(public_id: str) -> bool:
    return db.session().scalar(select(Post.id).where(Post.public_id == public_id)) is not None


def _cited(html: str) -> Iterable[str]:
    for target, _words in _LINK.findall(html):
        if cited := _CITED.fullmatch(target):
            yield cited[1]


def _citation(link: re.Match[str], posts: dict[str, Post]) -> str:
    """A link to a cited post, or the words that stand for one that is not shown any more."""
    cited = _CITED.fullmatch(link[1])
    if cited is None:
        return link[0]
    post = posts.get(cited[1])
    if post is None or not post.is_shown:
        gone = _("（この発言は、いま表示していません）")
        if post is not None and post.number > 0:
            gone = _("（発言%(number)sは、いま表示していません）", number=post.number)
        return str(Markup('<span class="cite cite--gone">{}</span>').format(str(gone)))
    return f'<a class="cite" href="/p/{post.public_id}">{link[2]}</a>'


def _posts(room: Room, public_ids: Iterable[str]) -> dict[str, Post]:
    """Posts of a room by public id, whatever became of them (one statement, none for nothing)."""
    ids = list(public_ids)
    if not ids:
        return {}
    query = _readable(room).where(Post.public_id.in_(ids))
    return {post.public_id: post for post in db.session().scalars(query)}


def _readable(room: Room) -> Any:
    author = joinedload(Post.author)
    return (
        select(Post)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Topic.room_id == room.id, Topic.held_at.is_(None), placed())
        .options(contains_eager(Post.topic).lazyload(Topic.room), author.lazyload(Account.grants))
    )
