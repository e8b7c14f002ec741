"""The papers of a room: reading one, putting one in, taking one out."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import web
from core.errors import DomainError
from core.messages import _
from core.permissions import require
from core.views.files import served
from core.web import actor, permits, see_other
from forum import papers, queries
from forum.models import Room
from forum.views import bp
from forum.views.rooms_forms import PaperForm, RemoveForm

Page = str | Response | tuple[str, int]


@bp.get("/rm/<room_id>/papers/<public_id>/<name>")
@permits("public")
def paper(room_id: str, public_id: str, name: str) -> Response:
    """A paper as it lies in its room; `name` is for the reader's disk only."""
    found = papers.find(room_id, public_id)
    papers.require_there(found)
    return served(found.file)


@bp.route("/rm/<public_id>/papers", methods=["GET", "POST"])
@permits("papers.add")
def room_papers(public_id: str) -> Page:
    """A room's papers for those who look after them; put one in."""
    room = queries.room(public_id)
    require(actor(), "papers.add", room)
    form = PaperForm()
    if form.validate_on_submit():
        try:
            sent = form.file.data
            added = papers.add(
                actor(), room, form.title.data or "", sent.stream, sent.filename or ""
            )
            flash(str(_("「%(title)s」を置きました。", title=added.title)), "success")
            if added.file.media_type == "application/pdf" and not added.text:
                flash(
                    str(
                        _(
                            "このPDFからは文字を読みとれませんでした。"
                            "開いて読めますが、「さがす」では見つかりません。"
                        )
                    ),
                    "warning",
                )
            return see_other(url_for("forum.room_papers", public_id=public_id))
        except DomainError as error:
            web.refuse(form, error)
    return _page(room, form, RemoveForm(formdata=None), "")


@bp.post("/rm/<room_id>/papers/<public_id>/remove")
@permits("papers.add")
def paper_remove(room_id: str, public_id: str) -> Page:
    """Take a paper out, with a reason everybody reads."""
    found = papers.find(room_id, public_id)
    require(actor(), "papers.add", found)
    form = RemoveForm()
    if form.validate_on_submit():
        try:
            papers.remove(actor(), found, form.reason.data or "")
            flash(str(_("「%(title)s」を取りのぞきました。", title=found.title)), "success")
            return see_other(url_for("forum.room_papers", public_id=room_id))
        except DomainError as error:
            web.refuse(form, error)
    return _page(found.room, PaperForm(formdata=None), form, public_id)


def _page(room: Room, form: PaperForm, removing: RemoveForm, removed_id: str) -> Page:
    page = render_template(
        "forum/room_papers.html",
        room=room,
        papers=papers.of(room),
        form=form,
        removing=removing,
        removed_id=removed_id,
        limit=papers.TITLE_LIMIT,
    )
    return page, 422 if request.method == "POST" else 200
