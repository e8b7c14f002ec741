"""Pages of the moderation package."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("moderation", __name__)


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    app.register_blueprint(bp)
