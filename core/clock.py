"""The one place that asks what time it is: aware UTC, and it can be set for a test or a demo.

Deadlines and labels are spoken in Asia/Tokyo; storage and arithmetic are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
_set: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _set.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` inside the block; naive moments raise TypeError."""
    if moment.tzinfo is None:
        raise TypeError("naive datetime")
    token = _set.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)


def local(moment: datetime) -> datetime:
    """The same moment as people in the ward say it."""
    return moment.astimezone(TOKYO)
