"""The boxes of a public comment, one per point, and what a resident writes beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, EmailInput, ListWidget

from core import db, text
from core.errors import DomainError, Invalid
from core.messages import Message, _
from forum import comments
from forum.drafts import place_name
from ledger.models import Consultation

EXPIRED = _(
    "画面を開いてから時間がたったようです。書いた文はそのまま残っています。もう一度お送りください。"
)
TIES = (
    ("在住", _("住んでいる")),
    ("在勤", _("働いている")),
    ("在学", _("学んでいる")),
    ("在活動", _("活動している")),
)
Check = Callable[[Form, Field], None]


def accepts(limit: int, empty: Message) -> Check:
    """A validator by the rule of the house for texts; `empty` is said when there is nothing."""

    def check(_form: Form, field: Field) -> None:
        if not text.visible(field.data or ""):
            raise ValidationError(empty)
        _by(text.accepted, field.name, field.data, limit=limit)

    return check


def _by(rule: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Apply a rule of the domain to a field."""
    try:
        return rule(*args, **more)
    except Invalid as refused:
        raise ValidationError(refused.message) from refused


class Points(FlaskForm):
    """The boxes, one per point; a consultation gives them its places."""

    key = HiddenField()
    box: type[Form]

    @classmethod
    def of(cls, consultation: Consultation, **more: Any) -> Points:
        form = cls(**more)
        form.places = {section.number: section for section in consultation.sections}
        places = [(s.number, place_name(s)) for s in consultation.sections]
        form.choices = [SelectChoice("", place_name(None)), *map(choice, places)]
        for entry in form.points:
            entry.form.section.choices = form.choices
        if not form.key.data or len(form.key.data) > 40 or not form.key.data.isalnum():
            form.key.data = db.public_id()
        return form

    def blank(self) -> Form:
        """An empty box that the page's script copies."""
        return self._prepared(self.box(formdata=None, prefix="points-N-"))

    def _prepared(self, box: Form) -> Form:
        box.section.choices = self.choices
        return box

    def add(self, section: str = "") -> None:
        """One more box, about a place."""
        if len(self.points) < comments.MAX_ITEMS:
            entry = self.points.append_entry()
            self._prepared(entry.form).section.data = section

    def remove(self, position: int) -> None:
        """Take a box away; the last one stays, emptied."""
        self.points.entries = [e for n, e in enumerate(self.points) if n != position]
        if not self.points.entries:
            self.add()

    def about(self, number: str) -> int:
        """Point a box at a place and return which; a box with words about another stays so."""
        for position, entry in enumerate(self.points):
            if entry.form.section.data == number:
                return position
        last = self.points[-1].form
        if not text.visible(last.body.data or "") or not last.section.data:
            last.section.data = number
        else:
            self.add(number)
        return len(self.points) - 1

    def accepts(self) -> bool:
        """Whether all that is filled in may be sent; boxes left empty are put away first."""
        written = [e for e in self.points if text.visible(e.form.body.data or "")]
        self.points.entries = written or self.points.entries[:1]
        fine: bool = self.validate()
        if "csrf_token" in self and self.csrf_token.errors:
            self.csrf_token.errors = [EXPIRED]
        return fine

    @property
    def is_expired(self) -> bool:
        return "csrf_token" in self and bool(self.csrf_token.errors)

    @property
    def chosen(self) -> set[str]:
        """Numbers of the places that the boxes are about."""
        return {e.form.section.data for e in self.points if e.form.section.data}

    def items(self) -> list[comments.Item]:
        """The points as the verb takes them."""
        found: list[comments.Item] = []
        for entry in self.points:
            place = self.places.get(entry.form.section.data or "")
            found.append((place.id if place else None, entry.form.body.data or ""))
        return found

    def texts(self) -> list[tuple[Any, str]]:
        """Each place's name and what was written about it, to be shown or given back."""
        return [
            (place_name(self.places.get(e.form.section.data or "")), e.form.body.data or "")
            for e in self.points
        ]

    def refuse(self, error: DomainError) -> None:
        """Show the verb's refusal where it belongs."""
        field = getattr(error, "field", "")
        if field == "items":
            self.form_errors.append(error.message)
        elif field in self._fields:
            self._fields[field].errors = [*self._fields[field].errors, error.message]
        else:
            self.form_errors.append(error.message)


def choice(said: tuple[str, Message | str]) -> SelectChoice:
    return SelectChoice(str(said[0]), said[1])


def a_box(limit: int, help_empty: Message) -> type[Form]:
    class Box(Form):
        section = SelectField(
            _("どこについて"),
            default="",
            invalid_choice_message=_("案にない場所です。もう一度お選びください"),
        )
        body = TextAreaField(_("ご意見"), validators=[accepts(limit, help_empty)])

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.section.choices = []
            self.body.flags.required = True

    return Box


def ties_field(*validators: Check) -> SelectMultipleField:
    return SelectMultipleField(
        _("区との関わり"),
        choices=[choice(tie) for tie in TIES],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=list(validators),
    )


def _one_tie(_form: Form, field: Field) -> None:
    if not field.data:
        raise ValidationError(_("区との関わりを選んでください"))


def name_fits(_form: Form, field: Field) -> None:
    limit = comments.NAME_LIMIT
    _by(text.accepted, "name", field.data or "", limit=limit, required=False)


def _address_fits(_form: Form, field: Field) -> None:
    _by(comments.accepted_email, field.data or "")


class CommentForm(Points):
    """What a resident sends."""

    box = a_box(comments.LIMIT, _("ご意見を入力してください"))
    points = FieldList(FormField(box), min_entries=1, max_entries=comments.MAX_ITEMS + 1)
    ties = ties_field(_one_tie)
    name = StringField(_("お名前または団体名"), validators=[name_fits])
    email = StringField(
        _("受付の控えを受け取るメール"), widget=EmailInput(), validators=[_address_fits]
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.ties.flags.required = True


def tie_words(ties: Collection[str]) -> list[Message]:
    """How somebody belongs to the ward, in the words of the form."""
    return [label for tie, label in TIES if tie in ties]
