"""What the command's page shows: the map beside the list of themes, and the words themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis import layouts
from analysis.grouping import Prepared
from analysis.layouts import Points
from analysis.listings import Listing, Theme
from analysis.vectors import Vectors

SIDE = 1_000
# More cannot be told apart.
COLOURS = 8
_MARGIN = 28
# Themes of so many opinions have their number above them; smaller ones stand in the table.
_NUMBERED_FROM = 3


@dataclass(frozen=True)
class Land:
    """A theme on the map: its dots as one path, and where its number stands, above them."""

    theme: Theme
    path: str
    x: float
    y: float
    mark: str
    is_numbered: bool


@dataclass(frozen=True)
class Handout:
    """The map: every opinion a dot, all of one size; `lone` and `unsorted` are paths too."""

    lands: tuple[Land, ...]
    lone: str
    unsorted: str
    dot: float
    height: int


def mark(heading: int) -> str:
    """The class of a heading's colour and shape: twice as many as there are colours."""
    is_square = (heading + heading // COLOURS) % 2
    return f"h{heading % COLOURS}" + (" square" if is_square else "")


def compose(prepared: Prepared, listing: Listing) -> Handout:
    """Lay out the map of a grouping."""
    grouping = listing.grouped.grouping
    vectors = prepared.vectors
    every = [index for same in prepared.copies for index in same]
    first = np.repeat(np.arange(len(prepared.copies)), [len(same) for same in prepared.copies])
    order = np.empty(len(every), dtype=np.int64)
    order[every] = first
    points = layouts.plane(
        Vectors(vectors.rows[order], vectors.placed[order]),
        grouping,
        [theme.heading for theme in listing.themes],
    )
    spots = layouts.centres(points, grouping)
    # The plane is a square; what of it is empty above and below is left out.
    top, bottom = (points[:, 1].min(), points[:, 1].max()) if len(points) else (0.0, 1.0)
    shift = np.array([0.0, top])
    scaled = _scaled(points - shift)
    spots = _scaled(spots - shift)
    lands = tuple(
        Land(
            theme,
            _path(scaled[list(theme.members)]),
            round(float(spot[0]), 1),
            round(float(scaled[list(theme.members), 1].min()) - 12, 1),
            mark(theme.heading),
            len(theme.members) >= _NUMBERED_FROM,
        )
        for theme, spot in zip(listing.themes, spots, strict=True)
    )
    return Handout(
        lands,
        _path(scaled[list(grouping.lone)]),
        _path(scaled[list(grouping.unplaced)]),
        round(0.8 * layouts.dot(points) * (SIDE - 2 * _MARGIN), 2),
        round((bottom - top) * (SIDE - 2 * _MARGIN)) + 2 * _MARGIN,
    )


def _scaled(points: Points) -> Points:
    scaled: Points = points * (SIDE - 2 * _MARGIN) + _MARGIN
    return scaled


def _path(points: Sequence[Sequence[float]] | Points) -> str:
    """Dots as lines of no length with round ends: a hundred thousand stay a small file."""
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)
