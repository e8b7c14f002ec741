"""Following from a page, and ending it from a mail with one press."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core.messages import Message, _
from core.web import actor, csrf, local_path, permits, see_other
from forum import follows, links, news, reader_settings
from forum.links import Stop
from forum.models import Pace, Post
from forum.views import bp

PACES: dict[str, Message] = {
    Pace.AT_ONCE: _("すぐに"),
    Pace.DAILY: _("一日一回"),
    Pace.WEEKLY: _("週に一回"),
    Pace.SITE: _("サイトの中だけ"),
}
_BEGUN: dict[str, Message] = {
    Pace.AT_ONCE: _("追いはじめました。新しいことがあると、すぐにメールでお知らせします。"),
    Pace.DAILY: _("追いはじめました。新しいことを、一日一回、朝にまとめてメールでお知らせします。"),
    Pace.WEEKLY: _("追いはじめました。新しいことを、月曜日の朝にまとめてメールでお知らせします。"),
    Pace.SITE: _(
        "追いはじめました。新しいことは「お知らせ」のページに出ます。メールは送りません。"
    ),
}


@bp.post("/follow/<kind>/<public_id>")
@permits("follows.begin")
def follow(kind: str, public_id: str) -> Response:
    """Begin to follow, or change how fast one is told."""
    thing = follows.thing(kind, public_id)
    begun = follows.follow(actor(), kind, thing, request.form.get("pace") or None)
    flash(str(_BEGUN[begun.pace]), "success")
    return _back(thing)


@bp.post("/follow/<kind>/<public_id>/end")
@permits("follows.begin")
def unfollow(kind: str, public_id: str) -> Response:
    """Follow no longer."""
    thing = follows.thing(kind, public_id)
    follows.unfollow(actor(), kind, thing)
    flash(str(_("追うのをやめました。この先は、お知らせしません。")), "success")
    return _back(thing)


@bp.get("/u/<token>")
@permits("public")
def stop(token: str) -> str | tuple[str, int]:
    """What a mail's link would end, with the button that does it."""
    return _stop_page(token, is_done=False)


@bp.post("/u/<token>")
@permits("public")
def stop_now(token: str) -> str | tuple[str, int]:
    """End it at once: a mail program presses here too, without a cookie (RFC 8058)."""
    what = links.read(token)
    if what is not None:
        _end(what)
    return _stop_page(token, is_done=True)


csrf.exempt(stop_now)


def _end(what: Stop) -> None:
    if what.follow_id is not None:
        follows.end_by_mail(what.follow_id, what.account_id)
    elif what.pace:
        reader_settings.quiet(what.account_id, what.pace)
    else:
        reader_settings.stop_direct(what.account_id)


def _stop_page(token: str, *, is_done: bool) -> str | tuple[str, int]:
    what = links.read(token)
    page = render_template(
        "forum/stop.html",
        token=token,
        what=what,
        label=_what(what) if what is not None else None,
        is_done=is_done,
    )
    return page if what is not None else (page, 404)


def _what(what: Stop) -> Message | None:
    """What a link ends, in words; None when it ended before."""
    if what.pace:
        return _("「%(pace)s」のまとめのメール", pace=PACES[what.pace])
    if what.is_direct:
        return _("自分に宛てた発言や、質問への答えを知らせるメール")
    found = follows.by_mail(what.follow_id or 0, what.account_id)
    if found is None:
        return None
    place = follows.things([found]).get((found.kind, found.object_id))
    title = place.topic.title if isinstance(place, Post) else getattr(place, "title", "")
    if found.kind == follows.Kind.ROOM:
        return _("会議室「%(title)s」のお知らせ", title=title)
    if found.kind == follows.Kind.TOPIC:
        return _("話題「%(title)s」のお知らせ", title=title)
    return _("話題「%(title)s」の、発言への返信のお知らせ", title=title)


def _back(thing: Any) -> Response:
    """Back to the page one came from, or to what is followed."""
    if isinstance(thing, Post):
        default = url_for("forum.post", public_id=thing.public_id)
    else:
        default = news.path_of(thing)
    return see_other(local_path(request.form.get("next"), default))
