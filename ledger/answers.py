"""Answers: drafted by an officer, handed in, approved by somebody else. Not yet published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from core import clock, db, record, text
from core.errors import Conflict, Invalid, NotFound, Stale
from core.messages import _
from core.permissions import permits, require
from ledger import dispositions, filings
from ledger.models import (
    Answer,
    AnswerState,
    Consultation,
    Filing,
    Opinion,
    Placement,
    State,
    Theme,
)


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


_LIMITS = {
    "summary": 2000,
    "view": 4000,
    "reason": 2000,
    "place": 200,
    "before": 2000,
    "after": 2000,
}


def of(target: Theme | Opinion) -> Answer | None:
    """The answer written on this very theme or opinion."""
    return db.session().scalars(_answer(target)).one_or_none()


def save(actor: Any, target: Theme | Opinion, draft: Draft, *, version: int) -> Answer:
    """Keep a draft. `version` is 0 for the first one; a stale one raises `Stale` with both texts.

    Writing on an answer that was handed in or approved takes it back to draft.
    """
    require(actor, "answers.write", target)
    draft = _accepted(draft)
    with db.transaction() as tx:
        _lock_target(target)
        row = tx.scalars(db.locked(_answer(target))).one_or_none()
        if (row.version if row else 0) != version:
            raise Stale(current=row.view if row else "", yours=draft.view)
        if row is None:
            row = Answer(version=0)
            if isinstance(target, Theme):
                row.theme_id = target.id
            else:
                row.opinion_id = target.id
            tx.add(row)
        for name, value in vars(draft).items():
            setattr(row, name, value)
        row.state, row.drafted_by_id = AnswerState.DRAFT, actor.id
        row.approved_by_id, row.approved_at = None, None
        row.version, row.updated_at = row.version + 1, clock.now()
        tx.flush()
        return row


def submit(actor: Any, answer: Answer) -> None:
    """Hand an answer in for approval; raises `Invalid` naming what law 2 still misses."""
    require(actor, "answers.write", answer)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one()
        lacking = dispositions.missing(
            row.disposition, view=row.view, reason=row.reason, place=row.place
        )
        if lacking:
            raise Invalid(*lacking[0])
        if row.state != AnswerState.APPROVED:
            row.state, row.remark, row.updated_at = AnswerState.SUBMITTED, "", clock.now()


def hand_in(actor: Any, target: Theme | Opinion, draft: Draft, *, version: int) -> Answer:
    """Save a draft and hand it in, both or neither."""
    with db.transaction():
        answer = save(actor, target, draft, version=version)
        submit(actor, answer)
        return answer


def save_many(
    actor: Any, targets: Sequence[Theme | Opinion], draft: Draft, *, submit: bool = True
) -> list[Answer]:
    """Give many themes or opinions the same answer, all or none.

    A target that has an answer already keeps it: nothing a colleague wrote is overwritten. Returns
    the answers that were written.
    """
    for target in targets:
        require(actor, "answers.write", target)
    act = hand_in if submit else save
    with db.transaction():
        fresh = [t for t in sorted(targets, key=lambda t: t.id) if of(t) is None]
        return [act(actor, target, draft, version=0) for target in fresh]


def remove(actor: Any, answer: Answer, *, version: int) -> None:
    """Take away an opinion's own answer, so that its theme's speaks for it again."""
    require(actor, "answers.write", answer)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one_or_none()
        if row is None or row.opinion_id is None:
            raise NotFound
        if row.version != version:
            raise Stale(current=row.view)
        tx.delete(row)


def approve(actor: Any, answer: Answer, *, version: int) -> None:
    """Approve an answer somebody else drafted, as it reads in `version`."""
    require(actor, "answers.approve", answer)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one()
        if row.version != version:
            raise Stale(current=row.view, yours=answer.view)
        if row.state == AnswerState.DRAFT:
            raise Conflict(_("この回答は下書きです。担当が確認に回すと、承認できます。"))
        if row.state != AnswerState.APPROVED:
            require(actor, "answers.approve", row)
            _approve(actor, row)


def approve_all(
    actor: Any, consultation: Consultation, *, handed_in_by: datetime | None = None
) -> int:
    """Approve every submitted answer that somebody else drafted; returns how many.

    `handed_in_by` leaves out what was handed in after the approver looked.
    """
    require(actor, "answers.approve", consultation)
    with db.transaction() as tx:
        query = waiting(consultation).order_by(Answer.id)
        rows = [
            row
            for row in tx.scalars(db.locked(query))
            if permits(actor, "answers.approve", row)
            and (handed_in_by is None or row.updated_at <= handed_in_by)
        ]
        for row in rows:
            _approve(actor, row)
        return len(rows)


def waiting(consultation: Consultation) -> Select[Answer]:
    """The query for answers of a consultation that were handed in and wait for approval."""
    return (
        select(Answer)
        .outerjoin(Answer.theme)
        .outerjoin(Answer.opinion)
        .options(joinedload(Answer.theme), joinedload(Answer.opinion))
        .where(
            Answer.state == AnswerState.SUBMITTED,
            (Theme.consultation_id == consultation.id) & Theme.dissolved_at.is_(None)
            | (Opinion.consultation_id == consultation.id) & (Opinion.state == State.COUNTED),
        )
    )


def send_back(actor: Any, answer: Answer, remark: str = "") -> None:
    """Give an answer back to its drafter as a draft, saying what should be looked at again."""
    require(actor, "answers.approve", answer)
    said = text.accepted("remark", remark, limit=400, required=False)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Answer).where(Answer.id == answer.id))).one()
        row.state, row.approved_by_id, row.approved_at = AnswerState.DRAFT, None, None
        row.remark, row.version = said, row.version + 1


def _answer(target: Theme | Opinion) -> Select[Answer]:
    column = Answer.theme_id if isinstance(target, Theme) else Answer.opinion_id
    return select(Answer).where(column == target.id)


def _accepted(draft: Draft) -> Draft:
    if draft.disposition and draft.disposition not in dispositions.LABELS:
        raise Invalid("disposition", _("対応区分を選んでください。"))
    values = {
        name: text.accepted(name, getattr(draft, name), limit=limit, required=False)
        for name, limit in _LIMITS.items()
    }
    return Draft(disposition=draft.disposition, **values)


def _approve(actor: Any, row: Answer) -> None:
    row.state, row.approved_by_id, row.remark = AnswerState.APPROVED, actor.id, ""
    row.approved_at = clock.now()
    target = row.theme or row.opinion
    if target is None:  # ck_answer_one_target forbids it
        raise NotFound
    record.append(
        "answer.approved",
        f"{'theme' if row.theme else 'opinion'}:{target.public_id}",
        role="approver",
        scope=target.consultation.scope,
        disposition=row.disposition,
    )


def _lock_target(target: Theme | Opinion) -> None:
    """Lock the theme or opinion that is answered, so that it is still there and first is first."""
    tx = db.session()
    if isinstance(target, Theme):
        _lock_theme(target.id)
        return
    opinion = tx.scalars(db.locked(select(Opinion).where(Opinion.id == target.id))).one()
    if opinion.state != State.COUNTED:
        raise Conflict(_("数えていないご意見には、回答を付けられません。"))
    filing = tx.get(Filing, opinion.id)
    if filing is None:  # answering by itself is to decide that it stands alone
        record.append(
            "opinions.filed",
            Placement.LONE,
            role="officer",
            scope=opinion.consultation.scope,
            count=1,
        )
        tx.add(
            Filing(
                opinion_id=opinion.id,
                placement=Placement.LONE,
                by_person=True,
                filed_at=clock.now(),
            )
        )
    elif filing.theme_id is not None:
        _lock_theme(filing.theme_id)  # a person has worked in it: no run of the machine undoes it


def _lock_theme(theme_id: int) -> None:
    theme = db.session().scalars(db.locked(select(Theme).where(Theme.id == theme_id))).one()
    if theme.dissolved_at is not None:
        raise NotFound
    filings.work_on(theme)
