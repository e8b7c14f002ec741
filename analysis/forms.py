"""What people write on the pages of this package."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    FloatField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from analysis.cuts import DEFAULT, GRAINS
from analysis.runs import CUTS
from core.messages import _
from ledger.answers import Draft
from ledger.dispositions import LABELS
from ledger.models import Answer


class AnswerForm(FlaskForm):
    """The ward's view and the disposition, on a theme, on one opinion or on many."""

    disposition = RadioField(
        _("対応区分"),
        choices=[SelectChoice(key, label) for key, label in LABELS.items()],
        validate_choice=False,
        default="",
    )
    summary = TextAreaField(_("ご意見の要約"), default="")
    view = TextAreaField(_("区の考え方"), default="")
    reason = TextAreaField(_("反映しない理由"), default="")
    place = TextAreaField(_("案のどこか"), default="")
    before = TextAreaField(_("直す前"), default="")
    after = TextAreaField(_("直した後"), default="")
    version = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])
    then = HiddenField()

    @property
    def is_handed_in(self) -> bool:
        return self.then.data in ("hand_in", "next")

    def draft(self) -> Draft:
        """What was written, as the verb takes it."""
        names = ("disposition", "summary", "view", "reason", "place", "before", "after")
        return Draft(**{name: self[name].data or "" for name in names})

    @classmethod
    def of(cls, answer: Answer | None) -> AnswerForm:
        """The form as it opens: filled with what is stored."""
        return cls(formdata=None, obj=answer, version=answer.version if answer else 0)


class BulkForm(AnswerForm):
    """One answer for many themes or opinions."""

    opinions = SelectMultipleField(validate_choice=False)
    themes = SelectMultipleField(validate_choice=False)
    all = HiddenField()


class FilingForm(FlaskForm):
    """Checked opinions and where they go."""

    opinions = SelectMultipleField(_("ご意見"), validate_choice=False)
    act = HiddenField()
    to = StringField(_("移す先のテーマ"), default="")
    title = StringField(_("新しいテーマの名前"), default="")


class ThemeForm(FlaskForm):
    """The name of a theme, the heading it stands under, or the theme it joins."""

    act = HiddenField()
    title = StringField(_("テーマの名前"), default="")
    level1 = StringField(_("見出し"), default="")
    into = StringField(_("まとめる先のテーマ"), default="")
    version = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])


class RunForm(FlaskForm):
    """How coarse the machine groups."""

    cut = SelectField(
        _("まとめ方"),
        coerce=float,
        choices=[SelectChoice(value, CUTS.get(value, str(value))) for value in GRAINS],
        default=DEFAULT,
    )


class DecisionForm(FlaskForm):
    """An approver's word on one answer."""

    act = HiddenField()
    version = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])
    remark = TextAreaField(_("差し戻すときの一言"), default="")


class ApproveAllForm(FlaskForm):
    """Everything that was handed in until the approver looked."""

    seen_at = FloatField(widget=HiddenInput(), validators=[Optional()])
