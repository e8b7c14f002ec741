"""Following a room, a topic or the replies to a post: who, and how fast they want to be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, select, update

from core import clock, db
from core.errors import NotFound
from core.people import Account
from core.permissions import require
from forum import queries, reader_settings
from forum.models import Follow, Notice, Pace, Post, Room, Topic


class Kind(StrEnum):
    """What can be followed; a post is followed for the replies to it."""

    ROOM = "room"
    TOPIC = "topic"
    POST = "post"


Thing = Room | Topic | Post
_MODELS: dict[str, type[Thing]] = {Kind.ROOM: Room, Kind.TOPIC: Topic, Kind.POST: Post}


def follow(actor: Any, kind: str, thing: Thing, pace: str | None = None) -> Follow:
    """Be told of what happens in `thing`; asked again, only a `pace` that is given changes."""
    require(actor, "follows.begin", thing)
    if not isinstance(thing, _MODELS[Kind(kind)]):
        raise TypeError(kind)
    if isinstance(thing, Post):
        _require_shown(thing)
    chosen = reader_settings.checked(pace) if pace is not None else None
    with db.transaction() as tx:
        reader_settings.in_turn(actor.id)
        found = tx.scalars(select(Follow).where(_mine(actor.id, kind, [thing.id]))).one_or_none()
        if found is None:
            found = Follow(
                account_id=actor.id,
                kind=kind,
                object_id=thing.id,
                pace=chosen or reader_settings.of(actor.id).pace,
                created_at=clock.now(),
            )
            tx.add(found)
            tx.flush()
        elif chosen is not None:
            _hurry_or_slow(found, chosen)
        return found


def unfollow(actor: Any, kind: str, thing: Thing) -> None:
    """Be told no more; what was not mailed yet stays in the list of notices only."""
    require(actor, "follows.begin", thing)
    with db.transaction() as tx:
        found = tx.scalars(select(Follow).where(_mine(actor.id, kind, [thing.id]))).one_or_none()
        if found is not None:
            _end(found)


def set_pace(actor: Any, follow: Follow, pace: str) -> None:
    """Be told of what one follows at another pace."""
    require(actor, "follows.change", follow)
    with db.transaction() as tx:
        _hurry_or_slow(tx.get_one(Follow, follow.id), reader_settings.checked(pace))


def set_paces(actor: Any, chosen: Mapping[int, str]) -> None:
    """Change several of one's own paces at once; what is not one's own is left alone."""
    require(actor, "follows.begin")
    paces = {i: reader_settings.checked(pace) for i, pace in chosen.items()}
    with db.transaction() as tx:
        query = select(Follow).where(Follow.account_id == actor.id, Follow.id.in_(paces))
        for found in tx.scalars(query):
            if found.pace != paces[found.id]:
                _hurry_or_slow(found, paces[found.id])


def end(actor: Any, follow: Follow) -> None:
    """Stop following, from one's own list."""
    require(actor, "follows.change", follow)
    with db.transaction() as tx:
        found = tx.get(Follow, follow.id)
        if found is not None:
            _end(found)


def end_by_mail(follow_id: int, account_id: int) -> None:
    """Stop following on the word of a signed link: whoever has the mail may stop it."""
    with db.transaction() as tx:
        found = tx.get(Follow, follow_id)
        if found is not None and found.account_id == account_id:
            _end(found)


def begin_with_post(post: Post) -> None:
    """Follow the replies to a post that was just written, unless its author wished otherwise."""
    if post.author_id is None:
        return
    with db.transaction() as tx:
        chosen = reader_settings.of(post.author_id)
        if not chosen.follows_replies:
            return
        mine = select(Follow.id).where(_mine(post.author_id, Kind.POST, [post.id]))
        if tx.scalars(mine).first() is None:
            tx.add(
                Follow(
                    account_id=post.author_id,
                    kind=Kind.POST,
                    object_id=post.id,
                    pace=chosen.pace,
                    created_at=clock.now(),
                )
            )
            tx.flush()


def moved(old: Topic, new: Topic) -> None:
    """Let the followers of a merged topic follow the one it went into; nobody follows twice."""
    with db.transaction() as tx:
        tx.flush()
        there = select(Follow.account_id).where(_on(Kind.TOPIC, new.id))
        twice = select(Follow.id).where(_on(Kind.TOPIC, old.id), Follow.account_id.in_(there))
        doubles = list(tx.scalars(twice))
        tx.execute(
            update(Follow)
            .where(_on(Kind.TOPIC, old.id), Follow.account_id.not_in(there))
            .values(object_id=new.id)
        )
        if doubles:
            _hand_over(new, doubles)


def of(account: Account | None, kind: str, ids: Collection[int]) -> dict[int, Follow]:
    """What somebody follows among these things, by the thing's id (one statement, or none)."""
    if account is None or not ids:
        return {}
    bound = {"account": account.id, "kind": str(kind), "ids": list(ids)}
    return {found.object_id: found for found in db.session().scalars(_of(), bound)}


@cache  # for every page of a topic: putting it together costs more than running it
def _of() -> Select[Follow]:
    return select(Follow).where(
        Follow.account_id == bindparam("account"),
        Follow.kind == bindparam("kind"),
        Follow.object_id.in_(bindparam("ids", expanding=True)),
    )


def find(actor: Account, follow_id: int) -> Follow:
    """One of somebody's own follows; raises `NotFound`."""
    found = db.session().get(Follow, follow_id)
    if found is None or found.account_id != actor.id:
        raise NotFound
    return found


def listed(account: Account, *, offset: int, limit: int) -> list[Follow]:
    """What somebody follows: rooms, topics, then posts, the newest first in each."""
    query = select(Follow).where(Follow.account_id == account.id)
    rank = case({Kind.ROOM: 0, Kind.TOPIC: 1}, value=Follow.kind, else_=2)
    query = query.order_by(rank, Follow.id.desc()).offset(offset).limit(limit)
    return list(db.session().scalars(query))


def count(account: Account) -> int:
    query = select(func.count()).where(Follow.account_id == account.id)
    return db.session().scalar(query) or 0


def by_mail(follow_id: int, account_id: int) -> Follow | None:
    """What a signed link is about, while it is followed."""
    found = db.session().get(Follow, follow_id)
    return found if found is not None and found.account_id == account_id else None


def things(found: Sequence[Follow]) -> dict[tuple[str, int], Thing]:
    """What these follows are of, by kind and id (three statements at most)."""
    there: dict[tuple[str, int], Thing] = {}
    for kind, model in _MODELS.items():
        ids = [follow.object_id for follow in found if follow.kind == kind]
        if ids:
            rows: Iterable[Thing] = db.session().scalars(select(model).where(model.id.in_(ids)))
            there.update({(kind, row.id): row for row in rows})
    return there


def thing(kind: str, public_id: str) -> Thing:
    """The room, topic or post somebody wants to follow; raises `NotFound`."""
    if kind == Kind.ROOM:
        return queries.room(public_id)
    if kind == Kind.TOPIC:
        return queries.topic(public_id)
    if kind == Kind.POST:
        return queries.shown_post(public_id)
    raise NotFound


def _require_shown(post: Post) -> None:
    if not post.is_shown:
        raise NotFound


def _on(kind: str, object_id: int) -> ColumnElement[bool]:
    return (Follow.kind == kind) & (Follow.object_id == object_id)


def _mine(account_id: int, kind: str, ids: Collection[int]) -> ColumnElement[bool]:
    return (
        (Follow.account_id == account_id) & (Follow.kind == kind) & Follow.object_id.in_(list(ids))
    )


def _waits_for(found: Follow) -> tuple[ColumnElement[bool], ...]:
    """The notices a follow brought that no mail has carried yet."""
    return (
        Notice.account_id == found.account_id,
        Notice.follow_id == found.id,
        Notice.mailed_at.is_(None),
    )


def _hurry_or_slow(found: Follow, pace: str) -> None:
    """Change a pace; what waits for a digest goes to the new one, or stays where it was."""
    found.pace = pace
    if pace != Pace.AT_ONCE:
        db.session().execute(update(Notice).where(*_waits_for(found)).values(pace=pace))


def _end(found: Follow) -> None:
    tx = db.session()
    tx.execute(update(Notice).where(*_waits_for(found)).values(pace=Pace.SITE, follow_id=None))
    tx.delete(found)
    tx.flush()


def _hand_over(new: Topic, gone: Sequence[int]) -> None:
    """End follows that are doubles; notices they brought belong to the follow that stays."""
    tx = db.session()
    stays = (
        select(Follow.id)
        .where(_on(Kind.TOPIC, new.id), Follow.account_id == Notice.account_id)
        .scalar_subquery()
    )
    tx.execute(
        update(Notice)
        .where(Notice.follow_id.in_(gone))
        .values(follow_id=stays)
        .execution_options(synchronize_session=False)
    )
    tx.execute(delete(Follow).where(Follow.id.in_(gone)))
