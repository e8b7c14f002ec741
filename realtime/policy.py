"""Who may do what around workshops; on the board itself `realtime.phases` says it."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, allow


def register() -> None:
    """Declare this package's permissions."""
    officer, facilitator = (Holds(Role.OFFICER),), (Holds(Role.FACILITATOR),)
    allow("workshops.open", officer, facilitator)
    allow("workshops.change", officer, facilitator)
    allow("workshops.lead", officer, facilitator)
    allow("workshops.publish", officer, facilitator)
