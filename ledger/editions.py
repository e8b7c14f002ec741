"""Editions: freezing what is published, proving it later, and finding an opinion's answer in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from core import db, events, record
from core.errors import NotFound
from ledger import opinions
from ledger.events import ReportPublished
from ledger.models import (
    Consultation,
    Edition,
    EditionGroup,
    EditionLine,
    Opinion,
    Report,
    ReportState,
)


@dataclass(frozen=True)
class Group:
    """One answer as it goes into an edition, with the opinions it speaks to, in order."""

    title: str
    disposition: str
    view: str
    opinion_ids: tuple[int, ...]
    people_count: int
    theme_id: int | None = None
    is_lone: bool = False
    level1: str = ""
    summary: str = ""
    reason: str = ""
    place: str = ""
    before: str = ""
    after: str = ""


def freeze(
    report: Report,
    groups: Sequence[Group],
    *,
    figures: dict[str, Any],
    at: datetime,
    approver_id: int,
    correction: str = "",
) -> Edition:
    """Write the next edition of a report in the current transaction; nothing changes it again."""
    with db.transaction() as tx:
        number = (
            tx.scalar(select(func.max(Edition.number)).where(Edition.report_id == report.id)) or 0
        ) + 1
        edition = Edition(
            report_id=report.id,
            number=number,
            published_at=at,
            figures=figures,
            correction=correction,
            hash="",
            approved_by_id=approver_id,
        )
        tx.add(edition)
        tx.flush()
        commitments = _commitments(i for g in groups for i in g.opinion_ids)
        line_number = 0
        for group_number, group in enumerate(groups, start=1):
            values = asdict(group)
            ids = values.pop("opinion_ids")
            row = EditionGroup(
                edition_id=edition.id, number=group_number, opinion_count=len(ids), **values
            )
            tx.add(row)
            tx.flush()
            lines = []
            for opinion_id in ids:
                line_number += 1
                lines.append(
                    {
                        "edition_id": edition.id,
                        "group_id": row.id,
                        "number": line_number,
                        "opinion_id": opinion_id,
                        "disposition": group.disposition,
                        "commitment": commitments[opinion_id],
                    }
                )
            if lines:
                tx.execute(insert(EditionLine), lines)
        edition.hash = digest(edition)
        report.state = ReportState.PUBLISHED
        opinions.publish(commitments)
        record.append(
            "edition.published" if number == 1 else "edition.corrected",
            f"report:{report.public_id}",
            role="approver",
            scope=report.consultation.scope,
            commitment=edition.hash,
            number=number,
            opinions=line_number,
        )
        events.emit(ReportPublished(report.id, number))
        return edition


def digest(edition: Edition) -> str:
    """SHA-256 over what the edition said in canonical JSON, in hex."""
    return hashlib.sha256(canonical(said(edition)).encode()).hexdigest()


def canonical(value: dict[str, Any]) -> str:
    """JSON with sorted keys, no blanks and letters as they are: the bytes a hash is taken of."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def holds(edition: Edition) -> bool:
    """Whether the edition still is what was published."""
    return digest(edition) == edition.hash


def said(edition: Edition) -> dict[str, Any]:
    """All an edition's hash covers: figures, groups, and a commitment for each text.

    The texts themselves are not in it, so that one taken down later does not break the proof.
    """
    tx = db.session()
    groups = tx.execute(
        select(*_GROUP_COLUMNS)
        .where(EditionGroup.edition_id == edition.id)
        .order_by(EditionGroup.number)
    )
    lines = tx.execute(
        select(
            EditionLine.number,
            EditionGroup.number,
            Opinion.public_id,
            EditionLine.disposition,
            EditionLine.commitment,
        )
        .join(EditionGroup, EditionGroup.id == EditionLine.group_id)
        .join(Opinion, Opinion.id == EditionLine.opinion_id)
        .where(EditionLine.edition_id == edition.id)
        .order_by(EditionLine.number)
    )
    return {
        "report": edition.report.public_id if edition.report else "",
        "number": edition.number,
        "published_at": edition.published_at.isoformat(timespec="microseconds"),
        "correction": edition.correction,
        "figures": edition.figures,
        "groups": [list(row) for row in groups],
        "lines": [list(row) for row in lines],
    }


_GROUP_COLUMNS = (
    EditionGroup.number,
    EditionGroup.is_lone,
    EditionGroup.level1,
    EditionGroup.title,
    EditionGroup.summary,
    EditionGroup.disposition,
    EditionGroup.view,
    EditionGroup.reason,
    EditionGroup.place,
    EditionGroup.before,
    EditionGroup.after,
    EditionGroup.opinion_count,
    EditionGroup.people_count,
)


def find(public_id: str, number: int | None = None) -> Edition:
    """The newest edition of the report at an address, or the one numbered; raises `NotFound`.

    A report without an edition is not published: it looks like one that does not exist.
    """
    query = (
        select(Edition)
        .join(Report, Report.id == Edition.report_id)
        .where(Report.public_id == public_id)
        .order_by(Edition.number.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(Edition.number == number)
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def newest(consultation: Consultation) -> Edition | None:
    """The newest published edition of a consultation's newest report."""
    query = (
        select(Edition)
        .join(Report, Report.id == Edition.report_id)
        .where(Report.consultation_id == consultation.id)
        .order_by(Edition.published_at.desc(), Edition.id.desc())
        .limit(1)
    )
    return db.session().scalars(query).one_or_none()


def lines_for(opinion_ids: Sequence[int]) -> dict[int, EditionLine]:
    """How each of these opinions was answered in the newest edition that covers it."""
    if not opinion_ids:
        return {}
    query = (
        select(EditionLine)
        .join(Edition, Edition.id == EditionLine.edition_id)
        .where(EditionLine.opinion_id.in_(opinion_ids))
        .order_by(Edition.published_at, Edition.id)
    )
    return {line.opinion_id: line for line in db.session().scalars(query)}


def _commitments(opinion_ids: Iterable[int]) -> dict[int, str]:
    ids, found = list(opinion_ids), {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        query = select(Opinion.id, Opinion.commitment).where(Opinion.id.in_(part))
        found.update({row.id: row.commitment for row in db.session().execute(query)})
    return found
