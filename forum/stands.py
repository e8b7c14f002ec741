"""Where a reader stands on the posts of a room: taking a stance, and one's own under each post.

How views are spread is in `forum.spreads`; never under a post.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import clock, db, events
from core.errors import Closed, Conflict, Forbidden
from core.messages import _
from core.permissions import permits
from forum import topics
from forum.events import StanceTaken
from forum.lines import SOURCE
from forum.models import Post
from ledger import opinions, stances, voices
from ledger.models import Choice, Consultation, Opinion, State


@dataclass(frozen=True)
class Stand:
    """What one reader thinks of what a post says: `choice` is "" while they have not chosen.

    `opinion` is the public id of the line the choice belongs to; with `must_take_again` they had
    chosen before the post was reworded. `is_open` says whether one can choose now.
    """

    opinion: str
    choice: str
    must_take_again: bool
    is_open: bool


def take(actor: Any, post: Post, choice: Choice | None, *, opinion: str = "") -> None:
    """Take a stance on what a post says, or take it back with None; the same twice is once.

    `opinion` is the line that was read: a post reworded meanwhile is a `Conflict`.
    """
    if not permits(actor, "stances.take", post.topic):
        raise Forbidden(
            _("選べるのは、ログインした方です。担当の職員と進行役は、自分では選びません。")
        )
    at = clock.now()
    with db.transaction() as tx:
        # locked as an edit and a hide lock it: what is chosen belongs to the words that were read
        row = tx.scalars(db.locked(select(Post).where(Post.id == post.id))).one()
        _require_asked(row)
        topics.require_open(row.topic, at)
        said = _line_of(row)
        if opinion and said.public_id != opinion:
            raise Conflict(_("この発言は、先に書き直されました。読み直してから、お選びください。"))
        if stances.take(actor, said, choice) if choice else stances.drop(actor, said):
            events.emit(StanceTaken(row.topic_id, row.id, actor.id))


def of(posts: Sequence[Post], viewer: Any) -> dict[int, Stand]:
    """How `viewer` stands on these posts, by post id, where they can or could choose.

    One statement; none for a visitor or in a room that does not ask. One's own posts, the ward's
    and the facilitator's have no entry, nor has what is not shown.
    """
    if viewer is None:
        return {}
    topics_of = {post.topic_id: post.topic for post in posts}
    asks = {id_ for id_, topic in topics_of.items() if permits(viewer, "stances.take", topic)}
    asked = [post for post in posts if post.topic_id in asks and _is_asked(viewer, post)]
    if not asked:
        return {}
    places: dict[int, Consultation] = {}
    for post in asked:
        consultation = post.topic.room.consultation
        places[consultation.id] = consultation
    own = [voices.of(place, f"account:{viewer.public_id}") for place in places.values()]
    now: dict[int, list[stances.Taken]] = defaultdict(list)
    before: set[int] = set()
    for line in stances.taken(SOURCE, [post.id for post in asked], own):
        if line.state != State.SUPERSEDED:
            now[line.source_id].append(line)
        elif line.choice:
            before.add(line.source_id)
    at = clock.now()
    return {
        post.id: Stand(
            line.opinion,
            line.choice,
            must_take_again=post.id in before and not line.choice,
            is_open=post.topic.takes_posts(at),
        )
        for post in asked
        if len(now[post.id]) == 1  # of a post that was split nobody can say which part is meant
        for line in now[post.id]
    }


def _is_asked(viewer: Any, post: Post) -> bool:
    return (
        post.role == "resident"
        and post.is_shown
        and post.author_id != viewer.id
        and post.topic.room.has_stances
    )


def _require_asked(post: Post) -> None:
    """Raise unless the room asks what people think of this post."""
    if not post.is_shown:
        raise Conflict(_("この発言は、いま表示していません。"))
    if not post.topic.room.has_stances:
        raise Closed(_("この会議室では、そう思うかどうかを集めていません。"))
    if post.role != "resident":
        raise Closed(_("区と進行役の発言には、そう思うかどうかを付けません。"))


def _line_of(post: Post) -> Opinion:
    """The one line of the ledger that says what the post says now."""
    said = [line for line in opinions.of_source(SOURCE, post.id) if line.is_counted]
    if len(said) != 1:
        raise Conflict(_("この発言は、台帳でいくつかに分けられました。"))
    return said[0]
