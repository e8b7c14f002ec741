"""Themes: where opinions stand, and what staff may do about it. Every act is in the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select

from core import clock, db, record, text
from core.errors import Conflict, Invalid, NotFound, Stale
from core.messages import _
from core.permissions import require
from ledger import filings, journals
from ledger.adoptions import Proposal
from ledger.models import Answer, Consultation, Filing, Placement, Theme


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
        journals.made(theme.id)
        _note("theme.created", theme)
        return theme


def rename(actor: Any, theme: Theme, title: str, *, version: int) -> None:
    """Give a theme the name staff choose; what the machine called it is kept beside it."""
    require(actor, "themes.work", theme)
    with db.transaction():
        row = _fresh(theme, version=version, sent=title)
        named = text.accepted("title", title, limit=120)
        if named != row.title:
            filings.reopen([row.id])  # what was approved had another name
        row.title = named
        _touch(row)
        _note("theme.renamed", row, title=row.title)


def put_under(actor: Any, theme: Theme, level1: str, *, version: int) -> None:
    """Put a theme under a heading of the list, a chapter mostly; empty takes it out of any."""
    require(actor, "themes.work", theme)
    with db.transaction():
        row = _fresh(theme, version=version, sent=level1)
        under = text.accepted("level1", level1, limit=120, required=False)
        if under != row.level1:
            filings.reopen([row.id])
        row.level1 = under
        _touch(row)
        _note("theme.placed", row, level1=row.level1)


def dissolve(actor: Any, theme: Theme) -> None:
    """Take away a theme that has become empty; its answer, if any, is kept with it, unseen."""
    require(actor, "themes.work", theme)
    with db.transaction() as tx:
        row = _fresh(theme)
        if tx.scalar(select(func.count()).where(Filing.theme_id == row.id)):
            raise Conflict(_("このテーマには、まだご意見があります。先に移してください。"))
        row.dissolved_at = clock.now()
        row.version += 1
        _note("theme.dissolved", row)


def merge(actor: Any, into: Theme, other: Theme) -> Theme:
    """Put two themes together: the older stays, the other redirects to it. Returns what stays."""
    require(actor, "themes.work", into)
    require(actor, "themes.work", other)
    if into.id == other.id or into.consultation_id != other.consultation_id:
        raise Conflict(_("同じ案件の、別のテーマを選んでください。"))
    with db.transaction():
        filings.lock_members(max(into.id, other.id))
        stays, goes = (_fresh(t) for t in sorted((into, other), key=lambda t: t.id))
        filings.rehouse(goes, stays)
        _hand_over_answer(goes, stays)
        goes.merged_into_id, goes.dissolved_at = stays.id, clock.now()
        goes.version += 1
        _touch(stays)
        filings.reopen([stays.id])
        _note("theme.merged", goes, into=stays.public_id)
        return stays


def split(actor: Any, theme: Theme, opinion_ids: Collection[int], title: str) -> Theme:
    """Take some opinions out of a theme into a new one; the larger part keeps the original."""
    require(actor, "themes.work", theme)
    with db.transaction() as tx:
        filings.lock_members(theme.id)
        chosen = set(filings.lock(theme.consultation, opinion_ids))
        row = _fresh(theme)
        members = set(tx.scalars(select(Filing.opinion_id).where(Filing.theme_id == row.id)))
        inside = chosen & members
        if not inside or inside == members:
            raise Invalid("opinions", _("分けるご意見を、全部ではなく一部だけ選んでください。"))
        fresh = create(actor, row.consultation, title)
        moving = inside
        if len(inside) * 2 > len(members):  # the larger part keeps the id: names swap instead
            moving = set(filings.lock(row.consultation, members - inside))
            _swap_names(row, fresh, sorted(inside))
        filings.take_out(sorted(moving))
        filings.put(sorted(moving), Placement.THEME, fresh.id, by_person=True)
        _touch(row)
        filings.reopen([row.id])
        _note("theme.split", row, into=fresh.public_id, moved=len(moving))
        return fresh


def move(
    actor: Any,
    consultation: Consultation,
    opinion_ids: Collection[int],
    to: Theme | Placement | None,
) -> int:
    """Put counted opinions into a theme, alone (`Placement.LONE`) or back to 未整理 (None).

    Returns how many moved. Opinions of other consultations or no longer counted raise `NotFound`.
    """
    require(actor, "themes.work", consultation)
    with db.transaction() as tx:
        ids = filings.lock(consultation, opinion_ids)
        if isinstance(to, Theme):
            to = _fresh(to)
            if to.consultation_id != consultation.id:
                raise NotFound
        left = filings.take_out(ids)
        if isinstance(to, Theme):
            filings.put(ids, Placement.THEME, to.id, by_person=True)
            _touch(to)
            filings.reopen([to.id])
        elif to is not None:
            filings.put(ids, Placement.LONE, None, by_person=True)
        for theme in tx.scalars(select(Theme).where(Theme.id.in_(left)).order_by(Theme.id)):
            if not isinstance(to, Theme) or theme.id != to.id:
                _touch(theme)
        record.append(
            "opinions.filed",
            f"theme:{to.public_id}" if isinstance(to, Theme) else str(to or "unfiled"),
            role="officer",
            scope=consultation.scope,
            count=len(ids),
        )
        return len(ids)


def gather(
    actor: Any,
    consultation: Consultation,
    opinion_ids: Collection[int],
    title: str,
    *,
    proposal: Proposal | None = None,
) -> Theme:
    """Make a new theme of opinions, and keep beside it what the machine called it, if it did."""
    with db.transaction():
        fresh = create(actor, consultation, title)
        if proposal is not None:
            fresh.machine_label, fresh.machine_quote = proposal.label[:200], proposal.quote
            fresh.confidence = proposal.confidence
        move(actor, consultation, opinion_ids, fresh)
        return fresh


def lock(actor: Any, theme: Theme) -> None:
    """Keep a theme from every run, as naming or answering it does."""
    require(actor, "themes.work", theme)
    with db.transaction():
        row = _fresh(theme)
        row.locked_at = row.locked_at or clock.now()
        _note("theme.locked", row)


def unlock(actor: Any, theme: Theme) -> None:
    """Let runs propose changes to a theme again; what a person filed stays where it is."""
    require(actor, "themes.work", theme)
    with db.transaction() as tx:
        row = _fresh(theme)
        if tx.scalar(select(Answer.id).where(Answer.theme_id == row.id)) is not None:
            raise Conflict(_("回答のあるテーマは、固定のままになります。"))
        row.locked_at = None
        _note("theme.unlocked", row)


def look(actor: Any, consultation: Consultation, opinion_ids: Collection[int]) -> int:
    """Mark lone opinions as seen by a person, who leaves them alone; returns how many are new.

    What a person has seen no run moves.
    """
    require(actor, "themes.work", consultation)
    with db.transaction():
        ids = filings.lock(consultation, opinion_ids)
        count = filings.look(ids)
        record.append(
            "opinions.looked",
            consultation.scope,
            role="officer",
            scope=consultation.scope,
            count=count,
        )
        return count


def take_out(opinion_ids: Sequence[int]) -> set[int]:
    """Remove filings of opinions that stop being counted; returns the themes they left."""
    return filings.take_out(opinion_ids)


def current(theme: Theme) -> Theme:
    """The theme that stands for this one today: follows merges."""
    while theme.merged_into_id is not None:
        theme = db.session().get_one(Theme, theme.merged_into_id)
    return theme


def _fresh(theme: Theme, *, version: int | None = None, sent: str = "") -> Theme:
    row = db.session().scalars(db.locked(select(Theme).where(Theme.id == theme.id))).one()
    if row.dissolved_at is not None:
        raise Conflict(
            _("このテーマは、ほかのテーマにまとめられました。一覧を開き直してください。")
        )
    if version is not None and row.version != version:
        raise Stale(current=row.title, yours=sent)
    journals.touch(themes=[row.id])
    return row


def _touch(theme: Theme) -> None:
    theme.version += 1
    filings.work_on(theme)


def _note(kind: str, theme: Theme, **detail: Any) -> None:
    scope = theme.consultation.scope
    record.append(kind, f"theme:{theme.public_id}", role="officer", scope=scope, **detail)


def _swap_names(row: Theme, fresh: Theme, leaving: Sequence[int]) -> None:
    """The smaller part takes the old name with it, and what the machine said to it."""
    fresh.title, row.title = row.title, fresh.title
    fresh.machine_label, row.machine_label = row.machine_label, ""
    fresh.machine_quote, row.machine_quote = row.machine_quote, ""
    fresh.confidence, row.confidence = row.confidence, None
    filings.unquote({fresh.id}, leaving)


def _next_position(consultation: Consultation) -> int:
    query = select(func.max(Theme.position)).where(Theme.consultation_id == consultation.id)
    return (db.session().scalar(query) or 0) + 1


def _hand_over_answer(goes: Theme, stays: Theme) -> None:
    """Keep the answer of the theme that stays; give it the other's when it has none."""
    tx = db.session()
    theirs = tx.scalars(select(Answer).where(Answer.theme_id == goes.id)).one_or_none()
    ours = tx.scalars(select(Answer).where(Answer.theme_id == stays.id)).one_or_none()
    if theirs is not None and ours is None:
        theirs.theme_id = stays.id
