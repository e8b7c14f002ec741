"""What of a long list of themes a page shows: the part around the chosen one, or what is found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from core import text
from ledger.models import Theme
from ledger.queries import ThemeRow

SHOWN = 40  # themes a page begins with: 1,900 of them were 1.4 MB
MOST = 250  # and as many as a script may hold and ask for at once
ABOVE = 20  # of them above the chosen one

Chapters = list[tuple[str, list[ThemeRow]]]


@dataclass(frozen=True)
class Window:
    """Rows `start` to `end` of the `total` that fit; `is_whole` when no theme is left out."""

    rows: Sequence[ThemeRow]
    start: int
    total: int
    is_whole: bool

    @property
    def end(self) -> int:
        return self.start + len(self.rows)

    @property
    def chapters(self) -> Chapters:
        return under_headings(self.rows)

    @property
    def earlier(self) -> int | None:
        """Where the part before this one starts, if there is one."""
        return max(0, self.start - SHOWN) if self.start else None

    @property
    def later(self) -> int | None:
        return self.end if self.end < self.total else None

    @property
    def later_count(self) -> int:
        return min(SHOWN, self.total - self.end)

    @cached_property
    def places(self) -> dict[int, int]:
        """Which of all that fit each row is, from 0, by theme."""
        return {row.theme.id: n for n, row in enumerate(self.rows, start=self.start)}


def window(
    rows: Sequence[ThemeRow],
    *,
    name: str = "",
    chosen: object = None,
    start: int | None = None,
    end: int | None = None,
) -> Window:
    """The part of a list that is asked for; otherwise the part where `chosen` stands."""
    fit = called(rows, name)
    if start is None:
        at = next((n for n, row in enumerate(fit) if row.theme is chosen), 0)
        start = min(at - ABOVE, len(fit) - SHOWN)
    start = max(0, min(start, len(fit) - 1))
    part = fit[start : min(end or start + SHOWN, start + MOST)]
    return Window(part, start, len(fit), len(part) == len(rows))


def called(rows: Sequence[ThemeRow], name: str) -> Sequence[ThemeRow]:
    """Those whose name or heading holds every word of `name`."""
    words = text.folded(name).lower().split()
    if not words:
        return rows
    return [row for row in rows if _holds(row.theme, words)]


def under_headings(rows: Iterable[ThemeRow]) -> Chapters:
    return [(name, list(part)) for name, part in groupby(rows, lambda r: r.theme.level1)]


def targets(
    listed: Sequence[ThemeRow], shown: Window, more: Collection[int], besides: Theme | None
) -> Chapters:
    """Themes that opinions can be sent to from a plain list: those that are seen, and `more`."""
    here = {row.theme.id for row in shown.rows} | set(more)
    rows = [row for row in listed if row.theme.id in here and row.theme is not besides]
    return under_headings(rows)


def _holds(theme: Theme, words: Sequence[str]) -> bool:
    said = text.folded(f"{theme.title} {theme.level1}").lower()
    return all(word in said for word in words)
