"""How deadlines are said: with weekday and hour, and midnight as the day before."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup, escape

from core import clock, i18n
from core.messages import Message, _


def until(moment: datetime) -> Message:
    """12月8日（火）17時まで; an instant at midnight is said as the day that ends with it."""
    local = clock.local(moment)
    if (local.hour, local.minute) in ((0, 0), (23, 59)):
        return _("%(day)sまで", day=i18n.short_date(_last_day(moment)))
    hour = _("%(hour)s時", hour=local.hour)
    if local.minute:
        hour = _("%(hour)s時%(minute)s分", hour=local.hour, minute=f"{local.minute:02d}")
    return _("%(day)s%(hour)sまで", day=i18n.short_date(moment), hour=hour)


def span(opens_at: datetime, closes_at: datetime) -> Message:
    """9月7日（月）から10月8日（木）まで, or the one day."""
    first, last = clock.local(opens_at), clock.local(_last_day(closes_at))
    if first.date() == last.date():
        return _("%(day)s", day=i18n.short_date(opens_at))
    return _(
        "%(first)sから %(last)sまで",
        first=i18n.short_date(opens_at),
        last=i18n.short_date(last),
    )


def span_in_two_lines(opens_at: datetime, closes_at: datetime) -> Markup:
    """The same with a line each, for the narrow columns of the steps."""
    first, last = clock.local(opens_at), clock.local(_last_day(closes_at))
    if first.date() == last.date():
        return escape(i18n.short_date(opens_at))
    begins = _("%(day)sから", day=i18n.short_date(first))
    return Markup("{}<br>{}").format(begins, _("%(day)sまで", day=i18n.short_date(last)))


def days_left(moment: datetime) -> int:
    """Whole days until the last day: 0 is today, 1 tomorrow."""
    return (clock.local(_last_day(moment)).date() - clock.local(clock.now()).date()).days


def soon(moment: datetime | None) -> Message | None:
    """The black chip of what closes today or tomorrow."""
    if moment is None:
        return None
    return {0: _("きょう締め切り"), 1: _("あす締め切り")}.get(days_left(moment))


def left(moment: datetime | None) -> Message:
    """How long something still takes voices."""
    if moment is None:
        return _("いつでも")
    return _("あと%(days)s日", days=days_left(moment))


def _last_day(moment: datetime) -> datetime:
    local = clock.local(moment)
    return moment - timedelta(minutes=1) if (local.hour, local.minute) == (0, 0) else moment
