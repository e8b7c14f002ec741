"""A topic with its posts, and what one can do with a post."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import clock, web
from core.errors import DomainError, NotFound, Stale
from core.messages import _
from core.permissions import require
from core.web import actor, permits, received_at, see_other
from forum import differences, posts, queries
from forum.forms import EditForm, ReplyForm, WithdrawForm
from forum.models import Post, Topic
from forum.views import bp
from ledger.views import deadlines

Page = str | Response | tuple[str, int]


@bp.get("/t/<public_id>")
@permits("public")
def topic(public_id: str) -> str:
    """What is being said; `?reply_to=` a post fills the composer with what it answers."""
    found = queries.topic(public_id)
    quoted = _quoted(found, request.args.get("reply_to", ""))
    form = ReplyForm(formdata=None, parent=quoted.public_id if quoted else "")
    number = None if "page" in request.args or quoted is None else queries.page_of(quoted)
    return _topic_page(found, form, quoted, number)


@bp.post("/t/<public_id>")
@permits("posts.write")
def reply(public_id: str) -> Page:
    """Publish a post; a refused one comes back with its words."""
    found = queries.topic(public_id)
    form = ReplyForm()
    quoted = _quoted(found, form.parent.data or "")
    if form.validate_on_submit():
        try:
            post = posts.reply(
                actor(),
                found,
                form.body.data or "",
                quoted,
                key=form.key.data or "",
                received_at=received_at(),
            )
            flash(str(_("発言を公開しました。")), "success")
            return see_other(_address(post, queries.page_of(post), posted=post.number))
        except DomainError as error:
            if error.status not in (403, 422):
                raise
            web.refuse(form, error)
    return _topic_page(found, form, quoted, None), 422


@bp.get("/t/<public_id>/since/<int(max=2147483647):number>")
@permits("public")
def since(public_id: str, number: int) -> dict[str, Any]:
    """What a page that was cut off has missed: ids only; each is fetched as its reader sees it."""
    found = queries.missed(queries.topic(public_id), number, _moment(request.args.get("at", "")))
    return {"ids": found.ids, "is_all": found.is_all, "at": clock.now().isoformat()}


@bp.get("/p/<public_id>")
@permits("public")
def post(public_id: str) -> Response:
    """The permalink: the page of the topic on which the post stands."""
    found = queries.post(public_id)
    return see_other(_address(found, queries.page_of(found)))


@bp.get("/p/<public_id>/fragment")
@permits("public")
def fragment(public_id: str) -> str:
    """One post as this reader may see it, to be put into an open page."""
    found = queries.post(public_id)
    return render_template(
        "forum/_post.html",
        post=found,
        parents=queries.answered([found]),
        is_open=found.topic.room.is_open(clock.now()),
    )


@bp.route("/p/<public_id>/edit", methods=["GET", "POST"])
@permits("posts.edit")
def post_edit(public_id: str) -> Page:
    """Word one's post anew."""
    found = _own(public_id, "posts.edit")
    form = EditForm(body=found.body, version=found.version)
    if form.validate_on_submit():
        try:
            posts.edit(actor(), found, form.body.data or "", form.version.data or 0)
            flash(str(_("発言を書きかえました。前の文は、書き直しの記録で読めます。")), "success")
            return see_other(_address(found, queries.page_of(found)))
        except Stale as error:
            return _stale(found, form, error), 409
        except DomainError as error:
            if error.status not in (403, 422):
                raise
            web.refuse(form, error)
    page = render_template("forum/post_edit.html", form=form, post=found, limit=posts.LIMIT)
    return page, 422 if form.is_submitted() else 200


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
        return see_other(_address(found, queries.page_of(found)))
    page = render_template("forum/post_withdraw.html", form=form, post=found)
    return page, 422 if form.is_submitted() else 200


def _topic_page(topic: Topic, form: ReplyForm, quoted: Post | None, number: int | None) -> str:
    beside = queries.topics(topic.room)
    place = [other.id for other, _talk in beside].index(topic.id)
    places = queries.total(topic)
    page = web.page_of(places, queries.PER_PAGE)
    if number is not None:
        page = web.Page(number, math.ceil(places / queries.PER_PAGE), queries.PER_PAGE)
    said = queries.thread(topic, offset=page.offset)
    return render_template(
        "forum/topic.html",
        topic=topic,
        room=topic.room,
        consultation=topic.room.consultation,
        place=place + 1,
        talk=beside[place][1],
        topics=beside,
        posts=said,
        parents=queries.answered(said),
        page=page,
        form=form,
        quoted=quoted,
        official=queries.first_official(topic),
        is_open=topic.room.is_open(clock.now()),
        limit=posts.LIMIT,
        deadlines=deadlines,
    )


def _stale(post: Post, form: EditForm, error: Stale) -> str:
    form.version.data = form.version.raw_data = None
    form.version.data = queries.post(post.public_id).version
    return render_template(
        "forum/post_edit.html", form=form, post=post, limit=posts.LIMIT, stale=error
    )


def _quoted(topic: Topic, public_id: str) -> Post | None:
    """The post an answer is for; one of another topic is as good as absent."""
    if not public_id:
        return None
    found = queries.post(public_id)
    if found.topic_id != topic.id:
        raise NotFound
    return found


def _own(public_id: str, permission: str) -> Post:
    """One's own post, while it is shown."""
    found = queries.shown_post(public_id)
    require(actor(), permission, found)
    return found


def _address(post: Post, page: int, posted: int | None = None) -> str:
    return url_for(
        "forum.topic",
        public_id=post.topic.public_id,
        page=page if page > 1 else None,
        posted=posted,
        _anchor=f"p-{post.number}",
    )


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
