"""The form of a decision. The rules are those of the place, given by its kind."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from core.messages import _


class RestoreForm(FlaskForm):
    reason = TextAreaField(
        _("表示に戻す理由"), [InputRequired(message=_("理由を書いてください。"))]
    )


class HideForm(FlaskForm):
    rule = RadioField(
        _("どのきまりによるか"),
        [InputRequired(message=_("どのきまりによるかを選んでください。"))],
        validate_choice=False,  # the verb says it in our words
    )
    reason = TextAreaField(
        _("非公開にする理由"), [InputRequired(message=_("理由を書いてください。"))]
    )
