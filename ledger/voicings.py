"""What became of mine: one's own lines of the ledger, by receipt or by account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from core import db
from core.people import Account
from ledger import registers, voices
from ledger.models import Answer, AnswerState, Consultation, Filing, Opinion, State
from ledger.registers import Entry


@dataclass(frozen=True)
class Progress:
    """How far the opinions of one submission are, step by step; None while a step is ahead."""

    received_at: datetime
    filed_at: datetime | None = None
    decided_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def steps_done(self) -> int:
        if self.published_at:
            return 4
        if self.filed_at and self.decided_at:
            return 3
        return 2 if self.filed_at else 1


def of_submission(submission: str) -> list[Entry]:
    """What one submission said, for whoever holds its receipt."""
    query = select(Opinion).where(Opinion.submission == submission).order_by(Opinion.seq)
    return _own(list(db.session().scalars(query)))


def of_account(
    account: Account, consultations: Sequence[Consultation], *, offset: int = 0, limit: int = 50
) -> list[Entry]:
    """An account's own lines over several consultations, newest consultation first."""
    query = (
        select(Opinion)
        .where(_said_by(account, consultations))
        .options(joinedload(Opinion.consultation))
        .order_by(Opinion.consultation_id.desc(), Opinion.seq)
    )
    return _own(list(db.session().scalars(query.offset(offset).limit(limit))))


def count_of_account(account: Account, consultations: Sequence[Consultation]) -> int:
    """How many lines an account has said in these consultations."""
    query = select(func.count()).where(_said_by(account, consultations))
    return db.session().scalar(query) or 0


def progress(entries: Sequence[Entry]) -> Progress:
    """How far a submission is: a step is done when it is for each line that still counts.

    Says that an answer was decided, never which: that is public with an edition only.
    """
    received = min(entry.opinion.received_at for entry in entries)
    counted = [entry for entry in entries if entry.opinion.is_counted]
    if not counted:
        return Progress(received)
    mine = or_(Answer.opinion_id == Opinion.id, Answer.theme_id == Filing.theme_id)
    query = (
        select(Filing.filed_at, func.max(Answer.approved_at))
        .select_from(Opinion)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Answer, and_(mine, Answer.state == AnswerState.APPROVED))
        .where(Opinion.id.in_([entry.opinion.id for entry in counted]))
        .group_by(Opinion.id, Filing.filed_at)
    )
    rows = db.session().execute(query).all()
    return Progress(
        received,
        _when_all([row[0] for row in rows]),
        _when_all([row[1] for row in rows]),
        _when_all([entry.answer.at if entry.answer else None for entry in counted]),
    )


def _own(opinions: Sequence[Opinion]) -> list[Entry]:
    """Entries for the person who said them: one's own text, unless one took it back.

    What was taken back stands in no older line either: the letter it was split from, an earlier
    wording.
    """
    gone = {(o.source, o.source_id) for o in opinions if o.state == State.WITHDRAWN}
    return registers.entries([(o, _is_read(o, gone)) for o in opinions])


def _is_read(opinion: Opinion, gone: set[tuple[str, int]]) -> bool:
    is_older = opinion.state == State.SUPERSEDED
    is_gone = is_older and (opinion.source, opinion.source_id) in gone
    return opinion.state != State.WITHDRAWN and not is_gone


def _said_by(account: Account, consultations: Sequence[Consultation]) -> ColumnElement[bool]:
    mine = [voices.of(c, f"account:{account.public_id}") for c in consultations]
    return and_(
        Opinion.consultation_id.in_([c.id for c in consultations]), Opinion.voice_id.in_(mine)
    )


def _when_all(moments: Sequence[datetime | None]) -> datetime | None:
    done = [moment for moment in moments if moment is not None]
    return max(done) if done and len(done) == len(moments) else None
