"""The picture for staff: the map, the tree, the bars; and who answers alike. GET never lays out."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from analysis import agreements, bars, hearings, maps, spots, trees
from analysis.maps import Topic
from analysis.views import bp
from analysis.views.themes import address, consultation_of, desk_steps
from core import text
from core.views.jobs import described
from core.web import actor, page_of, permits, see_other
from ledger.labels import CHANNELS
from ledger.models import Consultation

PER_PAGE = 100  # rows of the tables beside the pictures; all pages together hold every figure


@bp.get("/desk/c/<slug>/map", endpoint="map")
@permits("themes.read")
def show_map(slug: str) -> str:
    """Where does everything lie, and where did it come from?"""
    consultation = consultation_of(slug)
    is_large = request.args.get("size") == "l"
    chart = maps.chart(consultation, is_large=is_large)
    job = spots.newest(consultation)
    by_channel = bars.by_channel(consultation, chart.topics)
    by_district = bars.by_district(consultation, chart.topics)
    page = page_of(len(chart.topics), PER_PAGE)
    return render_template(
        "analysis/map.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        chart=chart,
        tree=trees.tree(chart.topics),
        tables=[one for one in (by_channel, by_district) if one is not None],
        district_columns=bars.district_columns(consultation) if by_district else [],
        channels=CHANNELS,
        page=page,
        page_url=lambda number: url_for("analysis.map", slug=slug, page=number) + "#figures",
        is_large=is_large,
        is_behind=spots.is_behind(consultation) if chart.made_at else False,
        job=described(job) if job else None,
        url_of=_desk_url(consultation),
    )


@bp.post("/desk/c/<slug>/map")
@permits("themes.work")
def lay_out_map(slug: str) -> Response:
    """Lay the map out anew, as a job."""
    spots.lay_out(actor(), consultation_of(slug))
    return see_other(url_for("analysis.map", slug=slug))


@bp.get("/desk/c/<slug>/voices", endpoint="voices")
@permits("themes.read")
def show_voices(slug: str) -> str:
    """Which people answer alike, what do all of them agree with, and what divides them?"""
    consultation = consultation_of(slug)
    job = hearings.newest(consultation)
    return render_template(
        "analysis/voices.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        heard=agreements.heard(consultation),
        has_any=agreements.has_any(consultation),
        fewest=hearings.FEWEST,
        excerpt=text.excerpt,
        job=described(job) if job else None,
    )


@bp.post("/desk/c/<slug>/voices")
@permits("themes.work")
def hear_voices(slug: str) -> Response:
    """Work the groups out anew, as a job."""
    hearings.hear(actor(), consultation_of(slug))
    return see_other(url_for("analysis.voices", slug=slug))


def _desk_url(consultation: Consultation) -> Any:
    def url(topic: Topic | None, where: str = "") -> str:
        if topic is not None:
            return address(consultation, t=topic.public_id)
        return address(consultation, list=where)

    return url
