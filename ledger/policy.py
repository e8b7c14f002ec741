"""Who may do what in the ledger."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, SignedIn, When, allow
from ledger.models import Answer


def _not_drafted_by(actor: object, thing: object) -> bool:
    drafted = thing.drafted_by_id if isinstance(thing, Answer) else None
    return drafted != getattr(actor, "id", None)


def register() -> None:
    """Declare the ledger's permissions."""
    officer, approver = (Holds(Role.OFFICER),), (Holds(Role.APPROVER),)
    allow("consultations.edit", officer)
    allow("opinions.see_all", officer, approver, (Holds(Role.MODERATOR),))
    allow("opinions.import", officer)
    allow("themes.read", officer, approver)
    allow("themes.work", officer)
    allow("answers.write", officer)
    allow("answers.approve", (Holds(Role.APPROVER), When(_not_drafted_by)))
    allow("reports.read", officer, approver)
    allow("reports.write", officer)
    allow("mine.read", (SignedIn(),))
