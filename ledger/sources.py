"""Channels as the ledger knows them, without importing one.

The composition root registers a `Source` for each channel, so that `ledger.check` can prove both
directions and pages can lead from a line of the ledger to where it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.messages import Message
from ledger.models import Channel, Consultation, Opinion


@dataclass(frozen=True)
class Action:
    """Something a visitor can do in a consultation through a channel, as its page shows it.

    `icon` names an icon of `templates/core/_icons.html`; `tag` is the channel's word on cards.
    """

    tag: Message
    icon: str
    title: str
    detail: Message | str
    call: Message
    url: str
    closes_at: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True)
class Source:
    """How the ledger asks one channel about what was said there.

    `existing` returns which of the given source ids exist; `entered` yields the ids that must have
    an opinion; `url` is where an opinion was said, or None; `actions` is what can be done now.
    """

    channels: frozenset[Channel]
    existing: Callable[[Collection[int]], set[int]]
    entered: Callable[[], Iterable[int]]
    url: Callable[[Opinion], str | None]
    actions: Callable[[Consultation, Any], list[Action]]


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Make a channel known; called by the composition root only."""
    _sources[name] = source


def all_sources() -> list[Source]:
    return list(_sources.values())


def url_of(opinion: Opinion) -> str | None:
    """Where an opinion was said, when that is a page."""
    for source in _sources.values():
        if opinion.channel in source.channels:
            return source.url(opinion)
    return None


def actions_of(consultation: Consultation, viewer: Any) -> list[Action]:
    """What can be done in a consultation, soonest closing first."""
    found = [a for source in _sources.values() for a in source.actions(consultation, viewer)]
    far = datetime.max.replace(tzinfo=None)
    return sorted(
        found, key=lambda a: (not a.is_open, a.closes_at.replace(tzinfo=None) if a.closes_at else far)
    )
