"""Workshops for those who plan and lead them: the list, opening one, setting it anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import clock, i18n, web
from core.errors import DomainError, NotFound, Stale
from core.messages import Message, _
from core.permissions import permits as may
from core.permissions import require
from core.web import actor, page_of, permits, see_other
from ledger import consultations
from ledger.models import Consultation
from realtime import members, plans, workshops
from realtime.forms import KINDS, SEATS, ChangeForm, NewForm, PlanForm, TemplateForm, shown
from realtime.models import Workshop
from realtime.views import bp, offers
from realtime.views.seats import sit

Page = str | Response | tuple[str, int]


@bp.get("/desk/workshops", endpoint="workshops")
@permits("workshops.lead")
def list_() -> str:
    """Which workshops are mine to lead, and how do I get to them?"""
    found = workshops.led_by(_who())
    page = page_of(len(found), 30)
    rows = found[page.offset : page.offset + page.size]
    return render_template(
        "realtime/workshops.html",
        rows=rows,
        counts=members.counts(rows),
        page=page,
        page_url=lambda number: url_for("realtime.workshops", page=number),
        has_record=offers.has_page("realtime.record"),
    )


@bp.route("/desk/c/<slug>/workshops/new", methods=["GET", "POST"])
@permits("workshops.open")
def workshop_new(slug: str) -> Page:
    """Plan a workshop from a template; one button opens it and leads to its board."""
    consultation = consultations.find(slug)
    if not may(actor(), "workshops.open", consultation):
        raise NotFound
    form = NewForm() if request.method == "POST" else NewForm(**_begun(consultation))
    act = request.form.get("act", "")
    if act:
        form.shift(act)
    elif form.validate_on_submit():
        try:
            opened = _open(consultation, form)
            sit(opened, members.lead(_who(), opened))
            return see_other(url_for("realtime.board", public_id=opened.public_id))
        except DomainError as error:
            web.refuse(form, error)
    page = render_template(
        "realtime/workshop_new.html",
        form=form,
        consultation=consultation,
        chosen=form.template.data,
        templates=plans.TEMPLATES,
        saved_templates=plans.saved(consultation.department),
        limits=_LIMITS,
    )
    return page, 422 if form.is_submitted() and not act else 200


@bp.route("/w/<public_id>/settings", methods=["GET", "POST"])
@permits("workshops.change")
def workshop_settings(public_id: str) -> Page:
    """Plan a workshop anew while it is open."""
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.change", workshop)
    form = ChangeForm() if request.method == "POST" else ChangeForm(**shown(workshop))
    act = request.form.get("act", "")
    differences: list[tuple[Message, str, str]] = []
    status = 422 if form.is_submitted() and not act else 200
    if act:
        form.shift(act)
    elif form.validate_on_submit():
        try:
            workshops.change(actor(), workshop, version=form.version.data or 0, **form.said())
            flash(str(_("設定を変えました。")), "success")
            return see_other(url_for("realtime.workshop", public_id=public_id))
        except Stale:
            workshop, status = workshops.by_address(public_id), 409
            differences = _differences(workshop, form)
            form.version.data, form.version.raw_data = workshop.version, None
        except DomainError as error:
            web.refuse(form, error)
    page = render_template(
        "realtime/workshop_settings.html",
        form=form,
        workshop=workshop,
        differences=differences,
        is_stale=status == 409,
        saving=TemplateForm(formdata=None, title=workshop.title[:60]),
        limits=_LIMITS,
    )
    return page, status


@bp.post("/w/<public_id>/template")
@permits("workshops.change")
def workshop_template(public_id: str) -> Page:
    """Keep how a workshop is run as a template of the department."""
    workshop = workshops.by_address(public_id)
    form = TemplateForm()
    kept = plans.save(actor(), workshop, form.title.data or "")
    flash(str(_("ひな形「%(title)s」を保存しました。", title=kept.title)), "success")
    return see_other(url_for("realtime.workshop_settings", public_id=public_id))


_LIMITS = {"title": 120, "aim": 2_000, "place": 120, "consent": 600, "say": plans.SAY}


def _who() -> Any:
    who = actor()
    if who is None:  # the gate has asked already
        raise NotFound
    return who


def _begun(consultation: Consultation) -> dict[str, Any]:
    """What a new workshop's form begins with, from the template in the address."""
    key = request.args.get("template", plans.TEMPLATES[0].key)
    plan = plans.begun_from(key, consultation.department)
    hour = clock.local(clock.now()).replace(minute=0, second=0, microsecond=0)
    return {
        "title": str(_("ワークショップ：%(title)s", title=consultation.title))[:120],
        "held_at": hour + timedelta(hours=1),
        "programme": "\n".join(_programme(plan["phases"])),
        "questions": str(
            _(
                "「%(title)s」で、気になること、こうなるとよいことは何ですか",
                title=consultation.title,
            )
        )[:200],
        "capacity": 60,
        "tables": plan["tables"],
        "budget": plan["budget"],
        "colors": "\n".join(plan.get("colors", ())),
        "rules": "\n".join(plan["rules"]),
        "consent": plan["consent"],
        "phases": plan["phases"],
        "template": plan["template"],
    }


def _programme(phases: list[dict[str, Any]]) -> list[str]:
    return [
        str(_("%(title)s（%(minutes)s分）", title=one["title"], minutes=one["minutes"]))
        if one["minutes"]
        else one["title"]
        for one in phases
    ]


def _open(consultation: Consultation, form: NewForm) -> Workshop:
    said = form.said()
    said["plan"]["template"] = form.template.data or ""
    return workshops.open_workshop(
        actor(),
        consultation,
        key=(form.key.data or "")[:40],
        is_rehearsal=bool(form.is_rehearsal.data),
        **said,
    )


def _differences(workshop: Workshop, form: PlanForm) -> list[tuple[Message, str, str]]:
    """Where a form says otherwise than the workshop does now: what, now, yours."""
    now = shown(workshop)
    found = []
    for name, label in (
        ("title", _("ワークショップの名前")),
        ("aim", _("ねらい")),
        ("place", _("場所")),
        ("programme", _("プログラム")),
        ("questions", _("問い")),
        ("capacity", _("定員（人）")),
        ("budget", _("一人が選べる数")),
        ("colors", _("付せんの色の意味")),
        ("rules", _("約束ごと")),
        ("consent", _("記録についての説明")),
    ):
        before, yours = str(now[name] or ""), str(form[name].data or "")
        if before.strip() != yours.replace("\r\n", "\n").strip():
            found.append((label, *_apart(before.splitlines(), yours.splitlines())))
    if form.held_at.data and form.held_at.data != workshop.held_at:
        found.append(
            (_("始まり"), i18n.day_and_time(workshop.held_at), i18n.day_and_time(form.held_at.data))
        )
    theirs = _phase_lines(workshop.phases)
    mine = _phase_lines([entry.form.as_row() for entry in form.phases])
    if theirs != mine:
        found.append((_("場面"), *_apart(theirs, mine)))
    return found


def _apart(now: list[str], yours: list[str]) -> tuple[str, str]:
    """Only the lines that the other text has not; all of them when but their order differs."""
    left = [line for line in now if line not in yours]
    right = [line for line in yours if line not in now]
    if not left and not right:
        left, right = now, yours
    return "\n".join(left), "\n".join(right)


def _phase_lines(rows: list[dict[str, Any]]) -> list[str]:
    return [
        str(
            _(
                "%(title)s　%(kind)s　%(minutes)s分　%(seats)s　%(say)s",
                title=row["title"],
                kind=KINDS.get(row["kind"], row["kind"]),
                minutes=row["minutes"],
                seats=_("席：%(seats)s", seats=SEATS.get(row.get("seats") or "", "")),
                say=row["say"],
            )
        )
        for row in rows
    ]
