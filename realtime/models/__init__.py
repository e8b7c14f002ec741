"""Workshops and their boards: the log of what was done, and its projections as tables."""

from realtime.models.boards import (
    Board,
    BoardOp,
    Island,
    IslandLink,
    Note,
    NoteTalk,
    NoteVote,
    TableSum,
)
from realtime.models.workshops import Joining, Member, Workshop, WorkshopTemplate

__all__ = [
    "Board",
    "BoardOp",
    "Island",
    "IslandLink",
    "Joining",
    "Member",
    "Note",
    "NoteTalk",
    "NoteVote",
    "TableSum",
    "Workshop",
    "WorkshopTemplate",
]
