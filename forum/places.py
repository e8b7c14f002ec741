"""Where a post stands in its topic: its number, and the path by which the topic is read.

A post that waits to be looked at has no place: its number is below zero, and stays so when it is
refused or taken back. Everybody locks the topic first, then the post.
"""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import select

from core import db
from core.errors import NotFound
from forum.models import MAX_DEPTH, PATH_STEP, Post, Topic


class Stands(Protocol):
    """What has a place: a post, or one that is being renumbered (`forum.numbering`)."""

    @property
    def path(self) -> str: ...
    @property
    def depth(self) -> int: ...


def under(parent: Stands | None, number: int) -> tuple[str, int]:
    """Path and depth of post `number`; under the deepest level it stands beside its parent."""
    step = f"{number:0{PATH_STEP}d}"
    if parent is None:
        return step, 0
    if parent.depth >= MAX_DEPTH:
        return parent.path[:-PATH_STEP] + step, parent.depth
    return parent.path + step, parent.depth + 1


def next_in(topic: Topic, parent: Post | None) -> tuple[int, str, int]:
    """Number, path and depth of the next post of a locked topic."""
    topic.post_count += 1
    path, depth = under(parent, topic.post_count)
    return topic.post_count, path, depth


def waiting_in(topic: Topic) -> tuple[int, str, int]:
    """Number, path and depth of what waits: counted apart, so that it leaves no gap behind."""
    topic.held_count += 1
    return -topic.held_count, f"-{topic.held_count:0{PATH_STEP}d}", 0


def take(post: Post) -> Topic:
    """Give a locked post that waited its place: the next number, under what it answers.

    It follows what it answers when that was moved meanwhile, and its topic when that was merged.
    """
    parent = fresh(post.parent_id) if post.parent_id is not None else None
    topic = lock_topic(parent.topic_id if parent else post.topic_id)
    while topic.merged_into_id is not None:
        topic = lock_topic(topic.merged_into_id)
    post.topic_id = topic.id
    post.number, post.path, post.depth = next_in(topic, parent)
    return topic


def lock(post: Post) -> Post:
    """The post as it is now, locked after its topic."""
    tx = db.session()
    while True:
        topic_id = tx.scalars(select(Post.topic_id).where(Post.id == post.id)).one_or_none()
        if topic_id is None:
            raise NotFound
        lock_topic(topic_id)
        row = tx.scalars(db.locked(select(Post).where(Post.id == post.id))).one()
        if row.topic_id == topic_id:  # else it was moved while the topic was waited for
            return row


def lock_topic(topic_id: int) -> Topic:
    return db.session().scalars(db.locked(select(Topic).where(Topic.id == topic_id))).one()


def fresh(post_id: int) -> Post:
    """A post as it is now, read after its topic was locked."""
    query = select(Post).where(Post.id == post_id).execution_options(populate_existing=True)
    return db.session().scalars(query).one()
