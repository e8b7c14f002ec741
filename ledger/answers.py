"""Answers: drafted by an officer, handed in, approved by somebody else. Publishing is another act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import clock, db, record, text
from core.errors import Conflict, Invalid, NotFound, Stale
from core.messages import _
from core.permissions import require
from ledger import dispositions
from ledger.models import Answer, AnswerState, Filing, Opinion, Placement, State, Theme


@dataclass(frozen=True)
class Draft:
    """What an officer writes about one theme or one opinion; any field may still be empty."""

    disposition: str = ""
    summary: str = ""
    view: str = ""
    reason: str = ""
    place: str = ""
    before: str = ""
    after: str = ""


_LIMITS = {"summary": 2000, "view": 4000, "reason": 2000, "place": 200, "before": 2000, "after": 2000}


def of(target: Theme | Opinion) -> Answer | None:
    """The answer written on this very theme or opinion."""
    column = Answer.theme_id if isinstance(target, Theme) else Answer.opinion_id
    return db.session().scalars(select(Answer).where(column == target.id)).one_or_none()


def save(actor: Any, target: Theme | Opinion, draft: Draft, *, version: int) -> Answer:
    """Keep a draft. `version` is 0 for the first one; a stale one raises `Stale` with both texts.

    Writing on an answer that was handed in or approved takes it back to draft.
    """
    require(actor, "answers.write", target)
    if draft.disposition and draft.disposition not in dispositions.LABELS:
        raise Invalid("disposition", _("対応区分を選んでください。"))
    values = {
        name: text.accepted(name, getattr(draft, name), limit=limit, required=False)
        for name, limit in _LIMITS.items()
    }
    with db.transaction() as tx:
        _lock_target(target)
        column = Answer.theme_id if isinstance(target, Theme) else Answer.opinion_id
        row = tx.scalars(db.locked(select(Answer).where(column == target.id))).one_or_none()
        if (row.version if row else 0) != version:
            raise Stale(current=row.view if row else "", yours=draft.view)
        if row is None:
            row = Answer(version=0)
            if isinstance(target, Theme):
                row.theme_id = target.id
            else:
                row.opinion_id = target.id
            tx.add(row)
        row.disposition = draft.disposition
        for name, value in values.items():
            setattr(row, name, value)
        row.state, row.drafted_by_id = AnswerState.DRAFT, actor.id
        row.approved_by_id, row.approved_at = None, None
        row.version, row.updated_at = row.version + 1, clock.now()
        tx.flush()
        return row


def submit(actor: Any, answer: Answer) -> None:
    """Hand an answer in for approval; raises `Invalid` naming what law 2 still misses."""
    require(actor, "answers.write", answer)
    lacking = dispositions.missing(
        answer.disposition, view=answer.view, reason=answer.reason, place=answer.place
    )
    if lacking:
        raise Invalid(*lacking[0])
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one()
        if row.state != AnswerState.APPROVED:
            row.state = AnswerState.SUBMITTED


def approve(actor: Any, answer: Answer, *, version: int) -> None:
    """Approve an answer somebody else drafted, as it reads in `version`."""
    require(actor, "answers.approve", answer)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one()
        if row.version != version:
            raise Stale(current=row.view, yours=answer.view)
        if row.state == AnswerState.DRAFT:
            raise Conflict(_("この回答は下書きです。担当が確認に回すと、承認できます。"))
        if row.state == AnswerState.APPROVED:
            return
        row.state, row.approved_by_id = AnswerState.APPROVED, actor.id
        row.approved_at = clock.now()
        target = row.theme or row.opinion
        assert target is not None  # ck_answer_one_target
        noun = "theme" if row.theme else "opinion"
        record.append(
            "answer.approved",
            f"{noun}:{target.public_id}",
            role="approver",
            scope=target.consultation.scope,
            disposition=row.disposition,
        )


def send_back(actor: Any, answer: Answer) -> None:
    """Give an answer back to its drafter as a draft."""
    require(actor, "answers.approve", answer)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one()
        row.state, row.approved_by_id, row.approved_at = AnswerState.DRAFT, None, None


def _lock_target(target: Theme | Opinion) -> None:
    """Lock the theme or opinion that is answered, so that it is still there and first is first."""
    tx = db.session()
    if isinstance(target, Theme):
        theme = tx.scalars(db.locked(select(Theme).where(Theme.id == target.id))).one()
        if theme.dissolved_at is not None:
            raise NotFound
        if theme.locked_at is None:
            theme.locked_at = clock.now()
        return
    opinion = tx.scalars(db.locked(select(Opinion).where(Opinion.id == target.id))).one()
    if opinion.state != State.COUNTED:
        raise Conflict(_("数えていないご意見には、回答を付けられません。"))
    filing = tx.get(Filing, opinion.id)
    if filing is None:  # answering by itself is to decide that it stands alone
        tx.add(
            Filing(
                opinion_id=opinion.id,
                placement=Placement.LONE,
                by_person=True,
                filed_at=clock.now(),
            )
        )
