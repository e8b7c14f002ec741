"""Where things lie in the picture of a board: sizes follow from the words, and nothing overlaps.

Islands lie as they lay on the board (`static/js/realtime/places.js`), with empty stretches folded
and what lay on something else moved down: on paper nothing can be pushed aside to read what is
below. Loose notes stand in rows, in the order they lay; sheets side by side, like pages on a wall.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from realtime.exports import WHY, heading_words
from realtime.told import IslandTold, NoteTold, TableTold

NOTE_W, LINE, PER_LINE = 160, 21, 9  # a full stop may hang behind the ninth letter
GAP, PAD, HEAD, FOOT = 12, 14, 44, 22
HEAD_LINE = 26
EDGE = 32  # around everything, and between what was moved apart
EMPTY = 60  # an empty stretch longer than this is folded to it
SHEET_GAP = 56
SHEET_HEAD, LOOSE_HEAD = 44, 32
LEAST = 5  # loose notes side by side, when nothing else says how wide a sheet is
SHAPE = math.sqrt(2)  # width to height of the paper it is printed on
_HANGS = frozenset("、。，．")  # may stand out of the line a little
_NOT_FIRST = frozenset("・：；？！」』）】〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?)")


@dataclass(frozen=True)
class Box:
    """A rectangle in the picture's units."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def meets(self, other: Box, apart: float = EDGE) -> bool:
        """Whether the two overlap, or lie less than `apart` from each other."""
        return (
            self.x < other.right + apart
            and other.x < self.right + apart
            and self.y < other.bottom + apart
            and other.y < self.bottom + apart
        )


@dataclass(frozen=True)
class Sheet:
    """One table's sheet: its islands by key, and every note with its place."""

    table: TableTold
    box: Box
    islands: dict[str, Box]
    notes: tuple[tuple[NoteTold, Box], ...]
    loose_y: float | None  # where the heading over loose notes stands, when there are islands


def sheets_of(tables: Sequence[TableTold], left: float, top: float) -> list[Sheet]:
    """The sheets side by side in rows, so that all together have about the shape of a paper."""
    sizes = [_sheet(table, 0, 0).box for table in tables]
    limits = [sum(box.w + SHEET_GAP for box in sizes[: n + 1]) for n in range(len(sizes))]
    rows = min((_shelved(sizes, limit) for limit in limits), key=_off, default=[])
    return [_sheet(table, left + at.x, top + at.y) for table, at in zip(tables, rows, strict=True)]


def width_of(text: str) -> float:
    """How wide words are, in full-width letters."""
    return sum(map(_width, text))


def wrapped(text: str, per: float) -> list[str]:
    """Lines of at most `per` full-width letters; none begins with what must follow a letter."""
    found: list[str] = []
    for part in text.split("\n"):
        line, used = "", 0.0
        for letter in part:
            size = _width(letter)
            if line and used + size > per and letter not in _HANGS:
                keeps = letter in _NOT_FIRST and len(line) > 1
                found.append(line[:-1] if keeps else line)
                line, used = (line[-1], _width(line[-1])) if keeps else ("", 0.0)
            line += letter
            used += size
        found.append(line)
    return found


def words_of(note: NoteTold) -> str:
    """What a note says, or why it says nothing."""
    return note.text if note.text is not None else f"（{WHY[note.why]}）"


def heading_of(island: IslandTold, width: float) -> list[str]:
    """An island's heading in lines, beside how many notes it has."""
    return wrapped(heading_words(island), (width - 90) / 19)


def _width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WFA":
        return 1.0
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):  # stands on the letter before it
        return 0.0
    return 0.94 if letter in "MWmw@%&" else 0.7 if letter.isupper() else 0.56


def _sheet(table: TableTold, left: float, top: float) -> Sheet:
    y = top + (SHEET_HEAD if table.title else 0)
    sizes = {one.key: _island_box(one) for one in table.islands}
    islands = _spread(sizes, left, y)
    notes: list[tuple[NoteTold, Box]] = []
    for island in table.islands:
        notes += _on_island(island, islands[island.key])
    right = max([left + width_of(table.title) * 24, *(box.right for box in islands.values())])
    y = max((box.bottom for box in islands.values()), default=y)
    loose_y = None
    if table.loose:
        if islands:
            loose_y = y + EDGE + 18
            y += EDGE + LOOSE_HEAD
        fits = int((right - left + GAP) // (NOTE_W + GAP))
        per_row = max(LEAST, fits, round(math.sqrt(len(table.loose))))
        order = sorted(
            table.loose, key=lambda note: (note.y // 100, note.x, note.said_at, note.key)
        )
        lying = _in_rows(order, per_row, left, y)
        notes += lying
        right = max([right, *(box.right for _note, box in lying)])
        y = max(box.bottom for _note, box in lying)
    return Sheet(table, Box(left, top, right - left, y - top), islands, tuple(notes), loose_y)


def _shelved(sizes: Sequence[Box], limit: float) -> list[Box]:
    """The boxes in rows none of which is longer than `limit`, unless one box alone is."""
    found: list[Box] = []
    x = y = high = 0.0
    for box in sizes:
        if x and x + box.w > limit:
            x, y, high = 0.0, y + high + SHEET_GAP, 0.0
        found.append(replace(box, x=x, y=y))
        x, high = x + box.w + SHEET_GAP, max(high, box.h)
    return found


def _off(boxes: Sequence[Box]) -> float:
    """How far the shape of all boxes together is from that of a paper."""
    wide, high = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return abs(math.log(max(wide, 1) / max(high, 1) / SHAPE))


def _columns(count: int) -> int:
    return 3 if count > 4 else 2


def _note_height(note: NoteTold) -> int:
    foot = FOOT if note.votes else 0
    return max(72, len(wrapped(words_of(note), PER_LINE)) * LINE + 22 + foot)


def _island_box(island: IslandTold) -> Box:
    columns = _columns(len(island.notes))
    w = PAD * 2 + columns * NOTE_W + (columns - 1) * GAP
    head = _head(island, w)
    lying = _in_rows(island.notes, columns, 0, head)
    h = max([head + PAD + 40, *(box.bottom + PAD for _note, box in lying)])
    return Box(island.x, island.y, w, h)


def _head(island: IslandTold, width: float) -> int:
    return HEAD + (len(heading_of(island, width)) - 1) * HEAD_LINE


def _on_island(island: IslandTold, box: Box) -> list[tuple[NoteTold, Box]]:
    down = box.y + _head(island, box.w)
    return _in_rows(island.notes, _columns(len(island.notes)), box.x + PAD, down)


def _in_rows(
    notes: Sequence[NoteTold], per_row: int, left: float, top: float
) -> list[tuple[NoteTold, Box]]:
    """Notes in rows, those of a row equally high."""
    found: list[tuple[NoteTold, Box]] = []
    y = top
    for start in range(0, len(notes), per_row):
        row = notes[start : start + per_row]
        high = max(map(_note_height, row))
        for place, note in enumerate(row):
            found.append((note, Box(left + place * (NOTE_W + GAP), y, NOTE_W, high)))
        y += high + GAP
    return found


def _spread(boxes: dict[str, Box], left: float, top: float) -> dict[str, Box]:
    """The boxes where they lay, closer together and none on another, from (left, top) on."""
    xs = _folded([(box.x, box.right) for box in boxes.values()])
    ys = _folded([(box.y, box.bottom) for box in boxes.values()])
    order = sorted(boxes, key=lambda key: (boxes[key].y, boxes[key].x, key))
    placed: dict[str, Box] = {}
    for key in order:
        box = boxes[key]
        box = replace(box, x=left + xs[box.x], y=top + ys[box.y])
        while (other := next((one for one in placed.values() if one.meets(box)), None)) is not None:
            box = replace(box, y=other.bottom + EDGE)
        placed[key] = box
    return placed


def _folded(spans: Iterable[tuple[float, float]]) -> dict[float, float]:
    """Where each span begins once empty stretches are folded; the first begins at 0."""
    found: dict[float, float] = {}
    less, reached = 0.0, None
    for begin, end in sorted(spans):
        if reached is None:
            less, reached = begin, begin
        if begin > reached + EMPTY:
            less += begin - reached - EMPTY
        reached = max(reached, end)
        found[begin] = begin - less
    return found
