"""The ledger as everybody may look through it: what a reader may see of each line, and its answer.

Staff's list of all channels is in `ledger.lines`; one's own lines are in `ledger.voicings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import db, record
from ledger import queries
from ledger.models import Consultation, Opinion, State

BATCH = 1000


@dataclass(frozen=True)
class Entry:
    """One line: `body` is None where this reader may not see the text, and `why` says the reason.

    `why` is "" when the text is shown, else "before" (not yet public), "erased", or the state.
    `newer` is the line that replaced it: number and address.
    """

    opinion: Opinion
    body: str | None
    why: str
    answer: queries.Published | None = None
    newer: tuple[int, str] | None = None

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
    newer = _newer([o.id for o, _shown in rows if o.state == State.SUPERSEDED])
    return [
        Entry(
            opinion,
            None if (why := _why_not(opinion, shown)) else opinion.text.body,
            why,
            answers.get(opinion.id),
            newer.get(opinion.id),
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


def _newer(ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The first lines that replaced these, by id: number and address."""
    if not ids:
        return {}
    query = select(Opinion.parent_id, Opinion.seq, Opinion.public_id).where(
        Opinion.parent_id.in_(ids)
    )
    rows = db.session().execute(query.order_by(Opinion.seq.desc()))
    return {parent: (seq, public_id) for parent, seq, public_id in rows if parent is not None}
