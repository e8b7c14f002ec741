"""Saying something in a topic, saying it better, taking it back; and what moderation does to it.

Only what residents say becomes an opinion; official replies and the facilitator's words do not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, events, search, text
from core.errors import Conflict, NotFound, Stale
from core.messages import _
from core.people import Account
from core.permissions import require
from forum import notices, topics
from forum.events import PostChanged, PostPublished
from forum.models import MAX_DEPTH, PATH_STEP, Post, PostRevision, Topic
from ledger import opinions, voices
from ledger.models import Channel, State
from ledger.opinions import Said
from moderation import screening

SOURCE = "post"
LIMIT = 800


def reply(
    author: Any,
    topic: Topic,
    body: str,
    parent: Post | None = None,
    *,
    key: str = "",
    received_at: datetime | None = None,
) -> Post:
    """Publish a post in a topic, under `parent` when it answers one.

    The room must have been open at `received_at`; `key` makes the same form sent twice one post.
    """
    require(author, "posts.write", topic)
    at = received_at or clock.now()
    topics.require_open(topic, at)
    if parent is not None and parent.topic_id != topic.id:
        raise NotFound
    said = screening.admit("body", body, limit=LIMIT)
    html = text.render(said)
    key = key[:40] or db.public_id()
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Topic).where(Topic.id == topic.id))).one()
        same = select(Post).where(Post.topic_id == row.id, Post.key == key)
        if (sent := tx.scalars(same).one_or_none()) is not None:
            return _same_author(sent, author)
        row.post_count += 1
        row.last_post_at = at
        role = topics.role_in(author, row.room)
        path, depth = _place(parent, row.post_count)
        post = Post(
            topic_id=row.id,
            number=row.post_count,
            parent_id=parent.id if parent else None,
            path=path,
            depth=depth,
            author_id=author.id,
            department_id=row.room.consultation.department_id if role == "officer" else None,
            role=role,
            body=said,
            body_html=html,
            renderer=text.RENDERER,
            key=key,
            created_at=at,
        )
        tx.add(post)
        tx.flush()
        if role == "resident":
            _enter(post, author, at)
        search.enqueue(SOURCE, post.id)
        notices.post_published(post)
        events.emit(PostPublished(row.id, post.id))
        return post


def edit(author: Any, post: Post, body: str, version: int) -> Post:
    """Word one's post anew while the room is open: the old words stay readable in its history.

    In the ledger the new words are a new line and the old line says it was superseded (law 3).
    Raises `Stale` with both texts when the post was changed since the form was opened.
    """
    require(author, "posts.edit", post)
    topics.require_open(post.topic, clock.now())
    said = screening.admit("body", body, limit=LIMIT)
    html = text.render(said)
    with db.transaction() as tx:
        row = _locked(post)
        _require_shown(row)
        if row.body == said:
            return row
        if row.version != version:
            raise Stale(current=row.body, yours=said)
        tx.add(
            PostRevision(
                post_id=row.id,
                version=row.version,
                body=row.body,
                body_html=row.body_html,
                written_at=row.edited_at or row.created_at,
            )
        )
        row.body, row.body_html, row.renderer = said, html, text.RENDERER
        row.edited_at = row.changed_at = clock.now()
        row.version += 1
        for number, opinion in enumerate(opinions.of_source(SOURCE, row.id)):
            if number == 0:
                opinions.supersede(opinion, said, role="resident", reason=str(_("書き直し")))
            else:  # the post had been split: its other parts are in the new words, or dropped
                opinions.change_state(opinion, State.SUPERSEDED, role="resident")
        _changed(row)
        return row


def withdraw(author: Any, post: Post, reason: str = "") -> None:
    """Take one's post back, at any time; a tombstone stays, and the replies under it."""
    require(author, "posts.withdraw", post)
    why = text.accepted("reason", reason, limit=400, required=False)
    with db.transaction():
        row = _locked(post)
        if row.withdrawn_at is not None:
            return
        _require_shown(row)
        row.withdrawn_at = row.changed_at = clock.now()
        row.withdrawn_reason = why
        row.version += 1
        for opinion in opinions.of_source(SOURCE, row.id):
            opinions.withdraw(opinion, role="resident", reason=why)
        _changed(row)


def hidden(post: Post, reason: str) -> None:
    """A moderator hid the post: its opinions are withheld in the same transaction."""
    if post.withdrawn_at is not None:
        raise Conflict(_("この発言は、本人が取り下げました。もう表示していません。"))
    post.changed_at = clock.now()
    for opinion in opinions.of_source(SOURCE, post.id):
        opinions.withhold(opinion, role="moderator", reason=reason)
    _changed(post)


def restored(post: Post, reason: str) -> None:
    """A moderator shows the post again: its opinions count again."""
    post.changed_at = clock.now()
    for opinion in opinions.of_source(SOURCE, post.id):
        opinions.restore(opinion, role="moderator", reason=reason)
    _changed(post)


def existing(ids: Collection[int]) -> set[int]:
    """Which of these posts there are; for `ledger.check`."""
    wanted = sorted(ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        query = select(Post.id).where(Post.id.in_(wanted[start : start + 500]))
        found.update(db.session().scalars(query))
    return found


def entered() -> Iterator[int]:
    """The posts that must have a line in the ledger: all that residents wrote."""
    yield from db.session().scalars(select(Post.id).where(Post.role == "resident"))


def _place(parent: Post | None, number: int) -> tuple[str, int]:
    """Path and depth of post `number`; under the deepest level it stands beside its parent."""
    step = f"{number:0{PATH_STEP}d}"
    if parent is None:
        return step, 0
    if parent.depth >= MAX_DEPTH:
        return parent.path[:-PATH_STEP] + step, parent.depth
    return parent.path + step, parent.depth + 1


def _enter(post: Post, author: Account, at: datetime) -> None:
    consultation = post.topic.room.consultation
    opinions.enter(
        consultation,
        Said(
            source=SOURCE,
            source_id=post.id,
            channel=Channel.ROOM,
            body=post.body,
            submission=f"post:{post.public_id}",
            voice_id=voices.of(consultation, f"account:{author.public_id}"),
            said_at=at,
            received_at=at,
            is_public=True,
            context=post.topic.title,
        ),
        role="resident",
    )


def _same_author(post: Post, author: Account) -> Post:
    if post.author_id != author.id:
        raise Conflict
    return post


def _locked(post: Post) -> Post:
    return db.session().scalars(db.locked(select(Post).where(Post.id == post.id))).one()


def _require_shown(post: Post) -> None:
    if not post.is_shown:
        raise Conflict(_("この発言は、いま表示していません。書きかえることはできません。"))


def _changed(post: Post) -> None:
    search.enqueue(SOURCE, post.id)
    events.emit(PostChanged(post.topic_id, post.id))
