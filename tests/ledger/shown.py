"""What the themes desk shows of a consultation, read straight from the tables."""

from __future__ import annotations

from sqlalchemy import select

from core import db
from ledger.models import Answer, Consultation, Filing, Opinion, Theme


def on_the_desk(consultation: Consultation) -> dict[str, object]:
    """Places, looks, themes in their order, locks, quotations and answers; nothing of versions."""
    db.session().expire_all()
    tx, here = db.session(), consultation.id
    filed = select(Filing).join(Opinion, Opinion.id == Filing.opinion_id)
    living = select(Theme).where(Theme.consultation_id == here, Theme.dissolved_at.is_(None))
    given = select(Answer).outerjoin(Answer.theme).outerjoin(Answer.opinion)
    return {
        "places": {
            row.opinion_id: (row.placement, row.theme_id, row.by_person, row.looked_at)
            for row in tx.scalars(filed.where(Opinion.consultation_id == here))
        },
        "themes": [
            (
                row.id,
                row.title,
                row.level1,
                row.machine_label,
                row.machine_quote,
                row.locked_at is not None,
            )
            for row in tx.scalars(living.order_by(Theme.level1, Theme.position, Theme.id))
        ],
        "answers": {
            row.id: (row.theme_id, row.opinion_id, row.state, row.view, row.approved_by_id)
            for row in tx.scalars(
                given.where(
                    ((Theme.consultation_id == here) & Theme.dissolved_at.is_(None))
                    | (Opinion.consultation_id == here)
                )
            )
        },
    }
