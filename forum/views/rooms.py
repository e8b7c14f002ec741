"""Rooms and their topics: lists, opening them, and the running summary."""

from __future__ import annotations

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from core import clock, web
from core.errors import DomainError
from core.messages import _
from core.permissions import permits as is_permitted
from core.permissions import require
from core.web import actor, permits, see_other
from forum import queries, rooms, topics
from forum.forms import ContextForm, RoomForm, TopicForm
from forum.views import bp
from ledger import consultations
from ledger.models import PhaseKind
from ledger.views import deadlines

Page = str | Response | tuple[str, int]


@bp.get("/rooms", endpoint="rooms")
@permits("public")
def all_rooms() -> str:
    """What is being talked about now, what comes, and what was."""
    now, cards = clock.now(), queries.rooms()
    who = actor()
    return render_template(
        "forum/rooms.html",
        open=[card for card in cards if card.room.is_open(now)],
        coming=[card for card in cards if now < card.room.opens_at],
        over=[card for card in reversed(cards) if card.room.closes_at <= now],
        to_open=[c for c in queries.to_talk_in() if is_permitted(who, "rooms.open", c)],
        deadlines=deadlines,
    )


@bp.get("/rm/<public_id>")
@permits("public")
def room(public_id: str) -> str:
    """What the room is for, by which rules, until when, and its topics."""
    found = queries.room(public_id)
    return render_template(
        "forum/room.html",
        room=found,
        consultation=found.consultation,
        topics=queries.topics(found),
        is_open=found.is_open(clock.now()),
        deadlines=deadlines,
    )


@bp.route("/desk/c/<slug>/rooms/new", methods=["GET", "POST"])
@permits("rooms.open")
def room_new(slug: str) -> Page:
    """Open a room for a consultation."""
    consultation = consultations.find(slug)
    require(actor(), "rooms.open", consultation)
    phase = consultation.phase(PhaseKind.DISCUSS)
    form = RoomForm(
        opens_at=max(phase.opens_at, clock.now()) if phase else None,
        closes_at=phase.closes_at if phase else None,
        rules="\n".join(str(rule) for rule in RULES),
    )
    if form.validate_on_submit():
        try:
            opened = rooms.open_room(
                actor(),
                consultation,
                title=form.title.data or "",
                purpose=form.purpose.data or "",
                rules=(form.rules.data or "").splitlines(),
                opens_at=form.opens_at.data,
                closes_at=form.closes_at.data,
            )
            flash(str(_("会議室を開きました。次に、話題を加えてください。")), "success")
            return see_other(url_for("forum.room", public_id=opened.public_id))
        except DomainError as error:
            web.refuse(form, error)
    page = render_template(
        "forum/room_new.html",
        form=form,
        consultation=consultation,
        phase=phase,
        deadlines=deadlines,
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/rm/<public_id>/topics/new", methods=["GET", "POST"])
@permits("topics.open")
def topic_new(public_id: str) -> Page:
    """Put a question to the room."""
    room = queries.room(public_id)
    require(actor(), "topics.open", room)
    form = TopicForm()
    if form.validate_on_submit():
        try:
            made = topics.open_topic(actor(), room, form.title.data, form.question.data)
            flash(str(_("話題を加えました。")), "success")
            return see_other(url_for("forum.topic", public_id=made.public_id))
        except DomainError as error:
            web.refuse(form, error)
    page = render_template(
        "forum/topic_new.html", form=form, room=room, limit=topics.QUESTION_LIMIT
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/t/<public_id>/context", methods=["GET", "POST"])
@permits("topics.sum_up")
def topic_context(public_id: str) -> Page:
    """Write the running summary."""
    topic = queries.topic(public_id)
    require(actor(), "topics.sum_up", topic)
    form = ContextForm(body=topic.context, version=topic.version)
    if form.validate_on_submit():
        try:
            version = form.version.data or 0
            topics.set_context(actor(), topic, form.body.data or "", version)
            flash(str(_("いまの整理を書きかえました。")), "success")
            return see_other(url_for("forum.topic", public_id=public_id))
        except DomainError as error:
            if error.status == 409:
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/topic_context.html", form=form, topic=topic, limit=topics.CONTEXT_LIMIT
    )
    return page, 422 if form.is_submitted() else 200


RULES = (
    _("第1条　一つの発言には、一つのことを書きます。"),
    _("第2条　名前や電話番号など、人が分かることは書きません。"),
    _("第3条　うわさではなく、見たこと、したこと、困ったことを書きます。"),
    _("第4条　人や町をひとくくりに決めつけず、考えに対して意見を述べます。"),
    _("第5条　商品や団体の宣伝をしません。"),
)
