"""Hiding a note and showing it again: public, with a reason, and it can be looked up (law 7).

At the board a lead does it by an operation; after the close by the verbs here, or a moderator does
from the page where everything else is decided. Each way ends in the same public log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import db, text
from core.errors import Conflict, NotFound
from core.messages import _
from core.people import Role, acting_as
from core.permissions import require
from forum import links
from moderation import decisions, subjects
from moderation.models import Decision
from moderation.subjects import Kind
from realtime import boards, listeners, plans
from realtime.asks import Row
from realtime.limits import REASON_LIMIT
from realtime.models import Member, Note, Workshop, WorkshopRecord
from realtime.state import echoes

KIND = "note"
RULE = _("ワークショップの約束")
BACK = _("進行役が、その場で表示に戻しました。")
_ACTS = {"note.hide": decisions.HIDE, "note.show": decisions.RESTORE}


@dataclass
class Hideable:
    """A note as moderation knows things: where it is, and whether, why and since when hidden."""

    note: Note
    workshop: Workshop
    hidden_at: datetime | None = None
    hidden_rule: str = ""
    hidden_reason: str = ""
    public_id: str = field(default="")

    def scopes(self) -> set[str]:
        return self.workshop.scopes()


def register() -> None:
    """Make notes known to moderation, and the public log to boards."""
    kind = Kind(
        load=_load,  # type: ignore[arg-type]  # looks like Moderated, and is no row
        consultation_id=lambda thing: thing.workshop.consultation_id,
        author_id=lambda thing: _author_id(thing.note),
        place=lambda thing: _place(thing.workshop),
        path=_path,
        link=lambda public_id: links.absolute(_path(public_id)),
        rules=lambda thing: thing.workshop.rules or [str(rule) for rule in plans.RULES],
        template="realtime/_note_around.html",
        around=lambda _thing: {},
        on_hide=lambda thing, why: _append(thing.note, "note.hide", why),
        on_restore=lambda thing, _why: _append(thing.note, "note.show", ""),
    )
    subjects.register(KIND, kind)
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
            act = _ACTS[row.effect["op"]]
            _set_down(member.account, workshop, row.effect["id"], act, str(RULE), reason)


def hide(actor: Any, workshop: Workshop, key: str, reason: str) -> None:
    """Take a note out of a record, at any time, with a reason that everybody can read."""
    require(actor, "workshops.lead", workshop)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        note = _locked(workshop, key)
        if note.is_gone or note.hidden_reason:
            raise Conflict(_("この付せんは、もう表示していません。"))
        _append(note, "note.hide", why)
        _set_down(actor, workshop, key, decisions.HIDE, str(RULE), why)


def show(actor: Any, workshop: Workshop, key: str, reason: str) -> None:
    """Show a note again that had been hidden."""
    require(actor, "workshops.lead", workshop)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        note = _locked(workshop, key)
        if not note.hidden_reason:
            raise Conflict(_("この付せんは、いま表示しています。"))
        last = decisions.newest(KIND, _address(workshop, key))
        _append(note, "note.show", "")
        rule = last.rule if last else str(RULE)
        _set_down(actor, workshop, key, decisions.RESTORE, rule, why)


def note_of(workshop: Workshop, key: str) -> Note:
    """A note by its key; raises `NotFound`."""
    query = select(Note).where(Note.board_id == workshop.id, Note.key == key)
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def _set_down(
    actor: Any, workshop: Workshop, key: str, act: str, rule: str, reason: str
) -> Decision | None:
    if workshop.is_rehearsal:
        return None
    decision = decisions.set_down(
        f"{KIND}:{_address(workshop, key)}",
        workshop.consultation,
        place=_place(workshop),
        act=act,
        rule=rule,
        reason=reason,
        role=acting_as(actor, Role.FACILITATOR),
        decided_by_id=actor.id,
    )
    kind = subjects.kind(KIND)
    link = kind.link(_address(workshop, key))
    decisions.tell_author(_author_id(note_of(workshop, key)), decision, link)
    return decision


def _append(note: Note, op: str, reason: str) -> None:
    state, _seq = boards.read(note.board_id)
    effect = {"op": op, "id": note.key, "also": echoes(state, note.key)}
    if reason:
        effect["reason"] = reason[:REASON_LIMIT]
    boards.append(note.board_id, [effect])


def _locked(workshop: Workshop, key: str) -> Note:
    query = select(Note).where(Note.board_id == workshop.id, Note.key == key)
    query = query.execution_options(populate_existing=True)
    found = db.session().scalars(db.locked(query)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _load(public_id: str, lock: bool) -> Hideable | None:
    board, _dot, key = public_id.partition(".")
    query = select(Note, Workshop).join(Workshop, Workshop.id == Note.board_id)
    found = (
        db.session()
        .execute(
            query.where(
                Workshop.public_id == board, Note.key == key, Note.settled_at.is_not(None)
            ).execution_options(populate_existing=True)
        )
        .one_or_none()
    )
    if found is None or found[0].is_gone:
        return None
    note, workshop = (_locked(found[1], key), found[1]) if lock else (found[0], found[1])
    if not note.hidden_reason:
        return Hideable(note, workshop, public_id=public_id)
    last = decisions.newest(KIND, public_id)
    at, rule = (last.decided_at, last.rule) if last else (note.said_at, str(RULE))
    return Hideable(note, workshop, at, rule, note.hidden_reason, public_id)


def _author_id(note: Note) -> int | None:
    query = select(Member.account_id).where(Member.public_id == note.member)
    return db.session().scalar(query)


def _address(workshop: Workshop, key: str) -> str:
    return f"{workshop.public_id}.{key}"


def _place(workshop: Workshop) -> str:
    return str(_("ワークショップ「%(title)s」の付せん", title=text.excerpt(workshop.title, 60)))


def _path(public_id: str) -> str:
    """The record where a note stands, once it is public; the workshop's page before."""
    board, _dot, key = public_id.partition(".")
    query = (
        select(WorkshopRecord.published_at)
        .join(Workshop, Workshop.id == WorkshopRecord.workshop_id)
        .where(Workshop.public_id == board)
    )
    is_public = db.session().scalar(query) is not None
    return f"/w/{board}/record#n-{key}" if is_public else f"/w/{board}"
