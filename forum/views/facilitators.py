"""Who leads a room: naming somebody, and taking the room back."""

from __future__ import annotations

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from core import web
from core.errors import DomainError
from core.messages import _
from core.permissions import require
from core.web import actor, permits, see_other
from forum import facilitators, queries
from forum.views import bp
from forum.views.rooms_forms import FacilitatorForm

Page = str | Response | tuple[str, int]


@bp.route("/rm/<public_id>/facilitators", methods=["GET", "POST"])
@permits("facilitators.name")
def room_facilitators(public_id: str) -> Page:
    """The facilitators of a room; name one."""
    room = queries.room(public_id)
    require(actor(), "facilitators.name", room)
    form = FacilitatorForm()
    if form.validate_on_submit():
        try:
            named = facilitators.name(
                actor(),
                room,
                form.email.data or "",
                link=_link(public_id),
                display_name=form.display_name.data or "",
            )
            flash(
                str(
                    _(
                        "%(name)sさんを進行役に加え、メールでお知らせしました。",
                        name=named.display_name,
                    )
                ),
                "success",
            )
            return see_other(url_for("forum.room_facilitators", public_id=public_id))
        except DomainError as error:
            web.refuse(form, error)
    page = render_template(
        "forum/room_facilitators.html",
        room=room,
        scope=f"room:{room.public_id}",
        facilitators=facilitators.of(room),
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


@bp.post("/rm/<public_id>/facilitators/<int(max=2147483647):grant_id>/dismiss")
@permits("facilitators.name")
def facilitator_dismiss(public_id: str, grant_id: int) -> Response:
    """Take the room back from somebody."""
    room = queries.room(public_id)
    facilitators.dismiss(actor(), room, grant_id, link=_link(public_id))
    flash(str(_("進行役の受け持ちを終え、メールでお知らせしました。")), "success")
    return see_other(url_for("forum.room_facilitators", public_id=public_id))


def _link(public_id: str) -> str:
    return web.absolute("forum.room", public_id=public_id)
