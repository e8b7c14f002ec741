"""The days on which a town hall is open (開庁日): what deadlines of the administration count in.

Closed are Saturdays and Sundays, national holidays with their substitutes, and the turn of the
year, 29 December to 3 January.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from core import clock

_DAY = timedelta(days=1)
_TURN_OF_THE_YEAR = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def is_business_day(day: date) -> bool:
    """Whether the town hall is open on `day`."""
    if day.weekday() >= 5 or (day.month, day.day) in _TURN_OF_THE_YEAR:
        return False
    return day not in _holidays(day.year)


def add(day: date, count: int) -> date:
    """The `count`th business day after `day`; the day itself does not count (初日不算入)."""
    if count < 0:
        raise ValueError("days are counted forwards")
    found = day
    while count:
        found += _DAY
        count -= is_business_day(found)
    return found


def until(first: date, last: date) -> int:
    """How many business days come after `first`, up to and with `last`; none when it is past."""
    days = (last - first).days
    return sum(is_business_day(first + _DAY * n) for n in range(1, days + 1))


def end_of(day: date) -> datetime:
    """The moment `day` is over in the ward: 24 o'clock, which is 0 o'clock of the next."""
    return datetime.combine(day + _DAY, time.min, clock.TOKYO)


def day_of(end: datetime) -> date:
    """The last day that a deadline made by `end_of` takes in."""
    return (clock.local(end) - timedelta(microseconds=1)).date()


def today() -> date:
    """Today, as the ward says it."""
    return clock.local(clock.now()).date()


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    """National holidays with their substitutes; the library's rules reach from 1949 to 2099."""
    import holidays  # half a second, once, and only where days are counted

    return frozenset(holidays.country_holidays("JP", years=year))
