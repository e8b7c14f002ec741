"""Opening a meeting room: where, for what, by which rules, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core import clock, db, record, text
from core.errors import Closed, Invalid
from core.messages import _
from core.permissions import require
from forum.models import Room
from ledger.models import Consultation, PhaseKind

RULE_LIMIT = 120
RULES_LIMIT = 20


def open_room(
    actor: Any,
    consultation: Consultation,
    title: str,
    purpose: str,
    rules: Sequence[str],
    opens_at: datetime,
    closes_at: datetime,
) -> Room:
    """Open a room in the phase of a consultation in which people talk; its dates lie within it."""
    require(actor, "rooms.open", consultation)
    _require_within(consultation, opens_at, closes_at)
    kept = [text.accepted("rules", rule, limit=RULE_LIMIT) for rule in rules if text.visible(rule)]
    if not kept or len(kept) > RULES_LIMIT:
        raise Invalid(
            "rules", _("きまりを1つから%(limit)sつまで書いてください。", limit=RULES_LIMIT)
        )
    with db.transaction() as tx:
        room = Room(
            consultation_id=consultation.id,
            title=text.accepted("title", title, limit=120),
            purpose=text.accepted("purpose", purpose, limit=2000),
            rules=kept,
            opens_at=opens_at,
            closes_at=closes_at,
            created_at=clock.now(),
        )
        tx.add(room)
        tx.flush()
        record.append(
            "room.opened",
            f"room:{room.public_id}",
            role="officer",
            scope=consultation.scope,
            opens_at=opens_at.isoformat(),
            closes_at=closes_at.isoformat(),
        )
        return room


def require_open(room: Room, at: datetime) -> None:
    """Raise `Closed` unless the room takes posts at `at`: computed from its dates, never stored."""
    if at < room.opens_at:
        raise Closed(_("この会議室は、まだ開いていません。"))
    if not room.is_open(at):
        raise Closed(
            _("この会議室は終わりました。書いた文は送られていません。写してお持ちください。")
        )


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
