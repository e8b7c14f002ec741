"""The opinions of one place on the desk: paged, sieved, copies folded; in few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased, joinedload

from analysis.models import NearCopy
from analysis.sieves import Sieve, stands
from core import db
from ledger import queries
from ledger.models import (
    Answer,
    Consultation,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    State,
    Theme,
)


class Found(StrEnum):
    """Not a place: whatever was looked for, wherever it stands."""

    EVERYWHERE = "found"


Where = Theme | Placement | Found | None  # None is 未整理
NEAR_SHOWN = 100  # near copies on one page, folded under what they copy


@dataclass(frozen=True)
class Voice:
    """One text of a list: said by `people` in `copies` opinions; `answer` is its very own.

    `near` are other texts nearly like it that stand here too; `points` is (which, of how many) it
    is among the opinions of one letter.
    """

    opinion: Opinion
    copies: int
    people: int
    answer: Answer | None
    filing: Filing | None = None
    theme: Theme | None = None
    near: list[Opinion] = field(default_factory=list)
    points: tuple[int, int] = (1, 1)


def voices_in(
    viewer: Any,
    consultation: Consultation,
    where: Where,
    sieve: Sieve = Sieve(),  # noqa: B008 frozen
    *,
    offset: int = 0,
    limit: int = 50,
) -> list[Voice]:
    """Texts of a place in the order they came, exact copies as one; lone ones stand each alone."""
    first = func.min(Opinion.seq)
    same = Opinion.id if _is_flat(where) else OpinionText.fold_key
    query = _here(viewer, consultation, where, sieve, first, func.count(), _people())
    query = _folded(query, where, sieve).group_by(same).order_by(first)
    found = db.session().execute(query.offset(offset).limit(limit)).all()
    rows = _rows(consultation, [row[0] for row in found])
    shown = [rows[seq][0] for seq, _copies, _people in found]
    near = _near(viewer, consultation, where, shown) if not sieve.is_open else {}
    points = _points(shown)
    return [
        Voice(
            opinion,
            copies,
            people,
            rows[seq][1] if copies == 1 else None,
            rows[seq][2],
            rows[seq][3],
            near.get(opinion.id, []),
            points.get(opinion.id, (1, 1)),
        )
        for opinion, (seq, copies, people) in zip(shown, found, strict=True)
    ]


def text_count(
    viewer: Any,
    consultation: Consultation,
    where: Where,
    sieve: Sieve = Sieve(),  # noqa: B008 frozen
) -> int:
    """How many `voices_in` has in all."""
    same = Opinion.id if _is_flat(where) else OpinionText.fold_key
    query = _here(viewer, consultation, where, sieve, func.count(same.distinct()))
    return db.session().scalar(_folded(query, where, sieve)) or 0


def ids_of(
    viewer: Any, consultation: Consultation, where: Where, public_ids: Collection[str]
) -> list[int]:
    """The opinions that checked rows of a list stand for: their exact copies are among them."""
    chosen = Opinion.public_id.in_(list(public_ids)[:500])
    query = _here(viewer, consultation, where, Sieve(), Opinion.id)
    if _is_flat(where):
        return list(db.session().scalars(query.where(chosen)))
    keys = _here(viewer, consultation, where, Sieve(), OpinionText.fold_key).where(chosen)
    return list(db.session().scalars(query.where(OpinionText.fold_key.in_(keys))))


def unanswered_in(
    viewer: Any, consultation: Consultation, where: Where, sieve: Sieve
) -> list[Opinion]:
    """Opinions of a list, as it is sieved, that have no answer of their own.

    Of what was found everywhere, only those that no theme's answer speaks for either; and none at
    all while nothing is looked for.
    """
    if where == Found.EVERYWHERE and not sieve.is_open:
        return []
    own = select(Answer.opinion_id).where(Answer.opinion_id.is_not(None))
    ids = _here(viewer, consultation, where, sieve, Opinion.id).where(Opinion.id.not_in(own))
    if where == Found.EVERYWHERE:
        ids = ids.where(stands("todo"))
    query = select(Opinion).where(Opinion.id.in_(ids)).order_by(Opinion.id)
    return list(db.session().scalars(query))


def letter(opinion: Opinion) -> list[tuple[str, bool]]:
    """What counts of the letter an opinion is from, in pieces; True for the one it is itself."""
    query = select(Opinion).where(
        Opinion.consultation_id == opinion.consultation_id,
        Opinion.submission == opinion.submission,
        Opinion.state == State.COUNTED,
    )
    ordered = query.order_by(Opinion.source_id, Opinion.begins, Opinion.seq)
    rows = db.session().scalars(ordered.limit(100)).all()
    return [(row.text.body, row.id == opinion.id) for row in rows]


def _is_flat(where: Where) -> bool:
    return where in (Placement.LONE, Found.EVERYWHERE)


def _rows(
    consultation: Consultation, seqs: Sequence[int]
) -> dict[int, tuple[Opinion, Answer | None, Filing | None, Theme | None]]:
    query = (
        select(Opinion, Answer, Filing, Theme)
        .outerjoin(Answer, Answer.opinion_id == Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Theme, Theme.id == Filing.theme_id)
        .where(Opinion.consultation_id == consultation.id, Opinion.seq.in_(seqs))
    )
    return {row[0].seq: (row[0], row[1], row[2], row[3]) for row in db.session().execute(query)}


def _here(
    viewer: Any, consultation: Consultation, where: Where, sieve: Sieve, *columns: Any
) -> Any:
    """A query over the counted opinions of one place that the viewer may read."""
    query = (
        select(*columns)
        .select_from(Opinion)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.state == State.COUNTED, queries.visible_to(viewer, consultation))
        .where(*sieve.conditions())
        .correlate(None)
    )
    return query.where(*_stands(where, Filing))


def _stands(where: Where, filing: Any) -> list[ColumnElement[bool]]:
    if isinstance(where, Theme):
        return [filing.theme_id == where.id]
    if where is None:
        return [filing.opinion_id.is_(None)]
    return [] if where == Found.EVERYWHERE else [filing.placement == where]


def _folded(query: Any, where: Where, sieve: Sieve) -> Any:
    """Near copies lie under what they copy, where that stands here too; not while looking."""
    if _is_flat(where) or sieve.is_open:
        return query
    other = aliased(Filing)
    origin = aliased(Opinion)
    copied = (
        select(NearCopy.opinion_id)
        .join(origin, origin.id == NearCopy.of_id)
        .outerjoin(other, other.opinion_id == NearCopy.of_id)
        .where(origin.state == State.COUNTED, *_stands(where, other))
    )
    return query.where(Opinion.id.not_in(copied))


def _near(
    viewer: Any, consultation: Consultation, where: Where, shown: Sequence[Opinion]
) -> dict[int, list[Opinion]]:
    if _is_flat(where):
        return {}
    of = NearCopy.of_id.in_([opinion.id for opinion in shown])
    query = (
        _here(viewer, consultation, where, Sieve(), NearCopy.of_id, Opinion)
        .join(NearCopy, NearCopy.opinion_id == Opinion.id)
        .options(joinedload(Opinion.text))
        .where(of)
        .order_by(Opinion.seq)
        .limit(NEAR_SHOWN)
    )
    found: defaultdict[int, list[Opinion]] = defaultdict(list)
    for of_id, opinion in db.session().execute(query):
        found[of_id].append(opinion)
    return found


def _points(shown: Sequence[Opinion]) -> dict[int, tuple[int, int]]:
    """Which of how many points of its letter each is, where a letter has several."""
    if not shown:
        return {}
    query = select(Opinion.submission, Opinion.id).where(
        Opinion.consultation_id == shown[0].consultation_id,
        Opinion.submission.in_({opinion.submission for opinion in shown}),
        Opinion.state == State.COUNTED,
    )
    letters: defaultdict[str, list[int]] = defaultdict(list)
    ordered = query.order_by(Opinion.source_id, Opinion.begins, Opinion.seq)
    for submission, opinion_id in db.session().execute(ordered):
        letters[submission].append(opinion_id)
    return {
        opinion_id: (place, len(ids))
        for ids in letters.values()
        if len(ids) > 1
        for place, opinion_id in enumerate(ids, start=1)
    }


def _people() -> ColumnElement[int]:
    """Known voices, and each unknown one by itself."""
    return func.count(Opinion.voice_id.distinct()) + func.count() - func.count(Opinion.voice_id)
