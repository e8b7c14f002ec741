"""Choosing what one thinks of a post, with a form or without leaving the page."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from core.errors import Invalid
from core.messages import _
from core.web import actor, permits, see_other, wants_json
from forum import queries, stands
from forum.views import bp
from ledger.models import Choice

SAID = {
    Choice.AGREE: _("「そう思う」を選びました。"),
    Choice.DISAGREE: _("「ちがう考え」を選びました。"),
    Choice.UNSURE: _("「わからない」を選びました。"),
    None: _("選ぶのをやめました。"),
}


@bp.post("/p/<public_id>/stance")
@permits("stances.take")
def stance(public_id: str) -> Any:
    """Take a stance, or take it back (`choice` is empty); answers with the post's place."""
    choice = _choice(request.form.get("choice", ""))
    found = queries.post(public_id)
    stands.take(actor(), found, choice, opinion=request.form.get("opinion", ""))
    if wants_json():
        return {"choice": choice or "", "said": str(SAID[choice])}
    return see_other(url_for("forum.post", public_id=public_id))


def _choice(said: str) -> Choice | None:
    if not said:
        return None
    try:
        return Choice(said)
    except ValueError as error:
        raise Invalid("choice", _("三つの中から選んでください。")) from error
