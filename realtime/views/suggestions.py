"""Suggested islands, for who leads: ask for them, look at them, take them one by one."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, render_template, request, url_for

from core.errors import DomainError
from core.messages import _
from core.permissions import require
from core.views.jobs import described
from core.web import actor, permits, see_other, wants_json
from realtime import boards, live, members, suggestions, workshops
from realtime.limits import TITLE_LIMIT
from realtime.models import Member, Workshop
from realtime.views import bp

Page = Any


@bp.get("/w/<public_id>/suggestions", endpoint="suggestions")
@permits("workshops.lead")
def list_(public_id: str) -> Page:
    """What the machine proposes; nothing moves by itself. As JSON for the board's own strip."""
    workshop = _led(public_id)
    if wants_json():
        return jsonify(_as_json(workshop))
    return _page(workshop)


@bp.post("/w/<public_id>/suggest")
@permits("workshops.lead")
def suggest(public_id: str) -> Page:
    """Let the machine look through the loose notes of a table or of the whole board."""
    workshop = _led(public_id)
    try:
        suggestions.start(actor(), workshop, request.form.get("table") or suggestions.ALL)
    except DomainError as error:
        if wants_json() or error.status != 409:
            raise
        return _page(workshop, refused=str(error.message)), 409
    if wants_json():
        return jsonify(_as_json(workshop)), 202
    return see_other(url_for("realtime.suggestions", public_id=public_id))


@bp.post("/w/<public_id>/suggestions/<job_id>/<int(max=9999):number>")
@permits("workshops.lead")
def suggestion_take(public_id: str, job_id: str, number: int) -> Page:
    """Make one proposed island under the title that was typed."""
    workshop = _led(public_id)
    title = request.form.get("title", "")
    try:
        suggestions.accept(actor(), workshop, _seat(workshop), job_id, number, title)
    except DomainError as error:
        if wants_json() or error.status not in (409, 422):
            raise
        return _page(workshop, refused=str(error.message), kept={number: title}), error.status
    if wants_json():
        return jsonify(_as_json(workshop))
    flash(str(_("島を作りました。")), "success")
    return see_other(url_for("realtime.suggestions", public_id=public_id))


def _led(public_id: str) -> Workshop:
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.lead", workshop)
    return workshop


def _seat(workshop: Workshop) -> Member:
    """The place at the board of who leads here: theirs already, or taken now."""
    who = actor()
    here = live.member_here(workshop)
    if here is not None and who is not None and here.account_id == who.id:
        return here
    return members.lead(who, workshop)  # type: ignore[arg-type]  # `_led` refused a visitor


def _page(workshop: Workshop, *, refused: str = "", kept: dict[int, str] | None = None) -> str:
    state, _seq = boards.of(workshop).whole()
    job = suggestions.newest(workshop)
    order = sorted(state["tables"], key=lambda key: (state["tables"][key]["o"], key))
    tables = [
        (key, state["tables"][key]["title"], len(suggestions.loose(state, key))) for key in order
    ]
    return render_template(
        "realtime/suggestions.html",
        workshop=workshop,
        job=described(job) if job else None,
        job_id=job.public_id if job else "",
        found=suggestions.of(workshop, job),
        tables=tables,
        loose=len(suggestions.loose(state, suggestions.ALL)),
        least=suggestions.LEAST,
        refused=refused,
        kept=kept or {},
        limit=TITLE_LIMIT,
    )


def _as_json(workshop: Workshop) -> dict[str, Any]:
    job = suggestions.newest(workshop)
    return {
        "state": job.state if job else "none",
        "job": job.public_id if job else "",
        "islands": [
            {
                "number": one.number,
                "title": one.title,
                "quote": one.quote,
                "notes": [note.key for note in one.notes],
                "taken": one.is_taken,
            }
            for one in suggestions.of(workshop, job)
        ],
    }
