"""Themes: where opinions stand, and what staff may do about it. Every act is in the record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from core import clock, db, record, text
from core.errors import Conflict, Invalid, NotFound, Stale
from core.messages import _
from core.permissions import require
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

_BATCH = 500  # ids per statement: SQLite takes 32,766 variables, PostgreSQL 65,535


@dataclass(frozen=True)
class Proposal:
    """One group as the machine proposes it: label, a resident's own sentence, members."""

    label: str
    quote: str
    confidence: int
    opinion_ids: tuple[int, ...]


def adopt(
    actor: Any,
    consultation: Consultation,
    proposals: Sequence[Proposal],
    lone_ids: Sequence[int],
    *,
    job_id: int | None = None,
) -> list[Theme]:
    """File opinions as a run proposed, without touching what a person has touched.

    Themes nobody worked on are dissolved and made anew; opinions in locked themes, filed by a
    person, or no longer counted, stay where they are.
    """
    require(actor, "themes.work", consultation)
    with db.transaction() as tx:
        _dissolve_untouched(consultation)
        free = _unfiled_ids(consultation)
        made: list[Theme] = []
        for position, proposal in enumerate(proposals, start=1):
            members = [i for i in proposal.opinion_ids if i in free]
            if not members:
                continue
            theme = Theme(
                consultation_id=consultation.id,
                title=proposal.label[:120],
                machine_label=proposal.label[:200],
                machine_quote=proposal.quote,
                confidence=proposal.confidence,
                position=position,
                job_id=job_id,
                created_at=clock.now(),
            )
            tx.add(theme)
            tx.flush()
            _file(members, Placement.THEME, theme.id, by_person=False)
            made.append(theme)
        _file([i for i in lone_ids if i in free], Placement.LONE, None, by_person=False)
        record.append(
            "themes.adopted",
            consultation.scope,
            role="officer",
            scope=consultation.scope,
            themes=len(made),
            job=job_id or 0,
        )
        return made


def create(actor: Any, consultation: Consultation, title: str) -> Theme:
    """A new, empty theme that a person names."""
    require(actor, "themes.work", consultation)
    with db.transaction() as tx:
        theme = Theme(
            consultation_id=consultation.id,
            title=text.accepted("title", title, limit=120),
            position=_next_position(consultation),
            created_at=clock.now(),
            locked_at=clock.now(),
        )
        tx.add(theme)
        tx.flush()
        _note("theme.created", theme)
        return theme


def rename(actor: Any, theme: Theme, title: str, *, version: int) -> None:
    """Give a theme the name staff choose; what the machine called it is kept beside it."""
    require(actor, "themes.work", theme)
    with db.transaction():
        row = _fresh(theme, version=version, sent=title)
        row.title = text.accepted("title", title, limit=120)
        _touch(row)
        _note("theme.renamed", row, title=row.title)


def merge(actor: Any, into: Theme, other: Theme) -> Theme:
    """Put two themes together: the older one stays, the other redirects to it. Returns what stays."""
    require(actor, "themes.work", into)
    require(actor, "themes.work", other)
    if into.id == other.id or into.consultation_id != other.consultation_id:
        raise Conflict(_("同じ案件の、別のテーマを選んでください。"))
    with db.transaction() as tx:
        stays, goes = (_fresh(t) for t in sorted((into, other), key=lambda t: t.id))
        tx.execute(update(Filing).where(Filing.theme_id == goes.id).values(theme_id=stays.id))
        _hand_over_answer(goes, stays)
        goes.merged_into_id, goes.dissolved_at = stays.id, clock.now()
        goes.version += 1
        _touch(stays)
        _reopen([stays.id])
        _note("theme.merged", goes, into=stays.public_id)
        return stays


def split(actor: Any, theme: Theme, opinion_ids: Collection[int], title: str) -> Theme:
    """Take some opinions out of a theme into a new one; the larger part keeps the original."""
    require(actor, "themes.work", theme)
    with db.transaction() as tx:
        row = _fresh(theme)
        inside = set(
            tx.scalars(
                select(Filing.opinion_id).where(
                    Filing.theme_id == row.id, Filing.opinion_id.in_(list(opinion_ids)[:5000])
                )
            )
        )
        total = tx.scalar(select(func.count()).where(Filing.theme_id == row.id)) or 0
        if not inside or len(inside) == total:
            raise Invalid("opinions", _("分けるご意見を、全部ではなく一部だけ選んでください。"))
        fresh = create(actor, row.consultation, title)
        moving: Iterable[int] = inside
        if len(inside) * 2 > total:  # the larger part keeps the id: names swap instead
            moving = set(tx.scalars(select(Filing.opinion_id).where(Filing.theme_id == row.id)))
            moving -= inside
            fresh.title, row.title = row.title, fresh.title
        _file(list(moving), Placement.THEME, fresh.id, by_person=True)
        _touch(row)
        _reopen([row.id])
        _note("theme.split", row, into=fresh.public_id, moved=len(list(moving)))
        return fresh


def move(
    actor: Any, consultation: Consultation, opinion_ids: Collection[int], to: Theme | Placement | None
) -> int:
    """Put counted opinions into a theme, alone (`Placement.LONE`) or back to 未整理 (None).

    Returns how many moved. Opinions of other consultations or no longer counted raise `NotFound`.
    """
    require(actor, "themes.work", consultation)
    ids = sorted(set(opinion_ids))
    with db.transaction() as tx:
        if isinstance(to, Theme):
            to = _fresh(to)
            if to.consultation_id != consultation.id:
                raise NotFound
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            query = select(func.count()).where(
                Opinion.id.in_(part),
                Opinion.consultation_id == consultation.id,
                Opinion.state == State.COUNTED,
            )
            if tx.scalar(query) != len(part):
                raise NotFound
        left = take_out(ids)
        if isinstance(to, Theme):
            _file(ids, Placement.THEME, to.id, by_person=True)
            _touch(to)
            _reopen([to.id])
        elif to is not None:
            _file(ids, Placement.LONE, None, by_person=True)
        for theme in tx.scalars(select(Theme).where(Theme.id.in_(left))):
            _touch(theme)
        record.append(
            "opinions.filed",
            f"theme:{to.public_id}" if isinstance(to, Theme) else str(to or "unfiled"),
            role="officer",
            scope=consultation.scope,
            count=len(ids),
        )
        return len(ids)


def take_out(opinion_ids: Sequence[int]) -> set[int]:
    """Remove filings of these opinions; returns the themes they left, their approvals reopened."""
    with db.transaction() as tx:
        left: set[int] = set()
        for start in range(0, len(opinion_ids), _BATCH):
            part = list(opinion_ids[start : start + _BATCH])
            gone = tx.scalars(
                select(Filing.theme_id).where(
                    Filing.opinion_id.in_(part), Filing.theme_id.is_not(None)
                )
            )
            left |= {t for t in gone if t is not None}
            tx.execute(
                delete(Filing)
                .where(Filing.opinion_id.in_(part))
                .execution_options(synchronize_session="fetch")
            )
        _reopen(left)
        return left


def current(theme: Theme) -> Theme:
    """The theme that stands for this one today: follows merges."""
    while theme.merged_into_id is not None:
        theme = db.session().get_one(Theme, theme.merged_into_id)
    return theme


def _fresh(theme: Theme, *, version: int | None = None, sent: str = "") -> Theme:
    row = db.session().scalars(db.locked(select(Theme).where(Theme.id == theme.id))).one()
    if row.dissolved_at is not None:
        raise Conflict(_("このテーマは、ほかのテーマにまとめられました。一覧を開き直してください。"))
    if version is not None and row.version != version:
        raise Stale(current=row.title, yours=sent)
    return row


def _touch(theme: Theme) -> None:
    theme.version += 1
    theme.locked_at = theme.locked_at or clock.now()


def _note(kind: str, theme: Theme, **detail: object) -> None:
    scope = theme.consultation.scope
    record.append(kind, f"theme:{theme.public_id}", role="officer", scope=scope, **detail)


def _next_position(consultation: Consultation) -> int:
    query = select(func.max(Theme.position)).where(Theme.consultation_id == consultation.id)
    return (db.session().scalar(query) or 0) + 1


def _file(
    opinion_ids: Sequence[int], placement: Placement, theme_id: int | None, *, by_person: bool
) -> None:
    tx, now = db.session(), clock.now()
    for start in range(0, len(opinion_ids), _BATCH):
        part = list(opinion_ids[start : start + _BATCH])
        tx.execute(
            delete(Filing)
            .where(Filing.opinion_id.in_(part))
            .execution_options(synchronize_session="fetch")
        )
        tx.execute(
            insert(Filing),
            [
                {
                    "opinion_id": i,
                    "placement": placement,
                    "theme_id": theme_id,
                    "by_person": by_person,
                    "filed_at": now,
                }
                for i in part
            ],
        )


def _unfiled_ids(consultation: Consultation) -> set[int]:
    query = (
        select(Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(
            Opinion.consultation_id == consultation.id,
            Opinion.state == State.COUNTED,
            Filing.opinion_id.is_(None),
        )
    )
    return set(db.session().scalars(query))


def _dissolve_untouched(consultation: Consultation) -> None:
    """Undo what only the machine did: untouched themes and its own 単独 marks."""
    tx = db.session()
    answered = select(Answer.theme_id).where(Answer.theme_id.is_not(None))
    free = list(
        tx.scalars(
            select(Theme.id).where(
                Theme.consultation_id == consultation.id,
                Theme.locked_at.is_(None),
                Theme.dissolved_at.is_(None),
                Theme.id.not_in(answered),
            )
        )
    )
    for start in range(0, len(free), _BATCH):
        part = free[start : start + _BATCH]
        tx.execute(
            delete(Filing)
            .where(Filing.theme_id.in_(part))
            .execution_options(synchronize_session="fetch")
        )
        tx.execute(update(Theme).where(Theme.id.in_(part)).values(dissolved_at=clock.now()))
    own = select(Answer.opinion_id).where(Answer.opinion_id.is_not(None))
    here = select(Opinion.id).where(Opinion.consultation_id == consultation.id)
    tx.execute(
        delete(Filing)
        .where(
            Filing.placement == Placement.LONE,
            Filing.by_person.is_(False),
            Filing.opinion_id.in_(here),
            Filing.opinion_id.not_in(own),
        )
        .execution_options(synchronize_session=False)
    )


def _hand_over_answer(goes: Theme, stays: Theme) -> None:
    """Keep the answer of the theme that stays; give it the other's when it has none."""
    tx = db.session()
    theirs = tx.scalars(select(Answer).where(Answer.theme_id == goes.id)).one_or_none()
    ours = tx.scalars(select(Answer).where(Answer.theme_id == stays.id)).one_or_none()
    if theirs is not None and ours is None:
        theirs.theme_id = stays.id


def _reopen(theme_ids: Collection[int]) -> None:
    """A change of members reopens an approval."""
    if theme_ids:
        db.session().execute(
            update(Answer)
            .where(Answer.theme_id.in_(theme_ids), Answer.state != AnswerState.DRAFT)
            .values(state=AnswerState.DRAFT, approved_by_id=None, approved_at=None)
            .execution_options(synchronize_session="fetch")
        )
