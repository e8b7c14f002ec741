"""Carrying posts from one topic to another: numbers, paths, what waits, and who had read what.

Both topics are locked by whoever calls (`forum.moves`). 10,000 posts go in a few statements.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, inspect, literal, select, update

from core import clock, db, search
from forum import places, readings, tallies
from forum.models import Post, PostPlace, Topic
from forum.numbering import Spot

BATCH = 500  # ids in one condition
PLACE = ["topic_id", "number", "post_id", "path", "depth", "is_root", "moved_at"]
_POSTS = cast(Table, Post.__table__)


def placed(row: Topic, target: Topic, before: Sequence[Spot], moved: Sequence[Spot]) -> None:
    """Give posts their new topic, numbers and paths, and keep what is counted beside the topic."""
    if not moved:
        return
    _write(target, [_row(spot) for spot in moved])
    target.post_count += len(moved)
    tallies.recount(target)
    old = {spot.id: spot.number for spot in before}
    readings.moved(row.id, target.id, {old[spot.id]: spot.number for spot in moved})
    search.enqueue_all("post", [spot.id for spot in moved])


def held(row: Topic, target: Topic, parents: Collection[int] | None) -> None:
    """What waits goes along with what it answers, or with the whole topic; it has no place yet."""
    query = select(Post.id, Post.parent_id).where(Post.topic_id == row.id, Post.number < 0)
    taken = None if parents is None else set(parents)
    rows = []
    for post_id, parent_id in db.session().execute(query.order_by(Post.number.desc())).all():
        if taken is None or parent_id in taken:
            number, path, depth = places.waiting_in(target)
            rows.append(_row(Spot(post_id, parent_id, number, path, depth)))
    _write(target, rows)


def _write(target: Topic, rows: Sequence[dict[str, Any]]) -> None:
    """One statement for many posts; whatever of them this session had read is read anew."""
    if not rows:
        return
    tx = db.session()
    tx.flush()
    change = update(_POSTS).where(_POSTS.c.id == bindparam("b_id"))
    change = change.values(
        topic_id=target.id,
        number=bindparam("b_number"),
        path=bindparam("b_path"),
        depth=bindparam("b_depth"),
    )
    tx.connection().execute(change, rows)
    moved = {(row["b_id"],) for row in rows}
    for known in tx.identity_map.values():
        if isinstance(known, Post) and inspect(known).identity in moved:
            tx.expire(known)


def _row(spot: Spot) -> dict[str, Any]:
    return {
        "b_id": spot.id,
        "b_number": spot.number,
        "b_path": spot.path,
        "b_depth": spot.depth,
    }


def uproot(roots: Sequence[int]) -> None:
    """What begins a thread in its new topic answers nothing there."""
    for start in range(0, len(roots), BATCH):
        some = Post.id.in_(roots[start : start + BATCH])
        db.session().execute(update(Post).where(some).values(parent_id=None))


def free_keys(row: Topic, target: Topic) -> None:
    """Forms of two topics may have had the same key: here it must be one post's only."""
    taken = select(Post.key).where(Post.topic_id == target.id)
    for post in db.session().scalars(
        select(Post).where(Post.topic_id == row.id, Post.key.in_(taken))
    ):
        post.key = db.public_id()


def leave_places(row: Topic, ids: Sequence[int], roots: Sequence[int]) -> None:
    """Keep where posts stood: their old numbers lead to them, and a trace is read at the roots."""
    for some, is_root in ((sorted(set(ids) - set(roots)), False), (sorted(roots), True)):
        for start in range(0, len(some), BATCH):
            here = Post.topic_id, Post.number, Post.id, Post.path, Post.depth
            there = select(*here, literal(is_root), literal(clock.now(), type_=db.UTCDateTime()))
            there = there.where(Post.id.in_(some[start : start + BATCH]))
            db.session().execute(insert(PostPlace).from_select(PLACE, there))
