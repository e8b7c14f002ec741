"""公開を待っている発言: reading what waits in its surroundings, and letting it in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import clock
from core.messages import Message, _
from core.web import actor, page_of, permits, see_other
from forum import pictures, questions, waiting
from forum.views import bp
from forum.waiting import Outcome

LONG = timedelta(days=1)  # what waits longer is marked: people expect to be heard within a day


@bp.get("/desk/waiting", endpoint="waiting")
@permits("posts.admit")
def waiting_posts() -> str:
    """Each in its surroundings, oldest first."""
    queue = waiting.queue_of(actor())
    page = page_of(queue.count, waiting.PER_PAGE)
    posts = waiting.held(actor(), offset=page.offset)
    return render_template(
        "forum/waiting.html",
        queue=queue,
        posts=posts,
        images=pictures.of(posts),
        questions=questions.of(posts),
        age=age,
        long=LONG,
        page=page,
        page_url=lambda n: url_for(".waiting", page=n if n > 1 else None),
    )


@bp.post("/desk/waiting")
@permits("posts.admit")
def waiting_admit() -> Response:
    """Publish one, or all that were ticked, as they were read."""
    one = request.form.get("one", "")
    looked_at = [_read(said) for said in ([one] if one else request.form.getlist("admit"))]
    outcome = waiting.admit_all(actor(), looked_at[: waiting.PER_PAGE])
    _tell(outcome)
    return see_other(url_for(".waiting"))


def panel(_subject: Any) -> dict[str, Any] | None:
    """The desk's panel: how much waits for this person, and since when."""
    queue = waiting.queue_of(actor())
    if not queue.count:
        return None
    oldest = age(queue.oldest_at) if queue.oldest_at else ""
    return {"queue": queue, "oldest": oldest, "counts": [(_("公開待ち"), queue.count)]}


def age(moment: datetime) -> Message:
    """How long something has waited, in the largest unit that says enough."""
    minutes = max(0, int((clock.now() - moment).total_seconds() // 60))
    if minutes < 1:
        return _("たったいまから")
    if minutes < 60:
        return _("%(count)s分前から", count=minutes)
    if minutes < 48 * 60:
        return _("%(count)s時間前から", count=minutes // 60)
    return _("%(count)s日前から", count=minutes // (24 * 60))


def _read(said: str) -> tuple[str, int]:
    """What a button or box names: the post, and the wording that was read."""
    public_id, _colon, version = said.partition(":")
    return public_id[:40], int(version) if version.isdecimal() and len(version) < 9 else 0


def _tell(outcome: Outcome) -> None:
    if outcome.admitted:
        flash(str(_("%(count)s件の発言を公開しました。", count=outcome.admitted)), "success")
    for message in dict.fromkeys(str(refused) for refused in outcome.refused):
        flash(message, "warning")
    if not outcome.admitted and not outcome.refused:
        flash(str(_("公開する発言を選んでください。")), "warning")
