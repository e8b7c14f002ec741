"""Search: an outbox written with the act, an index behind `SearchIndex`, rebuilt from the database.

Packages register kinds of documents; a hit is shown only after its kind's `visible` let it pass.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class SearchOutbox(db.Base):
    """What changed and is not yet in the index."""

    __tablename__ = "search_outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)


def enqueue(kind: str, object_id: int) -> None:
    """Say in the current transaction that an object's document changed."""
    with db.transaction() as tx:
        tx.add(SearchOutbox(kind=kind, object_id=object_id, at=clock.now()))
