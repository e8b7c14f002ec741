"""Atom feeds of rooms and topics: for everybody, and for programs that come every hour."""

from __future__ import annotations

from flask import Response, request

from core.web import anonymous, permits
from forum import feeds, queries
from forum.views import bp


@bp.get("/rm/<public_id>/feed.atom")
@permits("public")
@anonymous
def room_feed(public_id: str) -> Response:
    """What is new in a room."""
    return _sent(feeds.of_room(queries.room(public_id)))


@bp.get("/t/<public_id>/feed.atom")
@permits("public")
@anonymous
def topic_feed(public_id: str) -> Response:
    """What is new in a topic."""
    return _sent(feeds.of_topic(queries.topic(public_id)))


def _sent(feed: bytes) -> Response:
    """The feed, or 304 when the reader has it: hidden words change its ETag like new ones.

    No Last-Modified: what is hidden within the second of the last look, or let in later than it
    was written, would not be sent.
    """
    answer = Response(feed, content_type="application/atom+xml; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
