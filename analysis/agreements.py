"""What is said and who agrees: groups that answer alike, told in numbers of people.

Apart from themes and no vote: those who answered are no sample. Texts are those that everybody may
read at this moment, whatever was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from analysis.picture_models import Hearing
from core import db, record
from ledger import queries
from ledger.models import Consultation, Opinion, OpinionText, Stance


@dataclass(frozen=True)
class Answer:
    """How one group answered, in people; None stands for one of which too few answered."""

    agree: int
    disagree: int
    unsure: int

    @property
    def people(self) -> int:
        return self.agree + self.disagree + self.unsure


@dataclass(frozen=True)
class Told:
    """One public opinion and how each group answered it, in the order of the groups."""

    public_id: str
    seq: int
    body: str
    answers: tuple[Answer | None, ...]


@dataclass(frozen=True)
class Heard:
    """What can be told now. No groups: too few people answered, or all answered alike."""

    people: int
    stances: int
    groups: tuple[int, ...]
    apart: int
    agreed: tuple[Told, ...]
    dividing: tuple[Told, ...]
    typical: tuple[tuple[Told, ...], ...]
    made_at: datetime

    @property
    def has_groups(self) -> bool:
        return len(self.groups) > 1


def has_any(consultation: Consultation) -> bool:
    """Whether somebody took a stance on a public opinion here (one statement)."""
    query = (
        select(Stance.opinion_id)
        .join(Opinion, Opinion.id == Stance.opinion_id)
        .where(Opinion.consultation_id == consultation.id, queries.public())
    )
    return db.session().scalar(query.limit(1)) is not None


def heard(consultation: Consultation) -> Heard | None:
    """What was worked out last, of opinions that everybody may still read (two statements)."""
    query = select(Hearing).where(Hearing.consultation_id == consultation.id)
    last = db.session().scalars(query.order_by(Hearing.id.desc()).limit(1)).one_or_none()
    if last is None:
        return None
    return record.unchanged(("heard", consultation.id, last.id), lambda: _heard(last))


def _heard(last: Hearing) -> Heard:
    found = last.found
    lists = [found.get("agreed", []), found.get("dividing", []), *found.get("typical", [])]
    ids = {one["opinion"] for part in lists for one in part}
    query = (
        select(Opinion.id, Opinion.public_id, Opinion.seq, OpinionText.body)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(Opinion.id.in_(ids), queries.public(), OpinionText.erased_at.is_(None))
    )
    texts = {row.id: row for row in db.session().execute(query)} if ids else {}

    def told(part: list[dict[str, Any]]) -> tuple[Told, ...]:
        return tuple(
            Told(
                texts[one["opinion"]].public_id,
                texts[one["opinion"]].seq,
                texts[one["opinion"]].body,
                tuple(Answer(*stand) if stand else None for stand in one["stands"]),
            )
            for one in part
            if one["opinion"] in texts
        )

    return Heard(
        people=last.voice_count,
        stances=last.stance_count,
        groups=tuple(found.get("groups", [])),
        apart=found["apart"],
        agreed=told(lists[0]),
        dividing=told(lists[1]),
        typical=tuple(told(part) for part in lists[2:]),
        made_at=last.made_at,
    )
