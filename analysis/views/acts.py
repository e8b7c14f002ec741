"""Who did what when on the themes desk."""

from __future__ import annotations

from flask import render_template, url_for

from analysis.views import bp
from analysis.views.themes import address, consultation_of, desk_steps
from core.web import page_of, permits
from ledger import acts as ledger_acts


@bp.get("/desk/c/<slug>/acts")
@permits("themes.read")
def acts(slug: str) -> str:
    consultation = consultation_of(slug)
    page = page_of(ledger_acts.count(consultation))
    return render_template(
        "analysis/acts.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        acts=ledger_acts.listed(consultation, offset=page.offset, limit=page.size),
        page=page,
        pages_url=lambda n: url_for("analysis.acts", slug=slug, page=n),
        desk_url=address(consultation),
    )
