"""Letters keyed in at the desk: what came by post, fax, mail or at the counter."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, render_template, request

from core import clock, web
from core.errors import Closed, DomainError, Invalid
from core.messages import _
from core.permissions import permits as may
from core.permissions import require
from core.web import permits, see_other
from forum import comments, submissions
from forum.views import bp, comment_receipts
from forum.views.comments import change_boxes, comment_phase, until
from forum.views.letters_forms import LetterForm, channel_word
from ledger import consultations, queries
from ledger.models import Channel, Consultation, Phase, PhaseKind

LATE_PAPER = timedelta(days=14)  # what was posted on the last day is still on its way


@bp.route("/desk/c/<slug>/letter", methods=["GET", "POST"])
@permits("opinions.import")
def desk_letter(slug: str) -> Any:
    """Key in what came by post, fax, mail or at the counter."""
    consultation = consultations.find(slug)
    require(web.actor(), "opinions.import", consultation)
    phase = comment_phase(consultation)
    form = LetterForm.of(consultation)
    if request.method == "GET":
        form.channel.data = request.args.get("channel", str(Channel.POST))
        return _letter_page(form, consultation, phase)
    act, _dash, which = request.form.get("do", "save").partition("-")
    if act != "save":
        at = change_boxes(form, act, which)
        return _letter_page(form, consultation, phase, at=at)
    if not form.accepts():
        return _letter_page(form, consultation, phase), 400 if form.is_expired else 422
    try:
        sent = comments.submit(
            consultation,
            form.items(),
            key=form.key.data,
            received_at=_moment_of(form, phase),
            channel=Channel(form.channel.data),
            ties=form.ties.data,
            name=form.name.data or "",
            actor=web.actor(),
        )
    except DomainError as refused:
        form.refuse(refused)
        return _letter_page(form, consultation, phase), refused.status
    flash(str(_("ご意見を台帳に入れました。受付票を差し出した方へお渡しください。")), "success")
    return see_other(comment_receipts.url_of(sent))


web.csrf.exempt(desk_letter)  # as for residents: half an hour of typing is not thrown away


def waiting(_subject: Any) -> dict[str, Any] | None:
    """The desk's panel: where this officer can key in paper, for a fortnight after the close."""
    now = clock.now()
    found = []
    for one in queries.open_consultations():
        phase = one.phase(PhaseKind.COMMENT)
        is_due = phase is not None and phase.opens_at <= now < phase.closes_at + LATE_PAPER
        if phase and is_due and may(web.actor(), "opinions.import", one):
            found.append((one, phase, phase.has_ended(now)))
    return {"cases": found} if found else None


def _letter_page(
    form: LetterForm, consultation: Consultation, phase: Phase, *, at: int | None = None
) -> str:
    return render_template(
        "forum/desk_letter.html",
        form=form,
        consultation=consultation,
        phase=phase,
        until_last=until(phase),
        letters=submissions.newest_letters(consultation),
        channel_word=channel_word,
        most=comments.MAX_ITEMS,
        at=at,
    )


def _moment_of(form: LetterForm, phase: Phase) -> datetime:
    """The first moment of the day a letter came that lies within the phase, never in the future."""
    day = form.day
    start = datetime.combine(day, time.min, clock.TOKYO)
    moment = max(start, phase.opens_at)
    if start > clock.now():
        raise Invalid("received_on", _("受け取った日が、今日より先になっています"))
    if moment >= min(start + timedelta(days=1), phase.closes_at):
        raise Invalid("received_on", _("募集の期間の中の日付を入力してください"))
    if moment > clock.now():
        raise Closed(_("受け付けは、まだ始まっていません。"))
    return moment
