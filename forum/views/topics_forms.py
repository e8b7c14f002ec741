"""The forms of opening and tending topics. Limits live in the verbs; forms only read fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from core import db
from core.messages import Message, _
from forum import tags
from forum.models import Room, Tag, Topic
from ledger.models import Consultation


def _must(message: Message) -> InputRequired:
    return InputRequired(message=message)


def _title() -> StringField:
    return StringField(_("話題の名前"), [_must(_("話題の名前を入力してください。"))])


def _reason() -> TextAreaField:
    return TextAreaField(_("理由"), [_must(_("理由を入力してください。"))])


class TaggedForm(FlaskForm):
    """Tags are chosen from the consultation's list; without one the field is not drawn."""

    tags = SelectMultipleField(
        _("タグ"),
        choices=[],
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def offer(self, consultation: Consultation, *, kept: Sequence[Tag] = ()) -> None:
        """Let one choose from the list; what a topic has already may have been taken off it."""
        listed = {tag.id: tag for tag in (*tags.choices(consultation), *kept)}
        self.tags.choices = [SelectChoice(tag.id, tag.name) for tag in listed.values()]
        self._tags = listed

    @property
    def chosen(self) -> list[Tag]:
        return [self._tags[tag_id] for tag_id in self.tags.data or ()]


class TopicForm(TaggedForm):
    """The ward's question to a room."""

    title = _title()
    question = TextAreaField(_("区からの問い"), [_must(_("区からの問いを入力してください。"))])


class ProposeForm(TaggedForm):
    """A resident's topic with its first post."""

    title = _title()
    body = TextAreaField(_("はじめの発言"), [_must(_("はじめの発言を入力してください。"))])
    key = HiddenField(default=db.public_id)


class ContextForm(FlaskForm):
    body = TextAreaField(_("いまの整理"))
    version = IntegerField(widget=HiddenInput())


class PinForm(FlaskForm):
    """One button; `pinned` says what it does, so that a page left open does the same."""

    pinned = HiddenField()


class LockForm(FlaskForm):
    reason = _reason()


class UnlockForm(FlaskForm):
    reason = TextAreaField(_("理由"))


class RenameForm(FlaskForm):
    title = StringField(_("新しい名前"), [_must(_("新しい名前を入力してください。"))])
    reason = _reason()
    forgets = BooleanField(_("前の名前を、記録に残さない"))
    former = HiddenField()


class MoveForm(FlaskForm):
    room = RadioField(_("移す先の会議室"), [_must(_("会議室を選んでください。"))])
    reason = _reason()

    def offer(self, rooms: Sequence[Room]) -> None:
        self.room.choices = [SelectChoice(room.public_id, room.title) for room in rooms]


class MergeForm(FlaskForm):
    """`step` is what the button asks for: to be told what will happen, or to do it."""

    into = RadioField(_("まとめる先の話題"), [_must(_("話題を選んでください。"))])
    reason = _reason()

    def offer(self, topics: Sequence[tuple[Topic, str]]) -> None:
        self.into.choices = [SelectChoice(topic.public_id, name) for topic, name in topics]


class SplitForm(FlaskForm):
    """Posts are chosen by their boxes, page by page, or by their numbers: 12-18, 30.

    `were` are the numbers of the boxes that were checked when the page was drawn.
    """

    numbers = StringField(_("分ける発言の番号"))
    posts = SelectMultipleField(choices=[], coerce=int, validate_choice=False)
    were = HiddenField()
    title = StringField(_("新しい話題の名前"))
    question = TextAreaField(_("新しい話題の問い"))
    reason = TextAreaField(_("理由"))


class TagForm(FlaskForm):
    """A new tag, or another name for one."""

    name = StringField(_("タグ"), [_must(_("タグの言葉を入力してください。"))])


class KeptForm(FlaskForm):
    """What somebody wrote where it can not be taken any more, on its way to where it can."""

    body = TextAreaField(_("お書きになった文"))
    parent: Any = HiddenField()
    key: Any = HiddenField()
    guest_name: Any = HiddenField()
    asks: Any = HiddenField()
