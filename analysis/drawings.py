"""Drawing the map: shapes, paths and names in the units of its SVG. Pure, and the same every time.

Every dot is of one size. A theme is told by shape and colour together, 56 pairs before one comes
again; where its name stands is for `names`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

WIDTH = 1000.0
# A dot fills this much of its place; above the largest radius few dots would look like blots.
_FILLING = 0.42
_LARGEST, _SMALLEST = 9.0, 1.7
_MARGIN = 40.0

SHAPES = ("disc", "square", "peak", "diamond", "plus", "valley", "cross", "frame")
OPEN = frozenset({"plus", "cross", "frame", "ring", "dash"})  # drawn as lines, not filled
TINTS = 7  # and eight shapes: no common divisor, so neighbours in the list differ in both

Place = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """How a theme's dots look: a shape's name and the number of a colour."""

    shape: str
    tint: int

    @property
    def is_open(self) -> bool:
        return self.shape in OPEN

    @property
    def key(self) -> str:
        """What the style sheet calls its colour."""
        return self.shape if self.tint < 0 else str(self.tint)

    @property
    def glyph(self) -> str:
        """One dot in the middle of a square of 16, for tables and keys."""
        return path([(8.0, 8.0)], self.shape, 5.2)


LONE, UNFILED = Mark("ring", -1), Mark("dash", -2)


@dataclass(frozen=True)
class Frame:
    """How places of the map (any unit) become units of the SVG."""

    left: float
    top: float
    scale: float
    height: float
    radius: float

    def of(self, place: Place) -> Place:
        """A place in the picture's own units."""
        x, y = place
        return (
            round((x - self.left) * self.scale + _MARGIN, 1),
            round((y - self.top) * self.scale + _MARGIN, 1),
        )


def mark(number: int) -> Mark:
    """The look of the n-th theme."""
    return Mark(SHAPES[number % len(SHAPES)], number % TINTS)


def frame(places: Iterable[Place], pitch: float) -> Frame:
    """The frame that holds all places, as wide as the SVG."""
    found = list(places)
    if not found:
        return Frame(0, 0, 1, WIDTH / 2, _LARGEST)
    xs, ys = [x for x, _y in found], [y for _x, y in found]
    inner = WIDTH - 2 * _MARGIN
    # A handful of dots stays together in the middle: at least 24 have room side by side.
    width = max(max(xs) - min(xs), 24 * pitch, 1e-9)
    left = (min(xs) + max(xs) - width) / 2
    scale = inner / width
    height = (max(ys) - min(ys)) * scale + 2 * _MARGIN
    top, least = min(ys), 12 * pitch * scale
    if height < least:
        top, height = top - (least - height) / 2 / scale, least
    radius = min(max(pitch * scale * _FILLING, _SMALLEST), _LARGEST)
    return Frame(left, top, scale, round(height, 1), round(radius, 2))


def below(count: int, places: Sequence[Place], pitch: float) -> list[Place]:
    """Rows under all others for what has no place yet, so that every dot is there."""
    if not count:
        return []
    pitch = max(pitch, 1.0)
    left = min((x for x, _y in places), default=0.0)
    right = max((x for x, _y in places), default=0.0)
    bottom = max((y for _x, y in places), default=-3 * pitch)
    across = max(24, int((right - left) / pitch) + 1)
    return [
        (left + number % across * pitch, bottom + (3 + number // across) * pitch)
        for number in range(count)
    ]


def path(places: Iterable[Place], shape: str, radius: float) -> str:
    """The `d` of one path that draws a shape at every place."""
    glyph = _glyph(shape, radius)
    return "".join(f"M{x:g} {y:g}{glyph}" for x, y in places)


def _glyph(shape: str, r: float) -> str:
    """One shape about the pen, in relative steps; all cover about the same ground."""
    s = round(r * 0.89, 2)  # half the side of a square of the disc's size
    t = round(r * 1.2, 2)
    if shape in ("disc", "ring"):
        return f"m{-r:g} 0a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"
    if shape in ("square", "frame"):
        return f"m{-s:g} {-s:g}h{2 * s:g}v{2 * s:g}h{-2 * s:g}z"
    if shape == "peak":
        return f"m0 {-t:g}l{t:g} {round(t * 1.75, 2):g}h{-2 * t:g}z"
    if shape == "valley":
        return f"m0 {t:g}l{t:g} {round(t * -1.75, 2):g}h{-2 * t:g}z"
    if shape == "diamond":
        u = round(r * 1.3, 2)
        return f"m0 {-u:g}l{u:g} {u:g}l{-u:g} {u:g}l{-u:g} {-u:g}z"
    if shape == "plus":
        return f"m{-t:g} 0h{2 * t:g}m{-t:g} {-t:g}v{2 * t:g}"
    if shape == "cross":
        return f"m{-s:g} {-s:g}l{2 * s:g} {2 * s:g}m0 {-2 * s:g}l{-2 * s:g} {2 * s:g}"
    return f"m{-s:g} 0h{2 * s:g}"  # dash


def land(places: Sequence[Place], radius: float) -> tuple[float, float, float]:
    """The ground of a theme: the middle of its dots and how far their disc reaches.

    Half the dots of a full disc lie within 0.71 of its radius; measured by these, one that was
    moved here from elsewhere does not drag the ground out.
    """
    x = median(x for x, _y in places)
    y = median(y for _x, y in places)
    half = median(math.dist((x, y), place) for place in places)
    return round(x, 1), round(y, 1), round(half * 1.45 + radius * 1.8, 1)
