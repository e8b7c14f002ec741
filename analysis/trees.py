"""The tree of themes: headings on the left, their themes on the right, joined by lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.maps import Topic

WIDTH = 1000.0
ROW = 34.0
LEAVES_MOST = 12  # of one heading; the others are a number and stand in the table
_HEAD_X, _LEAF_X = 190.0, 520.0
_GAP = 18.0


@dataclass(frozen=True)
class Leaf:
    """One theme: the height of its line, and the curve from its heading."""

    topic: Topic
    y: float
    branch: str


@dataclass(frozen=True)
class Bough:
    """One heading with its figures (件), its place, its curve from the root, and its themes."""

    title: str
    opinions: int
    themes: int
    y: float
    branch: str
    leaves: tuple[Leaf, ...]
    more: int
    more_y: float


@dataclass(frozen=True)
class Tree:
    """The drawing in units of its SVG."""

    boughs: tuple[Bough, ...]
    opinions: int
    height: float
    root_y: float

    head_x = _HEAD_X
    leaf_x = _LEAF_X
    width = WIDTH


def tree(topics: Sequence[Topic]) -> Tree:
    """Headings in the order of the desk, those without one last; never by size."""
    ordered = sorted(topics, key=lambda one: (not one.level1, one.level1))
    parts = [(title, list(part)) for title, part in groupby(ordered, lambda one: one.level1)]
    heights = [_rows(len(part)) * ROW for _title, part in parts]
    height = sum(heights) + _GAP * max(len(parts) - 1, 0)
    root_y, top, boughs = height / 2, 0.0, []
    for (title, part), tall in zip(parts, heights, strict=True):
        y = top + tall / 2
        shown = part[:LEAVES_MOST]
        boughs.append(
            Bough(
                title,
                sum(one.opinions for one in part),
                len(part),
                round(y, 1),
                _curve(58, root_y, _HEAD_X, y),
                tuple(
                    Leaf(one, leaf_y, _curve(_LEAF_X - 120, y, _LEAF_X, leaf_y))
                    for one, leaf_y in (
                        (one, round(top + (n + 0.5) * ROW, 1)) for n, one in enumerate(shown)
                    )
                ),
                len(part) - len(shown),
                round(top + (len(shown) + 0.5) * ROW, 1),
            )
        )
        top += tall + _GAP
    return Tree(tuple(boughs), sum(one.opinions for one in topics), round(height, 1), root_y)


def _rows(themes: int) -> int:
    """Lines a heading takes: one a theme, and one for the number of the others."""
    return min(themes, LEAVES_MOST) + (themes > LEAVES_MOST)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - 8:g} {y2:g}"
