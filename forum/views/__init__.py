"""Pages of the forum package; each module holds the pages of one noun."""

from __future__ import annotations

from flask import Blueprint, Flask

from core.panels import Panel, add_panel

bp = Blueprint("forum", __name__)


def register(app: Flask) -> None:
    """Add this package's pages to the application."""
    from forum.views import (  # noqa: F401 importing adds their routes
        closings,
        comment_receipts,
        comment_source,
        comments,
        exports,
        facilitators,
        feeds,
        follows,
        letters,
        moves,
        notices,
        offers,
        overviews,
        papers,
        post_receipts,
        posts,
        questions,
        rooms,
        stances,
        tags,
        threads,
        topics,
        waiting,
    )

    comment_source.register()
    add_panel(Panel("desk", 10, "forum/_desk_questions.html", questions.waiting))
    add_panel(Panel("desk_side", 30, "forum/_desk_waiting.html", waiting.panel))
    add_panel(Panel("desk_side", 40, "forum/_desk_letters.html", letters.waiting))
    app.register_blueprint(bp)
    offers.register()
