"""Who may do what in rooms and public comments."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, SignedIn, When, allow
from forum.models import Post


def _author(actor: object, thing: object) -> bool:
    return isinstance(thing, Post) and thing.author_id == getattr(actor, "id", None)


def register() -> None:
    """Declare this package's permissions."""
    officer, facilitator = (Holds(Role.OFFICER),), (Holds(Role.FACILITATOR),)
    allow("rooms.open", officer)
    allow("topics.open", facilitator, officer)
    allow("topics.sum_up", facilitator, officer)
    allow("posts.write", (SignedIn(),))
    allow("posts.edit", (SignedIn(), When(_author)))
    allow("posts.withdraw", (SignedIn(), When(_author)))
