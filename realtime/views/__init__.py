"""Pages of the realtime package; each module holds the pages of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask

from core import scopes
from realtime import lines, workshops

bp = Blueprint("realtime", __name__)


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    from realtime.views import (  # noqa: F401 importing adds their routes
        board_pages,
        boards,
        joining,
        offers,
        papers,
        people,
        planning,
        records,
        suggestions,
    )

    lines.register(offers.actions)
    offers.register()
    scopes.offer("workshop", workshops.as_scopes, order=25)
    app.register_blueprint(bp)
