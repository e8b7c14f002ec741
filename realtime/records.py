"""What is left of a workshop: its record (開催報告), which the board writes by itself.

`tell` reads tables and log and says what the page, the document, the file and the picture show;
the facilitator adds title, lead and closing words and publishes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, record, text
from core.errors import Closed, Conflict, NotFound, Stale
from core.messages import _
from core.people import Role, acting_as
from core.permissions import permits, require
from ledger.models import Consultation
from realtime import boards, lines, stages, tellings
from realtime.models import Workshop, WorkshopRecord
from realtime.told import Figures, Told

TITLE_LIMIT, LEAD_LIMIT, CLOSING_LIMIT = 120, 2_000, 6_000


def row_of(workshop: Workshop) -> WorkshopRecord | None:
    """What was written for a record; None before anybody did."""
    return db.session().get(WorkshopRecord, workshop.id, populate_existing=True)


def readable(workshop: Workshop, viewer: Any) -> Told:
    """A record as `viewer` may read it; raises `NotFound` while it is not theirs to see.

    Everybody reads a published one; who leads the workshop sees how it will look.
    """
    row = row_of(workshop)
    is_public = row is not None and row.published_at is not None
    if not is_public and not permits(viewer, "workshops.publish", workshop):
        raise NotFound
    return tell(workshop)


def write(
    actor: Any, workshop: Workshop, *, title: str, lead: str, closing: str, version: int
) -> WorkshopRecord:
    """Word title, lead and closing of a record; raises `Stale` when somebody else did so first.

    `version` is the one that was read, 0 before there was any.
    """
    require(actor, "workshops.publish", workshop)
    said = _Words.accepted(title, lead, closing)
    with db.transaction():
        row = _locked(workshop, said)
        if row.version != version:
            raise Stale(current=f"{row.title}\n\n{row.lead}\n\n{row.closing}", yours=said.whole)
        if said.stand_in(row) and version:
            return row
        said.put(row)
        row.version, row.written_at = version + 1, clock.now()
        if row.published_at is not None:
            row.changed_at = row.written_at
            _append(actor, workshop, "workshop.record_changed", row.version)
        return row


def publish(actor: Any, workshop: Workshop, version: int) -> WorkshopRecord:
    """Let everybody read a record; its notes are then read in the ledger as well.

    `version` is the one that was looked at. Published twice is published once.
    """
    require(actor, "workshops.publish", workshop)
    told = tell(workshop)
    said = _Words.accepted(told.title, told.lead, told.closing)
    with db.transaction():
        query = select(Workshop).where(Workshop.id == workshop.id)
        fresh = db.session().scalars(db.locked(query)).unique().one()
        if fresh.is_rehearsal:
            raise Conflict(_("練習の記録は、公表できません。"))
        if fresh.closed_at is None:
            raise Closed(_("記録を公表できるのは、ワークショップを終えてからです。"))
        row = _locked(workshop, said)
        if row.published_at is not None:
            return row
        if row.version != version:
            raise Stale(current=f"{row.title}\n\n{row.lead}\n\n{row.closing}")
        row.version, row.published_at = version + 1, clock.now()
        lines.publish(fresh)
        _append(actor, workshop, "workshop.record_published", row.version)
        return row


def published_in(consultation: Consultation) -> list[WorkshopRecord]:
    """The records of a consultation that everybody may read, newest workshop first."""
    query = (
        select(WorkshopRecord)
        .join(Workshop, Workshop.id == WorkshopRecord.workshop_id)
        .where(
            Workshop.consultation_id == consultation.id, WorkshopRecord.published_at.is_not(None)
        )
        .order_by(Workshop.held_at.desc(), Workshop.id.desc())
    )
    return list(db.session().scalars(query).unique())


def tell(workshop: Workshop) -> Told:
    """Put a record together from the board's tables and log, in a known number of statements."""
    state, _seq = boards.read(workshop.id)
    notes = tellings.notes(workshop, state)
    islands = tellings.islands(state, notes)
    phases, last_at = stages.of(workshop)
    photos = tellings.photos(workshop)
    figures = tellings.figures(workshop, state, notes)
    row = row_of(workshop)
    said = _Words.of(row) if row is not None else _Words.proposed(workshop, figures, len(islands))
    published_at = row.published_at if row is not None else None
    return Told(
        workshop=workshop,
        title=said.title,
        lead=said.lead,
        lead_html=said.lead_html,
        closing=said.closing,
        closing_html=said.closing_html,
        version=row.version if row is not None else 0,
        published_at=published_at,
        changed_at=_changed_at(row, last_at),
        figures=figures,
        stages=phases,
        tables=tellings.tables(state, islands, notes, photos),
        links=tellings.links(state),
        summary=tellings.summary(state, "all"),
        photos=photos.get("", ()),
    )


@dataclass(frozen=True)
class _Words:
    """What a facilitator writes, with its HTML: rendered before a transaction begins."""

    title: str
    lead: str
    lead_html: str
    closing: str
    closing_html: str

    @classmethod
    def accepted(cls, title: str, lead: str, closing: str) -> _Words:
        title = text.accepted("title", title, limit=TITLE_LIMIT)
        lead = text.accepted("lead", lead, limit=LEAD_LIMIT, required=False)
        closing = text.accepted("closing", closing, limit=CLOSING_LIMIT, required=False)
        return cls(title, lead, text.render(lead), closing, text.render(closing))

    @classmethod
    def of(cls, row: WorkshopRecord) -> _Words:
        return cls(row.title, row.lead, row.lead_html, row.closing, row.closing_html)

    @classmethod
    def proposed(cls, workshop: Workshop, figures: Figures, islands: int) -> _Words:
        """What a record says before anybody wrote a word."""
        lead = str(
            _(
                "%(people)s人が参加し、%(notes)s枚の付せんを書きました。",
                people=figures.people,
                notes=figures.notes,
            )
        )
        if islands:
            lead += str(_("似たものを集めて、%(count)sつの島にまとめました。", count=islands))
        return cls(workshop.title, lead, text.render(lead), "", "")

    @property
    def whole(self) -> str:
        return f"{self.title}\n\n{self.lead}\n\n{self.closing}"

    def stand_in(self, row: WorkshopRecord) -> bool:
        return (row.title, row.lead, row.closing) == (self.title, self.lead, self.closing)

    def put(self, row: WorkshopRecord) -> None:
        row.title, row.lead, row.closing = self.title, self.lead, self.closing
        row.lead_html, row.closing_html = self.lead_html, self.closing_html


def _locked(workshop: Workshop, said: _Words) -> WorkshopRecord:
    """The record's row; one that is not there yet is begun, with version 0.

    The workshop is the lock: two first words become one row.
    """
    tx = db.session()
    query = select(Workshop).where(Workshop.id == workshop.id)
    tx.scalars(db.locked(query)).unique().one()
    row = tx.get(WorkshopRecord, workshop.id, populate_existing=True)
    if row is None:
        row = WorkshopRecord(workshop_id=workshop.id, version=0, written_at=clock.now())
        said.put(row)
        tx.add(row)
        tx.flush()
    return row


def _append(actor: Any, workshop: Workshop, kind: str, version: int) -> None:
    record.append(
        kind,
        f"workshop:{workshop.public_id}",
        role=acting_as(actor, Role.FACILITATOR),
        scope=workshop.consultation.scope,
        version=version,
    )


def _changed_at(row: WorkshopRecord | None, last_at: datetime | None) -> datetime | None:
    """When what everybody reads became another, by new words or by a note that left or came."""
    if row is None or row.published_at is None:
        return None
    moments = [row.changed_at, last_at]
    later = [at for at in moments if at is not None and at > row.published_at]
    return max(later, default=None)
