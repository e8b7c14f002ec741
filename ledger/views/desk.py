"""The desk's pages of consultations: the list, opening one, and step 1, what was received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from core import clock, db, permissions
from core.errors import DomainError, NotFound
from core.messages import Message
from core.navigation import flow
from core.people import Department, Role
from core.web import actor, page_of, permits, refuse, see_other
from ledger import consultations, imports, labels, lines, queries
from ledger.forms import PHASES, AddPhaseForm, NewForm, PhaseForm, StageForm
from ledger.models import Consultation, PhaseKind, Stage
from ledger.queries import Counts
from ledger.views import bp

_TAKING = (PhaseKind.DISCUSS, PhaseKind.WORKSHOP, PhaseKind.PROPOSAL, PhaseKind.COMMENT)


@dataclass(frozen=True)
class Case:
    """A consultation as the desk lists it: its figures and the first step that is not done."""

    consultation: Consultation
    counts: Counts
    next: dict[str, Any] | None

    @property
    def stage(self) -> Message:
        return labels.STAGES[self.consultation.stage]

    @property
    def filed(self) -> int:
        return self.counts.in_themes + self.counts.lone


def case(slug: str, permission: str = "opinions.see_all") -> Consultation:
    """The consultation when this visitor may do `permission` there; else it is not there."""
    found = consultations.find(slug)
    if not permissions.permits(actor(), permission, found):
        raise NotFound
    return found


def mine() -> list[Consultation]:
    """The consultations of whoever makes this request, newest first."""
    return [
        c
        for c in queries.open_consultations()
        if permissions.permits(actor(), "opinions.see_all", c)
    ]


def cases(found: list[Consultation]) -> list[Case]:
    """Consultations as the desk lists them; each step asks for itself, so hand in one page."""
    counts = queries.counts_of(found)
    return [
        Case(c, counts[c.id], next((s for s in flow(c) if not s["is_done"]), None)) for c in found
    ]


def cases_panel(_subject: Any) -> dict[str, Any] | None:
    """案件の動き on the desk."""
    if not permissions.could(actor(), "opinions.see_all"):
        return None
    return {"cases": cases(mine()[:8]), "may_open": _may_open()}


def _may_open() -> bool:
    return permissions.could(actor(), "consultations.edit")


def intake_is_over(consultation: Consultation) -> bool:
    """Whether every phase that takes voices has ended, and there was one."""
    taking = [p for p in consultation.phases if p.kind in _TAKING]
    return bool(taking) and all(p.has_ended(clock.now()) for p in taking)


def opinions_are_in(consultation: Consultation) -> bool:
    """Whether nothing more comes in and no line waits for a decision."""
    return intake_is_over(consultation) and not lines.awaits_decision(consultation)


@bp.get("/desk/c")
@permits("opinions.see_all")
def desk_consultations() -> str:
    """Which consultations are mine, and what is next in each?"""
    found = mine()
    page = page_of(len(found), 20)
    return render_template(
        "ledger/desk_consultations.html",
        cases=cases(found[page.offset : page.offset + page.size]),
        may_open=_may_open(),
        page=page,
        page_url=lambda number: url_for("ledger.desk_consultations", page=number),
    )


@bp.route("/desk/c/new", methods=["GET", "POST"])
@permits("consultations.edit")
def desk_new() -> Any:
    """An officer opens a consultation; `more` only adds rows for the draft."""
    departments = _departments()
    form = NewForm().among(departments)
    if request.method == "POST" and form.more.data:
        for _row in range(3):
            form.sections.append_entry()
    elif form.validate_on_submit():
        opened = _open(form, departments)
        if opened is not None:
            return see_other(url_for("ledger.desk_consultation", slug=opened.slug))
    page = render_template("ledger/desk_new.html", form=form, phase_titles=PHASES)
    return (page, 422) if form.is_submitted() and not form.more.data else page


def _open(form: NewForm, departments: list[Department]) -> Consultation | None:
    try:
        return consultations.open_consultation(
            actor(),
            next(d for d in departments if d.slug == form.department.data),
            form.slug.data.strip(),
            form.title.data,
            summary=form.summary.data,
            purpose=form.purpose.data or "",
            stage=Stage(form.stage.data),
            phases=list(form.spans()),
            sections=list(form.places()),
        )
    except DomainError as error:
        refuse(form, error)
        return None


def _departments() -> list[Department]:
    """The departments this visitor is an officer of."""
    who = actor()
    found = db.session().scalars(select(Department).order_by(Department.id))
    return [d for d in found if who is not None and who.holds(Role.OFFICER, d.scopes())]


@bp.get("/desk/c/<slug>")
@permits("opinions.see_all")
def desk_consultation(slug: str) -> str:
    """Step 1: what was received, until when, and at which stage are we?"""
    return _consultation(case(slug))


@bp.post("/desk/c/<slug>/phases")
@permits("consultations.edit")
def desk_phase_add(slug: str) -> Any:
    """Give the consultation a phase it had not."""
    found = case(slug, "consultations.edit")
    form = AddPhaseForm.of(found)
    if form.validate_on_submit():
        try:
            consultations.add_phase(actor(), found, form.span())
            return _back(slug)
        except DomainError as error:
            refuse(form, error)
    return _consultation(found, adding=form), 422


@bp.post("/desk/c/<slug>/phases/<kind>")
@permits("consultations.edit")
def desk_phase(slug: str, kind: str) -> Any:
    """Change a phase's dates, with a reason."""
    found = case(slug, "consultations.edit")
    phase = found.phase(PhaseKind(kind)) if kind in set(PhaseKind) else None
    if phase is None:
        abort(404)
    form = PhaseForm(prefix=f"{kind}-")
    if form.validate_on_submit():
        opens_at, closes_at = form.dates()
        try:
            consultations.change_phase(
                actor(),
                phase,
                opens_at=opens_at,
                closes_at=closes_at,
                reason=form.reason.data,
                was=form.shown(),
            )
            return _back(slug)
        except DomainError as error:
            if error.status == 409:
                raise
            refuse(form, error)
    return _consultation(found, refused=(kind, form)), 422


@bp.post("/desk/c/<slug>/stage")
@permits("consultations.edit")
def desk_stage(slug: str) -> Any:
    """Say at which stage of the policy the consultation stands."""
    found = case(slug, "consultations.edit")
    form = StageForm()
    if not form.validate_on_submit() or not str(form.version.data).isdecimal():
        return _consultation(found), 422
    consultations.set_stage(actor(), found, Stage(form.stage.data), version=int(form.version.data))
    return _back(slug)


def _back(slug: str) -> Response:
    return see_other(url_for("ledger.desk_consultation", slug=slug))


def _consultation(
    found: Consultation,
    *,
    refused: tuple[str, PhaseForm] | None = None,
    adding: AddPhaseForm | None = None,
) -> str:
    forms = {phase.kind: PhaseForm.of(phase) for phase in found.phases}
    if refused:
        forms[refused[0]] = refused[1]
    return render_template(
        "ledger/desk_consultation.html",
        consultation=found,
        counts=queries.counts(found),
        channels=queries.by_channel(found),
        received=lines.received_by(found),
        imports=imports.done_in(found),
        phase_forms=forms,
        add_form=adding or AddPhaseForm.of(found),
        is_adding=adding is not None,
        refused_kind=refused[0] if refused else None,
        stage_form=StageForm(formdata=None, data={"stage": found.stage, "version": found.version}),
        may_edit=permissions.permits(actor(), "consultations.edit", found),
        may_import=permissions.permits(actor(), "opinions.import", found),
    )
