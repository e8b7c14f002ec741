"""Where opinions are said, as the ledger knows it without importing a channel.

The composition root registers a `Source` for each kind of row ("post", "comment_item"), so that
`ledger.check` can prove both directions and pages can lead from a line to where it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.messages import Message
from ledger.models import Consultation, Opinion


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
    """How the ledger asks about one kind of row in which things are said.

    `existing` returns which of the given source ids exist; `entered` yields the ids that must have
    an opinion; `url` is where an opinion was said, or None; `actions` is what can be done now.
    `states` yields in which state the line of each id must be, by what the channel shows;
    `withdraw` takes back, with its line, what a receipt is for: where a channel keeps its own
    tombstone, and where what was said is public at once, so that no report makes it too late.
    """

    existing: Callable[[Collection[int]], set[int]]
    entered: Callable[[], Iterable[int]]
    url: Callable[[Opinion], str | None]
    actions: Callable[[Consultation, Any], list[Action]]
    states: Callable[[], Iterable[tuple[int, str]]] | None = None
    withdraw: Callable[[Opinion], None] | None = None


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Make known where opinions with `source == name` are said."""
    _sources[name] = source


def all_sources() -> dict[str, Source]:
    """What is registered, by the name that stands in `Opinion.source`."""
    return dict(_sources)


def url_of(opinion: Opinion) -> str | None:
    """Where an opinion was said, when that is a page."""
    source = _sources.get(opinion.source)
    return source.url(opinion) if source else None


def takes_back(name: str) -> Callable[[Opinion], None] | None:
    """How a channel takes back what a receipt is for; None leaves it to the ledger alone."""
    source = _sources.get(name)
    return source.withdraw if source else None


def actions_of(consultation: Consultation, viewer: Any) -> list[Action]:
    """What can be done in a consultation, soonest closing first."""
    found = [a for source in _sources.values() for a in source.actions(consultation, viewer)]
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda a: (not a.is_open, a.closes_at or far))
