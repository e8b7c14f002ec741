"""What the machine worked out for the pictures and keeps, so that no page has to.

Nothing here is a source of figures: a picture asks the ledger who is counted and where each stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db


class Picture(db.Base):
    """The map of one consultation as it was laid out last.

    `pitch` is the distance of neighbouring dots, in the unit of `Spot`.
    """

    __tablename__ = "picture"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("consultation.id"), primary_key=True, autoincrement=False
    )
    pitch: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Spot(db.Base):
    """Where an opinion lies on the map, 0 to 10,000 both ways, y growing downwards.

    `theme_id` is the theme it stood in then; `centrality` how near it was to the middle of its
    theme, 0 to 10,000: what the theme's voice is chosen by.
    """

    __tablename__ = "spot"

    opinion_id: Mapped[int] = mapped_column(
        ForeignKey("opinion.id"), primary_key=True, autoincrement=False
    )
    x: Mapped[int]
    y: Mapped[int]
    centrality: Mapped[int]
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))


class EditionMap(db.Base):
    """The map of one published edition, laid out once: [number of the answer, x, y] a line.

    No part of what the edition's hash covers: it can be laid out again from what was published.
    """

    __tablename__ = "edition_map"

    edition_id: Mapped[int] = mapped_column(
        ForeignKey("edition.id"), primary_key=True, autoincrement=False
    )
    pitch: Mapped[int]
    spots: Mapped[list[Any]]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Hearing(db.Base):
    """How the groups of voices stood at one moment, in numbers of people: no voice is in it.

    `group_count` is how many groups came out, `shown_count` how many are shown: another number
    only after several hearings running.
    """

    __tablename__ = "hearing"
    __table_args__ = (Index("ix_hearing_consultation", "consultation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    input_hash: Mapped[str] = mapped_column(String(64))
    voice_count: Mapped[int]
    stance_count: Mapped[int]
    group_count: Mapped[int | None]
    shown_count: Mapped[int | None]
    found: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
