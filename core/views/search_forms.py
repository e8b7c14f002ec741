"""What narrows a search: the form of the search page, and what it asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import BooleanField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import TextInput

from core import clock
from core.messages import Message, _
from core.search import Filters, Place

_DAY = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?")
_OF_CASE = "c:"  # before the slug of a consultation, where a room has its public id


class DayField(StringField):
    """A day; the browser's calendar, unless it would hide what was typed and refused."""

    data: str | None
    day: date | None = None

    def pre_validate(self, form: FlaskForm) -> None:
        said = unicodedata.normalize("NFKC", self.data or "").strip()
        match = _DAY.fullmatch(said)
        try:
            self.day = date(*map(int, match.groups())) if match else None
        except ValueError:
            self.day = None
        if said and self.day is None:
            raise ValidationError(_("日付は、2026年11月23日のように入れてください。"))
        if self.day is not None:
            self.data = self.day.isoformat()

    def widget(self, field: StringField, **attributes: Any) -> Markup:
        shape = TextInput(input_type="text" if self.errors else "date")
        return Markup(shape(field, **attributes))  # noqa: S704 WTForms escaped it


class SearchForm(FlaskForm):
    """Sent by GET: a search has an address, and changes nothing."""

    class Meta:
        """No token: nothing is changed."""

        csrf = False

    q = StringField(_("さがす言葉"))
    place = SelectField(_("案件・会議室"), validate_choice=False)
    kind = SelectField(_("種類"), validate_choice=False)
    since = DayField(_("いつから"))
    until = DayField(_("いつまで"))
    official = BooleanField(_("区が書いたものだけ"))

    def offer(self, places: Sequence[Place], kinds: dict[str, Message]) -> None:
        """Fill the lists to choose from."""
        self._places = {f"{_OF_CASE}{place.value}": place.consultation_id for place in places}
        self._rooms = {room for place in places for room, _title in place.rooms}
        self._kinds = set(kinds)
        self.place.choices = [SelectChoice("", _("すべて"))]
        for place in places:
            whole = (f"{_OF_CASE}{place.value}", _("この案件のすべて"))
            for value, label in [whole, *place.rooms]:
                self.place.choices.append(SelectChoice(value, label, optgroup=place.label))
        self.kind.choices = [
            SelectChoice("", _("すべて")),
            *(SelectChoice(name, label) for name, label in kinds.items()),
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        since, until = self.since.day, self.until.day
        if since and until and until < since:
            self.until.errors = [_("終わりの日が、はじめの日より前になっています。")]
            return False
        if self.place.data and self.place.data not in {*self._places, *self._rooms}:
            self.place.errors = [_("その会議室は、見つかりませんでした。選びなおしてください。")]
            return False
        if self.kind.data and self.kind.data not in self._kinds:
            self.kind.errors = [_("種類を選びなおしてください。")]
            return False
        return valid

    @property
    def narrows(self) -> bool:
        """Whether anything besides the words is asked for."""
        others = self.place, self.kind, self.since, self.until, self.official
        return any(field.data for field in others)

    def filters(self) -> Filters:
        """What a valid form asks for; both days are included."""
        place = self.place.data or ""
        return Filters(
            kind=self.kind.data or "",
            room=place if place in self._rooms else "",
            consultation_id=self._places.get(place),
            since=_midnight(self.since.day),
            until=_midnight(_next(self.until.day)),
            is_official=bool(self.official.data),
        )

    def address(self) -> dict[str, Any]:
        """What an address of this search carries."""
        kept = {field.name: field.data for field in self if field.data}
        return {name: "1" if value is True else str(value) for name, value in kept.items()}


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, clock.TOKYO)


def _next(day: date | None) -> date | None:
    """The day after; after the last one there is none."""
    return None if day in (None, date.max) else day + timedelta(days=1)
