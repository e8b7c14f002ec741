"""The forms of the staff's pages of the ledger. Limits and meanings are judged by the verbs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields import DateTimeLocalField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import TextInput

from core import clock, text
from core.errors import Invalid
from core.messages import Message, _
from core.people import Department
from ledger import labels
from ledger.consultations import Place, Span
from ledger.models import Channel, Consultation, Phase, PhaseKind, Stage
from ledger.readings import CHANNELS, Choice

_STAGES = [SelectChoice(str(key), label) for key, label in labels.STAGES.items()]
_LATER = _("終わりは、始まりより後の日時にしてください。")


class Moment(DateTimeLocalField):
    """A day and hour as officers say it, in Tokyo; `data` is aware."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data: datetime | None = None
        said = " ".join(valuelist).strip()
        if not said:
            return
        try:
            moment = datetime.fromisoformat(said)
        except ValueError as error:
            raise ValueError(_("日付と時刻を入力してください。")) from error
        self.data = moment if moment.tzinfo else moment.replace(tzinfo=clock.TOKYO)

    def _value(self) -> str:
        if self.raw_data:
            return str(" ".join(self.raw_data))
        return f"{clock.local(self.data):%Y-%m-%dT%H:%M}" if self.data else ""


# ── opening a consultation ──

PHASES: dict[str, Message] = {
    PhaseKind.DISCUSS: _("会議室で話す"),
    PhaseKind.COMMENT: _("パブリックコメント"),
    PhaseKind.ANALYSIS: _("意見の整理と回答"),
    PhaseKind.REPORT: _("レポートの公表"),
}


class SpanForm(Form):
    """One phase; left empty, there is no such phase."""

    opens_at = Moment(_("始まり"), [Optional()])
    closes_at = Moment(_("終わり"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        opens, closes = self.opens_at.data, self.closes_at.data
        if opens and closes and opens >= closes:
            self.closes_at.errors = [_LATER]
        elif opens and not closes:
            self.closes_at.errors = [_("終わりの日時も入力してください。")]
        elif closes and not opens:
            self.opens_at.errors = [_("始まりの日時も入力してください。")]
        return not (self.opens_at.errors or self.closes_at.errors)


class SectionForm(Form):
    """One place of the draft; left empty, it is none."""

    number = StringField(
        _("番号"), [Optional(), Length(max=20, message=_("20文字までにしてください。"))]
    )
    title = StringField(_("見出し"))
    page = IntegerField(_("ページ"), [Optional()], widget=TextInput())  # takes full-width digits
    body = TextAreaField(_("案の文"))

    @property
    def is_empty(self) -> bool:
        return not any(str(f.raw_data[0]).strip() for f in self if f.raw_data)

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            if self.page.errors:
                self.page.errors = [_("ページは数字で入力してください。")]
            return False
        if self.is_empty:
            return True
        for field, limit in ((self.number, 20), (self.title, 120), (self.body, 20_000)):
            try:
                field.data = text.accepted(field.name, field.data or "", limit=limit)
            except Invalid as error:
                field.errors = [error.message]
        return not any(field.errors for field in self)


class NewForm(FlaskForm):
    """A consultation, its phases and the places of its draft."""

    title = StringField(_("案件の名前"), [InputRequired(_("案件の名前を入力してください。"))])
    slug = StringField(
        _("住所に使う名前"), [InputRequired(_("住所に使う名前を入力してください。"))]
    )
    summary = TextAreaField(
        _("ひとことで"), [InputRequired(_("二、三行の説明を入力してください。"))]
    )
    purpose = TextAreaField(_("くわしい説明"))
    department = SelectField(
        _("担当する部署"), validators=[InputRequired(_("部署を選んでください。"))]
    )
    stage = SelectField(
        _("政策の段階"),
        choices=_STAGES,
        default=Stage.DRAFTING,
    )
    discuss = FormField(SpanForm)
    comment = FormField(SpanForm)
    analysis = FormField(SpanForm)
    report = FormField(SpanForm)
    sections = FieldList(FormField(SectionForm), min_entries=2, max_entries=60)
    more = SubmitField()

    def among(self, departments: Sequence[Department]) -> NewForm:
        """The same form, offering these departments."""
        self.department.choices = [SelectChoice(d.slug, d.name) for d in departments]
        return self

    def spans(self) -> Iterator[Span]:
        for kind, title in PHASES.items():
            span = getattr(self, kind).form
            if span.opens_at.data and span.closes_at.data:
                yield Span(PhaseKind(kind), title.msgid, span.opens_at.data, span.closes_at.data)

    def places(self) -> Iterator[Place]:
        for entry in self.sections:
            one = entry.form
            if not one.is_empty:
                yield Place(one.number.data, one.title.data, one.body.data, one.page.data)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        seen: set[str] = set()
        for entry in self.sections:
            number = (entry.form.number.data or "").strip()
            if number and number in seen:
                entry.form.number.errors = [_("同じ番号が、上にもあります。")]
                valid = False
            seen.add(number)
        self.sections.errors = [entry.errors for entry in self.sections]
        return valid


# ── one consultation ──


class AddPhaseForm(FlaskForm):
    """A phase a consultation has not yet."""

    kind = SelectField(_("手続き"))
    opens_at = Moment(_("始まり"), [InputRequired(_("始まりの日時を入力してください。"))])
    closes_at = Moment(_("終わり"), [InputRequired(_("終わりの日時を入力してください。"))])

    @classmethod
    def of(cls, consultation: Consultation) -> AddPhaseForm:
        """The form, offering what is still missing."""
        form = cls(prefix="add-")
        missing = [k for k in PHASES if consultation.phase(PhaseKind(k)) is None]
        form.kind.choices = [SelectChoice(str(kind), PHASES[kind]) for kind in missing]
        return form

    def span(self) -> Span:
        """The phase of a form that is valid."""
        opens_at, closes_at = self.opens_at.data, self.closes_at.data
        if opens_at is None or closes_at is None:
            raise RuntimeError("a form that was not validated")
        kind = PhaseKind(self.kind.data)
        return Span(kind, PHASES[kind].msgid, opens_at, closes_at)


class PhaseForm(FlaskForm):
    """New dates for a phase; the old ones come along, so that a stale form is noticed."""

    opens_at = Moment(_("始まり"), [InputRequired(_("始まりの日時を入力してください。"))])
    closes_at = Moment(_("終わり"), [InputRequired(_("終わりの日時を入力してください。"))])
    reason = TextAreaField(_("変える理由"), [InputRequired(_("変える理由を入力してください。"))])
    was = HiddenField()

    @classmethod
    def of(cls, phase: Phase) -> PhaseForm:
        """The form as it stands under a phase."""
        now = {"opens_at": phase.opens_at, "closes_at": phase.closes_at}
        was = " ".join(moment.isoformat() for moment in now.values())
        return cls(None, data={**now, "was": was}, prefix=f"{phase.kind}-")

    def dates(self) -> tuple[datetime, datetime]:
        """The new dates of a form that is valid."""
        opens_at, closes_at = self.opens_at.data, self.closes_at.data
        if opens_at is None or closes_at is None:
            raise RuntimeError("a form that was not validated")
        return opens_at, closes_at

    def shown(self) -> tuple[datetime, datetime] | None:
        """The dates the form was filled with; None when it does not say."""
        try:
            opens, closes = map(datetime.fromisoformat, (self.was.data or "").split())
        except ValueError:
            return None
        return (opens, closes) if opens.tzinfo and closes.tzinfo else None


class StageForm(FlaskForm):
    stage = SelectField(_("政策の段階"), choices=_STAGES)
    version = HiddenField()


# ── reading a file in ──


class UploadForm(FlaskForm):
    file = FileField(_("ご意見の表"), [FileRequired(_("ファイルを選んでください。"))])


class ChoiceForm(FlaskForm):
    """Which column is what. Sent by GET to look, by POST to read in."""

    text_column = SelectField(
        _("ご意見の文の列"), [InputRequired(_("ご意見の文の列を選んでください。"))]
    )
    channel = SelectField(
        _("届いた方法"),
        choices=[SelectChoice(str(c), labels.CHANNELS[c]) for c in CHANNELS],
        default=Channel.IMPORT,
    )
    sender_column = SelectField(_("出した人が分かる列"), default="")
    date_column = SelectField(_("出した日の列"), default="")
    section_column = SelectField(_("案の番号の列"), default="")

    def among(self, columns: Sequence[str]) -> ChoiceForm:
        """The same form, offering these columns."""
        own = [SelectChoice(name, name) for name in columns]
        self.text_column.choices = own
        for field in (self.sender_column, self.date_column, self.section_column):
            field.choices = [SelectChoice("", _("使わない")), *own]
        return self

    def choice(self) -> Choice:
        return Choice(
            text_column=self.text_column.data,
            channel=Channel(self.channel.data),
            sender_column=self.sender_column.data or "",
            date_column=self.date_column.data or "",
            section_column=self.section_column.data or "",
        )
