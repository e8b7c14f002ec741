"""Opening topics, and tending them: summary, pin, lock, name, tags."""

from __future__ import annotations

from itertools import pairwise

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from core import clock, web
from core.errors import DomainError, Stale
from core.messages import Message, _
from core.permissions import permits as is_permitted
from core.permissions import require
from core.web import actor, permits, received_at, see_other
from forum import differences, posts, queries, tags, tending, topics, traces
from forum.models import Room, Topic
from forum.views import bp, guests
from forum.views.topics_forms import (
    ContextForm,
    LockForm,
    PinForm,
    ProposeForm,
    RenameForm,
    TaggedForm,
    TopicForm,
    UnlockForm,
)

Page = str | Response | tuple[str, int]


@bp.route("/rm/<public_id>/topics/new", methods=["GET", "POST"])
@permits("topics.open")
def topic_new(public_id: str) -> Page:
    """Put a question to the room, or open a topic of one's own with its first post."""
    room = queries.room(public_id)
    require(actor(), "topics.open", room)
    asks = is_permitted(actor(), "topics.ask", room)
    form: TopicForm | ProposeForm = TopicForm() if asks else ProposeForm()
    form.offer(room.consultation)
    if form.validate_on_submit():
        try:
            guests.require_patience(None)
            made = _opened(room, form)
            guests.wrote(None)
            said = _("話題を加えました。")
            if made.held_at is not None:
                said = _("話題を受け取りました。担当の者が確かめてから公開します。")
            flash(str(said), "success")
            return see_other(url_for("forum.topic", public_id=made.public_id, opened=1))
        except DomainError as error:
            if error.status not in (403, 422, 429):
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/topic_new.html",
        form=form,
        room=room,
        asks=asks,
        is_open=room.is_open(clock.now()),
        limit=topics.QUESTION_LIMIT if asks else posts.LIMIT,
        most_tags=tags.PER_TOPIC,
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/t/<public_id>/context", methods=["GET", "POST"])
@permits("topics.sum_up")
def topic_context(public_id: str) -> Page:
    """Write the running summary."""
    topic = _found(public_id, "topics.sum_up")
    form = ContextForm(body=topic.context, version=topic.version)
    stale = None
    if form.validate_on_submit():
        try:
            version = form.version.data or 0
            topics.set_context(actor(), topic, form.body.data or "", version)
            return _done(topic, _("いまの整理を書きかえました。"))
        except Stale as error:
            stale = error
            form.version.data, form.version.raw_data = queries.topic(public_id).version, None
        except DomainError as error:
            web.refuse(form, error)
    page = render_template(
        "forum/topic_context.html",
        form=form,
        topic=topic,
        stale=stale,
        limit=topics.CONTEXT_LIMIT,
    )
    return page, 409 if stale else 422 if form.is_submitted() else 200


@bp.get("/t/<public_id>/summaries")
@permits("public")
def topic_summaries(public_id: str) -> str:
    """How the running summary read before, with what changed each time."""
    topic = queries.topic(public_id, actor())
    written = traces.summaries(topic)
    steps = [
        (after, differences.between(before.detail["body"], after.detail["body"]))
        for before, after in pairwise(written)
    ]
    return render_template(
        "forum/topic_summaries.html",
        topic=topic,
        first=written[0] if written else None,
        steps=list(reversed(steps)),
    )


@bp.post("/t/<public_id>/pin")
@permits("topics.pin")
def topic_pin(public_id: str) -> Page:
    """Let the topic stand first in its room, or put it back."""
    topic = _found(public_id, "topics.pin")
    if PinForm().pinned.data:
        tending.pin(actor(), topic)
        return _done(topic, _("会議室の先頭に置きました。"))
    tending.unpin(actor(), topic)
    return _done(topic, _("会議室の先頭に置くのをやめました。"))


@bp.route("/t/<public_id>/lock", methods=["GET", "POST"])
@permits("topics.lock")
def topic_lock(public_id: str) -> Page:
    """Take no more posts, or take them again."""
    topic = _found(public_id, "topics.lock")
    is_locked = topic.locked_at is not None
    form = UnlockForm() if is_locked else LockForm()
    if form.validate_on_submit():
        try:
            act = tending.unlock if is_locked else tending.lock
            act(actor(), topic, form.reason.data or "")
            opened = _("また書けるようにしました。")
            return _done(topic, opened if is_locked else _("書きこみを止めました。"))
        except DomainError as error:
            if error.status != 422:
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/topic_lock.html", form=form, topic=topic, limit=traces.REASON_LIMIT
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/t/<public_id>/rename", methods=["GET", "POST"])
@permits("topics.rename")
def topic_rename(public_id: str) -> Page:
    """Give the topic another name."""
    topic = _found(public_id, "topics.rename")
    form = RenameForm(title=topic.title, former=topic.title)
    if form.validate_on_submit():
        try:
            tending.rename(
                actor(),
                topic,
                form.title.data or "",
                form.reason.data or "",
                former=form.former.data or "",
                keeps_former=not form.forgets.data,
            )
            return _done(topic, _("話題の名前を変えました。"))
        except DomainError as error:
            if error.status != 422:
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/topic_rename.html",
        form=form,
        topic=topic,
        limit=topics.TITLE_LIMIT,
        reason_limit=traces.REASON_LIMIT,
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/t/<public_id>/tags", methods=["GET", "POST"])
@permits("topics.tag")
def topic_tags(public_id: str) -> Page:
    """Choose what the topic is about."""
    topic = _found(public_id, "topics.tag")
    form = TaggedForm(tags=[tag.id for tag in topic.tags])
    form.offer(topic.room.consultation, kept=topic.tags)
    if form.validate_on_submit():
        try:
            tending.choose_tags(actor(), topic, form.chosen)
            return _done(topic, _("タグを付け直しました。"))
        except DomainError as error:
            if error.status != 422:
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/topic_tags.html", form=form, topic=topic, most_tags=tags.PER_TOPIC
    )
    return page, 422 if form.is_submitted() else 200


def _opened(room: Room, form: TopicForm | ProposeForm) -> Topic:
    if isinstance(form, TopicForm):
        return topics.open_topic(
            actor(), room, form.title.data or "", form.question.data or "", tags=form.chosen
        )
    return topics.open_by_resident(
        actor(),
        room,
        form.title.data or "",
        form.body.data or "",
        key=form.key.data or "",
        received_at=received_at(),
        tags=form.chosen,
    )


def _found(public_id: str, permission: str) -> Topic:
    topic = queries.topic(public_id, actor())
    require(actor(), permission, topic)
    return topic


def _done(topic: Topic, said: Message) -> Response:
    flash(str(said), "success")
    return see_other(url_for("forum.topic", public_id=topic.public_id))
