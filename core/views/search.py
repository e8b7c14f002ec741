"""The search page."""

from __future__ import annotations

from flask import render_template, request, url_for

from core import grams
from core import search as searching
from core.auth import limiter
from core.views import bp
from core.web import actor, page_of, permits

PER_PAGE = 50


@bp.get("/search")
@permits("public")
@limiter.limit("240 per minute")
def search() -> str:
    """What this reader may see of what holds every word."""
    query = request.args.get("q", "")[: searching.LONGEST]
    who = actor()
    found = searching.find(query, who)
    page = page_of(len(found.documents), PER_PAGE)
    hits = [
        {
            "label": searching.label_of(one.kind),
            "title": grams.marked(one.title, found.words),
            "excerpt": grams.marked(one.body, found.words, length=110),
            "place": one.place,
            "at": one.at,
            "url": one.url,
        }
        for one in found.documents[page.offset : page.offset + PER_PAGE]
    ]
    fewer = []
    if found.is_ready and not found.documents and 1 < len(found.words) <= 4:
        fewer = [(word, len(searching.find(word, who).documents)) for word in found.words]
    return render_template(
        "core/search.html",
        query=query,
        found=found,
        hits=hits,
        page=page,
        page_url=lambda number: url_for("core.search", q=query, page=number),
        most=searching.MOST,
        fewer=[(word, count) for word, count in fewer if count],
    )
