"""The list of themes apart from its page: a part of it, and every place opinions can go to."""

from __future__ import annotations

import json
from functools import partial

from flask import Response, render_template

from analysis import queries, queues, windows
from analysis.views import bp
from analysis.views.themes import address, consultation_of, shown_in, spot_of
from core.web import actor, permits
from ledger.filings import UNNAMED


@bp.get("/desk/c/<slug>/themes/list", endpoint="theme_list")
@permits("themes.read")
def listed(slug: str) -> str:
    """Themes `from` to `to` of the list, as they stand on the page."""
    consultation = consultation_of(slug)
    spot, seen = spot_of(consultation), queries.overview(actor(), consultation)
    return render_template(
        "analysis/_theme_rows.html",
        consultation=consultation,
        seen=seen,
        spot=spot,
        shown=shown_in(spot, seen),
        address=partial(address, consultation),
        unnamed=UNNAMED,
        queue=queues.queue(consultation),
    )


@bp.get("/desk/c/<slug>/themes/targets", endpoint="theme_targets")
@permits("themes.work")
def targets(slug: str) -> Response:
    """Every theme for 送り先, under its heading: [heading, [[id, title, how many, words], …]]."""
    consultation = consultation_of(slug)
    rows = queries.overview(actor(), consultation).listed
    told = [
        [name, [[r.theme.public_id, r.theme.title, r.opinions, r.quote] for r in part]]
        for name, part in windows.under_headings(rows)
    ]
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Response(body, mimetype="application/json")
