"""Posts that wait to be looked at: who may look, what they see, letting them in.

Whether a post is refused is a decision of moderation, by a rule and with a reason
(`moderation.decisions`); here it is let in. A post waits while it is held and neither refused nor
taken back; nobody else sees it but who wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, lazyload

from core import db, people
from core.errors import Conflict, DomainError, NotFound
from core.messages import Message, _
from core.people import Account, Department, Role
from core.permissions import permits, require
from forum import guests, notices, places, standing, topics
from forum.guests import Guest
from forum.models import Post, Room, Topic
from ledger.models import Consultation

PER_PAGE = 30
MOST_OWN = 20
LOOKERS = frozenset({Role.MODERATOR, Role.FACILITATOR, Role.OFFICER})
Columns = TypeVarTuple("Columns")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # `>` uses the index of held_at, `IS NOT NULL` does not


@dataclass(frozen=True)
class Queue:
    """How much waits for somebody, and since when."""

    count: int = 0
    oldest_at: datetime | None = None


@dataclass
class Outcome:
    """What became of several that were let in at once; `refused` are the sentences why not."""

    admitted: int = 0
    refused: list[Message] = field(default_factory=list)


def admit(actor: Any, post: Post, version: int | None = None) -> Post:
    """Publish what waited: the moderator, the room's facilitator or the department's officer.

    `version` is the one that was looked at: reworded meanwhile, it has to be looked at again.
    Raises `Conflict`, with who was faster, when it waits no longer.
    """
    with db.transaction():
        row = places.lock(post)
        require(actor, "posts.admit", row)
        _require_waiting(row)
        if version is not None and row.version != version:
            raise Conflict(_("書いた方が、いま書き直しました。新しい文をもう一度お読みください。"))
        standing.admitted(row, role=_role(actor, row.topic.room))
        if row.author_id is not None:  # guests left no address, they have their receipt
            notices.admitted(row)
        return row


def admit_all(actor: Any, looked_at: Iterable[tuple[str, int]]) -> Outcome:
    """Publish several, each on its own: (public id, version) as they were looked at.

    One that somebody else decided meanwhile does not hold up the others.
    """
    outcome = Outcome()
    for public_id, version in looked_at:
        try:
            admit(actor, _found(actor, public_id), version)
            outcome.admitted += 1
        except DomainError as error:
            outcome.refused.append(error.message)
    return outcome


def held(viewer: Any, *, offset: int = 0, limit: int = PER_PAGE) -> list[Post]:
    """What waits for this viewer to look at, oldest first (one statement).

    Each comes with its room, its topic and what it answers.
    """
    answered = joinedload(Post.parent).options(
        lazyload(Post.topic), joinedload(Post.author).lazyload(Account.grants)
    )
    query = (
        _joined(select(Post))
        .where(_for(viewer))
        .options(
            contains_eager(Post.topic).contains_eager(Topic.room),
            joinedload(Post.author).lazyload(Account.grants),
            answered,
        )
        .order_by(Post.held_at, Post.id)
    )
    return list(db.session().scalars(query.offset(offset).limit(limit)).unique())


def queue_of(viewer: Any) -> Queue:
    """How much waits for this viewer, and since when (one statement; none for most people)."""
    if not _may_look_anywhere(viewer):
        return Queue()
    query = _joined(select(func.count(Post.id), func.min(Post.held_at)).select_from(Post))
    count, oldest_at = db.session().execute(query.where(_for(viewer))).one()
    return Queue(count, oldest_at)


def count_for(viewer: Any) -> int:
    """How much waits for this viewer to look at."""
    return queue_of(viewer).count


def count_in(room: Room) -> int:
    """How much waits in a room, for those who tend it (one statement)."""
    query = select(func.count(Post.id)).join(Topic, Topic.id == Post.topic_id)
    return db.session().scalar(query.where(Topic.room_id == room.id, _waits())) or 0


def own(who: Account | Guest | None, topic: Topic) -> list[Post]:
    """What somebody said in a topic that waits or was refused, oldest first (one statement)."""
    mine = _said_by(who, topic)
    if mine is None:
        return []
    found = db.session().scalars(_waiting().where(mine), {"topic": topic.id})
    return list(reversed(found.all()))


@cache  # for every page of a topic: putting it together costs more than running it
def _waiting() -> Select[Post]:
    return (
        select(Post)
        .where(Post.topic_id == bindparam("topic"), Post.number < 0, Post.withdrawn_at.is_(None))
        .options(lazyload(Post.topic), joinedload(Post.author).lazyload(Account.grants))
        .order_by(Post.number)  # the newest has the lowest number
        .limit(MOST_OWN)
    )


def is_own(who: Account | Guest | None, post: Post) -> bool:
    """Whether somebody said this."""
    if isinstance(who, Guest):
        token = guests.hash_of(post.topic.room.consultation, who.token)
        return post.guest_hash != "" and post.guest_hash == token
    return who is not None and who.id is not None and post.author_id == who.id


def _found(actor: Any, public_id: str) -> Post:
    query = select(Post).where(Post.public_id == public_id)
    post = db.session().scalars(query).one_or_none()
    if post is None or not permits(actor, "posts.admit", post):
        raise NotFound
    return post


def _require_waiting(post: Post) -> None:
    if post.withdrawn_at is not None:
        raise Conflict(_("この発言は、書いた方が取り下げました。"))
    if post.hidden_at is not None:
        raise Conflict(_("この発言は、ほかの方が先に、公開しないと決めました。"))
    if not post.is_held:
        raise Conflict(_("この発言は、ほかの方が先に公開しました。"))


def _role(actor: Any, room: Room) -> str:
    """As what somebody lets a post in."""
    role = topics.role_in(actor, room)
    return "moderator" if role == "resident" else role


def _said_by(who: Account | Guest | None, topic: Topic) -> ColumnElement[bool] | None:
    if isinstance(who, Guest):
        return Post.guest_hash == guests.hash_of(topic.room.consultation, who.token)
    return Post.author_id == who.id if who is not None and who.id is not None else None


def _waits() -> ColumnElement[bool]:
    return and_(Post.held_at > _EPOCH, Post.hidden_at.is_(None), Post.withdrawn_at.is_(None))


def _for(viewer: Any) -> ColumnElement[bool]:
    return and_(_waits(), _within(_scopes(viewer)), _not_alone(viewer))


def _not_alone(viewer: Any) -> ColumnElement[bool]:
    """Nobody lets their own words in; officers' and facilitators' never wait."""
    if getattr(viewer, "id", None) is None:
        return true()
    return or_(Post.author_id.is_(None), Post.author_id != viewer.id)


def _may_look_anywhere(viewer: Any) -> bool:
    return viewer is not None and bool(LOOKERS & set(viewer.roles))


def _scopes(viewer: Any) -> set[str]:
    if viewer is people.CONSOLE:
        return {people.INSTALLATION}
    grants: Sequence[Any] = viewer.grants if viewer is not None else ()
    return {grant.scope for grant in grants if grant.role in LOOKERS}


def _within(scopes: set[str]) -> ColumnElement[bool]:
    """The rooms of some scopes: as `Room.scopes`, asked the other way round."""
    if people.INSTALLATION in scopes:
        return true()
    named: dict[str, list[str]] = {"room": [], "consultation": [], "department": []}
    for scope in sorted(scopes):
        kind, _colon, name = scope.partition(":")
        named.setdefault(kind, []).append(name)
    return or_(
        false(),
        Room.public_id.in_(named["room"]),
        Consultation.slug.in_(named["consultation"]),
        Department.slug.in_(named["department"]),
    )


def _joined(query: Select[*Columns]) -> Select[*Columns]:
    return (
        query.join(Topic, Topic.id == Post.topic_id)
        .join(Room, Room.id == Topic.room_id)
        .join(Consultation, Consultation.id == Room.consultation_id)
        .join(Department, Department.id == Consultation.department_id)
    )
