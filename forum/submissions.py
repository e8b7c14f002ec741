"""Reading public comments: what came in, where it stands, and how much of it there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, func, select

from core import db
from core.errors import NotFound
from forum.comments import PAPER, SOURCE, submission_of
from forum.models import Comment, CommentItem
from ledger.models import Consultation, Opinion, Receipt, State


def find(public_id: str) -> Comment:
    """A submission by address; raises `NotFound`. Callers check who may see it."""
    query = select(Comment).where(Comment.public_id == public_id)
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def lines_of(comment: Comment) -> list[Opinion]:
    """The lines of the ledger that a submission became, newest wording only, in their order."""
    query = select(Opinion).where(
        Opinion.submission == submission_of(comment), Opinion.state != State.SUPERSEDED
    )
    return list(db.session().scalars(query.order_by(Opinion.source_id, Opinion.part, Opinion.seq)))


@dataclass(frozen=True)
class KeyedIn:
    """One letter in the list beside the form: enough to see that it is in already."""

    channel: str
    received_at: datetime
    number: str
    opinions: int


def newest_letters(consultation: Consultation, count: int = 8) -> list[KeyedIn]:
    """The letters that were keyed in last, newest first (two statements)."""
    query = (
        select(Comment.channel, Comment.received_at, Comment.id, func.count(CommentItem.id))
        .join(CommentItem, CommentItem.comment_id == Comment.id)
        .where(Comment.consultation_id == consultation.id, Comment.channel.in_(PAPER))
        .group_by(Comment.id)
        .order_by(Comment.id.desc())
        .limit(count)
    )
    rows = db.session().execute(query).all()
    wanted = select(Receipt.submission, Receipt.number).where(
        Receipt.submission.in_([f"comment:{row[2]}" for row in rows])
    )
    numbers = {row[0]: row[1] for row in db.session().execute(wanted)}
    return [KeyedIn(row[0], row[1], numbers.get(f"comment:{row[2]}", ""), row[3]) for row in rows]


@dataclass(frozen=True)
class Totals:
    """How many 人 sent how many 件 to a public comment so far."""

    people: int
    opinions: int


def totals(consultation: Consultation) -> Totals:
    """What has come in by public comment and is counted (one statement)."""
    query = select(func.count(distinct(Opinion.voice_id)), func.count(Opinion.id)).where(
        Opinion.consultation_id == consultation.id,
        Opinion.source == SOURCE,
        Opinion.state == State.COUNTED,
    )
    return Totals(*db.session().execute(query).one())


def counts_by_section(consultation: Consultation) -> dict[int | None, int]:
    """Counted points by the place of the draft they are about (one statement)."""
    query = (
        select(Opinion.section_id, func.count(Opinion.id))
        .where(
            Opinion.consultation_id == consultation.id,
            Opinion.source == SOURCE,
            Opinion.state == State.COUNTED,
        )
        .group_by(Opinion.section_id)
    )
    return {row[0]: row[1] for row in db.session().execute(query)}


def existing(item_ids: Collection[int]) -> set[int]:
    """Which of these points were made; for `ledger.check`."""
    return set(entered()) & set(item_ids)


def entered() -> Iterable[int]:
    """The points that must have a line in the ledger; for `ledger.check`."""
    return db.session().scalars(select(CommentItem.id))
