"""What people think of an opinion that was said in public: one stance a voice, never a ranking.

A channel calls these verbs inside its own transaction, as it calls those of `ledger.opinions`:
whether a room asks for stances, and until when, is the channel's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select

from core import clock, db
from core.errors import Conflict, Forbidden
from core.messages import _
from core.permissions import require
from ledger import queries, voices
from ledger.models import Choice, Opinion, Stance, State

FEW = 3  # from fewer voices one could tell who thinks what


@dataclass(frozen=True)
class Spread:
    """How views on one opinion are spread, in voices. No vote: those who chose are no sample."""

    agree: int = 0
    disagree: int = 0
    unsure: int = 0

    @property
    def people(self) -> int:
        return self.agree + self.disagree + self.unsure

    @property
    def is_few(self) -> bool:
        return self.people < FEW


@dataclass(frozen=True)
class Taken:
    """One line that a source's row says or said, with one's own stance on it ("" is none)."""

    source_id: int
    opinion: str
    state: str
    choice: str


def voice_of(actor: Any, opinion: Opinion) -> str:
    """The pseudonym under which `actor` takes a stance in the opinion's consultation."""
    return voices.of(opinion.consultation, f"account:{actor.public_id}")


def take(actor: Any, opinion: Opinion, choice: Choice) -> bool:
    """Take or change one's stance on an opinion; returns whether anything changed.

    Only what counts and can be read by everybody takes stances, and nobody takes one on their own.
    """
    require(actor, "stances.take", opinion)
    with db.transaction() as tx:
        # the row is locked: two tabs at once are one stance, and a hide waits or is seen
        row = tx.scalars(db.locked(select(Opinion).where(Opinion.id == opinion.id))).one()
        voice = voice_of(actor, row)
        if row.voice_id == voice:
            raise Forbidden(_("ご自分の発言には、そう思うかどうかを付けられません。"))
        if not queries.is_public(row):
            raise Conflict(_("この発言は、書き直されたか、いま表示していません。"))
        found = tx.get(Stance, (row.id, voice))
        if found is None:
            tx.add(Stance(opinion_id=row.id, voice_id=voice, choice=choice, taken_at=clock.now()))
        elif found.choice == choice:
            return False
        else:
            found.choice, found.taken_at = choice, clock.now()
        return True


def drop(actor: Any, opinion: Opinion) -> bool:
    """Take one's stance back, on what was said before it was reworded too."""
    require(actor, "stances.take", opinion)
    worded = select(Opinion.id).where(
        Opinion.source == opinion.source, Opinion.source_id == opinion.source_id
    )
    with db.transaction() as tx:
        mine = delete(Stance).where(
            Stance.opinion_id.in_(worded), Stance.voice_id == voice_of(actor, opinion)
        )
        gone = tx.execute(mine.returning(Stance.opinion_id)).all()
        return bool(gone)


def spread(opinion_ids: Sequence[int]) -> dict[int, Spread]:
    """How views on these opinions are spread (one statement); what is not public has no entry."""
    if not opinion_ids:
        return {}
    query = (
        select(Stance.opinion_id, Stance.choice, func.count())
        .join(Opinion, Opinion.id == Stance.opinion_id)
        .where(Stance.opinion_id.in_(opinion_ids), queries.public())
        .group_by(Stance.opinion_id, Stance.choice)
    )
    counted: dict[int, dict[str, int]] = {}
    for opinion_id, choice, count in db.session().execute(query):
        counted.setdefault(opinion_id, {})[choice] = count
    return {
        opinion_id: Spread(
            of.get(Choice.AGREE, 0), of.get(Choice.DISAGREE, 0), of.get(Choice.UNSURE, 0)
        )
        for opinion_id, of in counted.items()
    }


def taken(source: str, source_ids: Sequence[int], voice_ids: Sequence[str]) -> list[Taken]:
    """What these rows of a source say now, or said before, each with the voices' own choice.

    One statement. Rows that are withheld, withdrawn or not public are left out.
    """
    bound = {
        "source": source,
        "ids": list(source_ids),
        "voices": list(voice_ids),
        "at": clock.now(),  # not in the kept query: it would stay at the moment of the first page
    }
    return [Taken(*row) for row in db.session().execute(_taken(), bound)]


@cache  # for every page of a topic: putting it together costs more than running it
def _taken() -> Select[int, str, str, str]:
    mine = Stance.voice_id.in_(bindparam("voices", expanding=True))
    choice = func.coalesce(Stance.choice, "")
    return (
        select(Opinion.source_id, Opinion.public_id, Opinion.state, choice)
        .outerjoin(Stance, (Stance.opinion_id == Opinion.id) & mine)
        .where(
            Opinion.source == bindparam("source"),
            Opinion.source_id.in_(bindparam("ids", expanding=True)),
            (Opinion.state == State.SUPERSEDED) | queries.public(bindparam("at")),
        )
    )
