"""Answers on the themes desk: draft, hand in, approve, send back; for one or for many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from analysis import desks, places, queries
from analysis.forms import AnswerForm, ApproveAllForm, BulkForm, DecisionForm
from analysis.views import bp
from analysis.views.themes import Spot, address, consultation_of, draw, spot_of, tell
from core import db
from core.errors import Conflict, Invalid, NotFound, Stale
from core.messages import _
from core.web import actor, permits, refuse, see_other
from ledger import answers
from ledger.models import Consultation, Opinion, Theme

_REWRITTEN = _("回答が、そのあいだに書き直されました。いまの文を読んで、もう一度お決めください。")


@bp.post("/desk/c/<slug>/themes/answer")
@permits("answers.write")
def save_answer(slug: str) -> Any:
    """Keep a draft, or hand it in, for the theme or opinion in the address."""
    consultation = consultation_of(slug)
    spot, form = spot_of(consultation), AnswerForm()
    if spot.target is None:
        raise NotFound
    version = form.version.data or 0
    try:
        desks.answer(actor(), spot.target, form.draft(), version=version, submit=form.is_handed_in)
    except Stale as error:
        return _stale(consultation, spot, form, error)
    except (Invalid, Conflict) as error:
        db.session().rollback()
        refuse(form, error)
        return draw(consultation, spot, form=form), error.status
    tell(_("確認に回しました。") if form.is_handed_in else _("下書きを保存しました。"))
    if form.then.data == "next":
        left = queries.overview(actor(), consultation).after(spot.where)
        if left is not None:
            return see_other(address(consultation, Spot(left.theme)))
    return see_other(address(consultation, spot, **_opinion(spot)))


def _stale(
    consultation: Consultation, spot: Spot, form: AnswerForm, error: Stale
) -> tuple[str, int]:
    """Both texts on one page: what is stored above, what was sent still in the form."""
    db.session().rollback()
    stored = answers.of(spot.target) if spot.target is not None else None
    form.version.data = stored.version if stored else 0
    form.version.raw_data = None
    return draw(consultation, spot, form=form, stale=stored, stale_error=error), error.status


@bp.post("/desk/c/<slug>/themes/answers")
@permits("answers.write")
def answer_many(slug: str) -> Any:
    """The same answer for checked themes or opinions, or for all of a list without one."""
    consultation = consultation_of(slug)
    spot, form = spot_of(consultation), BulkForm()
    try:
        targets = _targets(consultation, spot, form)
        if not targets:
            raise Invalid("opinions", _("回答を付けるご意見を選んでください。"))
        done = desks.answer_many(
            actor(), consultation, targets, form.draft(), submit=form.is_handed_in
        )
    except (Invalid, Conflict) as error:
        db.session().rollback()
        refuse(form, error)
        return draw(consultation, spot, form=form), error.status
    kept = len(targets) - len(done)
    tell(_("%(count)s件に同じ回答を付けました。", count=len(done)))
    if kept:
        tell(_("%(count)s件には、もう回答があるので、そのままにしました。", count=kept), "info")
    return see_other(address(consultation, spot))


def _targets(consultation: Consultation, spot: Spot, form: BulkForm) -> list[Theme] | list[Opinion]:
    who, is_all = actor(), form.all.data == "1"
    if spot.is_bulk:
        rows = queries.overview(who, consultation).themes
        chosen = set(form.themes.data or [])
        return [
            row.theme
            for row in rows
            if (row.answer is None and row.opinions if is_all else row.theme.public_id in chosen)
        ]
    if isinstance(spot.where, Theme):
        raise NotFound
    if is_all:
        return places.unanswered_in(who, consultation, spot.where, spot.sieve)
    ids = places.ids_of(who, consultation, spot.where, form.opinions.data or [])
    return queries.opinions_by_id(ids)


@bp.post("/desk/c/<slug>/themes/decide")
@permits("answers.approve")
def decide(slug: str) -> Any:
    """An approver's word: approve as read, or send back with a remark."""
    consultation = consultation_of(slug)
    spot, form = spot_of(consultation), DecisionForm()
    answer = answers.of(spot.target) if spot.target is not None else None
    if answer is None:
        raise NotFound
    try:
        if form.act.data in ("approve", "next"):
            answers.approve(actor(), answer, version=form.version.data or 0)
            said = _("「%(name)s」の回答を承認しました。", name=desks.name_of(spot.target))
            tell(_("承認しました。"))
        else:
            answers.send_back(actor(), answer, form.remark.data or "")
            said = _("「%(name)s」の回答を差し戻しました。", name=desks.name_of(spot.target))
            tell(_("担当に差し戻しました。"))
    except (Invalid, Conflict, Stale) as error:
        db.session().rollback()
        refuse(form, Conflict(_REWRITTEN) if isinstance(error, Stale) else error)
        return draw(consultation, spot, decision=form), error.status
    desks.tell(actor(), consultation, "decided", said, spot.target)
    if form.act.data == "next":
        left = queries.overview(actor(), consultation).waiting_after(spot.where)
        if left is not None:
            return see_other(address(consultation, Spot(left.theme)))
    return see_other(address(consultation, spot, **_opinion(spot)))


@bp.post("/desk/c/<slug>/themes/approve")
@permits("answers.approve")
def approve_all(slug: str) -> Response:
    """Approve all that waited when the approver opened the page."""
    consultation = consultation_of(slug)
    try:
        seen_at = datetime.fromtimestamp(ApproveAllForm().seen_at.data or 0.0, UTC)
    except (ValueError, OverflowError, OSError):
        seen_at = datetime.fromtimestamp(0, UTC)
    if not seen_at.timestamp():
        raise Invalid("seen_at", _("画面を開き直して、もう一度お試しください。"))
    count = answers.approve_all(actor(), consultation, handed_in_by=seen_at)
    said = _("%(count)s件の回答を承認しました。", count=count)
    desks.tell(actor(), consultation, "decided", said, None)
    tell(said)
    return see_other(address(consultation))


@bp.post("/desk/c/<slug>/themes/drop")
@permits("answers.write")
def drop_answer(slug: str) -> Response:
    """Take away an opinion's own answer."""
    consultation = consultation_of(slug)
    spot = spot_of(consultation)
    answer = answers.of(spot.opinion) if spot.opinion is not None else None
    if answer is None:
        raise NotFound
    answers.remove(actor(), answer, version=request.form.get("version", 0, type=int))
    said = _("「%(name)s」だけの回答を消しました。", name=desks.name_of(spot.opinion))
    desks.tell(actor(), consultation, "dropped", said, None)
    tell(_("このご意見だけの回答を消しました。"))
    return see_other(address(consultation, spot))


def _opinion(spot: Spot) -> dict[str, str]:
    return {"o": spot.opinion.public_id} if spot.opinion is not None else {}
