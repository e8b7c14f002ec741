"""Which notes of a board speak for themselves, and which echo one that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger.models import State
from realtime.models import Note


@dataclass(frozen=True)
class Standing:
    """What of a note concerns the ledger; `root` is the key of the note it repeats, or its own."""

    id: int
    key: str
    root: str
    body: str
    is_gone: bool
    is_veiled: bool
    hidden_reason: str
    settled_at: datetime | None

    @property
    def is_shown(self) -> bool:
        return not (self.is_gone or self.hidden_reason)


@dataclass
class Speaker:
    """A note with a line of its own, or one that must get it, and the copies that say the same."""

    note: Standing
    echoes: list[Standing] = field(default_factory=list)

    @property
    def state(self) -> State:
        """In which state its line must be: a copy still says what was taken off the board."""
        if self.note.hidden_reason:
            return State.WITHHELD
        if self.note.is_shown or any(echo.is_shown for echo in self.echoes):
            return State.COUNTED
        hidden = any(echo.hidden_reason and not echo.is_gone for echo in self.echoes)
        return State.WITHHELD if hidden else State.WITHDRAWN

    @property
    def reason(self) -> str:
        """Why it is withheld."""
        found = [self.note.hidden_reason, *(echo.hidden_reason for echo in self.echoes)]
        return next((reason for reason in found if reason), "")


def speakers(notes: Iterable[Standing]) -> list[Speaker]:
    """Which notes of a board speak and which echo them, in the order they were written.

    Those whose words are settled always speak; of the rest, the first to say something new. What
    was taken away before it was settled was never said.
    """
    found: list[Speaker] = []
    said: dict[tuple[str, str], Speaker] = {}
    ordered = sorted(notes, key=lambda note: (note.settled_at is None, note.id))
    for note in ordered:
        same = said.get((note.root, note.body))
        if note.settled_at is None and (same is not None or note.is_gone):
            if same is not None:
                same.echoes.append(note)
            continue
        speaker = Speaker(note)
        found.append(speaker)
        said.setdefault((note.root, note.body), speaker)
    return sorted(found, key=lambda speaker: speaker.note.id)


COLUMNS = (
    *(Note.id, Note.key, Note.of_key, Note.body, Note.is_gone),
    *(Note.is_veiled, Note.hidden_reason, Note.settled_at),
)


def standing(note: Note) -> Standing:
    """A row of a board as `speakers` takes it."""
    return standing_of([getattr(note, column.key) for column in COLUMNS])


def standing_of(row: Sequence[Any]) -> Standing:
    """The same of the values of `COLUMNS`."""
    id_, key, of, body, gone, veiled, reason, settled_at = row
    return Standing(id_, key, of or key, body, gone, veiled, reason, settled_at)
