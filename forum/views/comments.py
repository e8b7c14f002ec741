"""Public comment: write → check → send.

Every step sends the whole form along, so that nothing is kept on the server before it is sent and
nothing that was typed is lost on the way.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import render_template, request

from core import clock, db, text, web
from core.auth import limiter
from core.errors import Closed, Invalid, NotFound
from core.messages import Message
from core.web import permits, see_other
from forum import comments, submissions
from forum.drafts import chapters
from forum.views import bp, comment_receipts
from forum.views.comments_forms import CommentForm, tie_words
from ledger import consultations
from ledger.models import Consultation, Phase, PhaseKind

Answer = Any


@bp.route("/c/<slug>/comment", methods=["GET", "POST"])
@permits("public")
@limiter.limit("60 per minute; 600 per hour", methods=["POST"])  # a school is one address
def comment(slug: str) -> Answer:
    """Read the draft and write about it, in the steps write → check → send."""
    consultation = consultations.find(slug)
    phase = comment_phase(consultation)
    form = CommentForm.of(consultation)
    if request.method == "GET":
        return _start(form, consultation, phase)
    act, _dash, which = request.form.get("do", "check").partition("-")
    if act == "send":
        return _send(form, consultation, phase)
    if not phase.is_open(web.received_at()):
        return _closed(consultation, phase, form.texts())
    if act == "check":
        return _check(form, consultation, phase)
    return _edit(form, consultation, phase, act, which)


# The form asks for the token itself, so that an expired one comes back filled.
web.csrf.exempt(comment)


def _start(form: CommentForm, consultation: Consultation, phase: Phase) -> Answer:
    who = web.actor()
    if not phase.is_open(web.received_at()):
        return _closed(consultation, phase)
    if request.args.get("section") in form.places:
        form.about(request.args["section"])
    form.ties.data = list(who.ties) if who else []
    return _form_page(form, consultation, phase)


def _edit(
    form: CommentForm, consultation: Consultation, phase: Phase, act: str, which: str
) -> Answer:
    """The buttons that change the form itself; with a script they never reach the server."""
    at = change_boxes(form, act, which)
    return _form_page(form, consultation, phase, at=at)


def change_boxes(form: Any, act: str, which: str) -> int | None:
    """Add, remove or aim a box; returns which box the person goes on with."""
    if act == "add":
        form.add()
    elif act == "remove" and which.isdecimal():
        form.remove(int(which))
    elif act == "about" and which in form.places:
        at: int = form.about(which)
        return at
    return len(form.points) - 1 if act == "add" else None


def _check(form: CommentForm, consultation: Consultation, phase: Phase) -> Answer:
    if not form.accepts():
        return _form_page(form, consultation, phase), 400 if form.is_expired else 422
    try:
        comments.accepted_items(consultation, form.items())
    except Invalid as refused:
        form.refuse(refused)
        return _form_page(form, consultation, phase), 422
    return _check_page(form, consultation, phase)


def _send(form: CommentForm, consultation: Consultation, phase: Phase) -> Answer:
    if not form.accepts():
        if not phase.is_open(web.received_at()):
            return _closed(consultation, phase, form.texts())
        return _form_page(form, consultation, phase), 400 if form.is_expired else 422
    try:
        sent = comments.submit(
            consultation,
            form.items(),
            key=form.key.data,
            received_at=web.received_at(),
            ties=form.ties.data,
            name=form.name.data or "",
            email=form.email.data or "",
            account=web.actor(),
            lookup_url=web.absolute("ledger.receipt"),
        )
    except Closed:
        return _closed(consultation, phase, form.texts())
    except comments.AlreadySent as already:
        form.key.data = db.public_id()
        return _check_page(form, consultation, phase, already=already.message), 409
    except Invalid as refused:
        form.refuse(refused)
        return _form_page(form, consultation, phase), 422
    return see_other(comment_receipts.url_of(sent))


def _form_page(
    form: CommentForm, consultation: Consultation, phase: Phase, *, at: int | None = None
) -> str:
    found = chapters(consultation.sections)
    chosen = form.chosen
    return render_template(
        "forum/comment.html",
        paragraphs=text.lines,
        form=form,
        consultation=consultation,
        phase=phase,
        until_last=until(phase),
        chapters=found,
        current=next((c for c in found for n in chosen if c.holds(n)), found[0] if found else None),
        counts=submissions.counts_by_section(consultation),
        most=comments.MAX_ITEMS,
        at=at,
    )


def _check_page(
    form: CommentForm, consultation: Consultation, phase: Phase, *, already: Message | None = None
) -> str:
    return render_template(
        "forum/comment_check.html",
        paragraphs=text.lines,
        form=form,
        consultation=consultation,
        phase=phase,
        until_last=until(phase),
        ties=tie_words(form.ties.data),
        already=already,
    )


def _closed(
    consultation: Consultation, phase: Phase, texts: list[tuple[Any, str]] | None = None
) -> Answer:
    """Not open now: since when or until when, and everything that was typed, to take along."""
    page = render_template(
        "forum/comment_closed.html",
        consultation=consultation,
        phase=phase,
        until_last=until(phase),
        is_over=phase.has_ended(web.received_at()),
        texts=[(place, body) for place, body in texts or () if text.visible(body)],
    )
    return page, Closed.status


def comment_phase(consultation: Consultation) -> Phase:
    """The phase that takes comments, open or not; raises `NotFound` where there is none."""
    phase = consultation.phase(PhaseKind.COMMENT)
    if phase is None:
        raise NotFound
    return phase


def until(phase: Phase) -> tuple[datetime, bool]:
    """The last moment to speak of and whether with its hour: 0:00 on the 4th is "the 3rd"."""
    if clock.local(phase.closes_at).time() == time.min:
        return phase.closes_at - timedelta(minutes=1), False
    return phase.closes_at, True
