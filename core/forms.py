"""The forms of the installation itself. Limits and meanings are judged by the verbs."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from core.messages import _
from core.people import TIES, Role

ROLES = {
    Role.OFFICER: _("担当職員"),
    Role.APPROVER: _("承認者"),
    Role.FACILITATOR: _("進行役"),
    Role.MODERATOR: _("運営委員"),
    Role.OPERATOR: _("システム管理者"),
}
_TIES = dict(zip(TIES, (_("在住"), _("在勤"), _("在学"), _("在活動")), strict=True))
_roles = [SelectChoice(role, name) for role, name in ROLES.items()]
_must = InputRequired(_("入力してください。"))
_name = (InputRequired(_("名前を入力してください。")),)
_email = (InputRequired(_("メールアドレスを入力してください。")),)


class AddressForm(FlaskForm):
    """Where to mail the code to; `next` is where the person was going."""

    email = EmailField(_("メールアドレス"), validators=_email)
    next = HiddenField()


class PasswordForm(AddressForm):
    password = PasswordField(
        _("パスワード"),
        validators=[InputRequired(_("パスワードを入力してください。"))],
    )


class CodeForm(FlaskForm):
    code = StringField(
        _("6けたの番号"), validators=[InputRequired(_("6けたの番号を入力してください。"))]
    )


class NameForm(FlaskForm):
    """What a newcomer is called, and what ties them to the ward."""

    display_name = StringField(_("表示する名前"), validators=_name)
    ties = SelectMultipleField(
        _("区とのかかわり"),
        choices=[SelectChoice(tie, label) for tie, label in _TIES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class SetupForm(FlaskForm):
    email = EmailField(_("メールアドレス"), validators=_email)
    display_name = StringField(_("表示する名前"), validators=_name)
    password = PasswordField(
        _("パスワード"),
        validators=[InputRequired(_("パスワードを入力してください。"))],
    )


class GrantForm(FlaskForm):
    """A role for somebody; `display_name` opens an account for an address that has none."""

    email = EmailField(_("メールアドレス"), validators=_email)
    display_name = StringField(_("名前（はじめての方のとき）"))
    role = SelectField(
        _("役割"), validators=[_must], choices=[SelectChoice(*role) for role in ROLES.items()]
    )
    scope = SelectField(_("受け持ち"), validators=[_must])


class DepartmentForm(FlaskForm):
    name = StringField(_("部署の名前"), validators=[_must])
    slug = StringField(_("住所に使う名前（英小文字）"), validators=[_must])
    phone = StringField(_("電話"))
