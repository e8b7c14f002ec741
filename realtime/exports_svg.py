"""The board as a picture: each table a sheet, drawn by the server, so that it can be printed.

Sizes are those of the board in the browser (`static/js/realtime/places.js`). Here sheets stand one
above the other, empty stretches are folded and what lay on something else is moved down: on paper
nothing can be pushed aside to read what is below.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from core.messages import _
from realtime.exports import WHY
from realtime.records import IslandTold, LinkTold, NoteTold, TableTold, Told

NOTE_W, LINE, PER_LINE = 152, 21, 9
GAP, PAD, HEAD, FOOT = 12, 14, 44, 22
EDGE = 32  # around everything, and between what was moved apart
EMPTY = 60  # an empty stretch longer than this is folded to it
PER_ROW = 7  # loose notes side by side
FONT = "'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic UI',sans-serif"
PAPERS = {
    1: ("#fff6cf", "#e0bb2c"),
    2: ("#e4effe", "#7fa3ee"),
    3: ("#e3f4e9", "#6bb58a"),
    4: ("#fdebf0", "#e094ab"),
}
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

    def meets(self, other: Box) -> bool:
        """Whether the two overlap, or nearly."""
        return (
            self.x < other.right + EDGE
            and other.x < self.right + EDGE
            and self.y < other.bottom + EDGE
            and other.y < self.bottom + EDGE
        )


def picture(told: Told) -> str:
    """The whole board as SVG, with a title and a description."""
    parts: list[Markup] = []
    down, wide = float(EDGE), 760.0
    for table in told.tables:
        drawn, box = _sheet(table, told.links, down)
        parts.append(drawn)
        down, wide = box.bottom + EDGE, max(wide, box.right)
    title = _("ワークショップのボード：%(title)s", title=told.title)
    about = _(
        "%(notes)s枚の付せんと%(islands)sつの島を、班ごとに並べた図です。",
        notes=told.figures.notes,
        islands=told.figures.islands,
    )
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'role="img" aria-labelledby="board-title board-about" font-family="{font}" '
        'font-size="15" fill="#1a1a1a"><title id="board-title">{title}</title>'
        '<desc id="board-about">{about}</desc><rect width="{w}" height="{h}" fill="#fff"/>'
    ).format(w=round(wide + EDGE), h=round(down), font=FONT, title=str(title), about=str(about))
    return str(head + Markup("").join(parts) + Markup("</svg>\n"))


def wrapped(text: str, per: float) -> list[str]:
    """Lines of at most `per` full-width letters; none begins with what must follow a letter."""
    found: list[str] = []
    for part in text.split("\n"):
        line, used = "", 0.0
        for letter in part:
            size = 1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.56
            if line and used + size > per and letter not in _HANGS:
                keeps = letter in _NOT_FIRST and len(line) > 1
                found.append(line[:-1] if keeps else line)
                line, used = (line[-1], 1.0) if keeps else ("", 0.0)
            line += letter
            used += size
        found.append(line)
    return found


def _sheet(table: TableTold, links: Sequence[LinkTold], top: float) -> tuple[Markup, Box]:
    """One table's sheet below `top`."""
    parts: list[Markup] = []
    y = top
    if table.title:
        parts.append(_text([table.title], EDGE, y + 24, size=24, bold=True))
        y += 44
    boxes = _spread({one.key: _island_box(one) for one in table.islands}, EDGE, y)
    for link in links:
        if link.a in boxes and link.b in boxes:
            parts.append(_line(boxes[link.a], boxes[link.b]))
    for island in table.islands:
        parts.append(_island(island, boxes[island.key]))
    for link in links:
        if link.word and link.a in boxes and link.b in boxes:
            parts.append(_word(link.word, boxes[link.a], boxes[link.b]))
    right = max((box.right for box in boxes.values()), default=EDGE)
    y = max((box.bottom for box in boxes.values()), default=y)
    if table.loose:
        if table.islands:
            y += EDGE + 18
            parts.append(_text([str(_("島に入っていない付せん"))], EDGE, y, size=16, bold=True))
            y += 14
        drawn, box = _grid(table.loose, EDGE, y, PER_ROW)
        parts.append(drawn)
        right, y = max(right, box.right), box.bottom
    return Markup("").join(parts), Box(0, top, right, y - top)


def _columns(count: int) -> int:
    return 3 if count > 4 else 2 if count > 2 else 1


def _note_height(note: NoteTold) -> int:
    foot = FOOT if note.votes else 0
    return max(72, len(wrapped(_words(note), PER_LINE)) * LINE + 22 + foot)


def _words(note: NoteTold) -> str:
    return note.text if note.text is not None else f"（{WHY[note.why]}）"


def _heading(island: IslandTold, width: float) -> list[str]:
    return wrapped(island.title or str(_("見出しのない島")), (width - 90) / 19)


def _island_box(island: IslandTold) -> Box:
    columns = _columns(len(island.notes))
    w = max(220, PAD * 2 + columns * NOTE_W + (columns - 1) * GAP)
    head = HEAD + (len(_heading(island, w)) - 1) * 26
    rows = [island.notes[n : n + columns] for n in range(0, len(island.notes), columns)]
    body = sum(max(map(_note_height, row)) + GAP for row in rows)
    return Box(island.x, island.y, w, max(head + PAD + 40, head + body + PAD - GAP))


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


def _grid(notes: Sequence[NoteTold], left: float, top: float, per_row: int) -> tuple[Markup, Box]:
    """Notes in rows, in the order they lay: from the top, then from the left."""
    parts: list[Markup] = []
    order = sorted(notes, key=lambda note: (note.y // 100, note.x, note.said_at, note.key))
    y = top
    for start in range(0, len(order), per_row):
        row = order[start : start + per_row]
        high = max(map(_note_height, row))
        for place, note in enumerate(row):
            box = Box(left + place * (NOTE_W + GAP), y, NOTE_W, high)
            parts.append(_note(note, box))
        y += high + GAP
    across = min(per_row, len(order)) * (NOTE_W + GAP) - GAP
    return Markup("").join(parts), Box(left, top, across, max(0, y - GAP - top))


def _island(island: IslandTold, box: Box) -> Markup:
    columns = _columns(len(island.notes))
    heading = _heading(island, box.w)
    parts = [
        Markup(
            '<g><rect x="{}" y="{}" width="{}" height="{}" rx="22" fill="#f5f7fb" '
            'stroke="#5b6bd6" stroke-width="2" stroke-dasharray="8 6"/>'
        ).format(*map(_short, (box.x, box.y, box.w, box.h))),
        _text(heading, box.x + PAD + 4, box.y + 29, size=18, bold=True, step=26),
        _text(
            [str(_("%(count)s枚", count=island.count))],
            box.right - PAD - 4,
            box.y + 29,
            size=14,
            anchor="end",
        ),
    ]
    y = box.y + HEAD + (len(heading) - 1) * 26
    for start in range(0, len(island.notes), columns):
        row = island.notes[start : start + columns]
        high = max(map(_note_height, row))
        for place, note in enumerate(row):
            x = box.x + PAD + place * (NOTE_W + GAP)
            parts.append(_note(note, Box(x, y, NOTE_W, high)))
        y += high + GAP
    return Markup("").join(parts) + Markup("</g>")


def _note(note: NoteTold, box: Box) -> Markup:
    fill, edge = PAPERS[note.color] if note.text is not None else ("#f2f2f2", "#949494")
    parts = [
        Markup(
            '<g><rect x="{}" y="{}" width="{}" height="{}" rx="3" fill="{}" stroke="{}"/>'
        ).format(*map(_short, (box.x, box.y, box.w, box.h)), fill, edge),
        _text(wrapped(_words(note), PER_LINE), box.x + 10, box.y + 25),
    ]
    if note.votes:
        said = str(_("%(count)s票", count=note.votes))
        parts.append(
            _text([said], box.right - 10, box.bottom - 9, size=14, bold=True, anchor="end")
        )
    return Markup("").join(parts) + Markup("</g>")


def _line(a: Box, b: Box) -> Markup:
    (x1, y1), (x2, y2) = _ends(a, b)
    return Markup('<path d="M{} {}L{} {}" stroke="#333" stroke-width="2.5" fill="none"/>').format(
        *map(_short, (x1, y1, x2, y2))
    )


def _word(word: str, a: Box, b: Box) -> Markup:
    (x1, y1), (x2, y2) = _ends(a, b)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    w = sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.56 for c in word) * 15 + 16
    plate = Markup(
        '<rect x="{}" y="{}" width="{}" height="26" rx="13" fill="#fff" stroke="#333"/>'
    ).format(*map(_short, (x - w / 2, y - 13, w)))
    return plate + _text([word], x, y + 5, anchor="middle")


def _ends(a: Box, b: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the line between two boxes leaves one and reaches the other."""
    return _leaves(a, b.middle), _leaves(b, a.middle)


def _leaves(box: Box, to: tuple[float, float]) -> tuple[float, float]:
    (x, y), (dx, dy) = box.middle, (to[0] - box.middle[0], to[1] - box.middle[1])
    far = max(abs(dx) / (box.w / 2), abs(dy) / (box.h / 2))
    share = 1 / far if far > 1 else 1.0
    return x + dx * share, y + dy * share


def _text(
    lines: Sequence[str],
    x: float,
    y: float,
    *,
    size: int = 15,
    bold: bool = False,
    anchor: str = "start",
    step: int = LINE,
) -> Markup:
    about = f' font-size="{size}"' if size != 15 else ""
    about += ' font-weight="700"' if bold else ""
    about += f' text-anchor="{anchor}"' if anchor != "start" else ""
    spans = Markup("").join(
        Markup('<tspan x="{}" y="{}">{}</tspan>').format(
            _short(x), _short(y + n * step), escape(line)
        )
        for n, line in enumerate(lines)
        if line
    )
    return Markup("<text") + Markup(about) + Markup(">") + spans + Markup("</text>")  # noqa: S704 numbers and words of ours


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
