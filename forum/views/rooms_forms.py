"""The forms by which a room is opened, set anew, extended, and given papers and facilitators."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from core.messages import _
from forum.forms import MomentField
from forum.models import Checked, TopicsBy, Writers


def _must() -> InputRequired:
    return InputRequired(message=_("入力してください。"))


class SettingsForm(FlaskForm):
    """What is settled about a room."""

    title = StringField(_("会議室の名前"), [_must()])
    purpose = TextAreaField(_("目的"), [_must()])
    rules = TextAreaField(_("会議室のきまり"), [_must()])
    writers = RadioField(
        _("書ける人"),
        choices=[
            SelectChoice(
                Writers.ACCOUNT, _("登録した人（区とのかかわりを、自分で選んで登録します）")
            ),
            SelectChoice(
                Writers.GUEST,
                _("登録した人と、登録のない人（登録のない人の発言は、確かめてから載せます）"),
            ),
        ],
        default=Writers.ACCOUNT.value,
    )
    checked = RadioField(
        _("発言を確かめる時"),
        choices=[
            SelectChoice(Checked.AFTER, _("すぐに載せて、あとから確かめる")),
            SelectChoice(Checked.BEFORE, _("確かめてから載せる（載るまでに時間がかかります）")),
        ],
        default=Checked.AFTER.value,
    )
    topics_by = RadioField(
        _("話題を開く人"),
        choices=[
            SelectChoice(TopicsBy.WARD, _("区と進行役")),
            SelectChoice(TopicsBy.RESIDENTS, _("区と進行役、登録した区民")),
        ],
        default=TopicsBy.WARD.value,
    )
    has_stances = BooleanField(
        _("発言に「そう思う」「ちがう考え」「わからない」を示せるようにする")
    )


class NewRoomForm(SettingsForm):
    opens_at = MomentField(_("始まり"), [_must()])
    closes_at = MomentField(_("終わり"), [_must()])


class ChangeForm(SettingsForm):
    """A room's settings as they were read, with why they change."""

    reason = TextAreaField(_("変える理由"), [_must()])
    version = IntegerField(widget=HiddenInput())


class ExtendForm(FlaskForm):
    """`was` is the end the page showed."""

    closes_at = MomentField(_("新しい終わり"), [_must()])
    reason = TextAreaField(_("延ばす理由"), [_must()])
    was = HiddenField()


class CloseForm(FlaskForm):
    reason = TextAreaField(_("終える理由"), [_must()])
    was = HiddenField()


class PaperForm(FlaskForm):
    file = FileField(_("ファイル"), [FileRequired(_("ファイルを選んでください。"))])
    title = StringField(_("資料の名前"))


class RemoveForm(FlaskForm):
    reason = StringField(_("取りのぞく理由"), [_must()])


class FacilitatorForm(FlaskForm):
    email = EmailField(_("メールアドレス"), [_must()])
    display_name = StringField(_("表示する名前（はじめての方のとき）"))
