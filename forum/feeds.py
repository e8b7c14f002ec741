"""Rooms and topics as Atom feeds (RFC 4287): what is shown now, the newest first.

An entry whose post was hidden or withdrawn is no longer there at the next look.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, lazyload

from core import clock, db
from core.messages import Message, _
from core.people import Account
from forum import closings, documents, links, news, queries
from forum.closings import Summary
from forum.models import Post, Question, Room, Topic

COUNT = 50
ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CATEGORIES: dict[str, Message] = {
    "answer": _("質問への区の回答"),
    "official": _("区の発言"),
    "facilitator": _("進行役の発言"),
    "context": _("いまの整理"),
    "summary": _("会議室のまとめ"),
}


@dataclass(frozen=True)
class _Entry:
    id: str
    title: str
    path: str
    author: str
    html: str
    published: datetime
    updated: datetime
    categories: tuple[str, ...] = ()


def of_topic(topic: Topic) -> bytes:
    """One topic: its newest posts and its running summary (four statements at most)."""
    entries = _posts(Post.topic_id == topic.id, with_topic=False)
    if topic.context and topic.context_at is not None:
        entries.append(_context(topic, topic.context_at))
    path = documents.path_of_topic(topic.public_id)
    changed = _changed(Post.topic_id == topic.id, topic.created_at, topic.context_at)
    title = f"{topic.title}｜{topic.room.title}"
    return _feed(title, _tag("topic", topic.public_id, topic.created_at), path, entries, changed)


def of_room(room: Room) -> bytes:
    """One room: the newest posts of its topics and its summary (four statements at most)."""
    there = select(Topic.id).where(Topic.room_id == room.id, Topic.held_at.is_(None))
    entries = _posts(Post.topic_id.in_(there), with_topic=True)
    summed_up = closings.summary(room) if closings.is_public(room) else None
    if summed_up is not None:
        entries.append(_summary(room, summed_up))
    changed = _changed(Post.topic_id.in_(there), room.created_at)
    tag = _tag("room", room.public_id, room.created_at)
    return _feed(room.title, tag, news.path_of(room), entries, changed)


def _posts(where: ColumnElement[bool], *, with_topic: bool) -> list[_Entry]:
    author = joinedload(Post.author).lazyload(Account.grants)
    topic = joinedload(Post.topic).lazyload(Topic.room) if with_topic else lazyload(Post.topic)
    query = select(Post).where(where, queries.shown(), queries.placed()).options(author, topic)
    query = query.order_by(Post.created_at.desc(), Post.id.desc()).limit(COUNT)
    found = list(db.session().scalars(query))
    ids = [post.id for post in found if post.is_official]
    answers = set(
        db.session().scalars(select(Question.answer_id).where(Question.answer_id.in_(ids)))
    )
    return [_post(post, with_topic, post.id in answers) for post in found]


def _post(post: Post, with_topic: bool, is_answer: bool) -> _Entry:
    title = str(_("発言%(number)s　%(who)s", number=post.number, who=post.speaker))
    categories = ["answer"] if is_answer else []
    if post.is_official:
        categories.append("official")
    elif post.role == "facilitator":
        categories.append("facilitator")
    return _Entry(
        id=_tag("post", post.public_id, post.created_at),
        title=f"{post.topic.title}　{title}" if with_topic else title,
        path=documents.path_of_post(post.public_id),
        author=post.speaker,
        html=post.body_html,
        published=post.created_at,
        updated=post.edited_at or post.created_at,
        categories=tuple(categories),
    )


def _context(topic: Topic, at: datetime) -> _Entry:
    label, path = CATEGORIES["context"], documents.path_of_topic(topic.public_id)
    return _Entry(
        id=_tag("context", topic.public_id, topic.created_at),
        title=f"{label}　{topic.title}",
        path=path,
        author=str(_("進行役")),
        html=topic.context_html,
        published=at,
        updated=at,
        categories=("context",),
    )


def _summary(room: Room, summed_up: Summary) -> _Entry:
    return _Entry(
        id=_tag("summary", room.public_id, room.created_at),
        title=f"{CATEGORIES['summary']}　{room.title}",
        path=news.path_of(room),
        author=str(_("進行役")),
        html=str(summed_up.body),
        published=summed_up.at,
        updated=summed_up.at,
        categories=("summary",),
    )


def _changed(where: ColumnElement[bool], *others: datetime | None) -> datetime:
    """When anything here last began to read otherwise, what is hidden included."""
    query = select(func.max(Post.created_at), func.max(Post.changed_at)).where(
        where, or_(queries.placed(), Post.changed_at.is_not(None))
    )
    row = db.session().execute(query).one()
    return max(moment for moment in (*row, *others) if moment is not None)


def _tag(kind: str, public_id: str, since: datetime) -> str:
    """An id that stays whatever becomes of the address (RFC 4151)."""
    return f"tag:{links.host()},{clock.local(since):%Y-%m-%d}:{kind}/{public_id}"


def _feed(
    title: str, tag: str, path: str, entries: Sequence[_Entry], changed_at: datetime
) -> bytes:
    ranked = sorted(entries, key=lambda entry: entry.updated, reverse=True)
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "ja"})
    _say(root, "id", tag)
    _say(root, "title", title)
    _say(root, "subtitle", links.settings().site_name)
    _say(root, "updated", max([changed_at, *(e.updated for e in ranked)]).isoformat())
    _say(SubElement(root, "author"), "name", links.settings().ward)
    address = links.absolute(f"{path}/feed.atom")
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    _alternate(root, path)
    for entry in ranked[:COUNT]:
        _add(root, entry)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _add(root: Element, entry: _Entry) -> None:
    made = SubElement(root, "entry")
    _say(made, "id", entry.id)
    _say(made, "title", entry.title)
    _say(made, "published", entry.published.isoformat())
    _say(made, "updated", entry.updated.isoformat())
    _say(SubElement(made, "author"), "name", entry.author)
    _alternate(made, entry.path)
    for term in entry.categories:
        SubElement(made, "category", {"term": term, "label": str(CATEGORIES[term])})
    html = entry.html.replace('href="/', f'href="{links.settings().base_url}/')
    _say(made, "content", html).set("type", "html")


def _alternate(element: Element, path: str) -> None:
    href = links.absolute(path)
    SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": href})


def _say(element: Element, name: str, words: str) -> Element:
    """A child with text; characters that no XML may hold are left out."""
    child = SubElement(element, name)
    child.text = _NO_XML.sub("", words)
    return child
