"""分ける案: the machine shows how a theme may fall apart; a person takes a part out."""

from __future__ import annotations

from typing import Any

from flask import request

from analysis import partings
from analysis.views import bp
from analysis.views.themes import Spot, address, consultation_of, draw, tell, telling_reopened
from core import db
from core.errors import Conflict, Invalid
from core.messages import _
from core.web import actor, permits, see_other
from ledger import queries as ledger_queries


@bp.post("/desk/c/<slug>/themes/<public_id>/part")
@permits("themes.work")
def part_theme(slug: str, public_id: str) -> Any:
    """Ask how a theme may be parted, or take one part out under a name."""
    consultation = consultation_of(slug)
    theme = ledger_queries.theme(public_id, consultation)
    spot, number = Spot(theme), request.form.get("part", type=int)
    if number is None:
        partings.ask(actor(), theme)
        return see_other(address(consultation, spot))
    title = request.form.get("title", "")
    try:
        with telling_reopened(consultation):
            made = partings.take(actor(), theme, number, title)
    except (Invalid, Conflict) as error:
        db.session().rollback()
        tell(error.message, "error")
        return draw(consultation, spot, typed_part=(number, title)), error.status
    tell(_("新しいテーマ「%(title)s」に分けました。", title=made.title))
    return see_other(address(consultation, spot))
