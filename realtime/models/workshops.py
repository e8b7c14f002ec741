"""Workshop: a meeting of people around a board, what was planned for it, and who takes part."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.files import StoredFile
from core.people import Account, Department
from ledger.models import Consultation


class Joining(StrEnum):
    """Who may take part: whoever has the link, whoever has the code, or who was invited."""

    LINK = "link"
    CODE = "code"
    INVITED = "invited"


class Workshop(db.Addressable, db.Versioned, db.Base):
    """One event of a consultation: its plan before, its board while it runs, its record after.

    `phases` are objects {id, kind, title, say, minutes}, `programme` what the invitation says,
    `colors` what notes of the first, second … colour mean; none, when colours mean nothing.
    `code` is what people type to join: unique while the workshop lasts, none afterwards.
    `helpers_key` is what the helpers' link carries: None while there is no such link. A rehearsal's
    notes are no opinions.
    """

    __tablename__ = "workshop"
    __table_args__ = (
        UniqueConstraint("consultation_id", "key"),
        Index("ix_workshop_held", "held_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    title: Mapped[str] = mapped_column(String(120))
    aim: Mapped[str] = mapped_column(Text, default="")
    held_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(120), default="")
    programme: Mapped[list[str]] = mapped_column(default=list)
    questions: Mapped[list[str]] = mapped_column(default=list)
    template: Mapped[str] = mapped_column(String(40), default="")
    phases: Mapped[list[Any]] = mapped_column(default=list)
    tables: Mapped[int] = mapped_column(default=1)
    capacity: Mapped[int] = mapped_column(default=60)
    joining: Mapped[str] = mapped_column(String(10), default=Joining.LINK)
    code: Mapped[str | None] = mapped_column(String(6), unique=True)
    helpers_key: Mapped[str | None] = mapped_column(String(26), default=db.public_id)
    colors: Mapped[list[str]] = mapped_column(default=list)
    rules: Mapped[list[str]] = mapped_column(default=list)
    consent: Mapped[str] = mapped_column(String(600), default="")
    budget: Mapped[int] = mapped_column(default=3)
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    key: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]

    consultation: Mapped[Consultation] = relationship(lazy="joined", innerjoin=True)

    def scopes(self) -> set[str]:
        return {self.scope, *self.consultation.scopes()}

    @property
    def scope(self) -> str:
        return f"workshop:{self.public_id}"

    def meaning(self, color: int) -> str:
        """What a note's colour stands for; "" when it stands for nothing."""
        return self.colors[color - 1] if 0 < color <= len(self.colors) else ""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Member(db.Addressable, db.Base):
    """Somebody who takes part, known by a token in their browser; `name` is the one they gave.

    `public_id` is who they are on the board, `home_key` the table they were at before any mixing.
    An account is kept when they were signed in, so that one voice stays one voice.
    """

    __tablename__ = "workshop_member"
    __table_args__ = (
        UniqueConstraint("workshop_id", "token_hash"),
        Index("ix_workshop_member_account", "workshop_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"))
    name: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(10))
    table_key: Mapped[str] = mapped_column(String(40), default="")
    home_key: Mapped[str] = mapped_column(String(40), default="")
    token_hash: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)
    gone_at: Mapped[datetime | None]

    workshop: Mapped[Workshop] = relationship()
    account: Mapped[Account | None] = relationship()

    @property
    def is_away(self) -> bool:
        """Whether they sit at another table than their first one."""
        return self.home_key not in ("", self.table_key)


class WorkshopTemplate(db.Addressable, db.Base):
    """A way of running a workshop that a department saved: phases, rules, consent and budget."""

    __tablename__ = "workshop_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    title: Mapped[str] = mapped_column(String(60))
    plan: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    department: Mapped[Department] = relationship()


class Invite(db.Addressable, db.Base):
    """A personal link to a workshop: whoever opens it takes the one place it stands for.

    The address it was mailed to is not kept: `masked` is enough for an officer to know it by, and
    `address_hash` so that nobody is invited twice.
    """

    __tablename__ = "workshop_invite"
    __table_args__ = (UniqueConstraint("workshop_id", "address_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"))
    masked: Mapped[str] = mapped_column(String(254))
    address_hash: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]

    workshop: Mapped[Workshop] = relationship()


class WorkshopPhoto(db.Addressable, db.Base):
    """A photo of a paper table, drawn anew; `table_key` is "" for one of the whole hall.

    `member` is who added and described it, as boards know people; `hidden_reason` says why the
    description is not shown: the photo is.
    """

    __tablename__ = "workshop_photo"
    __table_args__ = (Index("ix_workshop_photo_workshop", "workshop_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"))
    table_key: Mapped[str] = mapped_column(String(40), default="")
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    caption: Mapped[str] = mapped_column(String(120), default="")
    member: Mapped[str] = mapped_column(String(26), default="")
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_at: Mapped[datetime | None]

    workshop: Mapped[Workshop] = relationship()
    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)
