"""A room's summary: writing it with citations, and reading it."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import web
from core.errors import DomainError, NotFound, Stale
from core.messages import _
from core.permissions import permits as may
from core.permissions import require
from core.web import actor, permits, see_other
from forum import closings, queries
from forum.models import Post, Room, Topic
from forum.views import bp
from forum.views.closings_forms import FIND, SummaryForm
from ledger.views import deadlines

Page = str | Response | tuple[str, int]


@bp.get("/rm/<public_id>/summary")
@permits("public")
def room_closing(public_id: str) -> str:
    """What came of a room; before it has closed, for those who write the summary only."""
    room = queries.room(public_id)
    is_public = closings.is_public(room)
    found = closings.summary(room)
    if found is None or not (is_public or may(actor(), "rooms.sum_up", room)):
        raise NotFound
    return render_template(
        "forum/room_closing.html",
        room=room,
        consultation=room.consultation,
        summary=found,
        is_public=is_public,
        deadlines=deadlines,
    )


@bp.route("/rm/<public_id>/summary/write", methods=["GET", "POST"])
@permits("rooms.sum_up")
def room_summary(public_id: str) -> Page:
    """Write the summary; looking for a post to cite keeps what is written and saves nothing."""
    room = queries.room(public_id)
    require(actor(), "rooms.sum_up", room)
    form = SummaryForm(body=room.summary, version=room.summary_version)
    topics = [topic for topic, _talk in queries.topics(room)]
    form.offer(topics)
    if request.form.get("do") == FIND:
        return _page(room, form, topics)
    if form.validate_on_submit():
        try:
            closings.write_summary(actor(), room, form.body.data or "", form.version.data or 0)
            flash(str(_("まとめを保存しました。")), "success")
            return see_other(url_for("forum.room_closing", public_id=public_id, saved=1))
        except Stale as error:
            form.version.data = form.version.raw_data = None
            form.version.data = queries.room(public_id).summary_version
            return _page(room, form, topics, stale=error), 409
        except DomainError as error:
            if error.status not in (403, 422):
                raise
            web.refuse(form, error)
    return _page(room, form, topics), 422 if form.is_submitted() else 200


@bp.get("/rm/<public_id>/summary/posts")
@permits("rooms.sum_up")
def room_citable(public_id: str) -> str:
    """The posts one can cite, for the page that looks for them without being sent."""
    room = queries.room(public_id)
    require(actor(), "rooms.sum_up", room)
    topics = [topic for topic, _talk in queries.topics(room)]
    wanted = _wanted(topics, request.args.get("topic", ""))
    found = closings.find(room, request.args.get("words", ""), wanted)
    return render_template("forum/_citable.html", found=found, **_words())


def _page(room: Room, form: SummaryForm, topics: list[Topic], **more: Any) -> str:
    found: list[Post] = closings.find(
        room, form.words.data or "", _wanted(topics, form.topic.data or "")
    )
    return render_template(
        "forum/room_summary.html",
        room=room,
        form=form,
        found=found,
        find=FIND,
        limit=closings.LIMIT,
        is_public=closings.is_public(room),
        deadlines=deadlines,
        **_words(),
        **more,
    )


def _words() -> dict[str, Any]:
    return {"citation": closings.citation, "found_limit": closings.FOUND}


def _wanted(topics: list[Topic], public_id: str) -> Topic | None:
    return next((topic for topic in topics if topic.public_id == public_id), None)
