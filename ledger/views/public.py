"""Home, and the page of one consultation."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core import clock, text
from core.messages import Message, _
from core.web import actor, permits
from ledger import consultations, overviews, queries, sources
from ledger.models import Consultation, Edition, Phase, PhaseKind
from ledger.views import bp, deadlines


@bp.get("/")
@permits("public")
def home() -> str:
    """What can I say something about now?"""
    return render_template(
        "ledger/home.html",
        home=overviews.home(actor()),
        answers=overviews.recent_answers(),
        year=overviews.year(),
        next_step=_next_step,
        excerpt=text.excerpt,
    )


@bp.get("/c/<slug>")
@permits("public")
def consultation(slug: str) -> str:
    """Where are we, what can I do, what became of it?"""
    found = consultations.find(slug)
    actions = sources.actions_of(found, actor())
    editions = overviews.editions_of(found)
    return render_template(
        "ledger/consultation.html",
        consultation=found,
        purpose=text.lines(found.purpose),
        steps=_steps(found, editions),
        standing=_now(found, editions),
        next_phase=overviews.next_phase(found),
        open_phase=overviews.open_phase(found),
        actions=[a for a in actions if a.is_open],
        past_actions=[a for a in actions if not a.is_open],
        counts=queries.counts(found),
        channels=queries.by_channel(found),
        editions=editions,
        chapters=_chapters(found),
        paragraphs=text.lines,
    )


def _now(consultation: Consultation, editions: list[Edition]) -> str:
    """What "いま、ここ" says: an answer is news until something opens after it."""
    answered_at = editions[0].published_at if editions else None
    if overviews.is_answered(consultation, answered_at):
        return "published"
    return overviews.standing(consultation, answered_at)


def _steps(consultation: Consultation, editions: list[Edition]) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "name": phase.title,
            "url": _step_url(phase, editions),
            "when": deadlines.span_in_two_lines(phase.opens_at, phase.closes_at),
            "is_done": phase.has_ended(now),
            "is_current": phase.is_open(now),
        }
        for phase in consultation.phases
    ]


def _step_url(phase: Phase, editions: list[Edition]) -> str | None:
    if phase.kind == PhaseKind.REPORT and editions:
        return url_for("analysis.report", public_id=editions[0].report.public_id)
    return None


def _chapters(consultation: Consultation) -> list[list[Any]]:
    """The draft's places by chapter: "2" with "2-1", "2-2" … under it."""
    chapters: list[list[Any]] = []
    for section in consultation.sections:
        head = section.number.split("-")[0]
        if chapters and chapters[-1][0].number.split("-")[0] == head:
            chapters[-1].append(section)
        else:
            chapters.append([section])
    return chapters


def _next_step(consultation: Consultation) -> Message:
    """One line for a consultation that takes no voices now."""
    phase = overviews.next_phase(consultation)
    if phase is None:
        return _("日程は、決まりしだいお知らせします")
    return _(
        "次は「%(phase)s」　%(when)s",
        phase=phase.title,
        when=deadlines.span(phase.opens_at, phase.closes_at),
    )
