"""Forms of rooms, topics and posts. Limits and rules live in the verbs; forms only read fields."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import DateTimeLocalField, SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from core import clock, db
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


class ReplyForm(FlaskForm):
    """A post; `parent` is the public id of what it answers, "" for none."""

    body = TextAreaField(_("発言"), [_must()])
    parent = HiddenField(default="")
    key = HiddenField(default=db.public_id)


class EditForm(FlaskForm):
    body = TextAreaField(_("発言"), [_must()])
    version = IntegerField(widget=HiddenInput())


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


class RoomForm(FlaskForm):
    title = StringField(_("会議室の名前"), [_must()])
    purpose = TextAreaField(_("目的"), [_must()])
    rules = TextAreaField(_("会議室のきまり"), [_must()])
    opens_at = MomentField(_("始まり"), [_must()])
    closes_at = MomentField(_("終わり"), [_must()])


class TopicForm(FlaskForm):
    title = StringField(_("話題の名前"), [_must()])
    question = TextAreaField(_("区からの問い"), [_must()])


class ContextForm(FlaskForm):
    body = TextAreaField(_("いまの整理"))
    version = IntegerField(widget=HiddenInput())
