"""今、話されていること: what everybody may see of a talk that still goes on; officers say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import db, record
from core.errors import Invalid, Stale
from core.messages import _
from core.people import Role, acting_as
from core.permissions import require
from ledger.models import Consultation


def show(
    actor: Any, consultation: Consultation, *, themes: bool, voices: bool, version: int
) -> bool:
    """Open or close the public view of a talk; returns whether anything changed.

    How groups of people answer is never shown without the themes it belongs beside.
    """
    require(actor, "consultations.edit", consultation)
    if voices and not themes:
        raise Invalid("voices", _("声のまとまりは、テーマといっしょに公開します。"))
    with db.transaction() as tx:
        query = select(Consultation).where(Consultation.id == consultation.id)
        row = tx.scalars(db.locked(query)).one()
        if (row.shows_themes, row.shows_voices) == (themes, voices):
            return False  # the button was pressed twice
        if row.version != version:
            raise Stale(current="", yours="")
        row.shows_themes, row.shows_voices = themes, voices
        row.version += 1
        record.append(
            "talk.shown" if themes else "talk.closed",
            row.scope,
            role=acting_as(actor, Role.OFFICER),
            scope=row.scope,
            themes=themes,
            voices=voices,
        )
        return True
