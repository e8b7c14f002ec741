"""Who may do what in the ledger."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, SignedIn, When, allow
from ledger.models import Answer


def _not_drafted_by(actor: object, thing: object) -> bool:
    drafted = thing.drafted_by_id if isinstance(thing, Answer) else None
    return drafted != getattr(actor, "id", None)


def _speaks_as_resident(actor: object, thing: object) -> bool:
    """Who answers for the ward or leads the talk takes no stance, as their words are no opinion."""
    roles = (Role.OFFICER, Role.APPROVER, Role.FACILITATOR)
    return not any(Holds(role)(actor, thing) for role in roles)


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
    allow("stances.take", (SignedIn(), When(_speaks_as_resident)))
