"""Board: the log of its operations, and what they came to as ordinary tables.

The log is the truth; everything else here is what folding it gives (`realtime.folds`), written in
the same transaction by `realtime.projections`, so that records and the ledger read plain rows.
`key` is the id by which a browser made a thing; `*_key` point at such keys of the same board.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import db


class Board(db.Base):
    """A workshop's board: how far its log is, and what of its state belongs to no other table."""

    __tablename__ = "board"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)
    live: Mapped[dict[str, Any]] = mapped_column(default=dict)


class BoardOp(db.Base):
    """One accepted operation as what it did. `cid` and `n` are its sender's: the same is one."""

    __tablename__ = "board_op"
    __table_args__ = (UniqueConstraint("board_id", "cid", "n"),)

    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    cid: Mapped[str] = mapped_column(String(40))
    n: Mapped[int]
    member: Mapped[str] = mapped_column(String(26), default="")
    at: Mapped[datetime]
    body: Mapped[dict[str, Any]]


class Note(db.Base):
    """A sticky note as it is now. `of_key` names the note it repeats: one opinion for both.

    `settled_at` is when its words became a line of the ledger.
    """

    __tablename__ = "note"
    __table_args__ = (
        UniqueConstraint("board_id", "key"),
        Index("ix_note_settled", "board_id", "settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"))
    key: Mapped[str] = mapped_column(String(40))
    member: Mapped[str] = mapped_column(String(26))
    table_key: Mapped[str] = mapped_column(String(40), default="")
    question: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    color: Mapped[int] = mapped_column(default=1)
    x: Mapped[int] = mapped_column(default=0)
    y: Mapped[int] = mapped_column(default=0)
    island_key: Mapped[str] = mapped_column(String(40), default="")
    place: Mapped[str] = mapped_column(String(60), default="")
    is_veiled: Mapped[bool] = mapped_column(default=False)
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
    is_gone: Mapped[bool] = mapped_column(default=False)
    of_key: Mapped[str] = mapped_column(String(40), default="")
    lost: Mapped[str] = mapped_column(String(100), default="")
    said_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Island(db.Base):
    """Notes that belong together, under a heading people gave them.

    `hidden_reason` says why the heading is not shown: the notes are.
    """

    __tablename__ = "island"
    __table_args__ = (UniqueConstraint("board_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"))
    key: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(60), default="")
    table_key: Mapped[str] = mapped_column(String(40), default="")
    x: Mapped[int] = mapped_column(default=0)
    y: Mapped[int] = mapped_column(default=0)
    place: Mapped[str] = mapped_column(String(60), default="")
    member: Mapped[str] = mapped_column(String(26))
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
    is_gone: Mapped[bool] = mapped_column(default=False)


class IslandLink(db.Base):
    """A line between two islands and the word on it; `hidden_reason` is why that is not shown."""

    __tablename__ = "island_link"
    __table_args__ = (UniqueConstraint("board_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"))
    key: Mapped[str] = mapped_column(String(40))
    from_key: Mapped[str] = mapped_column(String(40))
    to_key: Mapped[str] = mapped_column(String(40))
    word: Mapped[str] = mapped_column(String(60), default="")
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")


class NoteTalk(db.Base):
    """A comment on a note."""

    __tablename__ = "note_talk"
    __table_args__ = (UniqueConstraint("board_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"))
    key: Mapped[str] = mapped_column(String(40))
    note_key: Mapped[str] = mapped_column(String(40))
    member: Mapped[str] = mapped_column(String(26))
    body: Mapped[str] = mapped_column(String(200))
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")


class NoteVote(db.Base):
    """One of a member's favourites: there once or not at all, which the database holds too."""

    __tablename__ = "note_vote"
    __table_args__ = (UniqueConstraint("board_id", "member", "note_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"))
    member: Mapped[str] = mapped_column(String(26))
    note_key: Mapped[str] = mapped_column(String(40))


class TableSum(db.Base):
    """What a table sums up, or ("all") everybody together."""

    __tablename__ = "table_sum"
    __table_args__ = (UniqueConstraint("board_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.workshop_id"))
    key: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
