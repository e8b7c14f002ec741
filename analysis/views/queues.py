"""Newcomers on the desk: one is taken where a person says, or all of a kind at once."""

from __future__ import annotations

from typing import Any

from flask import request

from analysis import desks, newcomers, queries
from analysis.views import bp
from analysis.views.themes import address, consultation_of, spot_of, tell
from core.errors import Invalid
from core.messages import _
from core.web import actor, permits, see_other
from ledger import queries as ledger_queries
from ledger.models import Placement, Theme


@bp.post("/desk/c/<slug>/themes/suggested")
@permits("themes.work")
def take_suggested(slug: str) -> Any:
    """One newcomer where a person says; or all of a kind, or all exact copies; or a new look."""
    consultation = consultation_of(slug)
    spot, who, act = spot_of(consultation), actor(), request.form.get("act", "")
    if act == "all":
        least = request.form.get("least", 0.0, type=float)
        theme = spot.where if isinstance(spot.where, Theme) else None
        count = newcomers.take_all(who, consultation, least, theme)
        tell(_("候補のとおりに%(count)s件を入れました。「元に戻す」で戻せます。", count=count))
    elif act == "follow":
        count = newcomers.follow(who, consultation)
        tell(_("同じ文の%(count)s件を、もとのご意見と同じテーマに入れました。", count=count))
    elif act == "look":
        newcomers.look(who, consultation)
        tell(_("候補を調べています。少したってから、画面を開き直してください。"), "info")
    else:
        opinion = queries.counted(who, consultation, request.form.get("opinion", ""))
        to = _place(request.form.get("to", ""), consultation)
        desks.move(who, consultation, [opinion.id], to)
        tell(desks.moved(1, to))
    return see_other(address(consultation, spot))


def _place(said: str, consultation: Any) -> Theme | Placement:
    if not said:
        raise Invalid("to", _("移す先のテーマを選んでください。"))
    return Placement.LONE if said == "lone" else ledger_queries.theme(said, consultation)
