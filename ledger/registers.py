"""The ledger as everybody may look through it: what a reader may see of each line, and its answer.

Staff's list of all channels is in `ledger.lines`; one's own lines are in `ledger.voicings`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from core import db, record
from ledger import queries
from ledger.models import Consultation, Opinion, State

BATCH = 1000


@dataclass(frozen=True)
class Entry:
    """One line: `body` is None where this reader may not see the text, and `why` says the reason.

    `why` is "" when the text is shown, else "before" (not yet public), "erased", or the state.
    `newer` are the lines that took its place: number and address. `is_split` says that they are
    parts of it, in its own words.
    """

    opinion: Opinion
    body: str | None
    why: str
    answer: queries.Published | None = None
    newer: tuple[tuple[int, str], ...] = ()
    is_split: bool = False

    @property
    def is_staff_only(self) -> bool:
        """Whether the text is shown although the public may not read it."""
        return self.body is not None and not queries.is_public(self.opinion)


def of(
    viewer: Any,
    consultation: Consultation,
    *,
    state: str | None = None,
    after: int = 0,
    offset: int = 0,
    limit: int = 50,
) -> list[Entry]:
    """Lines of a consultation as `viewer` may see them, in order: three statements."""
    query = select(Opinion, queries.visible_to(viewer, consultation)).where(
        Opinion.consultation_id == consultation.id, Opinion.seq > after
    )
    if state is not None:
        query = query.where(Opinion.state == state)
    rows = db.session().execute(query.order_by(Opinion.seq).offset(offset).limit(limit)).all()
    return entries([(opinion, bool(shown)) for opinion, shown in rows])


def one(viewer: Any, opinion: Opinion) -> Entry:
    """One line as `viewer` may see it."""
    return entries([(opinion, queries.may_read(viewer, opinion))])[0]


def every(viewer: Any, consultation: Consultation) -> Iterator[Entry]:
    """The whole ledger, read in batches so that a large one needs little memory."""
    after = 0
    while batch := of(viewer, consultation, after=after, limit=BATCH):
        yield from batch
        after = batch[-1].opinion.seq


def entries(rows: Sequence[tuple[Opinion, bool]]) -> list[Entry]:
    """Opinions, each with whether its text may be shown, as entries: two statements."""
    answers = queries.published_answers([o.id for o, _shown in rows if o.state == State.COUNTED])
    heirs = _heirs([o for o, _shown in rows if o.state == State.SUPERSEDED])
    return [
        Entry(
            opinion,
            None if (why := _why_not(opinion, shown)) else opinion.text.body,
            why,
            answers.get(opinion.id),
            tuple((row.seq, row.public_id) for row in heirs.get(opinion.id, ())),
            is_split=any(row.revision == 0 for row in heirs.get(opinion.id, ())),
        )
        for opinion, shown in rows
    ]


def history(opinion: Opinion) -> list[record.Entry]:
    """What the record says happened to a line, oldest first."""
    query = select(record.Entry).where(
        record.Entry.object == f"opinion:{opinion.public_id}",
        record.Entry.kind.in_(("opinion.received", "opinion.state")),
    )
    return list(db.session().scalars(query.order_by(record.Entry.seq)))


def _why_not(opinion: Opinion, shown: bool) -> str:
    if opinion.text.erased_at is not None:
        return "erased"
    if shown:
        return ""
    return "before" if opinion.state == State.COUNTED else opinion.state


def _heirs(lines: Sequence[Opinion]) -> dict[int, list[Opinion]]:
    """The lines that took the place of superseded ones, by id, in the order of the text.

    New words; or the parts a text was split into; or, for such a part, the whole it was joined to.
    """
    found = _children([line.id for line in lines])
    orphans = {line.id: line.parent_id for line in lines if line.is_part and not found[line.id]}
    siblings = _children([id_ for id_ in orphans.values() if id_ is not None])
    for id_, parent_id in orphans.items():
        if parent_id is not None:
            found[id_] = [row for row in siblings[parent_id] if row.revision][-1:]
    return {
        line.id: [row for row in found[line.id] if row.revision > line.revision][-1:]
        or [row for row in found[line.id] if row.is_part]
        for line in lines
    } | {id_: found[id_] for id_ in orphans}


def _children(ids: Sequence[int]) -> defaultdict[int, list[Opinion]]:
    found: defaultdict[int, list[Opinion]] = defaultdict(list)
    if ids:
        query = select(Opinion).where(Opinion.parent_id.in_(ids)).options(lazyload("*"))
        for row in db.session().scalars(query.order_by(Opinion.begins, Opinion.seq)):
            found[row.parent_id or 0].append(row)
    return found
