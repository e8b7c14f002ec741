"""Forms around workshops. Limits and rules live in the verbs; forms only read fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    EmailField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput, TextInput

from core import db
from core.messages import Message, _
from forum.forms import MomentField
from realtime.models import Joining, Workshop
from realtime.phases import Kind, Seats

KINDS: dict[str, Message] = {
    Kind.EXPLAIN: _("説明を聞く"),
    Kind.WRITE: _("一人で書く（ほかの人には見えません）"),
    Kind.SHARE: _("見せ合う・話す"),
    Kind.GROUP: _("島にまとめる"),
    Kind.VOTE: _("選ぶ"),
    Kind.PRESENT: _("発表する"),
    Kind.SUM_UP: _("まとめる"),
}


SEATS: dict[str, Message] = {
    Seats.STAY: _("そのまま"),
    Seats.MIX: _("席替えをする"),
    Seats.HOME: _("はじめの班にもどる"),
}


def _must() -> InputRequired:
    return InputRequired(message=_("入力してください。"))


def _number(label: Message) -> IntegerField:
    """A number that may be typed in full width."""
    return IntegerField(label, [_Whole()], widget=TextInput())


class _Whole(Optional):
    """Says what to type instead of what went wrong inside."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.errors:
            field.errors = [_("数字で入力してください。")]
        super().__call__(form, field)


class PhaseForm(Form):
    """One phase as a row; `id` is the board's name for it, "" for a new one."""

    id = HiddenField()
    kind = SelectField(
        _("すること"),
        choices=[SelectChoice(str(kind), label) for kind, label in KINDS.items()],
        default=Kind.SHARE.value,
        validate_choice=False,
    )
    title = StringField(_("場面の名前"))
    say = TextAreaField(_("進行役が話すこと"))
    minutes = _number(_("分"))
    seats = SelectField(
        _("席"),
        choices=[SelectChoice(str(seats), label) for seats, label in SEATS.items()],
        default="",
        validate_choice=False,
    )

    def as_row(self) -> dict[str, Any]:
        return {
            "id": self.id.data or "",
            "kind": self.kind.data,
            "title": self.title.data or "",
            "say": self.say.data or "",
            "minutes": self.minutes.data or 0,
            "seats": self.seats.data or "",
        }


class PlanForm(FlaskForm):
    """How a workshop is planned; `act` moves a row and saves nothing."""

    title = StringField(_("ワークショップの名前"), [_must()])
    aim = TextAreaField(_("ねらい"))
    held_at = MomentField(_("始まり"), [_must()])
    place = StringField(_("場所"))
    programme = TextAreaField(_("プログラム"))
    questions = TextAreaField(_("問い"), [_must()])
    capacity = _number(_("定員（人）"))
    joining = RadioField(
        _("参加できる人"),
        choices=[
            SelectChoice(Joining.LINK, _("ページを開いた人はだれでも")),
            SelectChoice(Joining.CODE, _("会場やお知らせの番号を知っている人")),
            SelectChoice(Joining.INVITED, _("招待した人だけ（メールで一人ずつ招待します）")),
        ],
        default=Joining.LINK.value,
    )
    tables = _number(_("班の数"))
    budget = _number(_("一人が選べる数"))
    colors = TextAreaField(_("付せんの色の意味"))
    rules = TextAreaField(_("約束ごと"))
    consent = TextAreaField(_("記録についての説明"))
    phases = FieldList(FormField(PhaseForm), _("場面"), max_entries=30)

    def shift(self, act: str) -> None:
        """Add, drop or move a row, as one of the row's buttons says: "up-2", "drop-0", "add"."""
        rows = [entry.form.as_row() for entry in self.phases]
        what, _dash, at = act.partition("-")
        place = int(at) if at.isdecimal() and int(at) < len(rows) else None
        if what == "add" and len(rows) < 20:
            rows.append({"id": "", "kind": Kind.SHARE, "title": "", "say": "", "minutes": 10})
        elif place is not None and what == "drop" and len(rows) > 1:
            del rows[place]
        elif place is not None and what in ("up", "down"):
            other = place - 1 if what == "up" else place + 1
            if 0 <= other < len(rows):
                rows[place], rows[other] = rows[other], rows[place]
        while self.phases.entries:
            self.phases.pop_entry()
        for row in rows:
            self.phases.append_entry(row)

    def said(self) -> dict[str, Any]:
        """What the form says, as `open_workshop` and `change` take it."""
        return {
            "title": self.title.data or "",
            "aim": self.aim.data or "",
            "held_at": self.held_at.data,
            "place": self.place.data or "",
            "programme": lines(self.programme.data),
            "questions": lines(self.questions.data),
            "capacity": self.capacity.data or 0,
            "joining": self.joining.data or "",
            "plan": self.plan(),
        }

    def plan(self) -> dict[str, Any]:
        """The part of it that a template keeps."""
        return {
            "phases": [entry.form.as_row() for entry in self.phases],
            "tables": (self.tables.data or 0) if "tables" in self else 1,
            "budget": self.budget.data or 0,
            "colors": lines(self.colors.data),
            "rules": lines(self.rules.data),
            "consent": self.consent.data or "",
        }


class NewForm(PlanForm):
    """A new workshop; `key` makes pressing twice one workshop."""

    is_rehearsal = BooleanField(_("練習として開く（一覧に出さず、書いたものは意見に数えません）"))
    template = HiddenField()
    key = HiddenField(default=db.public_id)


class ChangeForm(PlanForm):
    """A workshop's plan as it was read. Tables are added on the board itself."""

    tables = None
    version = IntegerField(widget=HiddenInput())


class TemplateForm(FlaskForm):
    title = StringField(_("ひな形の名前"), [_must()])


class JoinForm(FlaskForm):
    """Taking part: a name to show, and what proves that one may, where that is asked."""

    name = StringField(_("表示する名前"), [_must()])
    code = StringField(_("参加の番号"))
    invite = HiddenField()
    helper = HiddenField()
    key = HiddenField(default=db.public_id)


class CodeForm(FlaskForm):
    code = StringField(_("6文字の番号"), [_must()])


class LeadForm(FlaskForm):
    email = EmailField(_("メールアドレス"), [_must()])
    display_name = StringField(_("表示する名前（はじめての方のとき）"))


class InviteForm(FlaskForm):
    addresses = TextAreaField(_("招待する方のメールアドレス"), [_must()])


class PaperForm(FlaskForm):
    """Notes from paper: one line each; table and question stay chosen."""

    table = SelectField(_("班"), validate_choice=False)
    question = SelectField(_("問い"), coerce=int, validate_choice=False, default=0)
    color = SelectField(_("色の意味"), coerce=int, validate_choice=False, default=1)
    text = StringField(_("付せんの言葉"))
    many = TextAreaField(_("まとめて入力する"))
    key = HiddenField(default=db.public_id)

    def among(
        self, tables: Sequence[tuple[str, str]], questions: Sequence[str], colors: Sequence[str]
    ) -> PaperForm:
        """The same form, offering these tables, questions and meanings of colours."""
        self.color.choices = [SelectChoice(str(n), said) for n, said in enumerate(colors, start=1)]
        self.table.choices = [SelectChoice(id_, title) for id_, title in tables]
        self.question.choices = [
            SelectChoice(str(place), f"{place + 1}　{said}") for place, said in enumerate(questions)
        ]
        return self


class PhotoForm(FlaskForm):
    photo = FileField(_("写真"))
    caption = StringField(_("説明"))
    table = SelectField(_("どの班の写真か"), validate_choice=False)


def lines(said: str | None) -> list[str]:
    """One thing on each line; empty ones say nothing."""
    return [line.strip() for line in (said or "").splitlines() if line.strip()]


def shown(workshop: Workshop) -> dict[str, Any]:
    """A workshop as its form begins."""
    return {
        "title": workshop.title,
        "aim": workshop.aim,
        "held_at": workshop.held_at,
        "place": workshop.place,
        "programme": "\n".join(workshop.programme),
        "questions": "\n".join(workshop.questions),
        "capacity": workshop.capacity,
        "joining": workshop.joining,
        "budget": workshop.budget,
        "colors": "\n".join(workshop.colors),
        "rules": "\n".join(workshop.rules),
        "consent": workshop.consent,
        "phases": workshop.phases,
        "version": workshop.version,
    }
