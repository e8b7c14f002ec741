"""What a move would do, before it is done: where a topic could go, and how much would go along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import lazyload

from core import clock, db, text
from core.errors import Invalid
from core.messages import Message, _
from core.permissions import permits
from forum import numbering, queries, spans, topics, traces
from forum.models import Post, Room, Topic
from forum.numbering import Spot
from forum.spans import Spans


@dataclass(frozen=True)
class Plan:
    """What a split or a merge would carry: these `numbers` go, `held` are still to be looked at."""

    numbers: Spans
    held: int
    stays: int

    @property
    def count(self) -> int:
        return spans.count(self.numbers)


def rooms_for(actor: Any, topic: Topic) -> list[Room]:
    """The rooms of its consultation that a topic could be moved to; none when its own is over."""
    now = clock.now()
    query = select(Room).where(
        Room.consultation_id == topic.room.consultation_id, Room.closes_at > now
    )
    query = query.options(lazyload(Room.topics)).order_by(Room.closes_at, Room.id)
    found = [room for room in db.session().scalars(query) if permits(actor, "topics.move", room)]
    return [room for room in found if room.id != topic.room_id and topic.room.closes_at > now]


def topics_for(actor: Any, topic: Topic) -> list[Topic]:
    """The topics of its consultation that a topic could be merged into, its own room's first."""
    now = clock.now()
    query = (
        select(Topic)
        .join(Room, Room.id == Topic.room_id)
        .where(
            Room.consultation_id == topic.room.consultation_id,
            Room.closes_at > now,
            Topic.id != topic.id,
            queries.listed(),
        )
        .order_by(Room.id != topic.room_id, Room.id, Topic.position)
    )
    found = [other for other in db.session().scalars(query) if permits(actor, "topics.move", other)]
    return found if topic.room.closes_at > now else []


def merge(topic: Topic, reason: str) -> Plan:
    """What a merge would carry away; raises `Invalid` for a reason it would not take."""
    text.accepted("reason", reason, limit=traces.REASON_LIMIT)
    return Plan(spans.of(spot.number for spot in spots(topic)), _held(topic, None), 0)


def split(topic: Topic, posts: Sequence[Post], title: str, question: str, reason: str) -> Plan:
    """What a split would carry away; raises `Invalid` for what it would not take."""
    _require_words("title", title, _("新しい話題の名前を入力してください。"))
    _require_words("reason", reason, _("理由を入力してください。"))
    text.accepted("title", title, limit=topics.TITLE_LIMIT)
    text.accepted("question", question, limit=topics.QUESTION_LIMIT, required=False)
    text.accepted("reason", reason, limit=traces.REASON_LIMIT)
    there = spots(topic)
    going = numbering.with_replies(there, {post.id for post in posts})
    require_some(there, going)
    held = _held(topic, [spot.id for spot in going])
    return Plan(spans.of(spot.number for spot in going), held, len(there) - len(going))


def require_some(there: Sequence[Spot], going: Sequence[Spot]) -> None:
    """Raise `Invalid` unless some posts go and some stay."""
    if not going:
        raise Invalid("numbers", _("分ける発言を選んでください。"))
    if len(going) == len(there):
        raise Invalid(
            "numbers",
            _("すべての発言が選ばれています。話題の名前を変えるか、別の話題にまとめてください。"),
        )


def posts_with(topic: Topic, numbers: Spans) -> list[Post]:
    """The posts that have these numbers; raises `Invalid` for one that was named and is not there.

    Within 12-18 some may be gone: whoever writes so means those that are there.
    """
    there = {spot.number: spot.id for spot in spots(topic)}
    for first, last in numbers:
        if first == last and first not in there:
            raise Invalid("numbers", _("発言%(number)sは、この話題にありません。", number=first))
    ids = [post_id for number, post_id in there.items() if spans.contains(numbers, number)]
    found: list[Post] = []
    for start in range(0, len(ids), 500):
        query = select(Post).where(Post.id.in_(ids[start : start + 500]))
        query = query.options(lazyload(Post.author), lazyload(Post.department))
        found += db.session().scalars(query)
    return sorted(found, key=lambda post: post.path)


def spots(topic: Topic) -> list[Spot]:
    """Every post of a topic that has a place, without its text: 10,000 rows in some hundredths."""
    columns = (Post.id, Post.parent_id, Post.number, Post.path, Post.depth)
    query = select(*columns).where(Post.topic_id == topic.id, Post.number > 0)
    return [Spot(*row) for row in db.session().execute(query.order_by(Post.path))]


def _require_words(field: str, said: str, message: Message) -> None:
    if not text.visible(said):
        raise Invalid(field, message)


def _held(topic: Topic, parents: Sequence[int] | None) -> int:
    waiting = [Post.topic_id == topic.id, Post.held_at.is_not(None)]
    waiting += [Post.hidden_at.is_(None), Post.withdrawn_at.is_(None)]
    query = select(Post.parent_id).where(*waiting)
    if parents is None:
        return db.session().scalar(select(func.count()).select_from(query.subquery())) or 0
    under = set(parents)
    return sum(parent in under for parent in db.session().scalars(query))
