"""Moving a topic, merging two, splitting one: what was said stays as said, and old links work.

Only numbers, paths and topics of posts change here; their lines in the ledger are left alone. Where
a post stood before is kept (`PostPlace`). Topics are locked in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core import clock, db, record, search, text
from core.errors import Conflict, Invalid
from core.messages import _
from core.permissions import require
from forum import carrying, follows, numbering, plans, rooms, spans, tallies, topics, traces
from forum.models import Post, Room, Topic
from forum.numbering import Spot


def move(actor: Any, topic: Topic, room: Room, reason: str) -> Topic:
    """Bring a topic into another room of the same consultation, after the topics there."""
    require(actor, "topics.move", topic)
    require(actor, "topics.move", room)
    why = _reason(reason)
    with db.transaction() as tx:
        (row,) = _locked(topic)
        before = row.room
        if before.id == room.id:
            return row
        if before.consultation_id != room.consultation_id:
            raise Invalid(
                "room",
                _(
                    "同じ案件の会議室にだけ、移せます。"
                    "発言は案件の公開台帳に入っているので、ほかの案件へは動かせません。"
                ),
            )
        for one in (before, room):
            rooms.require_not_over(one, clock.now())
        there = tx.scalars(db.locked(select(Room).where(Room.id == room.id))).one()
        row.position, row.pinned_at = topics.last_position(there) + 1, None
        row.room = there
        tx.flush()
        names = {"before": before.title, "after": there.title, "room": before.public_id}
        search.enqueue_all("post", ids := _ids_in(row))
        traces.leave(actor, row, "moved", why, detail=names)
        _record("topic.moved", actor, row, to=f"room:{there.public_id}", posts=len(ids))
        _tell(row)
        return row


def merge(actor: Any, topic: Topic, into: Topic, reason: str) -> Topic:
    """Put the posts of `topic` behind those of `into`, under new numbers; its address leads there.

    Each reply stays under what it answers. What waits to be looked at goes along.
    """
    require(actor, "topics.move", topic)
    require(actor, "topics.move", into)
    why = _reason(reason)
    with db.transaction():
        row, target = _locked(topic, into)
        if row.id == target.id:
            raise Invalid("into", _("まとめる先には、ほかの話題を選んでください。"))
        _require_together(row, target)
        spots = plans.spots(row)
        moved = numbering.after(spots, target.post_count)
        carrying.free_keys(row, target)
        carrying.leave_places(row, [spot.id for spot in spots], ())
        carrying.placed(row, target, spots, moved)
        carrying.held(row, target, None)
        said = [at for at in (row.last_post_at, target.last_post_at) if at is not None]
        target.last_post_at = max(said, default=None)
        row.gone = spans.complement(row.post_count)
        row.merged_into, row.pinned_at = target, None
        tallies.recount(row)
        follows.moved(row, target)
        span = spans.of(spot.number for spot in moved)
        traces.leave(actor, row, "merged", why, other=target)
        traces.leave(actor, target, "joined", why, other=row, detail={"numbers": span})
        _record("topic.merged", actor, row, to=f"topic:{target.public_id}", posts=len(moved))
        _tell(row, target)
        return target


def split(
    actor: Any, topic: Topic, posts: Collection[Post], title: str, question: str, reason: str
) -> Topic:
    """Make the chosen posts, with all replies under them, a topic of their own.

    They are numbered from 1 as they are read; a reply that was chosen begins a thread there.
    """
    require(actor, "topics.move", topic)
    named = text.accepted("title", title, limit=topics.TITLE_LIMIT)
    asked = text.accepted("question", question, limit=topics.QUESTION_LIMIT, required=False)
    html, why = text.render(asked) if asked else "", _reason(reason)
    with db.transaction():
        (row,) = _locked(topic)
        rooms.require_not_over(row.room, clock.now())
        everything = plans.spots(row)
        spots = numbering.with_replies(everything, _still_here(everything, posts))
        plans.require_some(everything, spots)
        role = topics.role_in(actor, row.room)
        made = topics.new(row.room, named, actor, role, row.tags, kept=row.tags)
        made.question, made.question_html = asked, html
        planted = numbering.planted(spots)
        roots = [spot.id for spot in planted if spot.parent_id is None]
        carrying.leave_places(row, [spot.id for spot in spots], roots)
        carrying.placed(row, made, spots, planted)
        carrying.uproot(roots)
        carrying.held(row, made, [spot.id for spot in spots])
        taken = spans.of(spot.number for spot in spots)
        row.gone = spans.union(row.gone, taken)
        row.last_post_at, made.last_post_at = _last_said(row), _last_said(made)
        tallies.recount(row)
        traces.leave(actor, row, "split", why, other=made, detail={"numbers": taken})
        traces.leave(actor, made, "founded", why, other=row, detail={"numbers": taken})
        _record("topic.split", actor, row, to=f"topic:{made.public_id}", posts=len(spots))
        _tell(row, made)
        return made


def _locked(*asked: Topic) -> list[Topic]:
    """These topics as asked for, locked in the order of their ids: two merges wait, never block.

    A topic that was merged or that waits is not there to be moved.
    """
    ids = {topic.id for topic in asked}
    query = select(Topic).where(Topic.id.in_(ids)).order_by(Topic.id)
    rows = {row.id: row for row in db.session().scalars(db.locked(query))}
    for row in rows.values():
        if row.merged_into_id is not None:
            raise Conflict(_("「%(title)s」は、先に別の話題にまとめられました。", title=row.title))
        if row.held_at is not None:
            raise Conflict(_("「%(title)s」は、まだ公開していません。", title=row.title))
    return [rows[topic.id] for topic in asked]


def _require_together(row: Topic, target: Topic) -> None:
    if row.room.consultation_id != target.room.consultation_id:
        raise Invalid(
            "into",
            _(
                "同じ案件の話題にだけ、まとめられます。"
                "発言は案件の公開台帳に入っているので、ほかの案件へは動かせません。"
            ),
        )
    for room in (row.room, target.room):
        rooms.require_not_over(room, clock.now())


def _still_here(spots: Sequence[Spot], posts: Collection[Post]) -> set[int]:
    chosen = {post.id for post in posts}
    if not chosen <= {spot.id for spot in spots}:
        raise Conflict(
            _("選んだ発言の中に、先に別の話題へ移されたものがあります。選び直してください。")
        )
    return chosen


def _last_said(topic: Topic) -> datetime | None:
    newest = select(func.max(Post.created_at)).where(Post.topic_id == topic.id, Post.number > 0)
    return db.session().scalars(newest).one()


def _ids_in(topic: Topic) -> Sequence[int]:
    return db.session().scalars(select(Post.id).where(Post.topic_id == topic.id)).all()


def _reason(reason: str) -> str:
    return text.accepted("reason", reason, limit=traces.REASON_LIMIT)


def _record(kind: str, actor: Any, row: Topic, *, to: str, posts: int) -> None:
    record.append(
        kind,
        f"topic:{row.public_id}",
        role=traces.role_of(actor, row),
        scope=row.room.consultation.scope,
        to=to,
        posts=posts,
    )


def _tell(*rows: Topic) -> None:
    for row in rows:
        topics.changed(row)
