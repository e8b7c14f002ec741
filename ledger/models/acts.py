"""Act: what one member of staff did on the themes desk, so that it can be read and undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.messages import Message
from core.people import Account


class Act(db.Addressable, db.Base):
    """One act, told as a sentence; `before` and `after` hold what it changed and nothing else.

    Who did it is for the staff of the desk; the public record has the same act without a name.
    """

    __tablename__ = "act"
    __table_args__ = (
        Index("ix_act_consultation", "consultation_id", "id"),
        Index("ix_act_account", "account_id", "consultation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[str] = mapped_column(String(40))
    msgid: Mapped[str] = mapped_column(String(200))
    values: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    can_undo: Mapped[bool]
    undone_at: Mapped[datetime | None]

    account: Mapped[Account | None] = relationship(lazy="joined")

    @property
    def said(self) -> Message:
        """The sentence, in the reader's language."""
        return Message(self.msgid, self.values)
