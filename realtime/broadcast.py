"""Tells open pages what has just become true: ids only, each fetches what its reader may see."""

from __future__ import annotations

from sqlalchemy import select

from core import db, events
from core.people import Account
from forum.events import PostChanged, PostPublished, StanceTaken, TopicChanged
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


@events.subscribe(TopicChanged)
def topic_changed(event: TopicChanged) -> None:
    """A topic whose summary, title, lock or place is another now."""
    topic = db.session().scalar(select(Topic.public_id).where(Topic.id == event.topic_id))
    if topic is not None:
        sockets.tell(sockets.room_of(topic), "topic", {"id": topic})


@events.subscribe(StanceTaken)
def stance_taken(event: StanceTaken) -> None:
    """A stance for the same person's other pages only: nobody is told what another one thinks."""
    query = select(Account.public_id).where(Account.id == event.account_id)
    account = db.session().scalar(query)
    post = db.session().scalar(select(Post.public_id).where(Post.id == event.post_id))
    if account is not None and post is not None:
        sockets.tell(sockets.tabs_of(account), "changed", {"id": post})


def _tell(event: str, post_id: int) -> None:
    """Nobody hears of a post that has no place yet: it waits to be looked at."""
    query = select(Topic.public_id, Post.public_id).join(Topic, Topic.id == Post.topic_id)
    found = db.session().execute(query.where(Post.id == post_id, Post.number > 0)).one_or_none()
    if found is not None:
        sockets.tell(sockets.room_of(found[0]), event, {"id": found[1]})
