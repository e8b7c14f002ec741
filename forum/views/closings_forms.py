"""The form of a room's summary: what is written, and looking for posts to cite beside it."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from core.messages import _
from forum.models import Topic

FIND = "find"  # the button that looks for posts and saves nothing


class SummaryForm(FlaskForm):
    body = TextAreaField(_("まとめ"), [InputRequired(message=_("入力してください。"))])
    version = IntegerField(widget=HiddenInput())
    topic = SelectField(_("話題"), default="", validate_choice=False)
    words = StringField(_("発言にある言葉"))

    def offer(self, topics: list[Topic]) -> None:
        """Let one look in one topic, or in all of them."""
        self.topic.choices = [
            SelectChoice("", _("すべての話題")),
            *(SelectChoice(topic.public_id, topic.title) for topic in topics),
        ]
