"""Hiding words and showing them again: public, with a reason, and it can be looked up (law 7).

At the board a lead does it by an operation; after the close by the verbs here, or a moderator does
from the page where everything else is decided. Each way ends in the same public log.
"""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import select

from core import clock, db, text
from core.errors import Conflict, NotFound
from core.messages import _
from core.people import Role, acting_as
from core.permissions import require
from forum import links
from moderation import decisions, subjects
from moderation.models import Decision
from moderation.subjects import Kind
from realtime import boards, hideables, listeners, plans
from realtime.asks import Row
from realtime.hideables import KINDS, NOTE, PHOTO, Hideable
from realtime.limits import REASON_LIMIT
from realtime.models import Member, Workshop, WorkshopPhoto, WorkshopRecord
from realtime.state import echoes

RULE = _("ワークショップの約束")
BACK = _("進行役が、その場で表示に戻しました。")
_ACTS = {
    f"{kind}.{op}": (kind, act)
    for kind in KINDS.keys() - {PHOTO}
    for op, act in (("hide", decisions.HIDE), ("show", decisions.RESTORE))
}


def register() -> None:
    """Make words on boards known to moderation, and the public log to boards."""
    for kind in KINDS:
        subjects.register(kind, _subject(kind))
    listeners.note_by(noted)


def noted(board_id: int, rows: list[Row]) -> None:
    """Set down what a lead hid or showed at the board, in the tick's own transaction."""
    acts = [row for row in rows if row.effect["op"] in _ACTS and row.by]
    workshop = db.session().get_one(Workshop, board_id) if acts else None
    if workshop is None or workshop.is_rehearsal:
        return
    for row in acts:
        member = db.session().scalars(select(Member).where(Member.public_id == row.by)).one()
        if member.account is not None:
            reason = row.effect.get("reason") or str(BACK)
            kind, act = _ACTS[row.effect["op"]]
            thing = Hideable(kind, hideables.row_of(workshop, kind, row.effect["id"]), workshop)
            _set_down(member.account, thing, act, str(RULE), reason)


def hide(actor: Any, workshop: Workshop, key: str, reason: str, *, kind: str = NOTE) -> None:
    """Take words out of a record, at any time, with a reason that everybody can read."""
    require(actor, "workshops.lead", workshop)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row = hideables.row_of(workshop, kind, key, lock=True)
        if not KINDS[kind].is_there(row) or row.hidden_reason:
            raise Conflict(_("もう表示していません。"))
        _append(kind, row, "hide", why)
        _set_down(actor, Hideable(kind, row, workshop), decisions.HIDE, str(RULE), why)


def show(actor: Any, workshop: Workshop, key: str, reason: str, *, kind: str = NOTE) -> None:
    """Show words again that had been hidden."""
    require(actor, "workshops.lead", workshop)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row = hideables.row_of(workshop, kind, key, lock=True)
        if not row.hidden_reason:
            raise Conflict(_("いま表示しています。"))
        last = decisions.newest(kind, hideables.address(workshop, key))
        _append(kind, row, "show", "")
        rule = last.rule if last else str(RULE)
        _set_down(actor, Hideable(kind, row, workshop), decisions.RESTORE, rule, why)


def thing_of(workshop: Workshop, kind: str, key: str) -> Hideable:
    """Words that a record shows, or would but for a decision; raises `NotFound`."""
    found = _standing(kind, hideables.row_of(workshop, kind, key), workshop)
    if kind != NOTE and not KINDS[kind].is_there(found.row):
        raise NotFound
    return found


def _subject(kind: str) -> Kind:
    path = functools.partial(_path, kind)
    return Kind(
        load=functools.partial(_load, kind),  # type: ignore[arg-type]  # looks like Moderated, and is no row
        consultation_id=lambda thing: thing.workshop.consultation_id,
        author_id=lambda thing: thing.author_id,
        place=_place,
        path=path,
        link=lambda public_id: links.absolute(path(public_id)),
        rules=lambda thing: thing.workshop.rules or [str(rule) for rule in plans.RULES],
        template="realtime/_words_around.html",
        around=lambda _thing: {},
        on_hide=lambda thing, why: _append(kind, thing.row, "hide", why),
        on_restore=lambda thing, _why: _append(kind, thing.row, "show", ""),
    )


def _set_down(actor: Any, thing: Hideable, act: str, rule: str, reason: str) -> Decision | None:
    if thing.workshop.is_rehearsal:
        return None
    decision = decisions.set_down(
        f"{thing.kind}:{thing.public_id}",
        thing.workshop.consultation,
        place=_place(thing),
        act=act,
        rule=rule,
        reason=reason,
        role=acting_as(actor, Role.FACILITATOR),
        decided_by_id=actor.id,
    )
    link = subjects.kind(thing.kind).link(thing.public_id)
    decisions.tell_author(thing.author_id, decision, link)
    return decision


def _append(kind: str, row: Any, op: str, reason: str) -> None:
    """Hide or show words where they are kept: by the board's log, or with their photo."""
    if kind == PHOTO:
        return _describe(row, reason)
    effect = {"op": f"{kind}.{op}", "id": row.key}
    if kind == NOTE:
        state, _seq = boards.read(row.board_id)
        effect["also"] = echoes(state, row.key)
    if reason:
        effect["reason"] = reason[:REASON_LIMIT]
    boards.append(row.board_id, [effect])


def _describe(photo: WorkshopPhoto, reason: str) -> None:
    """Hide the words under a photo, or show them again: then there is no reason."""
    photo.hidden_reason = reason[:REASON_LIMIT]
    record = db.session().get(WorkshopRecord, photo.workshop_id)
    if record is not None and record.published_at is not None:
        record.changed_at = clock.now()


def _load(kind: str, public_id: str, lock: bool) -> Hideable | None:
    board, _dot, key = public_id.partition(".")
    query = select(Workshop).where(Workshop.public_id == board)
    workshop = db.session().scalars(query).unique().one_or_none()
    if workshop is None:
        return None
    try:
        row = hideables.row_of(workshop, kind, key, lock=lock)
    except NotFound:
        return None
    return _standing(kind, row, workshop) if KINDS[kind].is_shown_to_all(row) else None


def _standing(kind: str, row: Any, workshop: Workshop) -> Hideable:
    """Words with what was decided about them last."""
    found = Hideable(kind, row, workshop, hidden_reason=row.hidden_reason)
    if row.hidden_reason:
        last = decisions.newest(kind, found.public_id)
        found.hidden_rule = last.rule if last else str(RULE)
        found.hidden_at = last.decided_at if last else workshop.held_at
    return found


def _place(thing: Hideable) -> str:
    return str(thing.words.place(text.excerpt(thing.workshop.title, 60)))


def _path(kind: str, public_id: str) -> str:
    """The record where words stand, once it is public; the workshop's page before."""
    board, _dot, key = public_id.partition(".")
    query = (
        select(Workshop, WorkshopRecord.published_at)
        .outerjoin(WorkshopRecord, WorkshopRecord.workshop_id == Workshop.id)
        .where(Workshop.public_id == board)
    )
    found = db.session().execute(query).unique().one_or_none()
    if found is None or found[1] is None:
        return f"/w/{board}"
    row = hideables.row_of(found[0], kind, key)
    return f"/w/{board}/record#{KINDS[kind].anchor(row)}"
