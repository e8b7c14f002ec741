"""Filings: the rows that say where counted opinions stand. Verbs for people are in `themes`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from core import clock, db
from core.errors import Conflict, NotFound
from core.messages import _
from ledger import journals
from ledger.models import (
    Answer,
    AnswerState,
    Consultation,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    State,
    Theme,
)
from ledger.states import UNNAMED as UNNAMED
from ledger.states import parts


def lock(consultation: Consultation, opinion_ids: Collection[int]) -> list[int]:
    """Lock counted opinions of a consultation until the transaction ends; their ids in order.

    Whoever changes where an opinion stands locks it first: a withdrawal can not fall in between.
    Strangers raise `NotFound`, opinions that are no longer counted `Conflict`.
    """
    ids = sorted(set(opinion_ids))
    for part in parts(ids):
        query: Any = select(Opinion.id, Opinion.state).where(
            Opinion.id.in_(part), Opinion.consultation_id == consultation.id
        )
        found = db.session().execute(db.locked(query.order_by(Opinion.id)))
        states = {row.id: row.state for row in found}
        if len(states) != len(part):
            raise NotFound
        if set(states.values()) != {State.COUNTED}:
            raise Conflict(
                _(
                    "選んだご意見の中に、取り下げなどで数えなくなったものがあります。"
                    "画面を開き直して、もう一度お選びください。"
                )
            )
    return ids


def lock_members(theme_id: int) -> None:
    """Lock what stands in a theme, before the theme: who takes an opinion back locks it first."""
    inside = select(Filing.opinion_id).where(Filing.theme_id == theme_id)
    query = select(Opinion.id).where(Opinion.id.in_(inside)).order_by(Opinion.id)
    db.session().execute(db.locked(query))


def put(
    opinion_ids: Sequence[int],
    placement: Placement,
    theme_id: int | None,
    *,
    by_person: bool,
    looked_at: datetime | None = None,
) -> None:
    """File opinions that the caller has locked, wherever they stood before."""
    tx, now = db.session(), clock.now()
    journals.touch(opinions=opinion_ids, themes=[theme_id] if theme_id is not None else [])
    for part in parts(opinion_ids):
        _delete(Filing.opinion_id.in_(part))
        tx.execute(
            insert(Filing),
            [
                {
                    "opinion_id": i,
                    "placement": placement,
                    "theme_id": theme_id,
                    "by_person": by_person,
                    "filed_at": now,
                    "looked_at": looked_at,
                }
                for i in part
            ],
        )


def take_out(opinion_ids: Sequence[int], *, drops_quotes: bool = True) -> set[int]:
    """Remove filings of these opinions; returns the themes they left, their approvals reopened.

    Undoing does not drop quotations by itself: an act knows which there were.
    """
    with db.transaction() as tx:
        left: set[int] = set()
        journals.touch(opinions=opinion_ids)
        for part in parts(opinion_ids):
            here = Filing.opinion_id.in_(part)
            found = tx.scalars(select(Filing.theme_id).where(here, Filing.theme_id.is_not(None)))
            themes = {theme_id for theme_id in found if theme_id is not None}
            journals.touch(themes=themes)
            if drops_quotes:
                unquote(themes, part)
            left |= themes
            _delete(here)
        reopen(left)
        return left


def rehouse(from_: Theme, to: Theme) -> None:
    """Put everything that stands in one theme into another, as it stands."""
    here = Filing.theme_id == from_.id
    journals.touch(opinions=db.session().scalars(select(Filing.opinion_id).where(here)).all())
    db.session().execute(update(Filing).where(here).values(theme_id=to.id))


def look(opinion_ids: Sequence[int]) -> int:
    """Note that a person has seen these lone opinions, which are theirs from now on."""
    tx, count = db.session(), 0
    journals.touch(opinions=opinion_ids)
    for part in parts(opinion_ids):
        here = Filing.opinion_id.in_(part), Filing.placement == Placement.LONE
        done = tx.execute(
            update(Filing)
            .where(*here, Filing.looked_at.is_(None))
            .values(looked_at=clock.now(), by_person=True)
            .execution_options(synchronize_session="fetch")
        )
        count += int(getattr(done, "rowcount", 0))
    return count


def work_on(theme: Theme) -> None:
    """Lock a theme by working on it, or say that it was worked on again.

    Each time is another moment, so that undoing knows whether somebody worked on it since.
    """
    least = theme.locked_at + timedelta(microseconds=1) if theme.locked_at else clock.now()
    theme.locked_at = max(clock.now(), least)


def reopen(theme_ids: Collection[int]) -> None:
    """A change of members reopens an approval; who still looks at the old one is told so."""
    if theme_ids:
        journals.touch(themes=theme_ids)
        db.session().execute(
            update(Theme)
            .where(Theme.id.in_(theme_ids), Theme.locked_at.is_not(None))
            .values(locked_at=clock.now())
            .execution_options(synchronize_session="fetch")
        )
        db.session().execute(
            update(Answer)
            .where(Answer.theme_id.in_(theme_ids), Answer.state != AnswerState.DRAFT)
            .values(
                state=AnswerState.DRAFT,
                approved_by_id=None,
                approved_at=None,
                version=Answer.version + 1,
            )
            .execution_options(synchronize_session="fetch")
        )


def lock_all(consultation: Consultation) -> None:
    """Lock everything a consultation counts: nobody files or withdraws while a run is adopted."""
    db.session().execute(
        db.locked(select(Opinion.id).where(*_counted(consultation)).order_by(Opinion.id))
    )


def unfiled_ids(consultation: Consultation) -> set[int]:
    """Counted opinions that stand nowhere yet."""
    filed = select(Filing.opinion_id)
    query = select(Opinion.id).where(*_counted(consultation), Opinion.id.not_in(filed))
    return set(db.session().scalars(query))


def free(consultation: Consultation) -> ColumnElement[bool]:
    """The counted opinions a run may file: those no person has placed or answered."""
    touched_themes = select(Theme.id).where(
        Theme.consultation_id == consultation.id, ~untouched_theme(consultation)
    )
    kept = select(Filing.opinion_id).where(
        Filing.by_person.is_(True)
        | Filing.theme_id.in_(touched_themes)
        | Filing.opinion_id.in_(select(Answer.opinion_id).where(Answer.opinion_id.is_not(None)))
    )
    return and_(*_counted(consultation), Opinion.id.not_in(kept))


def untouched_theme(consultation: Consultation) -> ColumnElement[bool]:
    """Living themes that only the machine has worked on."""
    answered = select(Answer.theme_id).where(Answer.theme_id.is_not(None))
    return (
        (Theme.consultation_id == consultation.id)
        & Theme.locked_at.is_(None)
        & Theme.dissolved_at.is_(None)
        & Theme.id.not_in(answered)
    )


def dissolve_untouched(consultation: Consultation) -> None:
    """Undo what only the machine did: untouched themes and its own 単独 marks."""
    tx = db.session()
    themes = db.locked(select(Theme.id).where(untouched_theme(consultation)).order_by(Theme.id))
    for part in parts(list(tx.scalars(themes))):
        _delete(Filing.theme_id.in_(part))
        tx.execute(update(Theme).where(Theme.id.in_(part)).values(dissolved_at=clock.now()))
    own = select(Answer.opinion_id).where(Answer.opinion_id.is_not(None))
    here = select(Opinion.id).where(Opinion.consultation_id == consultation.id)
    _delete(
        (Filing.placement == Placement.LONE)
        & Filing.by_person.is_(False)
        & Filing.opinion_id.in_(here)
        & Filing.opinion_id.not_in(own)
    )


def unquote(theme_ids: Collection[int], opinion_ids: Sequence[int]) -> None:
    """Drop a theme's quotation when the opinion it is from leaves: it may have been withdrawn."""
    tx = db.session()
    journals.touch(opinions=opinion_ids)
    quoting = select(Theme).where(Theme.id.in_(theme_ids), Theme.machine_quote != "")
    rows = list(tx.scalars(quoting)) if theme_ids else []
    if not rows:
        return
    bodies = list(
        tx.scalars(select(OpinionText.body).where(OpinionText.opinion_id.in_(opinion_ids)))
    )
    for theme in rows:
        if any(theme.machine_quote in body for body in bodies):
            theme.machine_quote = ""
            if theme.title.startswith(UNNAMED):
                theme.title = UNNAMED
            if theme.machine_label.startswith(UNNAMED):
                theme.machine_label = UNNAMED


def _counted(consultation: Consultation) -> tuple[ColumnElement[bool], ...]:
    return (Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)


def _delete(where: ColumnElement[bool]) -> None:
    db.session().execute(delete(Filing).where(where).execution_options(synchronize_session="fetch"))
