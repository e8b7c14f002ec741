"""What becomes of a post once it was said: shown, let in, hidden, shown again, taken back.

Each of these is done to a locked post in the transaction of whoever decided it, and keeps in step
what hangs on the post: its line in the ledger, its topic's figures, questions, search, notices.
"""

from __future__ import annotations

from datetime import datetime

from core import clock, db, events, search
from core.errors import Conflict
from core.messages import _
from forum import lines, notices, places, questions, readings, references, tallies, topics
from forum.events import PostChanged, PostHeld, PostPublished
from forum.models import Post, Topic


def published(post: Post, topic: Topic, at: datetime) -> None:
    """A post has its place and is shown: tell everybody whom it concerns."""
    topic.last_post_at = max(at, topic.last_post_at or at)
    tallies.said(topic, post)
    readings.wrote(post)
    references.note_mentions(post)
    search.enqueue(lines.SOURCE, post.id)
    notices.post_published(post)
    events.emit(PostPublished(topic.id, post.id))


def admitted(post: Post, *, role: str, reason: str = "") -> None:
    """Give a locked post that waited its place, and let everybody read it.

    It was said when it was said, `created_at`; that the topic moved is now.
    """
    at = clock.now()
    topic = places.take(post)
    post.held_at, post.changed_at = None, None
    db.session().flush()
    topics.first_post_admitted(post)
    questions.admitted(post, at)
    lines.admit(post, role=role, reason=reason)
    published(post, topic, at)


def hidden(post: Post, reason: str) -> None:
    """A moderator hid the post: its line is withheld in the same transaction.

    One that waited is thereby refused: it never gets a place, unless the decision is taken back.
    """
    if post.withdrawn_at is not None:
        raise Conflict(_("この発言は、本人が取り下げました。もう表示していません。"))
    lines.withhold(post, reason=reason)
    if post.is_held:
        topics.first_post_refused(post, reason)
    _gone(post)


def restored(post: Post, reason: str) -> None:
    """A moderator shows the post again: its line counts again; a refused one is admitted."""
    if post.is_held:
        admitted(post, role="moderator", reason=reason)
        return
    lines.restore(post, reason=reason)
    questions.post_back(post)
    changed(post)


def taken_back(row: Post, reason: str, *, role: str) -> None:
    """Who said it takes it back; what has a place leaves a tombstone there."""
    if row.withdrawn_at is not None:
        return
    require_standing(row)
    row.withdrawn_at = clock.now()
    row.withdrawn_reason = reason
    row.version += 1
    lines.withdraw(row, role=role, reason=reason)
    _gone(row)


def changed(post: Post) -> None:
    """Tell readers that a post reads differently; of what has no place they know nothing."""
    if post.is_held:
        events.emit(PostHeld(post.topic_id, post.id))
        return
    post.changed_at = clock.now()
    tallies.changed(post)
    search.enqueue(lines.SOURCE, post.id)
    events.emit(PostChanged(post.topic_id, post.id))


def require_standing(post: Post) -> None:
    """Neither hidden nor taken back: shown, or waiting."""
    if post.hidden_at is not None or post.withdrawn_at is not None:
        raise Conflict(_("この発言は、いま表示していません。書きかえることはできません。"))


def _gone(post: Post) -> None:
    """A post is not shown any more: what it answered is open again."""
    if not post.is_held:
        questions.post_gone(post)
    changed(post)
