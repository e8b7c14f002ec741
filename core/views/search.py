"""The search page."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from core import grams
from core import search as searching
from core.auth import limiter
from core.search import Document, Found
from core.views import bp
from core.views.search_forms import SearchForm
from core.web import actor, page_of, permits

PER_PAGE = 50
EXCERPT = 110  # characters: two lines on a desk, five on a phone


@bp.get("/search")
@permits("public")
@limiter.limit("240 per minute")
def search() -> str | tuple[str, int]:
    """What this reader may see of what holds every word."""
    who = actor()
    form = SearchForm(request.args)
    form.q.data = (form.q.data or "")[: searching.LONGEST]
    form.offer(searching.places(), searching.kinds())
    is_fine = form.validate()
    query = form.q.data
    found = searching.find(query, who, form.filters()) if is_fine else Found([], [])
    page = page_of(len(found.keys), PER_PAGE)
    here = found.keys[page.offset : page.offset + PER_PAGE]
    said = render_template(
        "core/search.html",
        form=form,
        query=query,
        found=found,
        hits=[_hit(one, found.words) for one in searching.documents(here, who)],
        page=page,
        page_url=lambda number: url_for("core.search", **form.address(), page=number),
        most=searching.MOST,
        wider=_wider(found, form, who) if is_fine else [],
        is_fine=is_fine,
    )
    return said if is_fine else (said, 400)


def _hit(document: Document, words: list[str]) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "label": searching.label_of(document.kind),
        "title": grams.marked(document.title, words if document.has_own_title else []),
        "excerpt": grams.marked(document.body, words, length=EXCERPT),
        "place": document.place,
        "at": document.at,
        "url": document.url,
        "is_official": document.is_official,
    }


def _wider(found: Found, form: SearchForm, who: Any) -> list[tuple[str, str, int]]:
    """Other searches that find something, when this one does not: (words, address, count)."""
    if not found.is_ready or found.keys or not found.words:
        return []
    asked = [form.q.data] if form.narrows else []
    if 1 < len(found.words) <= 4:
        asked += found.words
    counted = [(words, len(searching.find(words, who).keys)) for words in asked]
    return [(words, url_for("core.search", q=words), count) for words, count in counted if count]
