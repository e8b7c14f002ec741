"""Tells open pages what has just become true.

A new post reads the same for all who have no role: it is drawn once for each language and sent
along with its news (200 readers who fetched it took 110 % of a core and 1.8 s; sent along it takes
9 % and 0.04 s). Who has a role, and who wrote it, is told its id and fetches what is theirs. So is
everybody of a post that changed, since their own stance stands beside it; of one that is shown no
more all read the same.
"""

from __future__ import annotations

from sqlalchemy import select

from core import db, events, i18n
from core.people import Account
from forum import queries
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
    columns = (Topic.public_id, Post.public_id, Account.public_id, queries.shown())
    query = select(*columns).join(Topic, Topic.id == Post.topic_id)
    query = query.outerjoin(Account, Account.id == Post.author_id)
    found = db.session().execute(query.where(Post.id == post_id, Post.number > 0)).one_or_none()
    if found is None:
        return
    topic, post, author, is_shown = found
    news = {"id": post}
    own = sockets.listeners(sockets.tabs_of(author)) if author and event == "post" else []
    sockets.tell(sockets.staff_of(topic), event, news, skip=own)
    for sid in own:
        sockets.tell(sid, event, news)
    for language, _name in i18n.LANGUAGES:
        for is_known in (False, True):
            room = sockets.readers_of(topic, language, is_known=is_known)
            if not sockets.listeners(room):
                continue
            is_same = not is_known or event == "post" or not is_shown
            path = f"/p/{post}/fragment"
            html = sockets.as_reader(path, language, is_known=is_known) if is_same else None
            sockets.tell(room, event, {**news, "html": html} if html else news, skip=own)
