"""Domain events: facts told to subscribers once the transaction that made them true commits.

Events are frozen dataclasses that carry ids, never rows. What *must* happen is a job row in the
same transaction (`core.jobs`); an event is for what would be nice to happen now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from core import db

log = structlog.get_logger(__name__)
E = TypeVar("E")
Handler = Callable[[Any], None]
_subscribers: dict[type, list[Handler]] = defaultdict(list)


def subscribe(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Call the decorated function with every `kind` of event, after commit, in order."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        if handler not in _subscribers[kind]:
            _subscribers[kind].append(handler)
        return handler

    return register


def emit(event: object) -> None:
    """Announce `event` when the current transaction commits; a rollback forgets it."""
    db.on_commit(lambda: deliver(event))


def deliver(event: object) -> None:
    """Hand `event` to its subscribers; one that fails is logged and does not stop the next."""
    for handler in _subscribers[type(event)]:
        try:
            handler(event)
        except Exception:
            log.exception("subscriber failed", handler=handler.__qualname__, event_said=event)
