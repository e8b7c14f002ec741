"""Choosing posts for a split: boxes, fifty at a time, and numbers for the long topics."""

from __future__ import annotations

from typing import Any

from core import web
from core.errors import Invalid
from core.messages import _
from forum import numbering, queries, spans
from forum.models import Topic
from forum.spans import Spans
from forum.views.topics_forms import SplitForm


def chosen(form: SplitForm) -> Spans:
    """The numbers chosen so far, by boxes and in words; the form's line says them from now on."""
    try:
        found = numbering.picked(
            form.numbers.data or "", form.were.data or "", form.posts.data or ()
        )
    except ValueError as error:
        raise Invalid("numbers", _("「12-18, 30」のように、番号で書いてください。")) from error
    form.numbers.data = spans.said(found).replace(",", ", ")
    return found


def boxes(topic: Topic, form: SplitForm, step: str) -> dict[str, Any]:
    """One page of the topic's posts with their boxes; a button's `step` may ask for another one."""
    page = web.page_of(queries.total(topic), queries.PER_PAGE)
    if step.isdecimal():
        page = web.Page(min(max(1, int(step)), page.count), page.count, page.size)
    there = queries.thread(topic, offset=page.offset)
    try:
        wanted = numbering.read(form.numbers.data or "")
    except ValueError:
        wanted = spans.of(form.posts.data or ())
    picked = {post.number for post in there if spans.contains(wanted, post.number)}
    form.were.data = spans.said(spans.of(picked))
    return {"posts": there, "picked": picked, "page": page}
