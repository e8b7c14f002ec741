"""The list of what one was told, and how one wants to be told."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import flash, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice

from core import web
from core.errors import Forbidden
from core.messages import Message, _
from core.navigation import Badge, add_badge
from core.people import Account
from core.web import actor, permits, see_other
from forum import follows, news, notices, reader_settings
from forum.follows import Kind
from forum.models import Follow, Pace, Post
from forum.news import News
from forum.views import bp
from forum.views.follows import PACES

PER_PAGE = 50


class SettingsForm(FlaskForm):
    """How somebody wants to be told of what they follow from now on."""

    pace = RadioField(
        _("新しく追うものの知らせ方"),
        choices=[
            SelectChoice(Pace.AT_ONCE, _("すぐに、1件ずつメールで")),
            SelectChoice(Pace.DAILY, _("一日一回、朝7時にまとめてメールで")),
            SelectChoice(Pace.WEEKLY, _("週に一回、月曜日の朝7時にまとめてメールで")),
            SelectChoice(Pace.SITE, _("サイトの中だけ（メールは送りません）")),
        ],
    )
    follows_replies = BooleanField(_("発言すると、その発言への返信を自動で追う"))
    mails_direct = BooleanField(
        _("名前を呼びかけられたとき、質問に区が答えたときは、すぐにメールで知らせる")
    )


@dataclass(frozen=True)
class Group:
    """Neighbouring notices of one topic, or of a room as such."""

    title: str
    place: str
    items: list[News]

    @property
    def has_unread(self) -> bool:
        return any(one.notice.read_at is None for one in self.items)


@dataclass(frozen=True)
class Kept:
    """One thing that is followed, as the settings list it."""

    follow: Follow
    kind: Message
    title: str
    url: str


KINDS: dict[str, Message] = {
    Kind.ROOM: _("会議室"),
    Kind.TOPIC: _("話題"),
    Kind.POST: _("発言への返信"),
}


@bp.get("/notices", endpoint="notices")
@permits("notices.read")
def all_notices() -> str:
    """What one was told, the newest first, topic by topic."""
    who = _me()
    page = web.page_of(notices.total(who), PER_PAGE)
    told = notices.listed(who, offset=page.offset, limit=PER_PAGE)
    return render_template(
        "forum/notices.html",
        groups=_groups(told),
        page=page,
        unread=notices.unread_count(who),
        follows_nothing=not told and not follows.count(who),
    )


@bp.post("/notices/<public_id>")
@permits("notices.read")
def notice(public_id: str) -> Response:
    """Open one: it is read from now on, and leads to where it happened."""
    return see_other(notices.opened(_me(), public_id))


@bp.post("/notices/read")
@permits("notices.read")
def notices_read() -> Response:
    """Mark everything read."""
    notices.read_all(_me())
    flash(str(_("すべて読んだことにしました。")), "success")
    return see_other(url_for("forum.notices"))


@bp.route("/me/notices", methods=["GET", "POST"])
@permits("follows.begin")
def notice_settings() -> str | Response | tuple[str, int]:
    """How one wants to be told, and of what."""
    who = _me()
    chosen = reader_settings.of(who.id)
    form = SettingsForm(obj=chosen)
    if form.validate_on_submit():
        reader_settings.choose(
            who,
            form.pace.data,
            follows_replies=form.follows_replies.data,
            mails_direct=form.mails_direct.data,
        )
        flash(str(_("知らせ方を保存しました。")), "success")
        return see_other(url_for("forum.notice_settings"))
    page = web.page_of(follows.count(who), PER_PAGE)
    drawn = render_template(
        "forum/notice_settings.html",
        form=form,
        kept=_kept(follows.listed(who, offset=page.offset, limit=PER_PAGE)),
        page=page,
        paces=PACES,
    )
    return (drawn, 422) if form.is_submitted() else drawn


@bp.post("/me/notices/paces")
@permits("follows.begin")
def follow_paces() -> Response:
    """Change how fast one is told of each thing one follows."""
    chosen = {
        int(name.removeprefix("pace-")): pace
        for name, pace in request.form.items()
        if name.removeprefix("pace-").isdecimal() and len(name) < 15
    }
    follows.set_paces(_me(), chosen)
    flash(str(_("追っているものの知らせ方を保存しました。")), "success")
    return see_other(url_for("forum.notice_settings"))


@bp.post("/me/notices/<int(max=2147483647):follow_id>/end")
@permits("follows.begin")
def follow_end(follow_id: int) -> Response:
    """Follow one thing no longer."""
    who = _me()
    follows.end(who, follows.find(who, follow_id))
    flash(str(_("追うのをやめました。この先は、お知らせしません。")), "success")
    return see_other(url_for("forum.notice_settings"))


def _me() -> Account:
    who = actor()
    if who is None:
        raise Forbidden
    return who


def _groups(told: list[News]) -> list[Group]:
    """Neighbours of one topic together; the order stays the newest first."""
    made = []
    for _place, items in groupby(told, key=lambda one: (one.room.id, one.topic and one.topic.id)):
        found = list(items)
        room, topic = found[0].room, found[0].topic
        made.append(Group(topic.title if topic else room.title, room.title if topic else "", found))
    return made


def _kept(found: list[Follow]) -> list[Kept]:
    """What is followed, in words; a post that is not shown is named by its number only."""
    there = follows.things(found)
    listed = []
    for follow in found:
        thing = there.get((follow.kind, follow.object_id))
        if thing is None:
            continue
        if isinstance(thing, Post):
            title = str(
                _("%(topic)s　発言%(number)s", topic=thing.topic.title, number=thing.number)
            )
            url = url_for("forum.post", public_id=thing.public_id)
        else:
            title, url = thing.title, news.path_of(thing)
        listed.append(Kept(follow, KINDS[follow.kind], title, url))
    return listed


add_badge(Badge(_("お知らせ"), "forum.notices", "bell", notices.unread_count))
