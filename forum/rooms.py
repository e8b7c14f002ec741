"""Opening a meeting room, setting it anew, moving its end: each change public with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, events, record, search, text
from core.errors import Closed, Conflict, Invalid, Stale
from core.messages import _
from core.people import Role, acting_as
from core.permissions import require
from core.scopes import Scope
from forum import notices, room_settings
from forum.events import RoomChanged
from forum.models import Checked, Room, RoomChange, TopicsBy, Writers
from ledger.models import Consultation, PhaseKind

REASON_LIMIT = 400


def open_room(
    actor: Any,
    consultation: Consultation,
    title: str,
    purpose: str,
    rules: Sequence[str],
    opens_at: datetime,
    closes_at: datetime,
    *,
    writers: str = Writers.ACCOUNT,
    checked: str = Checked.AFTER,
    topics_by: str = TopicsBy.WARD,
    has_stances: bool = True,
) -> Room:
    """Open a room in the phase of a consultation in which people talk; its dates lie within it.

    The same form sent twice is one room: same consultation, same name, same dates.
    """
    require(actor, "rooms.open", consultation)
    _require_within(consultation, opens_at, closes_at)
    values = room_settings.read(title, purpose, rules, writers, checked, topics_by, has_stances)
    with db.transaction() as tx:
        tx.scalars(
            db.locked(select(Consultation).where(Consultation.id == consultation.id))
        ).unique().one()
        same = select(Room).where(
            Room.consultation_id == consultation.id,
            Room.title == values["title"],
            Room.opens_at == opens_at,
            Room.closes_at == closes_at,
        )
        if (sent := tx.scalars(same).unique().first()) is not None:
            return sent
        room = Room(
            consultation_id=consultation.id,
            opens_at=opens_at,
            closes_at=closes_at,
            created_at=clock.now(),
            **values,
        )
        tx.add(room)
        tx.flush()
        record.append(
            "room.opened",
            f"room:{room.public_id}",
            role=acting_as(actor, Role.OFFICER),
            scope=consultation.scope,
            opens_at=opens_at.isoformat(),
            closes_at=closes_at.isoformat(),
        )
        search.enqueue("room", room.id)
        return room


def change_settings(
    actor: Any,
    room: Room,
    *,
    title: str,
    purpose: str,
    rules: Sequence[str],
    writers: str,
    checked: str,
    topics_by: str,
    has_stances: bool,
    version: int,
    reason: str,
) -> Room:
    """Set a room anew; raises `Stale` with both settings when somebody else did so first.

    What was said before keeps its state: posts that wait go on waiting, shown ones stay shown.
    """
    require(actor, "rooms.change", room)
    values = room_settings.read(title, purpose, rules, writers, checked, topics_by, has_stances)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row = _locked(room)
        was = {name: getattr(row, name) for name in values}
        if was == values:
            return row
        if row.version != version:
            theirs, ours = room_settings.differing(was, values)
            raise Stale(current=theirs, yours=ours)
        new = {name: value for name, value in values.items() if value != was[name]}
        for name, value in new.items():
            setattr(row, name, value)
        detail = {name: [was[name], value] for name, value in new.items()}
        _changed(actor, row, "settings", why, detail, changed=sorted(new))
        return row


def extend(
    actor: Any, room: Room, closes_at: datetime, reason: str, *, was: datetime | None = None
) -> Room:
    """Let a room go on for longer; one that had ended is open again while its phase lasts.

    `was` is the end the form showed; raises `Stale` when it is another by now.
    """
    require(actor, "rooms.change", room)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row = _locked(room)
        if was is not None and was != row.closes_at:
            raise Stale(
                current=room_settings.end(row.closes_at), yours=room_settings.end(closes_at)
            )
        if closes_at <= max(row.closes_at, clock.now()):
            raise Invalid(
                "closes_at",
                _(
                    "いまの終わり（%(end)s）とこの時刻より、後の日時にしてください。",
                    end=room_settings.end(row.closes_at),
                ),
            )
        phase = row.consultation.phase(PhaseKind.DISCUSS)
        if phase is None or phase.closes_at <= clock.now():
            raise Closed(
                _(
                    "会議室で話す期間は終わっています。延ばすときは、先に案件の予定を変えてください。"
                )
            )
        _require_within(row.consultation, row.opens_at, closes_at)
        before, row.closes_at = row.closes_at, closes_at
        _changed(actor, row, "extended", why, _dates(before, closes_at))
        return row


def close_early(actor: Any, room: Room, reason: str, *, was: datetime | None = None) -> Room:
    """End a room now; it can be read as before.

    `was` is the end the form showed; raises `Stale` when it is another by now.
    """
    require(actor, "rooms.change", room)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row, now = _locked(room), clock.now()
        if row.closes_at <= now:
            raise Conflict(
                _("この会議室は、%(end)sに終わっています。", end=room_settings.end(row.closes_at))
            )
        if was is not None and was != row.closes_at:
            raise Stale(current=room_settings.end(row.closes_at), yours=room_settings.end(now))
        if now <= row.opens_at:
            raise Conflict(_("この会議室は、まだ開いていません。開く前に終えることはできません。"))
        before, row.closes_at = row.closes_at, now
        _changed(actor, row, "closed_early", why, _dates(before, now))
        return row


def changes(room: Room) -> list[RoomChange]:
    """What was changed in a room, newest first (one statement)."""
    query = select(RoomChange).where(RoomChange.room_id == room.id)
    return list(db.session().scalars(query.order_by(RoomChange.id.desc())))


def as_scopes() -> list[Scope]:
    """Every room as a scope of roles, within its consultation's and department's."""
    found = db.session().scalars(select(Room).order_by(Room.id.desc())).unique()
    return [
        Scope(
            f"room:{room.public_id}",
            str(_("会議室：%(title)s", title=room.title)),
            frozenset(room.consultation.scopes()),
        )
        for room in found
    ]


def require_open(room: Room, at: datetime) -> None:
    """Raise `Closed` unless the room takes posts at `at`: computed from its dates, never stored."""
    if at < room.opens_at:
        raise Closed(_("この会議室は、まだ開いていません。"))
    if not room.is_open(at):
        raise Closed(
            _("この会議室は終わりました。書いた文は送られていません。写してお持ちください。")
        )


def require_not_over(room: Room, at: datetime) -> None:
    """Raise `Closed` once a room is over: what is arranged in it then stays as it was left."""
    if at >= room.closes_at:
        raise Closed(_("この会議室は終わりました。話題も整理も、終わったときのままで残します。"))


def _locked(room: Room) -> Room:
    return db.session().scalars(db.locked(select(Room).where(Room.id == room.id))).unique().one()


def _dates(before: datetime, after: datetime) -> dict[str, Any]:
    return {"was": before.isoformat(), "closes_at": after.isoformat()}


def _changed(
    actor: Any, row: Room, kind: str, reason: str, detail: dict[str, Any], **told: object
) -> None:
    """Note a change where the room's readers see it, in the record, and for the followers."""
    role = acting_as(actor, Role.OFFICER)
    row.version += 1
    db.session().add(
        RoomChange(
            room_id=row.id, kind=kind, role=role, reason=reason, detail=detail, at=clock.now()
        )
    )
    record.append(
        f"room.{kind}",
        f"room:{row.public_id}",
        role=role,
        scope=row.consultation.scope,
        reason=reason,
        **(told or detail),
    )
    search.enqueue("room", row.id)
    notices.room_changed(row, kind, actor)
    events.emit(RoomChanged(row.id))


def _require_within(consultation: Consultation, opens_at: datetime, closes_at: datetime) -> None:
    phase = consultation.phase(PhaseKind.DISCUSS)
    if phase is None:
        raise Closed(_("この案件の予定には、会議室で話す期間がありません。"))
    if opens_at >= closes_at:
        raise Invalid("closes_at", _("終わりは、始まりより後の日時にしてください。"))
    if opens_at < phase.opens_at:
        raise Invalid("opens_at", _("会議室で話す期間が始まってからの日時にしてください。"))
    if closes_at > phase.closes_at:
        raise Invalid("closes_at", _("会議室で話す期間が終わるまでの日時にしてください。"))
