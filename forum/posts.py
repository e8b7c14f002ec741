"""Saying something in a topic, saying it better, taking it back.

Only what residents and guests say becomes an opinion; official replies and the facilitator's words
do not. What is looked at first waits without a place (see `forum.waiting`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, events
from core.errors import Closed, Conflict, NotFound, Stale
from core.messages import _
from core.people import Account
from core.permissions import require
from core.text import RENDERER, accepted
from forum import departures, guests, lines, places, questions, references, standing, topics
from forum import pictures as images
from forum.events import PostHeld
from forum.guests import Guest
from forum.models import Post, PostPlace, PostRevision, Topic
from forum.pictures import Prepared
from forum.questions import Settlement
from ledger import receipts
from ledger.models import Opinion
from moderation import screening

SOURCE = lines.SOURCE
LIMIT = 800


def reply(
    author: Account | None,
    topic: Topic,
    body: str,
    parent: Post | None = None,
    *,
    key: str = "",
    received_at: datetime | None = None,
    guest: Guest | None = None,
    asks: bool = False,
    settles: Settlement | None = None,
    pictures: Sequence[Prepared] = (),
) -> Post:
    """Say something in a topic, under `parent` when it answers one.

    What a guest says, and what a resident says in a room that looks first, waits to be looked at;
    everything else is published. The room must have been open at `received_at`; `key` makes the
    same form sent twice one post. A guest gets a receipt (`ledger.receipts`). With `asks` it is a
    question to the ward; an officer's post `settles` one.
    """
    require(author, "posts.write", topic)
    at = received_at or clock.now()
    if settles is None:  # what the ward owes it may still say
        topics.require_open(topic, at)
    name = guests.accepted_name(topic.room, guest) if author is None else ""
    said = screening.admit("body", body, limit=LIMIT)
    html = references.render(said, topic)
    key = key[:40] or db.public_id()
    with db.transaction() as tx:
        row = places.lock_topic(topic.id)
        consultation = row.room.consultation
        token = guests.hash_of(consultation, guest.token) if author is None and guest else ""
        if (sent := _sent(row, key)) is not None:
            return _same_speaker(sent, author, token)
        if settles is None:
            topics.require_open(row, at)
        parent = _answered(parent, row)
        role = topics.role_in(author, row.room) if author is not None else "resident"
        waits = author is None or (role == "resident" and row.room.looks_first)
        number, path, depth = places.waiting_in(row) if waits else places.next_in(row, parent)
        post = Post(
            topic_id=row.id,
            number=number,
            parent_id=parent.id if parent else None,
            path=path,
            depth=depth,
            author_id=author.id if author else None,
            guest_name=name,
            guest_hash=token,
            department_id=consultation.department_id if role == "officer" else None,
            role=role,
            body=said,
            body_html=html,
            renderer=RENDERER,
            key=key,
            created_at=at,
            held_at=at if waits else None,
        )
        tx.add(post)
        tx.flush()
        if role == "resident":
            lines.enter(post, f"account:{author.public_id}" if author else f"guest:{token}")
        if author is None:
            receipts.issue(consultation, f"post:{post.public_id}", at=at)
        images.attach(post, pictures)
        if asks and role == "resident":
            questions.ask(post, at)
        if settles is not None:
            questions.settle(post, settles)
        if waits:
            events.emit(PostHeld(row.id, post.id))
        else:
            standing.published(post, row, at)
        return post


def edit(
    author: Any,
    post: Post,
    body: str,
    version: int,
    *,
    pictures: Sequence[Prepared] = (),
    dropped: Collection[int] = (),
) -> Post:
    """Word one's post anew while the room is open: the old words stay readable in its history.

    In the ledger the new words are a new line and the old line says it was superseded (law 3).
    While a post waits, nobody has read it: its old line is withdrawn, a new one held, and there is
    no history. `pictures` are added, those at the positions `dropped` taken off. Raises `Stale`
    with both texts when the post was changed since the form was opened.
    """
    require_rewordable(post)
    require(author, "posts.edit", post)
    topics.require_open(post.topic, clock.now())
    said = screening.admit("body", body, limit=LIMIT)
    html = references.render(said, post.topic)
    with db.transaction():
        row = places.lock(post)
        standing.require_standing(row)
        require_rewordable(row)
        if row.body == said and not pictures and not dropped:
            return row
        if row.version != version:
            raise Stale(current=row.body, yours=said)
        if row.body != said:
            _say_otherwise(row, said, html)
        images.remove(row, dropped)
        images.attach(row, pictures)
        row.version += 1
        standing.changed(row)
        return row


def withdraw(author: Any, post: Post, reason: str = "") -> None:
    """Take one's post back, at any time; a tombstone stays, and the replies under it.

    A post that waits leaves no tombstone in its topic: it never stood there.
    """
    require(author, "posts.withdraw", post)
    why = accepted("reason", reason, limit=400, required=False)
    with db.transaction():
        standing.taken_back(places.lock(post), why, role="resident")


def withdrawn_by_receipt(opinion: Opinion) -> None:
    """A guest takes back what they said: their receipt proved whose it is."""
    with db.transaction() as tx:
        standing.taken_back(places.lock(tx.get_one(Post, opinion.source_id)), "", role="submitter")


def require_rewordable(post: Post) -> None:
    """Raise `Closed` where what was looked at would read otherwise without being looked at."""
    if post.role == "resident" and post.topic.room.looks_first and not post.is_held:
        raise Closed(
            _(
                "この会議室では、確かめてから公開するため、公開のあとの書き直しはできません。"
                "続きを返信で書くか、取り下げてから新しく書いてください。"
            )
        )


def _answered(parent: Post | None, topic: Topic) -> Post | None:
    """What is answered, as it is now: somebody may have moved it; what waits is not there yet."""
    if parent is None:
        return None
    row = places.fresh(parent.id)
    if row.topic_id != topic.id and departures.gone_from(topic, row.public_id) is not None:
        raise Closed(_("返信先の発言は、別の話題に移りました。書いた文は送られていません。"))
    if row.topic_id != topic.id or row.is_held:
        raise NotFound
    return row


def _say_otherwise(row: Post, said: str, html: str) -> None:
    if row.is_held:
        lines.say_otherwise(row, said)
    else:
        revision = PostRevision(
            post_id=row.id,
            version=row.version,
            body=row.body,
            body_html=row.body_html,
            written_at=row.edited_at or row.created_at,
        )
        db.session().add(revision)
        row.edited_at = clock.now()
        lines.supersede(row, said)
    row.body, row.body_html, row.renderer = said, html, RENDERER
    if not row.is_held:
        references.note_mentions(row)


def _sent(topic: Topic, key: str) -> Post | None:
    """What this form wrote in a topic before, also when it was split off since."""
    here = select(Post).where(Post.topic_id == topic.id, Post.key == key)
    found = db.session().scalars(here).one_or_none()
    if found is None and topic.gone:
        left = select(Post).join(PostPlace, PostPlace.post_id == Post.id)
        left = left.where(PostPlace.topic_id == topic.id, Post.key == key)
        found = db.session().scalars(left.limit(1)).one_or_none()
    return found


def _same_speaker(post: Post, author: Account | None, token: str) -> Post:
    if post.author_id != (author.id if author else None) or post.guest_hash != token:
        raise Conflict
    return post
