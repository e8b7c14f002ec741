"""Hearing who answers alike: groups of voices from stances, worked out by a job, kept as numbers.

No voice is kept, a group of fewer than five is not spoken of, and of a group in which fewer than
three answered there is no figure. What pages tell of it is for `agreements`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from analysis import renewals
from analysis.picture_models import Hearing
from core import clock, db, jobs
from core.jobs import Job, Running
from ledger import queries, stances
from ledger.models import Choice, Consultation, Opinion, Stance

if TYPE_CHECKING:
    from analysis.voices import Answered, Stand

KIND = "analysis.hearing"
FEWEST = 5  # in a smaller group one could tell who thinks what
LISTED = 8
TYPICAL = 3
_DISTINCT = 0.15  # how much more of a group must agree than of any other, to speak for it
RENEWED_AFTER = timedelta(hours=1)
_VALUES = {Choice.AGREE: 1.0, Choice.DISAGREE: -1.0, Choice.UNSURE: 0.0}


def hear(actor: Any, consultation: Consultation) -> Job:
    """Have the groups worked out from the stances there are now."""
    return renewals.ask(actor, KIND, consultation)


@jobs.handler(KIND)
def work(running: Running) -> None:
    """Read the stances, group, keep the numbers. Nothing new is heard twice."""
    import numpy as np

    from analysis import voices

    running.progress("read", 0, 1)
    consultation_id = int(running.args["consultation"])
    rows = _stances(consultation_id)
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    before = _before(consultation_id)
    if before and before[-1].input_hash == digest:
        return
    people = sorted({voice for voice, _opinion, _choice in rows})
    said = sorted({opinion for _voice, opinion, _choice in rows})
    at_row = {voice: n for n, voice in enumerate(people)}
    at_column = {opinion: n for n, opinion in enumerate(said)}
    votes = np.full((len(people), len(said)), np.nan)
    for voice, opinion, choice in rows:
        votes[at_row[voice], at_column[opinion]] = _VALUES[Choice(choice)]
    running.progress("voices", 0, 1)
    came = voices.groups(votes) if rows else None
    count = len(came.groups) if came and came.groups else None
    counts = [one.group_count for one in before if one.group_count]
    shown = before[-1].shown_count if before else None
    if count is not None:
        shown = voices.steady([*counts, count], shown)
    if came is not None and shown is not None and shown != count:
        came = voices.groups(votes, k=shown)
    found = [rows for rows in came.groups if len(rows) >= FEWEST] if came else []
    kept = _numbers(votes, found, said) if len(found) > 1 else {}
    kept["apart"] = len(people) - sum(kept.get("groups", []))
    with db.transaction() as tx:
        tx.add(
            Hearing(
                consultation_id=consultation_id,
                input_hash=digest,
                voice_count=len(people),
                stance_count=len(rows),
                group_count=count,
                shown_count=shown,
                found=kept,
                made_at=clock.now(),
            )
        )
    running.result = {"people": len(people), "stances": len(rows)}


def renew() -> None:
    """Hear anew where stances came, changed or went since, each at most once an hour."""
    last = select(func.max(Hearing.id)).group_by(Hearing.consultation_id)
    query = (
        select(Consultation.id, Consultation.slug)
        .join(Opinion, Opinion.consultation_id == Consultation.id)
        .join(Stance, Stance.opinion_id == Opinion.id)
        .outerjoin(Hearing, (Hearing.consultation_id == Consultation.id) & Hearing.id.in_(last))
        .where(queries.public())
        .group_by(Consultation.id, Consultation.slug, Hearing.stance_count, Hearing.made_at)
        .having(
            or_(
                Hearing.made_at.is_(None),
                (Hearing.made_at < clock.now() - RENEWED_AFTER)
                & or_(
                    Hearing.stance_count != func.count(),
                    func.max(Stance.taken_at) > Hearing.made_at,
                ),
            )
        )
        .order_by(Consultation.id)
    )
    renewals.renew(KIND, query)


jobs.chore(renew)


def newest(consultation: Consultation) -> Job | None:
    """The latest job that worked out the groups."""
    return renewals.newest(KIND, consultation)


def _numbers(votes: Any, found: Sequence[Sequence[int]], said: Sequence[int]) -> dict[str, Any]:
    """What is kept of the groups: sizes, and people by answer. Stands of too few are left out."""
    from analysis import voices

    agreed = list(voices.agreed(votes, found))
    shared = {one.opinion for one in agreed}
    every = [one for one in voices.answers(votes, found) if one.opinion not in shared]
    dividing = [one for one in voices.dividing(votes, found) if _divides(one)]
    return {
        "groups": [len(rows) for rows in found],
        "agreed": [_kept(one, said) for one in agreed[:LISTED]],
        "dividing": [_kept(one, said) for one in dividing[:LISTED]],
        "typical": [
            [_kept(one, said) for one in _typical(every, number)] for number in range(len(found))
        ],
    }


def _typical(every: Iterable[Answered], number: int) -> list[Answered]:
    """What more of this group agree with than of any other, the widest first."""

    def ahead(one: Answered) -> float:
        others = [s.share for n, s in enumerate(one.stands) if n != number]
        return round(one.stands[number].share - max(others), 9)

    most = [
        one
        for one in every
        if _speaks(one.stands[number])
        and 2 * one.stands[number].agree > one.stands[number].answered
        and ahead(one) >= _DISTINCT
    ]
    return sorted(most, key=lambda one: (-ahead(one), one.opinion))[:TYPICAL]


def _speaks(stand: Stand) -> bool:
    return stand.answered >= stances.FEW


def _divides(one: Answered) -> bool:
    """Whether groups of which enough answered stand on both sides."""
    heard = [stand for stand in one.stands if _speaks(stand)]
    return any(2 * s.agree > s.answered for s in heard) and any(
        2 * s.disagree > s.answered for s in heard
    )


def _kept(one: Answered, said: Sequence[int]) -> dict[str, Any]:
    return {
        "opinion": said[one.opinion],
        "stands": [
            [stand.agree, stand.disagree, stand.passed] if _speaks(stand) else None
            for stand in one.stands
        ],
    }


def _stances(consultation_id: int) -> list[tuple[str, int, str]]:
    query = (
        select(Stance.voice_id, Stance.opinion_id, Stance.choice)
        .join(Opinion, Opinion.id == Stance.opinion_id)
        .where(Opinion.consultation_id == consultation_id, queries.public())
        .order_by(Stance.voice_id, Stance.opinion_id)
    )
    return [(row[0], row[1], row[2]) for row in db.session().execute(query)]


def _before(consultation_id: int) -> list[Hearing]:
    query = select(Hearing).where(Hearing.consultation_id == consultation_id)
    return list(db.session().scalars(query.order_by(Hearing.id.desc()).limit(12)))[::-1]
