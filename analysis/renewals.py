"""Jobs that look at one consultation anew, a map or who agrees: one of a kind at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from core import db, jobs
from core.jobs import Job
from core.permissions import require
from ledger.models import Consultation


def ask(actor: Any, kind: str, consultation: Consultation) -> Job:
    """Somebody wants it now; one under way is returned."""
    require(actor, "themes.work", consultation)
    return _enqueue(kind, consultation.id, consultation.scope, actor.id)


def renew(kind: str, behind: Select[int, str]) -> None:
    """Enqueue it for each (id, slug) of consultations that are behind."""
    for consultation_id, slug in db.session().execute(behind).all():
        _enqueue(kind, consultation_id, f"consultation:{slug}", None)


def newest(kind: str, consultation: Consultation) -> Job | None:
    """The latest job of the kind, whatever became of it."""
    return jobs.newest(kind, consultation.scope)


def _enqueue(kind: str, consultation_id: int, scope: str, owner_id: int | None) -> Job:
    return jobs.enqueue(
        kind,
        {"consultation": consultation_id},
        key=f"{kind.removeprefix('analysis.')}:{consultation_id}",
        scope=scope,
        owner_id=owner_id,
    )
