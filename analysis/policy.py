"""Who may do what in analysis; working on themes and answers is the ledger's own."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, When, allow
from ledger.models import Report


def _not_drafted_by(actor: object, thing: object) -> bool:
    return isinstance(thing, Report) and thing.drafted_by_id != getattr(actor, "id", None)


def register() -> None:
    """Declare this package's permissions."""
    allow("runs.start", (Holds(Role.OFFICER),))
    allow("reports.publish", (Holds(Role.APPROVER), When(_not_drafted_by)))
