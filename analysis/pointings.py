"""Pointings: where the machine thinks another point of a letter begins. Only a person splits it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, delete, func, insert, select

from analysis import desks
from analysis.models import Pointing
from core import db
from core.messages import _
from ledger import acts, consultations, parts, states
from ledger.models import Filing, Opinion, OpinionText, State

if TYPE_CHECKING:
    from analysis.tokens import Sentence

MOST_COPIES = 100  # split in one go: 15 to 30 ms each, and nobody else writes meanwhile


def propose(
    texts: Sequence[str], read: Sequence[Sequence[Sentence]], wanted: Iterable[int] | None = None
) -> dict[int, list[int]]:
    """Offsets at which further points begin, by row of `texts`, where a text has several.

    `read` are the sentences of each. With `wanted` only these rows are judged; all say what words
    are common.
    """
    from analysis import points

    weights = points.weigh(read)
    rows = range(len(texts)) if wanted is None else wanted
    return {
        row: [point.begin for point in found[1:]]
        for row in rows
        if len(found := points.propose(texts[row], read[row], weights)) > 1
    }


def keep(opinion_ids: Sequence[int], found: dict[int, list[int]]) -> None:
    """Keep what was proposed for these opinions; `found` goes by their places in the list."""
    tx = db.session()
    for batch in states.parts(opinion_ids):
        tx.execute(
            delete(Pointing)
            .where(Pointing.opinion_id.in_(batch))
            .execution_options(synchronize_session=False)
        )
    rows = [{"opinion_id": opinion_ids[row], "cuts": cuts} for row, cuts in found.items()]
    if rows:
        tx.execute(insert(Pointing), rows)


def of(opinion_ids: Collection[int]) -> dict[int, list[int]]:
    """The proposed offsets of these opinions, where there are any (one statement)."""
    query = select(Pointing.opinion_id, Pointing.cuts).where(
        Pointing.opinion_id.in_(list(opinion_ids))
    )
    return {opinion_id: list(cuts) for opinion_id, cuts in db.session().execute(query)}


def copies(opinion: Opinion) -> list[Opinion]:
    """Other counted opinions that say the same, letter by letter: a form letter's senders."""
    query = _saying_the_same(opinion, select(Opinion))
    return list(db.session().scalars(query.order_by(Opinion.seq).limit(MOST_COPIES)))


def copy_count(opinion: Opinion) -> int:
    """How many there are of them, more than are split in one go too."""
    return db.session().scalar(_saying_the_same(opinion, select(func.count(Opinion.id)))) or 0


def _saying_the_same(opinion: Opinion, query: Select[Any]) -> Select[Any]:
    return query.join(OpinionText, OpinionText.opinion_id == Opinion.id).where(
        Opinion.consultation_id == opinion.consultation_id,
        Opinion.state == State.COUNTED,
        Opinion.id != opinion.id,
        OpinionText.fold_key == opinion.text.fold_key,
        OpinionText.body == opinion.text.body,
    )


def split(
    actor: Any, opinion: Opinion, cuts: Collection[int], *, with_copies: bool = False
) -> list[Opinion]:
    """Make several opinions of one, as an act of the desk; its copies alike when asked.

    Returns the parts of the opinion itself.
    """
    with db.transaction() as tx:
        consultations.lock(opinion.consultation_id)
        others = copies(opinion) if with_copies else []
        ids = [opinion.id, *(other.id for other in others)]
        stood = select(Filing.theme_id).where(Filing.opinion_id.in_(ids)).distinct()
        theme_ids = {theme_id for theme_id in tx.scalars(stood) if theme_id is not None}
        made = parts.split(actor, opinion, cuts)
        for other in others:
            parts.split(actor, other, cuts)
        said = (
            _(
                "同じ文の%(copies)s件を、どれも%(count)s件に分けました。",
                copies=len(ids),
                count=len(made),
            )
            if others
            else _("%(seq)s番を%(count)s件に分けました。", seq=opinion.seq, count=len(made))
        )
        acts.tell(actor, opinion.consultation, "parted", said)
        desks.changed(actor, opinion.consultation, theme_ids)
    return made


def join(actor: Any, whole: Opinion) -> Opinion:
    """Make one opinion of what was split from `whole`, as an act of the desk."""
    with db.transaction() as tx:
        consultations.lock(whole.consultation_id)
        ids = [part.id for part in parts.living(whole)]
        left = select(Filing.theme_id).where(Filing.opinion_id.in_(ids))
        theme_ids = {theme_id for theme_id in tx.scalars(left) if theme_id is not None}
        again = parts.join(actor, whole)
        said = _("%(count)s件を%(seq)s番の一つに戻しました。", count=len(ids), seq=again.seq)
        acts.tell(actor, whole.consultation, "joined", said)
        desks.changed(actor, whole.consultation, theme_ids)
    return again
