"""Forms of rooms, topics and posts. Limits and rules live in the verbs; forms only read fields."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import DateField, DateTimeLocalField, SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput

from core import clock, db, text
from core.messages import _
from ledger import days


def _must() -> InputRequired:
    return InputRequired(message=_("入力してください。"))


class MomentField(DateTimeLocalField):
    """A day and an hour as an officer says them, in Tokyo; its data is aware."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{clock.local(self.data):%Y-%m-%dT%H:%M}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = days.read(valuelist[0])
        except ValueError as error:
            raise ValueError(_("2026年12月20日 17:00 のように書いてください。")) from error


class DayField(DateField):
    """A day, as the browser's calendar or a person writes it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = days.read(valuelist[0]).date()
        except ValueError as error:
            raise ValueError(_("2026年12月4日 のように書いてください。")) from error


class PictureForm(Form):
    """One picture of a post, and the words for those who do not see it."""

    file = FileField(_("写真"))
    alt = StringField(_("写真に何が写っているか"))


class _MustOfGuests:
    """A field that guests must fill; it is not shown to whoever is signed in."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: Any, field: Any) -> None:
        if not current_user.is_authenticated and not text.visible(field.data or ""):
            raise ValidationError(str(_("表示する名前を入力してください。")))


class ReplyForm(FlaskForm):
    """A post; `parent` is the public id of what it answers, "" for none."""

    body = TextAreaField(_("発言"), [_must()])
    parent = HiddenField(default="")
    key = HiddenField(default=db.public_id)
    guest_name = StringField(_("表示する名前"), [_MustOfGuests()])
    asks = BooleanField(_("区に答えてほしい質問です"))
    settles = RadioField(
        _("この返事は"),
        [Optional()],
        choices=[
            SelectChoice("answer", _("質問への回答です")),
            SelectChoice("interim", _("中間の返事です（いつまでに答えるかを約束します）")),
            SelectChoice("neither", _("どちらでもありません（聞き返すときなど）")),
        ],
        validate_choice=False,
    )
    promised = DayField(_("いつまでに答えるか"))
    pictures = FieldList(FormField(PictureForm), _("写真"), min_entries=4, max_entries=4)


class EditForm(FlaskForm):
    """`remove` are the positions of pictures to take off; the page draws its boxes itself."""

    body = TextAreaField(_("発言"), [_must()])
    remove = SelectMultipleField(_("外す写真"), choices=[], coerce=int, validate_choice=False)
    pictures = FieldList(FormField(PictureForm), _("写真"), min_entries=4, max_entries=4)
    version = IntegerField(widget=HiddenInput())


class UnmarkForm(FlaskForm):
    reason = StringField(_("理由"), [_must()])


class WithdrawForm(FlaskForm):
    """Reasons are chosen, not written: a reason stays public and nobody moderates it."""

    reason = RadioField(
        _("取り下げの理由"),
        choices=[
            SelectChoice("", _("理由は書かない")),
            SelectChoice("まちがいがあったため", _("まちがいがあったため")),
            SelectChoice("考えが変わったため", _("考えが変わったため")),
            SelectChoice("人が分かることを書いたため", _("人が分かることを書いたため")),
        ],
        default="",
    )
