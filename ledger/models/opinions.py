"""Opinion: one point made, in whichever channel; its text lives apart and can be erased."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from ledger.models.consultations import Consultation, Section


class Channel(StrEnum):
    """The way by which an opinion arrived."""

    ROOM = "room"
    WORKSHOP = "workshop"
    WEB = "web"
    EMAIL = "email"
    FAX = "fax"
    POST = "post"
    COUNTER = "counter"
    IMPORT = "import"


class State(StrEnum):
    """Law 1: received = counted + held + withheld + withdrawn + superseded."""

    COUNTED = "counted"
    HELD = "held"
    WITHHELD = "withheld"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Opinion(db.Addressable, db.Base):
    """One line of the ledger. Never deleted; its state changes by verbs of `ledger.opinions` only.

    `seq` is the line's number in its consultation, 1 … n without gaps. `source` and `source_id`
    name the row it was said in ("post", "comment_item", "import_row"), `channel` the way it
    arrived; `submission` is the 通 it came in; `voice_id` the pseudonym of who said it, None when
    nobody knows. Where a person split a text, `begins` and `ends` say which of its characters are
    this part's; a part of a part counts in the first text too.
    """

    __tablename__ = "opinion"
    __table_args__ = (
        UniqueConstraint("consultation_id", "seq"),
        UniqueConstraint("source", "source_id", "part", "revision", name="uq_opinion_source"),
        Index("ix_opinion_state", "consultation_id", "state", "channel"),
        Index("ix_opinion_voice", "consultation_id", "voice_id"),
        Index("ix_opinion_submission", "submission"),
        Index("ix_opinion_parent", "parent_id"),
        CheckConstraint(
            "state IN ('counted','held','withheld','withdrawn','superseded')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    seq: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"))
    begins: Mapped[int | None]
    ends: Mapped[int | None]
    submission: Mapped[str] = mapped_column(String(60))
    section_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"))
    context: Mapped[str] = mapped_column(String(200), default="")
    voice_id: Mapped[str | None] = mapped_column(String(64))
    said_at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    state_reason: Mapped[str] = mapped_column(String(400), default="")
    state_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    commitment: Mapped[str] = mapped_column(String(64))

    consultation: Mapped[Consultation] = relationship()
    section: Mapped[Section | None] = relationship(lazy="joined")
    text: Mapped[OpinionText] = relationship(lazy="joined", innerjoin=True, uselist=False)

    def scopes(self) -> set[str]:
        return self.consultation.scopes()

    @property
    def is_counted(self) -> bool:
        return self.state == State.COUNTED

    @property
    def is_part(self) -> bool:
        return self.begins is not None


class OpinionText(db.Base):
    """What was said, byte for byte, with the salt of its commitment. Erasing empties both.

    `fold_key` is equal for texts equal after NFKC and white-space folding: the only copies that
    are shown as one by themselves.
    """

    __tablename__ = "opinion_text"
    __table_args__ = (Index("ix_opinion_text_fold", "fold_key"),)

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    fold_key: Mapped[str] = mapped_column(String(64))
    erased_at: Mapped[datetime | None]
