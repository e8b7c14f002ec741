"""Tells open pages what has just become true: ids only, each fetches what its reader may see."""

from __future__ import annotations

from sqlalchemy import select

from core import db, events
from forum.events import PostChanged, PostPublished
from forum.models import Post, Topic
from realtime import sockets


@events.subscribe(PostPublished)
def post_published(event: PostPublished) -> None:
    """A new post for everybody who has its topic open."""
    _tell("post", event.post_id)


@events.subscribe(PostChanged)
def post_changed(event: PostChanged) -> None:
    """A post that was edited, withdrawn, hidden or shown again."""
    _tell("changed", event.post_id)


def _tell(event: str, post_id: int) -> None:
    query = select(Topic.public_id, Post.public_id).join(Topic, Topic.id == Post.topic_id)
    topic, post = db.session().execute(query.where(Post.id == post_id)).one()
    sockets.tell(sockets.room_of(topic), event, {"id": post})
