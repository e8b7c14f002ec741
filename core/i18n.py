"""Languages: which one a reader gets, how dates are said in it, and the translator for messages.

The msgid is the Japanese sentence; a language is offered when its catalogue is complete.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale, get_translations

from core import clock, messages

LANGUAGES = (("ja", "日本語"), ("en", "English"))
COOKIE = "lang"
_DAYS = "月火水木金土日"


def init_app(app: Flask) -> None:
    """Install the locale selector, the message translator and the date filters."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "ja")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Tokyo")
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", f"{app.root_path}/translations")
    Babel(app, locale_selector=chosen)
    messages.install(lambda msgid: say(msgid) if has_request_context() else msgid)
    app.jinja_env.install_gettext_callables(say, say_many, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(
        jadate=date, jadatetime=date_and_time, shortdate=short_date, daytime=day_and_time, iso=iso
    )
    app.jinja_env.policies["ext.i18n.trimmed"] = True


def say(msgid: str) -> str:
    """A sentence in the language spoken now; a page has a hundred, so it is looked up at once.

    Measured: 4 µs; Flask-Babel's own way asks for the catalogue each time and takes 11.
    """
    return str(_catalogue().ugettext(msgid))


def say_many(msgid: str, plural: str, count: int) -> str:
    """The same where the number matters; Japanese has one form for all."""
    return str(_catalogue().ungettext(msgid, plural, count))


def _catalogue() -> NullTranslations:
    locale = get_locale()
    found = _catalogues.get(locale)
    if found is None:
        found = _catalogues[locale] = get_translations()
    return found


_catalogues: dict[Locale | None, NullTranslations] = {}


def chosen() -> str:
    """The reader's language: the one they chose, else the browser's, else Japanese."""
    codes = [code for code, _ in LANGUAGES]
    cookie = request.cookies.get(COOKIE, "")
    return cookie if cookie in codes else request.accept_languages.best_match(codes) or "ja"


def language() -> str:
    """The code for `<html lang>`."""
    return _code(get_locale())


@cache  # a page asks a hundred times; Babel puts the code together anew each time
def _code(locale: Locale | None) -> str:
    return str(locale or "ja")


def iso(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="minutes")


def date(moment: datetime) -> str:
    """令和8年11月23日（月曜日） · Monday, 23 November 2026."""
    day = clock.local(moment)
    if language() == "en":
        return f"{day:%A}, {day.day} {day:%B} {day.year}"
    return f"{_year(day)}{day.month}月{day.day}日（{_DAYS[day.weekday()]}曜日）"


def short_date(moment: datetime) -> str:
    """11月23日（月） · Mon 23 Nov; with the year when it is not this one."""
    day, today = clock.local(moment), clock.local(clock.now())
    if language() == "en":
        return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")
    year = "" if day.year == today.year else _year(day)
    return f"{year}{day.month}月{day.day}日（{_DAYS[day.weekday()]}）"


def date_and_time(moment: datetime) -> str:
    """令和8年11月23日（月曜日）9時51分 · Monday, 23 November 2026, 09:51."""
    return date(moment) + _time(moment)


def day_and_time(moment: datetime) -> str:
    """11月23日（月）9:12 · Mon 23 Nov 09:12, for lists."""
    day = clock.local(moment)
    return f"{short_date(moment)} {day.hour}:{day.minute:02d}"


def _time(moment: datetime) -> str:
    day = clock.local(moment)
    if language() == "en":
        return f", {day:%H:%M}"
    return f"{day.hour}時{day.minute}分" if day.minute else f"{day.hour}時"


def _year(day: datetime) -> str:
    """The era year: Reiwa began on 1 May 2019, Heisei on 8 January 1989."""
    if (day.year, day.month) >= (2019, 5):
        era, year = "令和", day.year - 2018
    else:
        era, year = "平成", day.year - 1988
    return f"{era}{'元' if year == 1 else year}年"
