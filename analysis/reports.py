"""Reports: drafted by an officer, handed in, published by somebody else, corrected in the open.

A report covers every channel of its consultation, from the first line to its cut-off. Voices that
come later wait for the next report, which accounts for everything again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from analysis import materials
from analysis.laws import Law, laws
from analysis.render import compose, figures, parts
from core import clock, db, search, text
from core.errors import Conflict, NotFound, Stale
from core.messages import Message, _
from core.permissions import permits, require
from ledger import editions
from ledger.models import Consultation, Edition, Report, ReportState

TITLE_LIMIT, NOTICE_LIMIT, REASON_LIMIT = 160, 2000, 1000


class Unready(Conflict):
    """A report can not go on yet; `missing` lists every law that does not hold."""

    def __init__(self, missing: list[Law]) -> None:
        self.missing = missing
        super().__init__()

    def default(self) -> Message:
        return _(
            "まだ先に進めません。足りないものが %(count)sつあります。", count=len(self.missing)
        )


def current(consultation: Consultation) -> Report | None:
    """The report staff work on, or the last one; None before the first."""
    query = select(Report).where(Report.consultation_id == consultation.id)
    return db.session().scalars(query.order_by(Report.id.desc()).limit(1)).one_or_none()


def waiting_for(approver: Any) -> list[Report]:
    """Reports that were handed in and that `approver` may publish, the oldest first."""
    query = select(Report).where(Report.state == ReportState.SUBMITTED)
    rows = db.session().scalars(query.order_by(Report.submitted_at))
    return [row for row in rows if permits(approver, "reports.publish", row)]


def undecided(
    consultation: Consultation, cutoff: int | None = None, *, report: Report | None = None
) -> list[Law]:
    """What the laws still miss up to `cutoff`; empty when the report may be published."""
    material = materials.load(consultation, cutoff)
    found = laws(consultation, material, report or current(consultation))
    return [law for law in found if not law.holds]


def draft(
    actor: Any,
    consultation: Consultation,
    title: str,
    notice: str,
    *,
    version: int | None = None,
) -> Report:
    """Begin the consultation's report, or rewrite the head of the one that lives.

    `version` is what the form showed (0: there was none yet); a stale one raises `Stale`.
    """
    require(actor, "reports.write", consultation)
    title = text.accepted("title", title, limit=TITLE_LIMIT)
    notice = text.accepted("notice", notice, limit=NOTICE_LIMIT, required=False)
    with db.transaction() as tx:
        # the consultation is the lock: two first drafts become one
        tx.scalars(db.locked(select(Consultation).where(Consultation.id == consultation.id))).one()
        row = current(consultation)
        if row is None or row.state == ReportState.PUBLISHED:
            if version:
                raise Stale(yours=notice)
            row = Report(consultation_id=consultation.id, version=0, created_at=clock.now())
            tx.add(row)
        elif row.state != ReportState.DRAFT:
            raise Conflict(_("決裁に回したレポートは、差し戻してから直してください。"))
        elif version is not None and row.version != version:
            raise Stale(current=row.notice, yours=notice)
        row.title, row.notice, row.state = title, notice, ReportState.DRAFT
        row.drafted_by_id, row.version = actor.id, row.version + 1
        tx.flush()
        return row


def submit(actor: Any, report: Report, *, version: int | None = None) -> None:
    """Hand a report in: from now on it covers what the ledger holds at this moment, no more.

    Raises `Unready` while anything but approvals is missing.
    """
    require(actor, "reports.write", report)
    with db.transaction():
        row = _fresh(report, version, ReportState.DRAFT)
        material = materials.load(row.consultation, None)
        found = laws(row.consultation, material, row)
        missing = [law for law in found if not law.holds and not law.awaits_approval]
        if missing:
            raise Unready(missing)
        row.state, row.cutoff_seq = ReportState.SUBMITTED, material.cutoff
        row.drafted_by_id, row.submitted_at = actor.id, clock.now()
        row.version += 1


def send_back(actor: Any, report: Report, *, version: int | None = None) -> None:
    """Make a report that was handed in a draft again: its cut-off moves when it returns."""
    require(actor, "reports.read", report)
    with db.transaction():
        row = _fresh(report, version, ReportState.SUBMITTED)
        row.state, row.cutoff_seq, row.submitted_at = ReportState.DRAFT, None, None
        row.version += 1


def publish(approver: Any, report: Report, version: int) -> Edition:
    """Publish the first edition of a report somebody else drafted; nothing changes it again.

    The laws are asked once more inside the transaction, with everything locked that they speak
    of. Published twice is published once.
    """
    require(approver, "reports.publish", report)
    with db.transaction():
        row = _locked(report)
        require(approver, "reports.publish", row)
        if row.state == ReportState.PUBLISHED and row.version == version + 1:
            return row.editions[-1]
        row = _fresh(row, version, ReportState.SUBMITTED)
        return _freeze(approver, row, "")


def correct(approver: Any, report: Report, reason: str, *, version: int | None = None) -> Edition:
    """Publish a new edition of a published report, as its answers read now, with the reason."""
    require(approver, "reports.publish", report)
    reason = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row = _fresh(report, version, ReportState.PUBLISHED)
        require(approver, "reports.publish", row)
        return _freeze(approver, row, reason)


def _freeze(approver: Any, row: Report, correction: str) -> Edition:
    material = materials.load(row.consultation, row.cutoff_seq or 0, locked=True)
    missing = [law for law in laws(row.consultation, material, row) if not law.holds]
    if missing:
        raise Unready(missing)
    row.version += 1
    search.enqueue("report", row.id)
    groups = compose(parts(material), material.sections)
    return editions.freeze(
        row,
        groups,
        figures=figures(row.consultation, material, groups, title=row.title, notice=row.notice),
        at=clock.now(),
        approver_id=approver.id,
        correction=correction,
    )


def _locked(report: Report) -> Report:
    found = db.session().scalars(db.locked(select(Report).where(Report.id == report.id)))
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row


def _fresh(report: Report, version: int | None, state: ReportState) -> Report:
    row = _locked(report)
    if row.state != state:
        raise Conflict(_("このレポートは、ほかの方が先に進めました。画面を開き直してください。"))
    if version is not None and row.version != version:
        raise Stale(current=row.notice, yours=report.notice)
    return row
