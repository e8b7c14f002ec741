"""The public ledger, line by line, and one opinion."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, render_template, request, stream_with_context, url_for

from core import clock, record, text
from core.messages import _
from core.web import actor, page_of, permits
from ledger import (
    check,
    consultations,
    dispositions,
    labels,
    queries,
    registers,
    sources,
    spreadsheets,
)
from ledger.models import Consultation, State
from ledger.views import bp
from ledger.views.words import WHY

PER_PAGE = 50


@bp.get("/c/<slug>/ledger")
@permits("public")
def public_ledger(slug: str) -> str:
    """Is anything missing? Every line of a consultation, whatever became of it."""
    consultation = consultations.find(slug)
    counts = queries.counts(consultation)
    wanted = request.args.get("state", "")
    state = wanted if wanted in labels.STATES else None
    page = page_of(getattr(counts, state) if state else counts.received, PER_PAGE)
    return render_template(
        "ledger/public_ledger.html",
        consultation=consultation,
        counts=counts,
        state=state,
        page=page,
        page_url=lambda n: url_for(".public_ledger", slug=slug, state=state, page=n),
        lines=registers.of(actor(), consultation, state=state, offset=page.offset, limit=PER_PAGE),
        breaches=list(check.conservation(consultation)),
        head=record.head(),
        excerpt=text.excerpt,
    )


@bp.get("/c/<slug>/ledger.csv")
@permits("public")
def public_ledger_csv(slug: str) -> Response:
    """The public ledger as a table: what everybody may read, whoever asks."""
    consultation = consultations.find(slug)
    return Response(
        stream_with_context(spreadsheets.csv_lines(_rows(consultation))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="ledger-{slug}.csv"'},
    )


@bp.get("/o/<public_id>")
@permits("public")
def opinion(public_id: str) -> tuple[str, int]:
    """One line of the ledger: what was said, what happened to it, how it was answered."""
    found = queries.opinion(public_id)
    line = registers.one(actor(), found)
    is_gone = line.body is None and found.state in (State.WITHHELD, State.WITHDRAWN)
    page = render_template(
        "ledger/opinion.html",
        consultation=found.consultation,
        line=line,
        history=registers.history(found),
        said_at=sources.url_of(found) if found.state == State.COUNTED else None,
    )
    return page, 410 if is_gone else 200


def _rows(consultation: Consultation) -> Iterator[tuple[object, ...]]:
    yield tuple(
        str(name)
        for name in (
            _("行"), _("番号"), _("受け取った日時"), _("届き方"), _("案の場所"), _("状態"),
            _("理由"), _("本文"), _("テーマ"), _("対応区分"), _("区の考え方"), _("レポートの版"),
        )
    )  # fmt: skip
    for line in registers.every(None, consultation):
        said, answer = line.opinion, line.answer
        yield (
            said.seq,
            said.public_id,
            clock.local(said.received_at).strftime("%Y-%m-%d %H:%M"),
            str(labels.CHANNELS[said.channel]),
            said.section.number if said.section else "",
            str(labels.STATES[said.state]),
            said.state_reason or str(WHY.get(line.why, "")),
            line.body or "",
            answer.group.title if answer else "",
            str(dispositions.LABELS[answer.disposition]) if answer else "",
            answer.group.view if answer else "",
            answer.edition if answer else "",
        )
