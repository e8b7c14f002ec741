"""Saying something in a topic, saying it better, taking it back; what an open page has missed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from core import clock
from core.errors import DomainError, Forbidden, NotFound, Stale
from core.messages import Message, _
from core.permissions import require
from core.web import actor, permits, see_other
from forum import differences, pictures, posts, queries, waiting
from forum.forms import EditForm, ReplyForm, WithdrawForm
from forum.models import Post
from forum.views import bp, composing, elsewhere, guests, post_receipts, threads

Page = str | Response | tuple[str, int]
SIGNED_OUT = _(
    "ログインの時間が切れたようです。書いた文は下に残っています。"
    "写してから、もう一度ログインしてください。"
)


@bp.post("/t/<public_id>")
@permits("posts.write")
def reply(public_id: str) -> Page:
    """Say something; what was refused comes back with its words, a guest's with their name."""
    found = queries.topic(public_id, actor())
    if actor() is None and not found.room.takes_guests:
        raise Forbidden(SIGNED_OUT)
    form = ReplyForm()
    if (moved := elsewhere.kept(found, form.parent.data or "")) is not None:
        return moved
    quoted = threads.in_topic(found, form.parent.data or "")
    guest = guests.writer(form.guest_name.data or "")
    if form.validate_on_submit():
        try:
            guests.require_patience(guest)
            post = composing.send(form, found, quoted, guest=guest)
        except DomainError as error:
            if error.status not in (403, 422, 429):
                raise
            if (moved := elsewhere.kept(found, form.parent.data or "")) is not None:
                return moved  # while this was sent
            composing.refuse(form, error)
            return threads.topic_page(found, form, quoted, None), error.status
        guests.wrote(guest)
        if guest is not None:
            return see_other(post_receipts.url_of(post))
        flash(str(composing.published(post)), "success")
        return see_other(threads.way_to(post, posted=post.number))
    return threads.topic_page(found, form, quoted, None), 422


@bp.get("/t/<public_id>/since/<int(max=2147483647):number>")
@permits("public")
def since(public_id: str, number: int) -> dict[str, Any]:
    """What a page that was cut off has missed: ids only; each is fetched as its reader sees it."""
    topic = queries.topic(public_id, actor())
    found = queries.missed(topic, number, _moment(request.args.get("at", "")))
    return {"ids": found.ids, "is_all": found.is_all, "at": clock.now().isoformat()}


@bp.route("/p/<public_id>/edit", methods=["GET", "POST"])
@permits("posts.edit")
def post_edit(public_id: str) -> Page:
    """Word one's post anew."""
    found = _own(public_id, "posts.edit")
    form = EditForm(body=found.body, version=found.version)
    if form.validate_on_submit():
        try:
            composing.edit(form, found)
            flash(str(_reworded(found)), "success")
            return see_other(threads.way_to(found))
        except Stale as error:
            return _stale(found, form, error), 409
        except DomainError as error:
            if error.status not in (403, 422):
                raise
            composing.refuse(form, error)
    return _edit_page(found, form), 422 if form.is_submitted() else 200


@bp.get("/p/<public_id>/history")
@permits("public")
def post_history(public_id: str) -> str:
    """How a post read before, with what changed from one wording to the next."""
    found = queries.shown_post(public_id)
    older = queries.revisions(found)
    said = [(r.body, r.written_at) for r in older]
    said.append((found.body, found.edited_at or found.created_at))
    steps = [
        (number, at, differences.between(before, after))
        for number, ((before, _then), (after, at)) in enumerate(pairwise(said), 2)
    ]
    return render_template(
        "forum/post_history.html", post=found, first=said[0], steps=list(reversed(steps))
    )


@bp.route("/p/<public_id>/withdraw", methods=["GET", "POST"])
@permits("posts.withdraw")
def post_withdraw(public_id: str) -> Page:
    """Take one's post back, after being told what stays."""
    found = _own(public_id, "posts.withdraw")
    form = WithdrawForm()
    if form.validate_on_submit():
        posts.withdraw(actor(), found, form.reason.data or "")
        flash(str(_("発言を取り下げました。")), "success")
        return see_other(threads.way_to(found))
    page = render_template("forum/post_withdraw.html", form=form, post=found)
    return page, 422 if form.is_submitted() else 200


def _stale(post: Post, form: EditForm, error: Stale) -> str:
    form.version.data = form.version.raw_data = None
    form.version.data = queries.post(post.public_id).version
    return _edit_page(post, form, stale=error)


def _edit_page(post: Post, form: EditForm, stale: Stale | None = None) -> str:
    return render_template(
        "forum/post_edit.html",
        form=form,
        post=post,
        limit=posts.LIMIT,
        composer=composing.of(post.topic, None),
        images=pictures.of([post]).get(post.id, []),
        stale=stale,
    )


def _own(public_id: str, permission: str) -> Post:
    """One's own post, while it is shown or waits."""
    found = queries.post(public_id)
    if not found.is_shown and not (found.is_held and waiting.is_own(actor(), found)):
        raise NotFound
    if permission == "posts.edit" and waiting.is_own(actor(), found):
        posts.require_rewordable(found)
    require(actor(), permission, found)
    if found.hidden_at is not None or found.withdrawn_at is not None:
        raise NotFound
    return found


def _reworded(post: Post) -> Message:
    if post.is_held:
        return _("発言を書きかえました。新しい文を、担当の方が確かめます。")
    return _("発言を書きかえました。前の文は、書き直しの記録で読めます。")


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
