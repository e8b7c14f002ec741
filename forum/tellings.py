"""Who is told of something, why, and how fast: the job behind every notice.

Followers are found in batches, each with the same few statements. Somebody with several reasons is
told once: of the strongest (answer, reply, mention, topic, room), at the fastest of their paces.
Run twice, the job finds the notices of its first run and adds none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import and_, insert, or_, select

from core import clock, db, jobs, mail, people
from forum import links, spans
from forum.follows import Kind as Followed
from forum.models import (
    Follow,
    Mention,
    Notice,
    Pace,
    Post,
    Question,
    ReaderSettings,
    Reading,
    Room,
    Topic,
)
from forum.news import Kind

BATCH = 500
_STRENGTH = {Kind.ANSWER: 0, Kind.INTERIM: 0, Kind.ADMITTED: 0, Kind.REPLY: 1, Kind.MENTION: 2}
_PACES = [str(pace) for pace in Pace]  # the fastest first


@dataclass(frozen=True)
class Target:
    """Followers of one thing, and what the news is to them."""

    followed: str
    object_id: int
    kind: str


@dataclass(frozen=True)
class Telling:
    """One piece of news: what it is, whom it concerns, and who made it and need not be told."""

    key: str
    place: str
    room_id: int
    topic_id: int | None
    post_id: int | None
    number: int | None
    targets: tuple[Target, ...]
    direct: dict[int, str] = field(default_factory=dict)
    by_id: int | None = None


@dataclass(frozen=True, order=True)
class Reason:
    """Why one person is told; the least is the strongest."""

    strength: int
    pace: str = field(compare=False)
    kind: str = field(compare=False)
    follow_id: int | None = field(compare=False)


@jobs.handler("forum.tell")
def tell(running: jobs.Running) -> None:
    """Write the notices of one piece of news, and the letters of those told at once."""
    telling = _of_post(running.args) if "post_id" in running.args else _of_place(running.args)
    if telling is None:
        return
    rest = _direct(telling)
    db.session().rollback()
    for batch in _followers(telling):
        for account_id in rest.keys() & batch.keys():
            batch[account_id].append(rest.pop(account_id))
        _write(telling, batch)
    _write(telling, {account_id: [reason] for account_id, reason in rest.items()})


def _of_post(args: dict[str, Any]) -> Telling | None:
    """What a post is to whom; None when nobody may read it (any more)."""
    post = db.session().get(Post, args["post_id"])
    if post is None or not post.is_shown or post.topic.held_at is not None:
        return None
    key, topic = f"post:{post.id}", post.topic
    place = (topic.title, topic.room_id, topic.id, post.id, post.number)
    if args["kind"] == Kind.ADMITTED:
        direct = {} if post.author_id is None else {post.author_id: str(Kind.ADMITTED)}
        return Telling(f"{key}:admitted", *place, (), direct)
    targets = [
        Target(Followed.TOPIC, post.topic_id, Kind.POST),
        Target(Followed.ROOM, post.topic.room_id, Kind.POST),
    ]
    direct = dict.fromkeys(_spoken_to(post), str(Kind.MENTION))
    question = _settled_by(post)
    if post.parent_id is not None:
        targets.append(Target(Followed.POST, post.parent_id, Kind.REPLY))
    if question is not None:
        kind = Kind.ANSWER if question.answer_id == post.id else Kind.INTERIM
        targets = [t for t in targets if t.object_id != question.post_id or t.kind != Kind.REPLY]
        targets.append(Target(Followed.POST, question.post_id, kind))
        if question.post.author_id is not None:
            direct[question.post.author_id] = kind
    return Telling(key, *place, tuple(targets), direct, by_id=post.author_id)


def _of_place(args: dict[str, Any]) -> Telling | None:
    """News of a topic or a room as such; None when the topic is not shown.

    A room's summary can be written early and is public when the room closes: then it is told.
    """
    room = db.session().get_one(Room, args["room_id"])
    if args["kind"] == Kind.SUMMARY and clock.now() < room.closes_at:
        raise jobs.Later(room.closes_at - clock.now())
    topic = db.session().get(Topic, args["topic_id"]) if args.get("topic_id") else None
    if topic is not None and topic.held_at is not None:
        return None
    targets = [Target(Followed.ROOM, room.id, args["kind"])]
    if topic is not None and args["kind"] != Kind.TOPIC:
        targets.append(Target(Followed.TOPIC, topic.id, args["kind"]))
    title, topic_id = (topic.title, topic.id) if topic is not None else (room.title, None)
    return Telling(
        args["key"], title, room.id, topic_id, None, None, tuple(targets), by_id=args["by_id"]
    )


def _spoken_to(post: Post) -> Iterable[int]:
    return db.session().scalars(select(Mention.account_id).where(Mention.post_id == post.id))


def _settled_by(post: Post) -> Question | None:
    """The question that an official post answers, or that it is an interim reply to."""
    if not post.is_official:
        return None
    settles = or_(Question.answer_id == post.id, Question.interim_id == post.id)
    return db.session().scalars(select(Question).where(settles)).first()


def _direct(telling: Telling) -> dict[int, Reason]:
    """Whom the news concerns by name: told at once by mail, unless they wished otherwise."""
    wanted = [i for i in telling.direct if i != telling.by_id]
    if not wanted:
        return {}
    query = select(ReaderSettings.account_id).where(
        ReaderSettings.account_id.in_(wanted), ReaderSettings.mails_direct.is_(False)
    )
    quiet = set(db.session().scalars(query))
    return {
        account_id: Reason(
            _STRENGTH[Kind(telling.direct[account_id])],
            Pace.SITE if account_id in quiet else Pace.AT_ONCE,
            telling.direct[account_id],
            None,
        )
        for account_id in wanted
    }


def _followers(telling: Telling) -> Iterator[dict[int, list[Reason]]]:
    """Everybody who follows what the news is about, in batches, each person in one batch."""
    if not telling.targets:
        return
    kinds = {(t.followed, t.object_id): t for t in telling.targets}
    on = or_(*(and_(Follow.kind == kind, Follow.object_id == id_) for kind, id_ in kinds))
    columns = (Follow.account_id, Follow.id, Follow.kind, Follow.object_id, Follow.pace)
    last = 0
    while True:
        query = select(*columns).where(on, Follow.account_id > last)
        query = query.order_by(Follow.account_id, Follow.id).limit(BATCH)
        rows = list(db.session().execute(query))
        db.session().rollback()
        is_end = len(rows) < BATCH
        if not is_end:  # the last person's other follows may come after the limit
            rows = [row for row in rows if row[0] != rows[-1][0]]
        batch: dict[int, list[Reason]] = defaultdict(list)
        for account_id, found in groupby(rows, key=lambda row: row[0]):
            last = account_id
            if account_id != telling.by_id:
                batch[account_id] = [
                    _reason(kinds[row[2], row[3]], row[4], row[1]) for row in found
                ]
        if batch:
            yield batch
        if is_end:
            return


def _reason(target: Target, pace: str, follow_id: int) -> Reason:
    strength = 4 if target.followed == Followed.ROOM else 3
    return Reason(_STRENGTH.get(Kind(target.kind), strength), pace, target.kind, follow_id)


def _write(telling: Telling, batch: dict[int, list[Reason]]) -> None:
    """Add a batch's notices, and with them, in the same transaction, the letters sent at once."""
    if not batch:
        return
    now = clock.now()
    with db.transaction() as tx:
        told = select(Notice).where(Notice.account_id.in_(batch), Notice.key == telling.key)
        known = {notice.account_id: notice for notice in tx.scalars(told)}
        have_read = _have_read(telling, list(batch))
        rows, at_once = [], []
        for account_id, reasons in batch.items():
            values = _chosen(reasons)
            is_awaited = _STRENGTH.get(Kind(values["kind"])) == 0  # mailed though it was seen
            is_read = account_id in have_read and not is_awaited
            is_at_once = values["pace"] == Pace.AT_ONCE and not is_read
            values.update(at=now, read_at=now if is_read else None)
            values.update(mailed_at=now if is_at_once else None)
            if account_id not in known:
                rows.append({**_about(telling), "account_id": account_id, **values})
            elif _is_more(known[account_id], values["kind"]):
                for name, value in values.items():
                    setattr(known[account_id], name, value)
            else:
                continue
            if is_at_once:
                at_once.append(account_id)
        if rows:
            tx.execute(insert(Notice), rows)
        _mail(telling, at_once)


def _have_read(telling: Telling, account_ids: list[int]) -> set[int]:
    """Who saw the post arrive on the open page: to them it is no news."""
    if telling.number is None:
        return set()
    query = select(Reading.account_id, Reading.spans).where(
        Reading.topic_id == telling.topic_id, Reading.account_id.in_(account_ids)
    )
    rows = db.session().execute(query)
    return {row[0] for row in rows if spans.contains(row[1], telling.number)}


def _about(telling: Telling) -> dict[str, Any]:
    return {
        "key": telling.key,
        "room_id": telling.room_id,
        "topic_id": telling.topic_id,
        "post_id": telling.post_id,
    }


def _chosen(reasons: list[Reason]) -> dict[str, Any]:
    """The strongest kind at the fastest pace; the follow is the one that sets this pace."""
    strongest = min(reasons)
    fastest = min(reasons, key=lambda reason: (_PACES.index(reason.pace), reason.strength))
    return {"kind": strongest.kind, "pace": fastest.pace, "follow_id": fastest.follow_id}


def _is_more(known: Notice, kind: str) -> bool:
    """Whether a post of which somebody was told became the answer they wait for."""
    settled = {Kind.ANSWER, Kind.INTERIM}
    return kind in settled and known.kind not in settled


def _mail(telling: Telling, account_ids: list[int]) -> None:
    if not account_ids:
        return
    subject = f"［{links.settings().site_name}］{telling.place}"
    addresses = people.addresses_of(account_ids)
    mail.send_about(
        "forum.notice",
        [
            (addresses[account_id], subject, {"account_id": account_id, "key": telling.key})
            for account_id in account_ids
            if account_id in addresses
        ],
    )
