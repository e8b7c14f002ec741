"""How filings, themes and answers stand, in words that an act can keep: for `acts` only.

Acts outlive what residents take back, so nothing here is anybody's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from core import db
from ledger.models import Answer, Filing, Opinion, OpinionText, Theme

Rows = dict[str, dict[str, Any]]  # "filings", "themes", "answers" → id as text → its state

FIELDS = ("title", "level1", "merged_into_id", "position", "machine_label", "confidence")
UNNAMED = "（要命名）"  # in front of a title that is only a resident's sentence
_BATCH = 500  # ids per statement: SQLite takes 32,766 variables, PostgreSQL 65,535


def of(rows: Rows) -> Rows:
    """The present state of just what is named."""
    readers = {"filings": filings, "themes": themes, "answers": answers}
    found: Rows = {kind: {} for kind in readers}
    for kind, named in rows.items():
        for part in parts([int(key) for key in named]):
            found[kind] |= readers[kind](part)
    return found


def filings(opinion_ids: Sequence[int]) -> dict[str, Any]:
    """[placement, theme, by a person, when it was looked at]"""
    query = select(
        Filing.opinion_id, Filing.placement, Filing.theme_id, Filing.by_person, Filing.looked_at
    ).where(Filing.opinion_id.in_(opinion_ids))
    return {
        str(row.opinion_id): [row.placement, row.theme_id, row.by_person, told(row.looked_at)]
        for row in db.session().execute(query)
    }


def themes(theme_ids: Sequence[int]) -> dict[str, Any]:
    columns = [getattr(Theme, name) for name in FIELDS]
    query = select(Theme.id, Theme.dissolved_at, Theme.locked_at, *columns)
    return {
        str(row.id): {
            "is_living": row.dissolved_at is None,
            "locked_at": told(row.locked_at),
            **{name: getattr(row, name) for name in FIELDS},
            "title": themed(row.title),
            "machine_label": themed(row.machine_label),
        }
        for row in db.session().execute(query.where(Theme.id.in_(theme_ids)))
    }


def answers(answer_ids: Sequence[int]) -> dict[str, Any]:
    return _answers(Answer.id.in_(answer_ids))


def answers_of(theme_ids: Sequence[int]) -> dict[str, Any]:
    return _answers(Answer.theme_id.in_(theme_ids))


def origin(quote: str, opinion_ids: Sequence[int]) -> list[int] | None:
    """[opinion, begin, end] of a quotation: where its words are, and not the words."""
    for part in parts(opinion_ids):
        query = select(OpinionText.opinion_id, OpinionText.body).where(
            OpinionText.opinion_id.in_(part), OpinionText.body.contains(quote, autoescape=True)
        )
        for row in db.session().execute(query.order_by(OpinionText.opinion_id).limit(1)):
            begin = row.body.find(quote)
            return [row.opinion_id, begin, begin + len(quote)]
    return None


def quoted(place: Sequence[int], state: str) -> str:
    """The words at an `origin`, as long as the opinion is in that state."""
    opinion_id, begin, end = place
    query = select(OpinionText.body).join(Opinion, Opinion.id == OpinionText.opinion_id)
    body = db.session().scalar(query.where(Opinion.id == opinion_id, Opinion.state == state))
    return (body or "")[begin:end]


def themed(title: str) -> str:
    """A title as acts may keep it: a name given by a person or a phrase, never a sentence."""
    return UNNAMED if title.startswith(UNNAMED) else title


def parts(ids: Sequence[int]) -> Iterator[list[int]]:
    """Ids in as many lists as one statement takes each."""
    for start in range(0, len(ids), _BATCH):
        yield list(ids[start : start + _BATCH])


def _answers(where: Any) -> dict[str, Any]:
    columns = (Answer.state, Answer.approved_by_id, Answer.approved_at, Answer.updated_at)
    query = select(Answer.id, Answer.theme_id, *columns).where(where)
    return {
        str(row.id): {
            "theme_id": row.theme_id,
            "state": row.state,
            "approved_by_id": row.approved_by_id,
            "approved_at": told(row.approved_at),
            "updated_at": told(row.updated_at),
        }
        for row in db.session().execute(query)
    }


def told(at: Any) -> str | None:
    return at.isoformat() if at is not None else None
