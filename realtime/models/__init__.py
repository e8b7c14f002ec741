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
from realtime.models.records import WorkshopRecord
from realtime.models.workshops import (
    Invite,
    Joining,
    Member,
    Workshop,
    WorkshopPhoto,
    WorkshopTemplate,
)

__all__ = [
    "Board",
    "BoardOp",
    "Invite",
    "Island",
    "IslandLink",
    "Joining",
    "Member",
    "Note",
    "NoteTalk",
    "NoteVote",
    "TableSum",
    "Workshop",
    "WorkshopPhoto",
    "WorkshopRecord",
    "WorkshopTemplate",
]
