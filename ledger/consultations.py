"""Opening a consultation, its phases and the places of its draft."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, record, search, text
from core.errors import Closed, Conflict, Forbidden, Invalid, NotFound, Stale
from core.messages import _
from core.people import Department, Role, acting_as
from core.permissions import require
from core.scopes import Scope
from ledger import voices
from ledger.models import Consultation, Phase, PhaseKind, Section, Stage

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Span:
    """One phase as an officer plans it: half-open [opens_at, closes_at)."""

    kind: PhaseKind
    title: str
    opens_at: datetime
    closes_at: datetime
    note: str = ""


@dataclass(frozen=True)
class Place:
    """One place of the draft that opinions can be about."""

    number: str
    title: str
    body: str
    page: int | None = None


def open_consultation(
    actor: Any,
    department: Department,
    slug: str,
    title: str,
    *,
    summary: str,
    purpose: str = "",
    stage: Stage = Stage.DISCOVERY,
    phases: Sequence[Span] = (),
    sections: Sequence[Place] = (),
) -> Consultation:
    """Open a consultation in a department the actor is an officer of, once when asked twice."""
    if actor is None or not actor.holds(Role.OFFICER, department.scopes()):
        raise Forbidden
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        raise Invalid("slug", _("住所の名前は、英小文字と数字とハイフンで書いてください。"))
    title = text.accepted("title", title, limit=120)
    summary = text.accepted("summary", summary, limit=400)
    with db.transaction() as tx:
        same = tx.scalars(select(Consultation).where(Consultation.slug == slug)).one_or_none()
        if same is not None:
            told = (same.title, same.summary, same.department_id)
            if told == (title, summary, department.id):
                return same  # the button was pressed twice
            raise Conflict(_("同じ住所の名前の案件が、もうあります。"))
        consultation = Consultation(
            slug=slug,
            title=title,
            summary=summary,
            purpose=text.accepted("purpose", purpose, limit=4000, required=False),
            stage=stage,
            department_id=department.id,
            voice_secret=voices.new_secret(),
            created_at=clock.now(),
        )
        tx.add(consultation)
        tx.flush()
        for position, span in enumerate(phases, start=1):
            _add_phase(consultation, span, position)
        for position, place in enumerate(sections, start=1):
            tx.add(
                Section(
                    consultation_id=consultation.id,
                    number=place.number,
                    title=text.accepted("title", place.title, limit=120),
                    body=text.accepted("body", place.body, limit=20_000),
                    page=place.page,
                    position=position,
                )
            )
        tx.flush()
        tx.expire(consultation)
        record.append(
            "consultation.opened",
            consultation.scope,
            role=acting_as(actor, Role.OFFICER),
            scope=consultation.scope,
        )
        search.enqueue("consultation", consultation.id)
        return consultation


def lock(consultation_id: int) -> None:
    """Let whoever changes lines or places of a consultation wait until the transaction ends.

    Taken before any line, theme or report is: a desk's act locks it first and then the lines, so
    an edit or a split that took a line first waited for the act, and the act for it.
    """
    query = select(Consultation.id).where(Consultation.id == consultation_id)
    db.session().execute(db.locked(query))


def add_phase(actor: Any, consultation: Consultation, span: Span) -> None:
    """Give a consultation a phase it had not; phases stand in the order they open."""
    require(actor, "consultations.edit", consultation)
    with db.transaction() as tx:
        query = select(Consultation).where(Consultation.id == consultation.id)
        row = tx.scalars(db.locked(query)).one()
        if row.phase(span.kind) is not None:
            raise Conflict(_("この手続きの期間は、もうあります。日時を変えてください。"))
        _add_phase(row, span, len(row.phases) + 1)
        tx.flush()
        tx.expire(row, ["phases"])
        for position, phase in enumerate(sorted(row.phases, key=lambda p: p.opens_at), start=1):
            phase.position = position
        record.append(
            "phase.added",
            f"phase:{span.kind}",
            role=acting_as(actor, Role.OFFICER),
            scope=row.scope,
            opens_at=span.opens_at.isoformat(),
            closes_at=span.closes_at.isoformat(),
        )


def change_phase(
    actor: Any,
    phase: Phase,
    *,
    opens_at: datetime,
    closes_at: datetime,
    reason: str,
    was: tuple[datetime, datetime] | None = None,
) -> None:
    """Move a phase's dates, with a reason that everybody can read in the record.

    `was` are the dates the form showed; raises `Stale` when they are no longer those.
    """
    require(actor, "consultations.edit", phase.consultation)
    if opens_at >= closes_at:
        raise Invalid("closes_at", _("終わりは、始まりより後の日時にしてください。"))
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Phase).where(Phase.id == phase.id))).one()
        if (opens_at, closes_at) == (row.opens_at, row.closes_at):
            return
        if was is not None and was != (row.opens_at, row.closes_at):
            current = _spoken(row.opens_at, row.closes_at)
            raise Stale(current=current, yours=_spoken(opens_at, closes_at))
        row.opens_at, row.closes_at = opens_at, closes_at
        record.append(
            "phase.changed",
            f"phase:{row.kind}",
            role="officer",
            scope=row.consultation.scope,
            opens_at=opens_at.isoformat(),
            closes_at=closes_at.isoformat(),
            reason=text.accepted("reason", reason, limit=400),
        )


def set_stage(actor: Any, consultation: Consultation, stage: Stage, *, version: int) -> None:
    """Say at which stage of the policy the consultation stands now."""
    require(actor, "consultations.edit", consultation)
    with db.transaction() as tx:
        query = select(Consultation).where(Consultation.id == consultation.id)
        row = tx.scalars(db.locked(query)).one()
        if row.version != version:
            raise Stale(current=row.stage, yours=stage)
        row.stage, row.version = stage, row.version + 1
        record.append(
            "consultation.stage", row.scope, role="officer", scope=row.scope, stage=str(stage)
        )


def find(slug: str) -> Consultation:
    """The consultation at `/c/<slug>`; raises `NotFound`."""
    found = (
        db.session().scalars(select(Consultation).where(Consultation.slug == slug)).one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def as_scopes() -> list[Scope]:
    """Every consultation as a scope of roles and jobs, within its department's."""
    columns = Consultation.slug, Consultation.title, Department.slug
    query = select(*columns).join(Department).order_by(Consultation.id.desc())
    return [
        Scope(f"consultation:{slug}", title, frozenset({f"department:{department}"}))
        for slug, title, department in db.session().execute(query)
    ]


def require_open(consultation: Consultation, kind: PhaseKind, at: datetime) -> None:
    """Raise `Closed` with the dates unless a phase of `kind` takes acts at `at`."""
    phase = consultation.phase(kind)
    if phase is None:
        raise Closed(_("この案件には、この手続きがありません。"))
    if at < phase.opens_at:
        raise Closed(_("受け付けは、まだ始まっていません。"))
    if not phase.is_open(at):
        raise Closed(_("受け付けは終わりました。書いた文は消えていません。写してお持ちください。"))


def _spoken(opens_at: datetime, closes_at: datetime) -> str:
    return " – ".join(f"{clock.local(at):%Y-%m-%d %H:%M}" for at in (opens_at, closes_at))


def _add_phase(consultation: Consultation, span: Span, position: int) -> None:
    if span.opens_at >= span.closes_at:
        raise Invalid("closes_at", _("終わりは、始まりより後の日時にしてください。"))
    db.session().add(
        Phase(
            consultation_id=consultation.id,
            kind=span.kind,
            title=text.accepted("title", span.title, limit=60),
            note=text.accepted("note", span.note, limit=200, required=False),
            position=position,
            opens_at=span.opens_at,
            closes_at=span.closes_at,
        )
    )
