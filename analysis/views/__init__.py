"""Pages of the analysis package; each module holds the pages of one noun."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask

from analysis import documents, queries
from analysis.reports import waiting_for
from core.messages import _
from core.navigation import FlowStep, NavItem, add_flow, add_nav
from core.panels import Panel, add_panel
from core.people import Role
from core.web import actor
from ledger import editions
from ledger.models import Consultation

bp = Blueprint("analysis", __name__)


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    from analysis.views import (  # noqa: F401 their routes are added by importing them
        acts,
        answers,
        embeds,
        filings,
        lists,
        partings,
        parts,
        pictures,
        publishing,
        queues,
        reports,
        runs,
        talks,
        themes,
    )

    app.register_blueprint(bp)
    add_flow(
        FlowStep(
            label=_("テーマと回答"),
            endpoint="analysis.themes",
            order=3,
            permission="themes.read",
            is_done=queries.is_answered,
        )
    )
    add_flow(FlowStep(_("確かめて公表"), "analysis.publish", 4, "reports.read", _is_published))
    add_flow(FlowStep(_("公表したレポート"), "analysis.published", 5, "reports.read"))
    within = frozenset({"analysis.report", "analysis.edition"})
    add_nav(NavItem(_("区の答え"), "analysis.reports", order=50, within=within))
    documents.register()
    add_panel(Panel("desk_side", 10, "analysis/_report_approvals.html", _signatures))
    add_panel(Panel("consultation", 15, "analysis/_talk_link.html", talks.way_in))
    add_panel(Panel("desk_consultation", 60, "analysis/_talk_switch.html", talks.switch))
    add_panel(Panel("desk_side", 20, "analysis/_theme_approvals.html", _approvals))


def _signatures(_subject: Any) -> dict[str, Any] | None:
    """Reports on the staff's first page, for those who may publish them."""
    who = actor()
    if who is None or Role.APPROVER not in who.roles:
        return None
    waiting = waiting_for(who)
    return {"reports": waiting} if waiting else None


def _is_published(consultation: Consultation) -> bool:
    return editions.newest(consultation) is not None


def _approvals(_subject: Any) -> dict[str, Any] | None:
    """決裁・確認の依頼 on the staff's first page, for approvers."""
    who = actor()
    if who is None or Role.APPROVER not in who.roles:
        return None
    return {"waiting": queries.waiting_for(who)}
