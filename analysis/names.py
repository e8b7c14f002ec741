"""Where the names of themes stand on the map: near their dots, never one over another. Pure."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Place = tuple[float, float]
Box = tuple[float, float, float, float]

# Units of a map 1,000 wide. It is shown at least 760 px wide: 19 units are 14.4 px there.
SIZE = 19.0
LINE = 23.0
NAMED_MOST = 36  # more names than this cover the dots they name
_LINE_CHARACTERS = 11
_PAD = 5.0
_COVERED = 4.0  # what one large dot under a name costs; a ring further out costs 2.5
_LARGE = 9.0
_FOREIGN = 4.0
# So near to another's ground it could be read as that one's too; what that costs.
_BESIDE, _ASTRAY = 14.0, 2.2
_ALIKE = 0.5
_WIDE = 1.15  # how far a name may reach over the edges of the land that carries it
# Rings tried around a theme before its name is left to the table; fewer where themes are many,
# or lines from names to themes would cross the whole picture.
_FAR, _NEAR = 7, 2
# After these a Japanese line may end (particles, stops, brackets that close), but not before these.
_BREAKS = frozenset("をはがにでとのもやへ、・」）)／ ")
_NEVER_FIRST = frozenset("、。・」）)ー…ゃゅょっ")


@dataclass(frozen=True)
class Land:
    """What wants a name: a theme's key, its title, and the disc its dots lie in."""

    key: int
    title: str
    x: float
    y: float
    reach: float


@dataclass(frozen=True)
class Name:
    """A name in its place: lines from the top, (x, y) the middle of the first one's baseline.

    `lead` is where a thin line goes to when the name stands apart from its theme.
    """

    key: int
    lines: tuple[str, ...]
    x: float
    y: float
    box: Box
    lead: Box | None = None


def place(
    lands: Sequence[Land],
    dots: Iterable[Place],
    *,
    width: float,
    height: float,
    radius: float = _LARGE,
    scale: float = 1.0,
) -> list[Name]:
    """A place for each name that finds one: none overlaps another, all lie inside the picture.

    Larger lands choose first, because their names have the longest way to free ground; where two
    places are equally free the nearer one is taken. Same lands and dots, same names.
    """
    crowd = _Crowd(dots, _COVERED * (radius / _LARGE) ** 2, radius)
    is_crowded = len(lands) > NAMED_MOST
    far = _NEAR if is_crowded else _FAR
    taken: list[Box] = []
    found: list[Name] = []
    ordered = sorted(lands, key=lambda one: (-one.reach, one.key))
    for one in ordered[: round(NAMED_MOST / scale**2)]:
        lines = broken(one.title)
        # Among many, small lands under the name of a large one are not taken for it.
        least = one.reach * _ALIKE if is_crowded else 0.0
        near = [
            land
            for land in lands
            if land is not one and land.reach >= least and _is_near(land, one, far, scale)
        ]
        best, best_cost = None, math.inf
        for cost, box in _candidates(one, lines, far, scale):
            if cost >= best_cost or not _inside(box, width, height):
                continue
            if any(_overlap(box, other) for other in taken):
                continue
            # A name over another's ground would be read as that one's.
            foreign = sum(_touches(box, land) for land in near)
            is_own = max(abs(box[0] - one.x), abs(box[2] - one.x)) < one.reach * _WIDE
            if is_crowded and foreign > is_own:
                continue
            # A large land among many carries its own name; else free ground is best.
            beside = foreign if is_crowded else sum(_touches(box, land, _BESIDE) for land in near)
            total = _FOREIGN * foreign + _ASTRAY * (beside - foreign)
            total += 0 if is_crowded and is_own else cost + crowd.under(box)
            if total < best_cost:
                best, best_cost = box, total
        if best is not None:
            taken.append(best)
            found.append(_name(one, lines, best, LINE * scale))
    return found


def broken(title: str) -> tuple[str, ...]:
    """A title in one or two lines, the second cut with … when it is too long."""
    if _measure(title) <= _LINE_CHARACTERS:
        return (title,)
    limit = _fitting(title, _LINE_CHARACTERS)
    middle = min(limit, max(1, round(len(title) / 2)))
    ends = [
        i
        for i in range(2, min(limit + 1, len(title)))
        if title[i - 1] in _BREAKS and title[i] not in _NEVER_FIRST
    ]
    at = min(ends, key=lambda i: (abs(i - middle), i)) if ends else limit
    first, rest = title[:at].rstrip(), title[at:].lstrip()
    if _measure(rest) > _LINE_CHARACTERS:
        at = limit if _measure(title[limit:]) <= _LINE_CHARACTERS else at
        first, rest = title[:at].rstrip(), title[at:].lstrip()
    if _measure(rest) > _LINE_CHARACTERS:
        rest = rest[: _fitting(rest, _LINE_CHARACTERS - 1)] + "…"
    return (first, rest) if rest else (first,)


def _measure(text: str) -> float:
    """Width in full-width characters."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.58 for c in text)


def _fitting(text: str, limit: float) -> int:
    """How many characters from the start fit; at least one."""
    width = 0.0
    for index, character in enumerate(text):
        width += _measure(character)
        if width > limit:
            return max(index, 1)
    return len(text)


def _candidates(
    one: Land, lines: Sequence[str], far: int, scale: float
) -> Iterator[tuple[float, Box]]:
    """Boxes around a land with what each costs for being far: below, above, beside, further out."""
    step = LINE * scale
    half = max(_measure(line) for line in lines) * SIZE * scale / 2 + _PAD * scale
    tall = len(lines) * step / 2 + _PAD * scale / 2
    yield 1.5, _box(one.x, one.y, half, tall)
    for ring in range(far):
        away = one.reach + 1 + ring * step * 1.2
        for turn, (dx, dy) in enumerate(_AROUND):
            x = one.x + dx * (away + half)
            y = one.y + dy * (away + tall)
            yield ring * 2.5 + turn * 0.05, _box(x, y, half, tall)


_AROUND = ((0, 1), (0, -1), (1, 0), (-1, 0), (0.7, 0.8), (-0.7, 0.8), (0.7, -0.8), (-0.7, -0.8))


def _box(x: float, y: float, half: float, tall: float) -> Box:
    return x - half, y - tall, x + half, y + tall


def _inside(box: Box, width: float, height: float) -> bool:
    left, top, right, bottom = box
    return left >= 2 and top >= 2 and right <= width - 2 and bottom <= height - 2


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_near(land: Land, one: Land, far: int, scale: float) -> bool:
    """Whether a name of `one` could come to lie over `land` at all."""
    writing = _LINE_CHARACTERS * SIZE + (far + 3) * LINE * 1.2
    reach = land.reach + one.reach + writing * scale
    return abs(land.x - one.x) < reach and abs(land.y - one.y) < reach


def _touches(box: Box, land: Land, more: float = -1.0) -> bool:
    x = min(max(land.x, box[0]), box[2])
    y = min(max(land.y, box[1]), box[3])
    return math.hypot(x - land.x, y - land.y) < land.reach + more


def _name(one: Land, lines: Sequence[str], box: Box, line: float) -> Name:
    left, top, right, bottom = box
    x, middle = (left + right) / 2, (top + bottom) / 2
    first = middle - len(lines) * line / 2 + line * 0.78
    nearest = min(max(one.x, left), right), min(max(one.y, top), bottom)
    apart = math.hypot(nearest[0] - one.x, nearest[1] - one.y)
    lead = None
    if apart > one.reach + line * 0.6:
        share = one.reach / apart
        edge = one.x + (nearest[0] - one.x) * share, one.y + (nearest[1] - one.y) * share
        lead = (*(round(v, 1) for v in (*edge, *nearest)),)
    return Name(
        one.key,
        tuple(lines),
        round(x, 1),
        round(first, 1),
        (round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)),
        lead,  # type: ignore[arg-type]
    )


class _Crowd:
    """What the dots under a box cost, by a grid of cells as high as a line."""

    def __init__(self, dots: Iterable[Place], cost: float, radius: float) -> None:
        self.cost, self.radius = cost, radius
        self.cells: dict[tuple[int, int], list[Place]] = defaultdict(list)
        for x, y in dots:
            self.cells[int(x // LINE), int(y // LINE)].append((x, y))

    def under(self, box: Box) -> float:
        """The cost of every dot that the box touches."""
        left, top = box[0] - self.radius, box[1] - self.radius
        right, bottom = box[2] + self.radius, box[3] + self.radius
        return self.cost * sum(
            left <= x <= right and top <= y <= bottom
            for column in range(int(left // LINE), int(right // LINE) + 1)
            for row in range(int(top // LINE), int(bottom // LINE) + 1)
            for x, y in self.cells.get((column, row), ())
        )
