"""Pages of the installation itself; each module holds the pages of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask

from core.messages import _
from core.navigation import NavItem, add_nav

bp = Blueprint("core", __name__)


def register(app: Flask) -> None:
    """Add the installation's pages to the application."""
    from core.views import desk, installation, jobs, mail, search, sign_in  # noqa: F401 routes

    add_nav(NavItem(_("今日"), "core.desk", 0, staff=True, permission="desk"))
    add_nav(NavItem(_("担当者"), "core.people", 90, staff=True, permission="roles.grant"))
    add_nav(NavItem(_("メール"), "core.mail", 95, staff=True, permission="operate"))
    app.register_blueprint(bp)
