"""Contexts: the heading or title beside which something was said. No part of what was said."""

from __future__ import annotations

from sqlalchemy import select, update

from core import db
from ledger.models import Consultation, Opinion


def tell(opinion: Opinion, context: str) -> None:
    """Say anew where an opinion stood when it was said: a heading that was found later.

    What was said stays as it was; the context is no part of the commitment to it.
    """
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Opinion).where(Opinion.id == opinion.id))).one()
        row.context = context[:200]


def name_anew(consultation: Consultation, source: str, former: str, named: str) -> None:
    """Name a place otherwise beside what was said there: its former name must not be read."""
    there = (
        Opinion.consultation_id == consultation.id,
        Opinion.source == source,
        Opinion.context == former[:200],
    )
    with db.transaction() as tx:
        tx.execute(update(Opinion).where(*there).values(context=named[:200]))
