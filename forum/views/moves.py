"""Moving, merging and splitting topics: each page says first what will happen, and to how many."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import web
from core.errors import Conflict, DomainError
from core.messages import Message, _
from core.permissions import require
from core.web import actor, permits, see_other
from forum import moves, plans, queries, topics, traces
from forum.models import Topic
from forum.views import bp, splitting
from forum.views.topics_forms import MergeForm, MoveForm, SplitForm
from ledger.views import deadlines

Page = str | Response | tuple[str, int]


@bp.route("/t/<public_id>/move", methods=["GET", "POST"])
@permits("topics.move")
def topic_move(public_id: str) -> Page:
    """Bring the topic into another room of its consultation."""
    topic = _found(public_id)
    rooms = {room.public_id: room for room in plans.rooms_for(actor(), topic)}
    form = MoveForm()
    form.offer(list(rooms.values()))
    if form.validate_on_submit():
        try:
            there = rooms[form.room.data]
            moves.move(actor(), topic, there, form.reason.data or "")
            return _done(topic, _("話題を「%(room)s」に移しました。", room=there.title))
        except DomainError as error:
            refuse(form, error)
    page = render_template(
        "forum/topic_move.html",
        form=form,
        topic=topic,
        rooms=rooms,
        count=queries.total(topic),
        limit=traces.REASON_LIMIT,
        deadlines=deadlines,
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/t/<public_id>/merge", methods=["GET", "POST"])
@permits("topics.move")
def topic_merge(public_id: str) -> Page:
    """Put the topic's posts behind those of another; first one is told what will happen."""
    topic = _found(public_id)
    others = {other.public_id: other for other in plans.topics_for(actor(), topic)}
    form = MergeForm()
    form.offer([(other, _name_of(other, topic)) for other in others.values()])
    if form.validate_on_submit():
        into = others[form.into.data]
        try:
            plan = plans.merge(topic, form.reason.data or "")
            if request.form.get("step") == "check":
                return render_template(
                    "forum/topic_merge_check.html", form=form, topic=topic, into=into, plan=plan
                )
            if request.form.get("step") == "merge":
                moves.merge(actor(), topic, into, form.reason.data or "")
                return _done(into, _("「%(title)s」を、ここにまとめました。", title=topic.title))
        except DomainError as error:
            refuse(form, error)
    page = render_template(
        "forum/topic_merge.html",
        form=form,
        topic=topic,
        others=others,
        count=queries.total(topic),
        limit=traces.REASON_LIMIT,
    )
    return page, 422 if form.errors or form.form_errors else 200


@bp.route("/t/<public_id>/split", methods=["GET", "POST"])
@permits("topics.move")
def topic_split(public_id: str) -> Page:
    """Make a topic of some posts: choose them, be told what goes along, then split."""
    topic = _found(public_id)
    form, step = SplitForm(), request.form.get("step", "")
    if form.validate_on_submit():
        try:
            numbers = splitting.chosen(form)
            if step in ("check", "split"):
                words = (form.title.data or "", form.question.data or "", form.reason.data or "")
                going = plans.posts_with(topic, numbers)
                plan = plans.split(topic, going, *words)
                if step == "check":
                    return render_template(
                        "forum/topic_split_check.html", form=form, topic=topic, plan=plan
                    )
                made = moves.split(actor(), topic, going, *words)
                return _done(made, _("発言%(count)s件を、ここに分けました。", count=plan.count))
        except DomainError as error:
            refuse(form, error)
    page = render_template(
        "forum/topic_split.html",
        form=form,
        topic=topic,
        title_limit=topics.TITLE_LIMIT,
        question_limit=topics.QUESTION_LIMIT,
        limit=traces.REASON_LIMIT,
        **splitting.boxes(topic, form, step),
    )
    return page, 422 if form.errors or form.form_errors else 200


def refuse(form: MoveForm | MergeForm | SplitForm, error: DomainError) -> None:
    """Show a refusal in the form, whose fields keep what was written."""
    if error.status not in (403, 409, 422):
        raise error
    web.refuse(form, error)


def _found(public_id: str) -> Topic:
    topic = queries.topic(public_id, actor())
    require(actor(), "topics.move", topic)
    if topic.merged_into_id is not None:
        raise Conflict(_("この話題は、別の話題にまとめてあります。まとめた先で行ってください。"))
    return topic


def _name_of(other: Topic, topic: Topic) -> str:
    """A topic as one chooses it; of another room with the room's name."""
    if other.room_id == topic.room_id:
        return other.title
    return str(_("%(topic)s（%(room)s）", topic=other.title, room=other.room.title))


def _done(topic: Topic, said: Message) -> Response:
    flash(str(said), "success")
    return see_other(url_for("forum.topic", public_id=topic.public_id))
