"""Who may do what in moderation."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, allow


def register() -> None:
    """Declare this package's permissions."""
    allow("moderation.decide", (Holds(Role.MODERATOR),))
