"""Deciding about one thing, and the public log of all that was decided."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, flash, render_template, request
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice

from core import web
from core.errors import DomainError
from core.messages import Message, _
from core.navigation import NavItem, add_footer
from core.permissions import require
from core.web import actor, page_of, permits, see_other
from moderation import decisions, subjects
from moderation.forms import HideForm, RestoreForm
from moderation.subjects import Kind

bp = Blueprint("moderation", __name__)
TOLD = _("決定を記録しました。書いた方にメールで知らせます。")
RECORDED = _("決定を記録しました。")
ROLES: dict[str, Message] = {
    "moderator": _("運営委員"),
    "facilitator": _("進行役"),
    "operator": _("システム管理者"),
}


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    app.register_blueprint(bp)
    add_footer(NavItem(_("運営の記録"), "moderation.log", order=20))


@bp.get("/moderation")
@permits("public")
def log() -> str:
    """What was hidden and restored: when, where, by which rule, by which role, and why."""
    counts = decisions.by_rule_and_act()
    rule = request.args.get("rule", "")
    total = sum(count for of, _act, count in counts if rule in ("", of))
    page = page_of(total, decisions.PER_PAGE)
    return render_template(
        "moderation/log.html",
        decisions=decisions.newest_first(rule=rule, offset=page.offset),
        page=page,
        total=total,
        rule=rule,
        rules=sorted({of for of, _act, _count in counts}),
        hidden=sum(count for _of, act, count in counts if act == decisions.HIDE),
        restored=sum(count for _of, act, count in counts if act == decisions.RESTORE),
        roles=ROLES,
        path_of=subjects.path_of,
        short=decisions.short,
    )


@bp.route("/moderation/<kind>/<public_id>", methods=["GET", "POST"])
@permits("moderation.decide")
def decide(kind: str, public_id: str) -> str | Response | tuple[str, int]:
    """Decide about one thing in its surroundings: choose, look at what will be told, decide."""
    of, thing = subjects.kind(kind), subjects.find(kind, public_id)
    require(actor(), "moderation.decide", thing)
    form = _form(of, thing)
    letter = None
    if form.validate_on_submit():
        try:
            if request.form.get("act") == "decide":
                _carry_out(kind, public_id, form)
                told = of.author_id(thing) is not None  # a guest left no address
                flash(str(TOLD if told else RECORDED), "success")
                return see_other(of.path(public_id))
            letter = decisions.preview(actor(), kind, public_id, *_said(form))
        except DomainError as error:
            if error.status != 422:
                raise
            web.refuse(form, error)
    page = render_template(
        "moderation/decide.html",
        form=form,
        kind=of,
        thing=thing,
        around=of.around(thing),
        letter=letter,
        limit=decisions.REASON_LIMIT,
    )
    return page, 422 if form.errors else 200


def _form(of: Kind, thing: Any) -> HideForm | RestoreForm:
    if thing.hidden_at is not None:
        return RestoreForm()
    form = HideForm()
    form.rule.choices = [SelectChoice(rule) for rule in of.rules(thing)]
    return form


def _carry_out(kind: str, public_id: str, form: HideForm | RestoreForm) -> None:
    rule, reason = _said(form)
    if isinstance(form, HideForm):
        decisions.hide(actor(), kind, public_id, rule, reason)
    else:
        decisions.restore(actor(), kind, public_id, reason)


def _said(form: HideForm | RestoreForm) -> tuple[str, str]:
    rule = form.rule.data if isinstance(form, HideForm) else ""
    return rule or "", form.reason.data or ""
