"""Adoptions: a grouping by the machine becomes themes, around what people have touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import clock, db, record
from core.permissions import require
from ledger import filings
from ledger.filings import UNNAMED
from ledger.models import Consultation, Placement, Theme


@dataclass(frozen=True)
class Proposal:
    """One group as the machine proposes it: label, a resident's own sentence, members."""

    label: str
    quote: str
    confidence: int
    opinion_ids: tuple[int, ...]


def adopt(
    actor: Any,
    consultation: Consultation,
    proposals: Sequence[Proposal],
    lone_ids: Sequence[int],
    *,
    job_id: int | None = None,
) -> list[Theme]:
    """File opinions as a run proposed, without touching what a person has touched.

    Themes nobody worked on are dissolved and made anew; opinions in locked themes, filed by a
    person, or no longer counted, stay where they are.
    """
    require(actor, "themes.work", consultation)
    with db.transaction():
        filings.lock_all(consultation)
        filings.dissolve_untouched(consultation)
        may_file = filings.unfiled_ids(consultation)
        made: list[Theme] = []
        lone = list(lone_ids)
        for position, proposal in enumerate(proposals, start=1):
            members = [i for i in proposal.opinion_ids if i in may_file]
            if len(members) > 1:
                if len(members) < len(proposal.opinion_ids):
                    proposal = without_quote(proposal)  # who said it may have taken it back
                theme = _propose(consultation, proposal, position, job_id)
                filings.put(members, Placement.THEME, theme.id, by_person=False)
                made.append(theme)
            else:  # the others were placed by a person, or taken back, while the machine worked
                lone += members
        filings.put([i for i in lone if i in may_file], Placement.LONE, None, by_person=False)
        record.append(
            "themes.adopted",
            consultation.scope,
            role="officer",
            scope=consultation.scope,
            themes=len(made),
            job=job_id or 0,
        )
        return made


def _propose(
    consultation: Consultation, proposal: Proposal, position: int, job_id: int | None
) -> Theme:
    theme = Theme(
        consultation_id=consultation.id,
        title=proposal.label[:120],
        machine_label=proposal.label[:200],
        machine_quote=proposal.quote,
        confidence=proposal.confidence,
        position=position,
        job_id=job_id,
        created_at=clock.now(),
    )
    db.session().add(theme)
    db.session().flush()
    return theme


def without_quote(proposal: Proposal) -> Proposal:
    """A proposal that shows nobody's sentence."""
    label = UNNAMED if proposal.label.startswith(UNNAMED) else proposal.label
    return replace(proposal, label=label, quote="")
