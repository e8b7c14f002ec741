"""What people write on the way to a published report."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from core.messages import _
from ledger.models import Consultation, Report, ReportState


class HeadForm(FlaskForm):
    """The head of a report: its title and how the call was made known."""

    title = StringField(_("レポートの題"), validators=[InputRequired(_("題を書いてください。"))])
    notice = TextAreaField(_("知らせた方法"), default="")
    version = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])

    @classmethod
    def of(cls, consultation: Consultation, report: Report | None) -> HeadForm:
        """The form as it opens: what is stored, or a title to begin with."""
        title = str(_("%(title)s　ご意見と区の考え方", title=consultation.title))
        if report is None:
            return cls(formdata=None, title=title)
        lives = report.state != ReportState.PUBLISHED
        version = report.version if lives else 0
        return cls(formdata=None, title=report.title, notice=report.notice, version=version)


class PublishForm(FlaskForm):
    """The last step: said aloud that it can not be taken back."""

    is_sure = BooleanField(
        _("公表した版は書き換えられないことを、確かめました"),
        validators=[InputRequired(_("確かめたら、しるしを付けてください。"))],
    )
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])


class CorrectForm(FlaskForm):
    """Why a new edition is published."""

    reason = TextAreaField(
        _("訂正の理由"), validators=[InputRequired(_("訂正の理由を書いてください。"))]
    )
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
