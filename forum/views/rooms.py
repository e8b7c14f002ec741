"""Rooms and their topics: lists, opening them, and the running summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import clock, web
from core.errors import DomainError, Stale
from core.messages import _
from core.permissions import permits as is_permitted
from core.permissions import require
from core.web import actor, permits, see_other
from forum import closings, facilitators, follows, papers, queries, readings, rooms, tags, waiting
from forum.views import bp, room_words
from forum.views.rooms_forms import (
    ChangeForm,
    CloseForm,
    ExtendForm,
    NewRoomForm,
    SettingsForm,
)
from ledger import consultations, labels
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
    found, who = queries.room(public_id), actor()
    in_use = tags.in_use(found)
    chosen = next((tag for tag in in_use if tag.name == request.args.get("tag")), None)
    listed = queries.topics(found, who, tag=chosen)
    there = [topic for topic, _talk in listed]
    stage = found.consultation.stage
    return render_template(
        "forum/room.html",
        room=found,
        consultation=found.consultation,
        topics=listed,
        tags=tags.of(there),
        tags_in_use=in_use,
        chosen_tag=chosen,
        unread=readings.unread_by_topic(who, there),
        is_open=found.is_open(clock.now()),
        summary=closings.summary(found) if closings.is_public(found) else None,
        papers=papers.of(found),
        waiting=waiting.count_in(found) if is_permitted(who, "posts.admit", found) else 0,
        facilitators=facilitators.of(found),
        changes=room_words.told(rooms.changes(found)),
        ways=room_words.ways(found),
        follow_kind="room",
        follow_id=found.public_id,
        follow=follows.of(who, "room", [found.id]).get(found.id),
        stage_now=(labels.stage_number(stage), labels.STAGES[stage]),
        has_page=has_page,
        deadlines=deadlines,
    )


@bp.route("/desk/c/<slug>/rooms/new", methods=["GET", "POST"])
@permits("rooms.open")
def room_new(slug: str) -> Page:
    """Open a room for a consultation."""
    consultation = consultations.find(slug)
    require(actor(), "rooms.open", consultation)
    phase = consultation.phase(PhaseKind.DISCUSS)
    form = NewRoomForm(
        opens_at=max(phase.opens_at, clock.now()) if phase else None,
        closes_at=phase.closes_at if phase else None,
        rules="\n".join(str(rule) for rule in RULES),
        has_stances=True,
    )
    if form.validate_on_submit():
        try:
            opened = rooms.open_room(
                actor(),
                consultation,
                opens_at=form.opens_at.data,
                closes_at=form.closes_at.data,
                **settings_of(form),
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


@bp.route("/rm/<public_id>/settings", methods=["GET", "POST"])
@permits("rooms.change")
def room_settings(public_id: str) -> Page:
    """Set a room anew, with a reason everybody reads."""
    room = queries.room(public_id)
    require(actor(), "rooms.change", room)
    form = ChangeForm(
        title=room.title,
        purpose=room.purpose,
        rules="\n".join(room.rules),
        writers=room.writers,
        checked=room.checked,
        topics_by=room.topics_by,
        has_stances=room.has_stances,
        version=room.version,
    )
    if form.validate_on_submit():
        try:
            rooms.change_settings(
                actor(),
                room,
                version=form.version.data or 0,
                reason=form.reason.data or "",
                **settings_of(form),
            )
            flash(
                str(_("設定を変えました。会議室のページに、理由といっしょに出ています。")),
                "success",
            )
            return see_other(url_for("forum.room", public_id=public_id))
        except Stale as error:
            now = queries.room(public_id)
            form.version.data, form.version.raw_data = now.version, None
            return render_template(
                "forum/room_settings.html", form=form, room=now, stale=error
            ), 409
        except DomainError as error:
            web.refuse(form, error)
    page = render_template("forum/room_settings.html", form=form, room=room)
    return page, 422 if form.is_submitted() else 200


@bp.route("/rm/<public_id>/dates", methods=["GET", "POST"])
@permits("rooms.change")
def room_dates(public_id: str) -> Page:
    """Extend a room, also one that has ended."""
    return _dates(public_id, is_extending=True)


@bp.post("/rm/<public_id>/close")
@permits("rooms.change")
def room_close(public_id: str) -> Page:
    """End a room before its day."""
    return _dates(public_id, is_extending=False)


def _dates(public_id: str, *, is_extending: bool) -> Page:
    room = queries.room(public_id)
    require(actor(), "rooms.change", room)
    was = room.closes_at.isoformat()
    extending = ExtendForm(**({} if is_extending else {"formdata": None}), was=was, prefix="later")
    closing = CloseForm(**({"formdata": None} if is_extending else {}), was=was, prefix="now")
    form = extending if is_extending else closing
    if form.validate_on_submit():
        try:
            seen = _moment(form.was.data)
            why = form.reason.data or ""
            if is_extending:
                rooms.extend(actor(), room, extending.closes_at.data, why, was=seen)
                flash(str(_("会議室の期間を延ばしました。")), "success")
            else:
                rooms.close_early(actor(), room, why, was=seen)
                flash(str(_("会議室を終えました。話し合いは、これからも読めます。")), "success")
            return see_other(url_for("forum.room", public_id=public_id))
        except DomainError as error:
            if isinstance(error, Stale):
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/room_dates.html",
        room=room,
        extending=extending,
        closing=closing,
        phase=room.consultation.phase(PhaseKind.DISCUSS),
        is_open=room.is_open(clock.now()),
        deadlines=deadlines,
    )
    return page, 422 if request.method == "POST" else 200


def settings_of(form: SettingsForm) -> dict[str, Any]:
    """What a form says of a room, as the verbs take it."""
    return {
        "title": form.title.data or "",
        "purpose": form.purpose.data or "",
        "rules": (form.rules.data or "").splitlines(),
        "writers": form.writers.data,
        "checked": form.checked.data,
        "topics_by": form.topics_by.data,
        "has_stances": form.has_stances.data,
    }


def has_page(endpoint: str) -> bool:
    """Whether the application has a page: a package that is left out offers none."""
    return endpoint in current_app.view_functions


def _moment(said: str | None) -> datetime | None:
    """The end that the page showed, or None when somebody sent something else."""
    try:
        seen = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    return seen if seen.tzinfo is not None else None


RULES = (
    _("第1条　一つの発言には、一つのことを書きます。"),
    _("第2条　名前や電話番号など、人が分かることは書きません。"),
    _("第3条　うわさではなく、見たこと、したこと、困ったことを書きます。"),
    _("第4条　人や町をひとくくりに決めつけず、考えに対して意見を述べます。"),
    _("第5条　商品や団体の宣伝をしません。"),
)
