"""Facts of the rooms that others may react to, told after the commit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PostPublished:
    topic_id: int
    post_id: int


@dataclass(frozen=True)
class PostHeld:
    """What waits to be looked at is other than it was: no reader is told, only who looks."""

    topic_id: int
    post_id: int


@dataclass(frozen=True)
class PostChanged:
    """A post reads differently now: edited, withdrawn, hidden or shown again."""

    topic_id: int
    post_id: int


@dataclass(frozen=True)
class RoomChanged:
    """A room's dates or settings are other than they were."""

    room_id: int


@dataclass(frozen=True)
class TopicChanged:
    """A topic reads differently around its posts: its summary, title, pin, lock or place."""

    topic_id: int


@dataclass(frozen=True)
class StanceTaken:
    """Somebody chose, or chose otherwise, what they think of a post: for their own pages only."""

    topic_id: int
    post_id: int
    account_id: int
