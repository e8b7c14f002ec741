"""The record of a workshop: reading it, wording it, publishing it, taking it along."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from flask import Response, flash, make_response, render_template, request, url_for

from core import files, web
from core.errors import DomainError, Stale
from core.messages import _
from core.permissions import permits as may
from core.permissions import require
from core.web import actor, permits, see_other
from realtime import (
    exports,
    exports_docx,
    exports_svg,
    hideables,
    hidings,
    records,
    replays,
    workshops,
)
from realtime.hideables import KINDS
from realtime.limits import REASON_LIMIT
from realtime.models import Workshop
from realtime.told import Told
from realtime.views import bp
from realtime.views.records_forms import HidingForm, RecordForm

Page = Any
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@bp.get("/w/<public_id>/record")
@permits("public")
def record(public_id: str) -> str:
    """What came of a workshop, for everybody once it is published; before, for who leads it."""
    told = _told(public_id)
    return render_template(
        "realtime/record.html",
        told=told,
        workshop=told.workshop,
        why=exports.WHY,
        picture_name=files.fit_name(f"{_('ボード')}-{told.title}", "image/png"),
        leads=may(actor(), "workshops.publish", told.workshop),
        acts=_acts(told.workshop),
    )


@bp.route("/w/<public_id>/record/edit", methods=["GET", "POST"])
@permits("workshops.publish")
def record_edit(public_id: str) -> Page:
    """Word title, lead and closing; who was overtaken sees both texts."""
    workshop = _led(public_id)
    told = records.tell(workshop)
    form = RecordForm(title=told.title, lead=told.lead, closing=told.closing, version=told.version)
    if form.validate_on_submit():
        try:
            records.write(
                actor(),
                workshop,
                title=form.title.data or "",
                lead=form.lead.data or "",
                closing=form.closing.data or "",
                version=form.version.data or 0,
            )
            flash(str(_("開催報告を保存しました。")), "success")
            return see_other(url_for("realtime.record", public_id=public_id))
        except Stale:
            now = records.tell(_led(public_id))
            form.version.raw_data = None
            form.version.data = now.version
            return _editing(workshop, form, now, stale=True), 409
        except DomainError as error:
            if error.status not in (403, 422):
                raise
            web.refuse(form, error)
    return _editing(workshop, form, told), 422 if form.is_submitted() else 200


@bp.post("/w/<public_id>/record/publish")
@permits("workshops.publish")
def record_publish(public_id: str) -> Page:
    """Let everybody read the record as it was looked at."""
    version = request.form.get("version", "")
    records.publish(actor(), _led(public_id), int(version) if version.isdecimal() else -1)
    flash(str(_("開催報告を公表しました。だれでも読めます。")), "success")
    return see_other(url_for("realtime.record", public_id=public_id))


@bp.route(f"/w/<public_id>/record/<any({', '.join(KINDS)}):kind>/<key>", methods=["GET", "POST"])
@permits("workshops.lead")
def record_words(public_id: str, kind: str, key: str) -> Page:
    """Take words out of the record, or show them again, with a reason for the public log."""
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.lead", workshop)
    thing = hidings.thing_of(workshop, kind, key)
    form = HidingForm()
    if form.validate_on_submit():
        try:
            act = hidings.show if thing.hidden_reason else hidings.hide
            act(actor(), workshop, key, form.reason.data or "", kind=kind)
            flash(str(_("決定を、運営の記録に残しました。")), "success")
            anchor = KINDS[kind].anchor(thing.row)
            return see_other(url_for("realtime.record", public_id=public_id, _anchor=anchor))
        except DomainError as error:
            if error.status != 422:
                raise
            web.refuse(form, error)
    page = render_template(
        "realtime/record_words.html", workshop=workshop, thing=thing, form=form, limit=REASON_LIMIT
    )
    return page, 422 if form.is_submitted() else 200


@bp.get("/w/<public_id>/record.docx")
@permits("public")
def record_docx(public_id: str) -> Response:
    """The record as a document to go on editing."""
    return _file(exports_docx.document_of(_told(public_id)), _DOCX, f"workshop-{public_id}.docx")


@bp.get("/w/<public_id>/record.csv")
@permits("public")
def record_csv(public_id: str) -> Response:
    """Every note with its place, for spreadsheets: UTF-8 with BOM."""
    body = exports.csv_of(_told(public_id))
    return _file(body, "text/csv; charset=utf-8", f"workshop-{public_id}.csv")


@bp.get("/w/<public_id>/record.svg")
@permits("public")
def record_svg(public_id: str) -> Response:
    """The board as a picture; `?save` hands it over as a file."""
    body = exports_svg.picture(_told(public_id))
    answer = make_response(body)
    answer.content_type = "image/svg+xml; charset=utf-8"
    if "save" in request.args:
        name = f"board-{public_id}.svg"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/w/<public_id>/replay")
@permits("public")
def replay(public_id: str) -> str:
    """How the board grew: a slider over its log; without a script, its stages in numbers."""
    told = _told(public_id)
    return render_template("realtime/replay.html", told=told, workshop=told.workshop)


@bp.get("/w/<public_id>/replay.json")
@permits("public")
def replay_log(public_id: str) -> Response:
    """What the replay folds: effects without names, votes, or words that are not told."""
    told = _told(public_id)
    phases = {one["id"]: one["title"] for one in told.workshop.phases}
    body = json.dumps({"phases": phases, "ops": replays.effects(told)}, ensure_ascii=False)
    return Response(body, content_type="application/json; charset=utf-8")


def _told(public_id: str) -> Told:
    return records.readable(workshops.by_address(public_id), actor())


def _led(public_id: str) -> Workshop:
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.publish", workshop)
    return workshop


def _acts(workshop: Workshop) -> Callable[[str, str], str] | None:
    """Where who looks at a record can hide its words: a lead here, a moderator as everywhere."""
    who, here = actor(), workshop.public_id
    if may(who, "workshops.lead", workshop):
        return lambda kind, key: url_for(
            "realtime.record_words", public_id=here, kind=kind, key=key
        )
    if may(who, "moderation.decide", workshop) and not workshop.is_open:
        there = functools.partial(hideables.address, workshop)
        return lambda kind, key: url_for("moderation.decide", kind=kind, public_id=there(key))
    return None


def _editing(workshop: Workshop, form: RecordForm, told: Told, *, stale: bool = False) -> str:
    return render_template(
        "realtime/record_edit.html",
        workshop=workshop,
        form=form,
        told=told,
        stale=stale,
        limits=(records.TITLE_LIMIT, records.LEAD_LIMIT, records.CLOSING_LIMIT),
    )


def _file(body: str | bytes, kind: str, name: str) -> Response:
    answer = Response(body, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
