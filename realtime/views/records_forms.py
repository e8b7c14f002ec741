"""The forms of a record: its words, and words that are hidden or shown again."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from core.messages import _

_NEEDED = [InputRequired(message=_("入力してください。"))]


class RecordForm(FlaskForm):
    title = StringField(_("見出し"), _NEEDED)
    lead = TextAreaField(_("はじめの文"))
    closing = TextAreaField(_("おわりの文"))
    version = IntegerField(widget=HiddenInput())


class HidingForm(FlaskForm):
    reason = TextAreaField(_("理由"), _NEEDED)
