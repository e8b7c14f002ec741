"""Reading from the ledger what a report is made of, in a known number of statements."""

from __future__ import annotations

from sqlalchemy import select

from analysis.render import Line, Material
from core import db, record
from ledger import queries
from ledger.models import (
    Answer,
    Consultation,
    Filing,
    Opinion,
    OpinionText,
    Section,
    State,
    Theme,
)


def load(consultation: Consultation, cutoff: int | None, *, locked: bool = False) -> Material:
    """What stands in the ledger up to `cutoff` (None: to its end).

    With `locked` nothing of it can change before the current transaction ends: opinions first, then
    themes, filings and answers, the order in which every other verb takes them.
    """
    if cutoff is None:
        query = select(Consultation.last_seq).where(Consultation.id == consultation.id)
        cutoff = db.session().scalar(query) or 0
    if locked:
        _lock(consultation, cutoff)
    return Material(
        counts=queries.counts(consultation, upto=cutoff),
        channels=queries.by_channel(consultation, upto=cutoff),
        lines=_lines(consultation, cutoff),
        themes=_themes(consultation),
        sections=_sections(consultation),
        theme_answers={a.theme_id: a for a in _theme_answers(consultation) if a.theme_id},
        own_answers={a.opinion_id: a for a in _own_answers(consultation) if a.opinion_id},
        cutoff=cutoff,
        changed_texts=_changed_texts(consultation, cutoff),
    )


def _lock(consultation: Consultation, cutoff: int) -> None:
    tx = db.session()
    here = Opinion.consultation_id == consultation.id, Opinion.seq <= cutoff
    ids = select(Opinion.id).where(*here)
    tx.execute(db.locked(ids.order_by(Opinion.id))).all()
    own = select(Theme.id).where(Theme.consultation_id == consultation.id)
    tx.execute(db.locked(own.order_by(Theme.id))).all()
    filed = select(Filing.opinion_id).where(Filing.opinion_id.in_(ids))
    tx.execute(db.locked(filed.order_by(Filing.opinion_id))).all()
    answered = select(Answer.id).where(Answer.theme_id.in_(own) | Answer.opinion_id.in_(ids))
    tx.execute(db.locked(answered.order_by(Answer.id))).all()
    tx.expire_all()


def _lines(consultation: Consultation, cutoff: int) -> list[Line]:
    query = (
        select(
            Opinion.id,
            Opinion.public_id,
            Opinion.seq,
            Opinion.voice_id,
            Opinion.section_id,
            Filing.theme_id,
            Filing.opinion_id.is_not(None),
        )
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(
            Opinion.consultation_id == consultation.id,
            Opinion.state == State.COUNTED,
            Opinion.seq <= cutoff,
        )
        .order_by(Opinion.seq)
    )
    return [Line(*row) for row in db.session().execute(query)]


def _themes(consultation: Consultation) -> list[Theme]:
    query = select(Theme).where(
        Theme.consultation_id == consultation.id, Theme.dissolved_at.is_(None)
    )
    return list(db.session().scalars(query))


def _sections(consultation: Consultation) -> list[Section]:
    query = select(Section).where(Section.consultation_id == consultation.id)
    return list(db.session().scalars(query.order_by(Section.position)))


def _theme_answers(consultation: Consultation) -> list[Answer]:
    query = (
        select(Answer)
        .join(Theme, Theme.id == Answer.theme_id)
        .where(Theme.consultation_id == consultation.id)
    )
    return list(db.session().scalars(query))


def _own_answers(consultation: Consultation) -> list[Answer]:
    query = (
        select(Answer)
        .join(Opinion, Opinion.id == Answer.opinion_id)
        .where(Opinion.consultation_id == consultation.id)
    )
    return list(db.session().scalars(query))


def _changed_texts(consultation: Consultation, cutoff: int) -> int:
    """How many texts are not the ones that were entered (law 3)."""
    query = (
        select(OpinionText.salt, OpinionText.body, Opinion.commitment)
        .join(Opinion, Opinion.id == OpinionText.opinion_id)
        .where(
            Opinion.consultation_id == consultation.id,
            Opinion.seq <= cutoff,
            OpinionText.erased_at.is_(None),
        )
    )
    rows = db.session().execute(query.execution_options(yield_per=2000))
    return sum(record.commit_to(salt, body) != commitment for salt, body, commitment in rows)
