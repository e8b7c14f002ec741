"""What is asked of a board, what becomes of it, and how much one member may ask."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from core.messages import Message
from realtime.refusals import REFUSALS
from realtime.state import Effect, State

RATE = 20.0  # operations a second that one member may go on asking: nobody's hands are faster
BURST = 400.0  # what a phone brings out of a tunnel, or a helper pastes
RESERVED = (
    "join-",
    "role-",
    "gone-",
    "seats-",
    "server",
)  # senders that only the server itself uses
_SENDER = re.compile(r"[A-Za-z0-9_-]{8,40}")


def is_sender(said: object) -> TypeGuard[str]:
    """Whether this can name a tab: what no database could write would hold up a whole tick."""
    return isinstance(said, str) and _SENDER.fullmatch(said) is not None


@dataclass(frozen=True)
class Row:
    """One line of a board's log: its number, who asked, and what it did."""

    seq: int
    cid: str
    n: int
    effect: Effect
    by: str = ""


@dataclass(frozen=True)
class Answer:
    """What becomes of one operation: its row, or why not; `is_again` was done before."""

    row: Row | None = None
    code: str = ""
    said: Message | str = ""
    is_again: bool = False


@dataclass
class Ask:
    """One operation in the queue. `effect` is given for what the server itself does: as it is, or
    made of the state at that moment (it may raise `Refused`).
    """

    member: str
    cid: str
    n: int
    op: Mapping[str, Any]
    answer: Callable[[Answer], None]
    effect: Effect | Callable[[State], Effect] | None = None
    write: Callable[[], None] | None = None  # rows that belong to the same transaction


@dataclass
class Allowance:
    """A token bucket: one member's, never an address's (a community hall has one address)."""

    rate: float = RATE
    most: float = BURST
    left: float = BURST
    at: float = field(default_factory=time.monotonic)

    def take(self, wanted: float = 1.0) -> bool:
        """Whether there is enough left; if so it is taken."""
        now = time.monotonic()
        self.left = min(self.most, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < wanted:
            return False
        self.left -= wanted
        return True


def busy() -> Answer:
    """It is too much at once: to be asked again a little later."""
    return Answer(code="busy", said=REFUSALS["busy"])
