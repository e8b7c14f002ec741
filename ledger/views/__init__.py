"""Pages of the ledger package; each module holds the pages of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask

from core import scopes
from core.messages import _
from core.navigation import FlowStep, NavItem, add_flow, add_nav
from core.panels import Panel, add_panel
from ledger import consultations, documents, imports

bp = Blueprint("ledger", __name__)


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    from ledger.views import desk, opinions, public, receipts, registers, words  # noqa: F401 their routes are added by importing them

    add_nav(NavItem(_("意見を出せること"), "ledger.home", 10))
    documents.register()
    scopes.offer("consultation", consultations.as_scopes)
    staff = "opinions.see_all"
    add_nav(NavItem(_("案件"), "ledger.desk_consultations", 20, staff=True, permission=staff))
    add_flow(FlowStep(_("受け取り"), "ledger.desk_consultation", 1, staff, desk.intake_is_over))
    add_flow(FlowStep(_("意見"), "ledger.desk_opinions", 2, staff, desk.opinions_are_in))
    add_panel(Panel("desk", 30, "ledger/_desk_cases.html", desk.cases_panel))
    imports.register()
    app.register_blueprint(bp)
