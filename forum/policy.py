"""Who may do what in rooms and public comments."""

from __future__ import annotations

from core.people import Role
from core.permissions import Holds, SignedIn, When, allow
from forum.models import Follow, Post, Room, Topic, TopicsBy


def _author(actor: object, thing: object) -> bool:
    who = getattr(actor, "id", None)  # a guest's post has no author: nobody is nobody's author
    return isinstance(thing, Post) and who is not None and thing.author_id == who


def _own(actor: object, thing: object) -> bool:
    return isinstance(thing, Follow) and thing.account_id == getattr(actor, "id", None)


def _residents_open(_actor: object, thing: object) -> bool:
    return isinstance(thing, Room) and thing.topics_by == TopicsBy.RESIDENTS


def _not_author(actor: object, thing: object) -> bool:
    return not _author(actor, thing)


def _may_reword(actor: object, thing: object) -> bool:
    """Where posts are looked at first, one that was published keeps the words that were read."""
    if not isinstance(thing, Post) or thing.role != "resident":
        return True
    return thing.is_held or not thing.topic.room.looks_first


def _takes_guests(actor: object, thing: object) -> bool:
    return isinstance(thing, Topic) and thing.room.takes_guests


def register() -> None:
    """Declare this package's permissions."""
    officer, facilitator = (Holds(Role.OFFICER),), (Holds(Role.FACILITATOR),)
    allow("rooms.open", officer)
    allow("rooms.change", officer)
    allow("facilitators.name", officer)
    allow("papers.add", facilitator, officer)
    allow("rooms.sum_up", facilitator, officer)
    allow("rooms.oversee", facilitator, officer, (Holds(Role.MODERATOR),))
    allow("topics.ask", facilitator, officer)
    allow("topics.open", facilitator, officer, (SignedIn(), When(_residents_open)))
    allow("topics.pin", facilitator, officer)
    allow("topics.lock", facilitator, officer, (Holds(Role.MODERATOR),))
    allow("topics.rename", facilitator, officer, (Holds(Role.MODERATOR),))
    allow("topics.tag", facilitator, officer)
    allow("topics.move", facilitator, officer)
    allow("tags.edit", officer)
    allow("topics.sum_up", facilitator, officer)
    allow("posts.write", (SignedIn(),), (When(_takes_guests),))
    allow("posts.edit", (SignedIn(), When(_author), When(_may_reword)))
    allow("readings.mark", (SignedIn(),))
    allow("follows.begin", (SignedIn(),))
    allow("follows.change", (SignedIn(), When(_own)))
    allow("notices.read", (SignedIn(),))
    allow("questions.mark", facilitator, officer)
    allow("questions.answer", officer)
    allow("posts.withdraw", (SignedIn(), When(_author)))
    looks = (Role.FACILITATOR, Role.OFFICER, Role.MODERATOR)
    allow("posts.admit", *((Holds(role), When(_not_author)) for role in looks))
