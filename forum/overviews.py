"""How a room is doing, for those who lead it: who speaks, what waits, where it has gone quiet.

Figures only: nobody is named or ranked. A known number of statements, however much was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, select
from sqlalchemy.orm import aliased, contains_eager, lazyload

from core import clock, db
from core.permissions import require
from forum.models import Post, Question, Room, Topic
from forum.queries import placed, shown

QUIET_DAYS = 3
SILENT_DAYS = 7
LISTED = 20  # of what waits: more than that is a number
FEW_SPEAKERS = 4  # the share of the three most active says nothing among fewer
BANDS = ((1, 1), (2, 4), (5, 9), (10, 19), (20, None))


@dataclass(frozen=True)
class Band:
    """How many people spoke `first` to `last` times, and how many posts that makes."""

    first: int
    last: int | None
    people: int
    posts: int


@dataclass(frozen=True)
class Spoken:
    """What one side said: posts, and characters."""

    posts: int = 0
    letters: int = 0


@dataclass(frozen=True)
class Day:
    """Posts of one day in Tokyo, by side."""

    day: date
    residents: int
    hosts: int

    @property
    def posts(self) -> int:
        return self.residents + self.hosts

    @property
    def noon(self) -> datetime:
        """A moment of the day, for the filters that say dates."""
        return datetime.combine(self.day, time(12), clock.TOKYO)


@dataclass(frozen=True)
class Quiet:
    """A topic in which nobody has written for some days; None when nobody ever has."""

    topic: Topic
    days: int | None

    @property
    def is_silent(self) -> bool:
        return self.days is None or self.days >= SILENT_DAYS


@dataclass(frozen=True)
class Overview:
    """A room at a glance; `top_posts` are those of the three who wrote most."""

    people: int = 0
    residents: Spoken = Spoken()
    facilitators: Spoken = Spoken()
    officers: Spoken = Spoken()
    bands: list[Band] = field(default_factory=list)
    top_posts: int = 0
    days: list[Day] = field(default_factory=list)
    unanswered: list[Post] = field(default_factory=list)
    unanswered_count: int = 0
    questions: list[Question] = field(default_factory=list)
    questions_count: int = 0
    quiet: list[Quiet] = field(default_factory=list)
    held_count: int = 0
    held_since: datetime | None = None

    @property
    def posts(self) -> int:
        return self.residents.posts + self.facilitators.posts + self.officers.posts

    @property
    def host_share(self) -> int:
        """Of a hundred characters, how many the ward and the facilitators wrote."""
        hosts = self.facilitators.letters + self.officers.letters
        return percent(hosts, hosts + self.residents.letters)

    @property
    def top_share(self) -> int | None:
        """Of a hundred residents' posts, how many the three who wrote most made."""
        if self.people < FEW_SPEAKERS:
            return None
        return percent(self.top_posts, self.residents.posts)


def of(actor: Any, room: Room) -> Overview:
    """How a room is doing now (seven statements); for its facilitators, officers and moderators."""
    require(actor, "rooms.oversee", room)
    spoken = _spoken(room)
    counts = _by_speaker(room)
    unanswered, unanswered_count = _unanswered(room)
    questions, questions_count = _questions(room)
    held_count, held_since = _held(room)
    return Overview(
        people=len(counts),
        residents=spoken.get("resident", Spoken()),
        facilitators=spoken.get("facilitator", Spoken()),
        officers=spoken.get("officer", Spoken()),
        bands=bands(counts),
        top_posts=sum(sorted(counts, reverse=True)[:3]),
        days=_days(room),
        unanswered=unanswered,
        unanswered_count=unanswered_count,
        questions=questions,
        questions_count=questions_count,
        quiet=_quiet(room),
        held_count=held_count,
        held_since=held_since,
    )


def bands(counts: Sequence[int]) -> list[Band]:
    """How posts are spread over those who wrote them; empty bands too, so that rooms compare."""
    return [
        Band(first, last, len(those), sum(those))
        for first, last in BANDS
        for those in [[n for n in counts if n >= first and (last is None or n <= last)]]
    ]


def percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _here(room: Room) -> ColumnElement[bool]:
    return Post.topic_id.in_(select(Topic.id).where(Topic.room_id == room.id))


def _seen(room: Room) -> ColumnElement[bool]:
    return and_(_here(room), placed(), shown())


def _spoken(room: Room) -> dict[str, Spoken]:
    letters = func.coalesce(func.sum(func.length(Post.body)), 0)
    query = select(Post.role, func.count(), letters).where(_seen(room)).group_by(Post.role)
    return {role: Spoken(posts, int(said)) for role, posts, said in db.session().execute(query)}


def _by_speaker(room: Room) -> list[int]:
    """How often each resident spoke; a guest is known by the number they were given."""
    query = select(func.count()).where(_seen(room), Post.role == "resident")
    return list(db.session().scalars(query.group_by(Post.author_id, Post.guest_hash)))


def _days(room: Room) -> list[Day]:
    """Posts a day in Tokyo, from the first to the last, days without any too.

    The database counts by the hour in UTC, which is enough for a zone of whole hours.
    """
    hour = func.substr(cast(Post.created_at, String), 1, 13)
    query = select(hour, Post.role, func.count()).where(_seen(room)).group_by(hour, Post.role)
    counted: dict[date, list[int]] = {}
    for said, role, posts in db.session().execute(query):
        moment = datetime.strptime(said, "%Y-%m-%d %H").replace(tzinfo=UTC)
        of_day = counted.setdefault(clock.local(moment).date(), [0, 0])
        of_day[0 if role == "resident" else 1] += posts
    if not counted:
        return []
    first, last = min(counted), max(counted)
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [Day(day, *counted.get(day, [0, 0])) for day in every]


def _unanswered(room: Room) -> tuple[list[Post], int]:
    """Residents' first words that nobody has answered, longest waiting first, and how many."""
    answer = aliased(Post)
    answered = select(answer.id).where(answer.parent_id == Post.id, answer.number > 0)
    alone = and_(
        _seen(room),
        Post.role == "resident",
        Post.parent_id.is_(None),
        ~answered.where(answer.hidden_at.is_(None), answer.withdrawn_at.is_(None)).exists(),
    )
    query = (
        select(Post, func.count().over())
        .where(alone)
        .join(Topic, Topic.id == Post.topic_id)
        .options(contains_eager(Post.topic).lazyload(Topic.room), lazyload(Post.author))
        .order_by(Post.created_at, Post.id)
    )
    found = db.session().execute(query.limit(LISTED)).all()
    return [row[0] for row in found], found[0][1] if found else 0


def _questions(room: Room) -> tuple[list[Question], int]:
    """Questions to the ward that have no answer yet, the next due first, and how many."""
    promised = case((Question.interim_at.is_not(None), Question.promised_at))
    due = func.coalesce(promised, Question.due_at)
    query = (
        select(Question, func.count().over())
        .join(Post, Post.id == Question.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(_seen(room), Question.answered_at.is_(None), Question.unmarked_at.is_(None))
        .options(
            contains_eager(Question.post).options(
                contains_eager(Post.topic).lazyload(Topic.room), lazyload(Post.author)
            )
        )
        .order_by(due, Question.post_id)
    )
    found = db.session().execute(query.limit(LISTED)).all()
    return [row[0] for row in found], found[0][1] if found else 0


def _quiet(room: Room) -> list[Quiet]:
    """Open topics in which nobody has written for three days or more, quietest first."""
    query = select(Topic).where(
        Topic.room_id == room.id,
        Topic.held_at.is_(None),
        Topic.locked_at.is_(None),
        Topic.merged_into_id.is_(None),
    )
    query = query.options(lazyload(Topic.room)).order_by(Topic.position, Topic.id)
    now = clock.now()
    found = []
    for topic in db.session().scalars(query):
        since = (now - (topic.last_post_at or topic.created_at)).days
        if since >= QUIET_DAYS:
            found.append((since, Quiet(topic, since if topic.last_post_at else None)))
    return [quiet for _days, quiet in sorted(found, key=lambda one: -one[0])]


def _held(room: Room) -> tuple[int, datetime | None]:
    query = select(func.count(), func.min(Post.held_at)).where(
        _here(room),
        Post.held_at.is_not(None),
        Post.hidden_at.is_(None),
        Post.withdrawn_at.is_(None),
    )
    row = db.session().execute(query).one()
    return row[0], row[1]
