"""Facts of the themes desk that others may react to, told after the commit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeskChanged:
    """Somebody worked on these themes; opinions that stand alone or nowhere may have moved too."""

    consultation_id: int
    theme_ids: tuple[int, ...]
    by_id: int | None
