"""How a topic's views are spread, and how a room is doing."""

from __future__ import annotations

from flask import render_template, url_for
from werkzeug.wrappers import Response

from core import text, web
from core.errors import NotFound
from core.permissions import require
from core.web import actor, permits, see_other
from forum import overviews, queries, spreads
from forum.views import bp
from ledger.views import deadlines


@bp.get("/t/<public_id>/overview")
@permits("public")
def topic_overview(public_id: str) -> str | Response:
    """How views on what is said in a topic are spread; no vote, and in no order but the reading."""
    topic = queries.topic(public_id, actor())
    if topic.merged_into is not None:
        return see_other(url_for(".topic_overview", public_id=topic.merged_into.public_id))
    if not topic.room.has_stances:
        raise NotFound
    total = spreads.total(topic)
    page = web.page_of(total.opinions, spreads.PER_PAGE)
    return render_template(
        "forum/topic_overview.html",
        topic=topic,
        room=topic.room,
        total=total,
        rows=spreads.rows(topic, offset=page.offset),
        page=page,
        excerpt=text.excerpt,
    )


@bp.get("/rm/<public_id>/overview")
@permits("rooms.oversee")
def room_overview(public_id: str) -> str:
    """Who speaks, what waits, where it has gone quiet."""
    room = queries.room(public_id)
    require(actor(), "rooms.oversee", room)
    return render_template(
        "forum/room_overview.html",
        room=room,
        seen=overviews.of(actor(), room),
        excerpt=text.excerpt,
        deadlines=deadlines,
    )
