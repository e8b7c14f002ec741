"""How much is shown in a topic, kept beside it, so that no page has to count.

A verb calls `said` for a post that got its place, `changed` for one that was hidden, restored or
withdrawn, and `recount` after a renumbering. It locks the topic before the post, as replying does.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from core import db
from forum import places, queries, spans
from forum.models import Post, Topic


def said(topic: Topic, post: Post) -> None:
    """A post got its place in a topic and is shown: perhaps somebody new speaks."""
    if not _speaks_elsewhere(post):
        topic.people_count += 1


def changed(post: Post) -> None:
    """A post may be shown no longer, or again; of an edit nothing is locked or counted."""
    if spans.contains(post.topic.silent, post.number) != post.is_shown:
        return
    topic = places.lock_topic(post.topic_id)
    if post.is_shown:
        topic.silent = spans.subtract(topic.silent, [[post.number, post.number]])
    else:
        topic.silent = spans.add(topic.silent, post.number)
    if not _speaks_elsewhere(post):
        topic.people_count += 1 if post.is_shown else -1


def recount(topic: Topic) -> None:
    """Count a topic anew, after posts came or went by many; reads every post of it once."""
    here = (Post.topic_id == topic.id, queries.placed())
    away = select(Post.number).where(*here, ~queries.shown())
    topic.silent = spans.of(db.session().scalars(away))
    accounts = func.count(func.distinct(Post.author_id))
    guests = func.count(func.distinct(func.nullif(Post.guest_hash, "")))
    speaking = select(accounts + guests).where(*here, queries.shown())
    topic.people_count = db.session().scalars(speaking).one()


def _speaks_elsewhere(post: Post) -> bool:
    """Whether who wrote it has another post in the topic that is shown; nobody counts as yes."""
    who = _speaker(post)
    if who is None:
        return True
    others = select(Post.id).where(
        Post.topic_id == post.topic_id,
        Post.id != post.id,
        who,
        queries.placed(),
        queries.shown(),
    )
    return db.session().scalars(others.limit(1)).first() is not None


def _speaker(post: Post) -> ColumnElement[bool] | None:
    if post.author_id is not None:
        return Post.author_id == post.author_id
    return Post.guest_hash == post.guest_hash if post.guest_hash else None
