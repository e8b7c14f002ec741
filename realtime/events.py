"""What happens in workshops, told after the commit that made it true."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkshopClosed:
    """A workshop's board can only be read from now on, and its notes are in the ledger."""

    workshop_id: int
