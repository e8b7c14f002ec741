"""Who may do what in rooms and public comments."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, SignedIn, When, allow
from forum.models import Post


def _author(actor: object, thing: object) -> bool:
    return isinstance(thing, Post) and thing.author_id == getattr(actor, "id", None)


def register() -> None:
    """Declare this package's permissions."""
    allow("rooms.open", (Holds(Role.OFFICER),))
    allow("rooms.lead", (Holds(Role.FACILITATOR),), (Holds(Role.OFFICER),))
    allow("topics.open", (Holds(Role.FACILITATOR),), (Holds(Role.OFFICER),))
    allow("posts.write", (SignedIn(),))
    allow("posts.edit", (SignedIn(), When(_author)))
    allow("posts.withdraw", (SignedIn(), When(_author)))
