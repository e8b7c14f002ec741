"""The desk's last two steps: is anything missing, who signs next, and what was published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, render_template, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from analysis import materials, reports
from analysis.laws import laws
from analysis.render import Material, Part, compose, figures, parts
from analysis.reports_forms import CorrectForm, HeadForm, PublishForm
from analysis.views import bp
from core import db, permissions
from core.errors import Conflict, DomainError, Invalid, NotFound, Stale
from core.messages import _
from core.people import Account
from core.web import actor, permits, refuse, see_other
from ledger import answers, consultations, editions
from ledger.dispositions import LABELS
from ledger.models import Consultation, OpinionText, Report, ReportState

PREVIEW = 12  # themes, and as many lone opinions, that the preview shows


@bp.route("/desk/c/<slug>/publish", methods=["GET", "POST"])
@permits("reports.read")
def publish(slug: str) -> Response | tuple[str, int] | str:
    """Can we publish? What is missing, what is in order, and the next signature."""
    consultation = _open(slug)
    if request.method == "GET":
        return _page(consultation)
    act = _ACTS.get(request.form.get("act", ""))
    if act is None:
        raise BadRequest
    forms: dict[str, Any] = {}
    try:
        return act(consultation, forms)
    except (Invalid, Conflict, Stale) as error:
        db.session().rollback()
        return _refused(consultation, forms, error)


@bp.route("/desk/c/<slug>/published")
@permits("reports.read")
def published(slug: str) -> Response | str:
    """The newest published report of a consultation, or that there is none yet."""
    consultation = _open(slug)
    edition = editions.newest(consultation)
    if edition is None:
        return render_template("analysis/published.html", consultation=consultation)
    return see_other(url_for("analysis.report", public_id=edition.report.public_id))


def _open(slug: str) -> Consultation:
    """The consultation for those who may see its report; the others find nothing."""
    consultation = consultations.find(slug)
    if not permissions.permits(actor(), "reports.read", consultation):
        raise NotFound
    return consultation


def _save(consultation: Consultation, forms: dict[str, Any]) -> Response:
    report = _draft(consultation, forms)
    flash(str(_("下書きを保存しました。")), "success")
    return see_other(url_for("analysis.publish", slug=report.consultation.slug))


def _submit(consultation: Consultation, forms: dict[str, Any]) -> Response:
    """Save the head and hand the report in; what was typed stays saved when that is refused."""
    report = _draft(consultation, forms)
    forms["head"] = HeadForm.of(consultation, report)
    reports.submit(actor(), report, version=report.version)
    flash(str(_("決裁に回しました。起案した人とは別の方が公表します。")), "success")
    return see_other(url_for("analysis.publish", slug=consultation.slug))


def _draft(consultation: Consultation, forms: dict[str, Any]) -> Report:
    form = forms["head"] = HeadForm()
    if not form.validate():
        raise Invalid("", _("直していただくところがあります。"))
    return reports.draft(
        actor(),
        consultation,
        form.title.data or "",
        form.notice.data or "",
        version=form.version.data or 0,
    )


def _send_back(consultation: Consultation, forms: dict[str, Any]) -> Response:
    reports.send_back(actor(), _current(consultation), version=_version())
    flash(str(_("起案に差し戻しました。")), "success")
    return see_other(url_for("analysis.publish", slug=consultation.slug))


def _approve(consultation: Consultation, forms: dict[str, Any]) -> Response:
    try:
        seen_at = datetime.fromisoformat(request.form.get("seen_at", ""))
    except ValueError:
        raise BadRequest from None
    if seen_at.tzinfo is None:
        raise BadRequest
    count = answers.approve_all(actor(), consultation, handed_in_by=seen_at)
    flash(str(_("%(count)sつの答えを確認しました。", count=count)), "success")
    return see_other(url_for("analysis.publish", slug=consultation.slug))


def _publish(consultation: Consultation, forms: dict[str, Any]) -> Response:
    form = forms["publish"] = PublishForm()
    if not form.validate():
        raise Invalid("", _("直していただくところがあります。"))
    edition = reports.publish(actor(), _current(consultation), form.version.data or 0)
    flash(str(_("公表しました。")), "success")
    return see_other(url_for("analysis.report", public_id=edition.report.public_id))


def _correct(consultation: Consultation, forms: dict[str, Any]) -> Response:
    form = forms["correct"] = CorrectForm()
    if not form.validate():
        raise Invalid("", _("直していただくところがあります。"))
    edition = reports.correct(
        actor(), _current(consultation), form.reason.data or "", version=form.version.data
    )
    flash(str(_("訂正した版を公表しました。")), "success")
    return see_other(url_for("analysis.report", public_id=edition.report.public_id))


_ACTS: dict[str, Callable[[Consultation, dict[str, Any]], Response]] = {
    "save": _save,
    "submit": _submit,
    "send_back": _send_back,
    "approve": _approve,
    "publish": _publish,
    "correct": _correct,
}


def _current(consultation: Consultation) -> Report:
    report = reports.current(consultation)
    if report is None:
        raise NotFound
    return report


def _version() -> int:
    return request.form.get("version", default=0, type=int)


def _refused(
    consultation: Consultation, forms: dict[str, Any], error: DomainError
) -> tuple[str, int]:
    """The page again with what was typed, and what stands in the way on top."""
    report = reports.current(consultation)
    for form in forms.values():
        if isinstance(error, Invalid) and not form.errors:
            refuse(form, error)
        begins = isinstance(form, HeadForm) and report and report.state == ReportState.PUBLISHED
        form.version.data = (
            report.version if report and not begins else 0
        )  # sent again, it is meant
    shown = None if isinstance(error, Invalid) else error
    return _page(consultation, forms, refusal=shown), error.status


def _page(
    consultation: Consultation,
    forms: dict[str, Any] | None = None,
    refusal: DomainError | None = None,
) -> str:
    report = reports.current(consultation)
    material = materials.load(consultation, report.cutoff_seq if report else None)
    found = laws(consultation, material, report)
    forms = forms or {}
    version = report.version if report else 0
    return render_template(
        "analysis/publish.html",
        consultation=consultation,
        report=report,
        published=report.editions[-1] if report and report.editions else None,
        need=[law for law in found if not law.holds],
        held=[law for law in found if law.holds],
        refusal=refusal,
        later=consultation.last_seq - material.cutoff,
        drafter=_who(report.drafted_by_id if report else None),
        signer=_who(report.editions[-1].approved_by_id if report and report.editions else None),
        head_form=forms.get("head") or HeadForm.of(consultation, report),
        publish_form=forms.get("publish") or PublishForm(formdata=None, version=version),
        correct_form=forms.get("correct") or CorrectForm(formdata=None, version=version),
        **_preview(consultation, report, material),
    )


def _who(account_id: int | None) -> str:
    found = db.session().get(Account, account_id) if account_id else None
    return found.display_name if found else ""


def _preview(
    consultation: Consultation, report: Report | None, material: Material
) -> dict[str, Any]:
    """What readers would see now, gaps and all; for staff only."""
    pieces = parts(material)
    groups = compose(pieces, material.sections)
    head = figures(
        consultation,
        material,
        groups,
        title=HeadForm.of(consultation, report).title.data or consultation.title,
        notice=report.notice if report else "",
    )
    pairs = list(zip(pieces, groups, strict=True))
    themes = [pair for pair in pairs if pair[0].theme is not None]
    lone = [pair for pair in pairs if pair[0].theme is None]
    handled = head["by_disposition"]
    shown = [part for part, _group in [*themes[:PREVIEW], *lone[:PREVIEW]]]
    return {
        "head": head,
        "themes": themes[:PREVIEW],
        "theme_total": len(themes),
        "lone": lone[:PREVIEW],
        "lone_total": len(lone),
        "texts": _texts(shown),
        "open_count": handled.get("", 0),
        "counts": [(key, label, handled.get(key, 0), "") for key, label in LABELS.items()],
        "disposition_labels": LABELS,
    }


def _texts(shown: list[Part]) -> dict[int, str]:
    """The texts of parts that speak to a single opinion."""
    ids = [part.lines[0].id for part in shown if len(part.lines) == 1]
    query = select(OpinionText.opinion_id, OpinionText.body).where(OpinionText.opinion_id.in_(ids))
    return {row.opinion_id: row.body for row in db.session().execute(query)}
