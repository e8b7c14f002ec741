"""What an officer keys in with a letter in hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from wtforms import Field, FieldList, Form, FormField, RadioField, StringField, ValidationError
from wtforms.widgets import TextInput

from core import clock
from core.errors import Invalid
from core.messages import Message, _
from forum import comments
from forum.views.comments_forms import Points, a_box, choice, name_fits, ties_field
from ledger import days
from ledger.models import Channel

PAPER = (
    (Channel.POST, _("郵送")),
    (Channel.FAX, _("ファクス")),
    (Channel.COUNTER, _("窓口")),
    (Channel.EMAIL, _("電子メール")),
)


def day_of(said: str) -> date | None:
    """The day a letter came, as people write it; None when that is no day."""
    try:
        return clock.local(days.read(said)).date()
    except ValueError:
        return None


_NOT_A_DAY = _("受け取った日を、年月日で入力してください")


def _a_day(_form: Form, field: Field) -> None:
    if day_of(field.data or "") is None:
        raise ValidationError(_NOT_A_DAY)


def _a_way(_form: Form, field: Field) -> None:
    if field.data not in {str(value) for value, _label in PAPER}:
        raise ValidationError(_("届き方を選んでください"))


class LetterForm(Points):
    """What an officer keys in from paper or mail."""

    box = a_box(comments.LETTER_LIMIT, _("書かれているご意見を入力してください"))
    channel = RadioField(
        _("届き方"),
        choices=[choice(way) for way in PAPER],
        validate_choice=False,
        validators=[_a_way],
    )
    received_on = StringField(
        _("受け取った日"), widget=TextInput(input_type="date"), validators=[_a_day]
    )
    points = FieldList(FormField(box), min_entries=1, max_entries=comments.MAX_ITEMS + 1)
    ties = ties_field()
    name = StringField(_("お名前または団体名"), validators=[name_fits])

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.channel.flags.required = True
        self.received_on.flags.required = True

    @property
    def day(self) -> date:
        """The day the letter came; only once the form accepts."""
        found = day_of(self.received_on.data or "")
        if found is None:
            raise Invalid("received_on", _NOT_A_DAY)
        return found


def channel_word(channel: str) -> Message | str:
    words: Iterable[tuple[Channel, Message]] = PAPER
    return dict(words).get(Channel(channel), _("ウェブ"))
