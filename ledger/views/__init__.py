"""Pages of the ledger package; each module holds the pages of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("ledger", __name__)


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    from ledger.views import opinions, public, receipts  # noqa: F401 their routes are added by importing them

    app.register_blueprint(bp)
