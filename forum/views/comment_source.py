"""Public comments as the ledger and the public pages know them."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core import clock
from core.messages import Message, _
from forum import comments, submissions
from ledger import queries, sources
from ledger.models import Consultation, Opinion, PhaseKind
from ledger.sources import Action, Source


def register() -> None:
    """Tell the ledger where comment items are said and what can be done about a draft."""
    sources.register(
        comments.SOURCE,
        Source(
            existing=submissions.existing, entered=submissions.entered, url=_place, actions=_actions
        ),
    )


def _place(opinion: Opinion) -> str | None:
    """A comment has no page of its own; once it is public, its line in the ledger is its place."""
    if not queries.may_read(None, opinion):
        return None
    return url_for("ledger.opinion", public_id=opinion.public_id)


def _actions(consultation: Consultation, _viewer: Any) -> list[Action]:
    phase = consultation.phase(PhaseKind.COMMENT)
    at = clock.now()
    if phase is None or phase.has_ended(at):
        return []
    is_open = phase.is_open(at)
    return [
        Action(
            tag=_("パブリックコメント"),
            icon="document",
            title=phase.title,
            detail=_so_far(consultation) if is_open else _("受け付けは、これから始まります"),
            call=_("案を読んで意見を書く"),
            url=url_for("forum.comment", slug=consultation.slug),
            closes_at=phase.closes_at,
            is_open=is_open,
        )
    ]


def _so_far(consultation: Consultation) -> Message:
    so_far = submissions.totals(consultation)
    if not so_far.opinions:
        return _("ご意見は、まだありません")
    return _(
        "%(people)s人から %(opinions)s件",
        people=f"{so_far.people:,}",
        opinions=f"{so_far.opinions:,}",
    )
