"""How far somebody has read a topic: what is unread, where it begins, what happened meanwhile.

Unread is what has a number, was not taken away, is shown, and was not seen: a tombstone is nothing
new to somebody who never saw the post, so everything can be read, and then that is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from core import clock, db
from core.people import Account
from core.permissions import require
from forum import notices, queries, spans
from forum.models import Post, Reading, Topic
from forum.spans import Spans

FEW = 200  # so many are looked up one by one
TOLD = 3  # changes that are named; the others are counted
RANGES = 32  # so many spans are looked up as ranges; beyond, the topic is walked
VISIT = timedelta(minutes=1)  # reading on is written down this often when nothing new was seen


@dataclass(frozen=True)
class Changed:
    """A post that reads differently since: `how` is "hidden", "withdrawn" or "edited"."""

    number: int
    public_id: str
    how: str


@dataclass(frozen=True)
class Since:
    """What happened in a topic since somebody read there; tombstones carry no words.

    `new` and `answers` (the ward's) were written since, `changed` counts all that read differently
    now, and `changes` are the newest of them.
    """

    at: datetime
    new: int
    answers: int
    first_answer: str
    changed: int
    changes: list[Changed]

    @property
    def is_quiet(self) -> bool:
        return not (self.new or self.changed)


def of(account: Account | None, topic: Topic) -> Reading | None:
    """What somebody has read of a topic, or None when they never did."""
    if account is None:
        return None
    return db.session().get(Reading, (account.id, topic.id))


def unread(topic: Topic, seen: Sequence[Sequence[int]]) -> Spans:
    """The numbers of a topic that are new to somebody who saw these."""
    return spans.complement(topic.post_count, topic.gone, topic.silent, seen)


def unread_by_topic(account: Account | None, topics: Sequence[Topic]) -> dict[int, int]:
    """How many posts are unread in each of these topics (one statement)."""
    if account is None or not topics:
        return {}
    ids = [topic.id for topic in topics]
    query = select(Reading.topic_id, Reading.spans)
    query = query.where(Reading.account_id == account.id, Reading.topic_id.in_(ids))
    seen = {row[0]: row[1] for row in db.session().execute(query)}
    return {topic.id: spans.count(unread(topic, seen.get(topic.id, []))) for topic in topics}


def first_unread(topic: Topic, new: Spans) -> int | None:
    """The number of the post that is read first of those in `new` (one statement; none of none).

    Few are looked up by their numbers, many by their ranges along the index of places.
    """
    if not new:
        return None
    if spans.count(new) <= FEW:
        numbers = list(spans.numbers(new))
        return db.session().scalars(_first(), {"topic": topic.id, "numbers": numbers}).first()
    return _first_within(topic, new) if len(new) <= RANGES else _walked(topic, new)


def mark(account: Any, topic: Topic, numbers: Iterable[int] | Spans) -> Reading:
    """Write down that somebody has seen these posts; what there is not is left out.

    Says nothing twice: the same numbers within a minute write nothing.
    """
    require(account, "readings.mark", topic)
    listed: list[Any] = list(numbers)
    given = spans.of(listed) if listed and isinstance(listed[0], int) else spans.union(listed)
    seen = spans.common(given, [[1, topic.post_count]])
    return _seen(account.id, topic, seen, topic.post_count)


def mark_all(account: Any, topic: Topic, up_to: int | None = None) -> Reading:
    """Write down that somebody has read a topic, as far as the page they looked at went."""
    require(account, "readings.mark", topic)
    last = topic.post_count if up_to is None else max(0, min(up_to, topic.post_count))
    return _seen(account.id, topic, spans.complement(last), last)


def wrote(post: Post) -> None:
    """Whoever wrote a post has read it; called in the transaction that gives it its number."""
    if post.author_id is None or post.number < 1:
        return
    found = _locked(post.author_id, post.topic_id)
    found.spans = spans.add(found.spans, post.number)


def moved(old_topic_id: int, new_topic_id: int, mapping: dict[int, int]) -> None:
    """Posts went to another topic under new numbers: who had read them has read them there."""
    runs = spans.runs(mapping)
    query = select(Reading).where(Reading.topic_id == old_topic_id)
    for old in db.session().scalars(query.order_by(Reading.account_id)):
        carried = spans.carried(old.spans, runs)
        if carried:
            found = _locked(old.account_id, new_topic_id)
            found.spans = spans.union(found.spans, carried)


def since(topic: Topic, reading: Reading) -> Since:
    """What happened in a topic since somebody read there, without their own (two statements)."""
    seen = spans.union(reading.spans, spans.complement(reading.up_to))
    bound = {
        "topic": topic.id,
        "reader": reading.account_id,
        "up_to": reading.up_to,
        "at": reading.read_at,
    }
    first = db.session().execute(_answers(), bound).first()
    changes = db.session().execute(_changes(), bound).all()
    return Since(
        at=reading.read_at,
        new=spans.count(unread(topic, seen)),
        answers=first[1] if first else 0,
        first_answer=first[0] if first else "",
        changed=changes[0][4] if changes else 0,
        changes=[Changed(row[0], row[1], _how(row[2], row[3])) for row in changes],
    )


@cache  # putting a statement together costs as much as running it
def _answers() -> Select[str, int]:
    """The first of the ward's posts since, and how many there are."""
    not_mine = or_(Post.author_id.is_(None), Post.author_id != bindparam("reader"))
    query = select(Post.public_id, func.count().over())
    query = query.where(Post.topic_id == bindparam("topic"), not_mine, queries.shown())
    query = query.where(Post.role == "officer", Post.number > bindparam("up_to"))
    return query.order_by(Post.number).limit(1)


@cache
def _changes() -> Select[int, str, datetime | None, datetime | None, int]:
    """The newest of the posts that read differently since, and how many there are."""
    columns = (Post.number, Post.public_id, Post.hidden_at, Post.withdrawn_at)
    # of the number an expression: SQLite would walk all there are, where few changed
    among = (Post.number + 0).between(1, bindparam("up_to"))
    not_mine = or_(Post.author_id.is_(None), Post.author_id != bindparam("reader"))
    query = select(*columns, func.count().over())
    query = query.where(Post.topic_id == bindparam("topic"), among, not_mine)
    query = query.where(Post.changed_at > bindparam("at"))
    return query.order_by(Post.changed_at.desc()).limit(TOLD)


def _how(hidden_at: datetime | None, withdrawn_at: datetime | None) -> str:
    if withdrawn_at is not None:
        return "withdrawn"
    return "hidden" if hidden_at is not None else "edited"


def _seen(account_id: int, topic: Topic, seen: Spans, up_to: int) -> Reading:
    before = db.session().get(Reading, (account_id, topic.id))
    if before is not None and _says_nothing(before, seen, up_to):
        return before
    with db.transaction():
        found = _locked(account_id, topic.id)
        found.spans = spans.union(found.spans, seen)
        found.up_to = max(found.up_to, up_to)
        found.read_at = clock.now()
        notices.read_in(account_id, topic, found.spans)
        return found


def _says_nothing(before: Reading, seen: Spans, up_to: int) -> bool:
    is_known = not spans.subtract(seen, before.spans) and up_to <= before.up_to
    return is_known and clock.now() - before.read_at < VISIT


def _locked(account_id: int, topic_id: int) -> Reading:
    """Somebody's reading of a topic, made when there is none; two tabs at once are one row."""
    tx = db.session()
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"account_id": account_id, "topic_id": topic_id, "spans": [], "up_to": 0}
    tx.execute(insert(Reading).values(**row, read_at=clock.now()).on_conflict_do_nothing())
    query = select(Reading).where(Reading.account_id == account_id, Reading.topic_id == topic_id)
    return tx.scalars(db.locked(query)).one()


@cache
def _first() -> Select[int]:
    query = select(Post.number).where(Post.topic_id == bindparam("topic"))
    query = query.where(Post.number.in_(bindparam("numbers", expanding=True)))
    return query.order_by(queries.off_index(Post.path)).limit(1)


def _first_within(topic: Topic, new: Spans) -> int | None:
    within = or_(*(Post.number.between(a, b) for a, b in new))
    query = select(Post.number).where(Post.topic_id == topic.id, within)
    return db.session().scalars(query.order_by(Post.path).limit(1)).first()


def _walked(topic: Topic, new: Spans) -> int | None:
    """The first of these numbers as the topic is read: a walk along the index of places."""
    query = select(Post.number).where(Post.topic_id == topic.id, queries.placed())
    walk = db.session().scalars(query.order_by(Post.path), execution_options={"yield_per": 100})
    found = next((number for number in walk if spans.contains(new, number)), None)
    walk.close()
    return found
