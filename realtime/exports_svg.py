"""The board as a picture: each table a sheet, drawn by the server, so that it can be printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from core import i18n
from core.messages import _
from realtime.exports import WHY
from realtime.exports_places import (
    EDGE,
    HEAD_LINE,
    LINE,
    PAD,
    PER_LINE,
    Box,
    Sheet,
    heading_of,
    sheets_of,
    width_of,
    words_of,
    wrapped,
)
from realtime.told import HIDDEN, IslandTold, LinkTold, NoteTold, Told

FONT = "'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic UI',sans-serif"
PAPERS = {
    1: ("#fff6cf", "#e0bb2c"),
    2: ("#e4effe", "#7fa3ee"),
    3: ("#e3f4e9", "#6bb58a"),
    4: ("#fdebf0", "#e094ab"),
}
NARROWEST = 760
_ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)  # where on a line its word may stand, the best first


def picture(told: Told) -> str:
    """The whole board as SVG, with a title and a description."""
    top, cover = _cover(told)
    sheets = sheets_of(told.tables, EDGE, top)
    wide = max([NARROWEST, *(sheet.box.right + EDGE for sheet in sheets)])
    high = max([top, *(sheet.box.bottom + EDGE for sheet in sheets)])
    drawn = Markup("").join(_sheet(sheet, told.links) for sheet in sheets)
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
    ).format(w=round(wide), h=round(high), font=FONT, title=str(title), about=str(about))
    return str(head + cover + drawn + Markup("</svg>\n"))


def _cover(told: Told) -> tuple[float, Markup]:
    """What is shown, where and when it was, and how far down it reaches."""
    lines = wrapped(told.title, (NARROWEST - 2 * EDGE) / 29)
    y = EDGE + 28 + len(lines) * 38
    place = told.workshop.place or str(_("オンライン"))
    when = f"{i18n.date_and_time(told.workshop.held_at)}　{place}"
    said = [
        _text(lines, EDGE, EDGE + 28, size=28, bold=True, step=38),
        _text([when], EDGE, y - 8, size=16),
    ]
    if told.workshop.colors:
        y += 30
        said.append(_key(told.workshop.colors, y - 8))
    return y + 28, Markup("").join(said)


def _key(meanings: Sequence[str], y: float) -> Markup:
    """What the colours stand for, one beside the other."""
    said, x = Markup(""), float(EDGE)
    for color, meaning in enumerate(meanings, start=1):
        said += Markup(
            '<rect x="{}" y="{}" width="16" height="16" rx="3" fill="{}" stroke="{}"/>'
        ).format(_short(x), _short(y - 13), *PAPERS[color])
        said += _text([meaning], x + 22, y, size=14)
        x += 46 + width_of(meaning) * 14
    return said


def _sheet(sheet: Sheet, links: Iterable[LinkTold]) -> Markup:
    parts: list[Markup] = []
    if sheet.table.title:
        parts.append(_text([sheet.table.title], sheet.box.x, sheet.box.y + 24, size=24, bold=True))
    boxes = sheet.islands
    here = [link for link in links if link.a in boxes and link.b in boxes]
    parts += [_line(boxes[link.a], boxes[link.b]) for link in here]
    parts += [_island(island, boxes[island.key]) for island in sheet.table.islands]
    parts += [_note(note, box) for note, box in sheet.notes]
    if sheet.loose_y is not None:
        said = [str(_("島に入っていない付せん"))]
        parts.append(_text(said, sheet.box.x, sheet.loose_y, size=16, bold=True))
    taken = [box for _note, box in sheet.notes]
    for link in here:
        if word := link.word or (str(WHY[HIDDEN]) if link.reason else ""):
            plate = _plate(word, boxes[link.a], boxes[link.b], taken)
            taken.append(plate)
            parts.append(_word(word, plate))
    return Markup("").join(parts)


def _island(island: IslandTold, box: Box) -> Markup:
    frame = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="22" fill="#f5f7fb" '
        'stroke="#5b6bd6" stroke-width="2" stroke-dasharray="8 6"/>'
    ).format(*map(_short, (box.x, box.y, box.w, box.h)))
    heading = heading_of(island, box.w)
    count = [str(_("%(count)s枚", count=island.count))]
    y = box.y + 29
    return (
        frame
        + _text(heading, box.x + PAD + 4, y, size=18, bold=True, step=HEAD_LINE)
        + _text(count, box.right - PAD - 4, y, size=14, anchor="end")
    )


def _note(note: NoteTold, box: Box) -> Markup:
    fill, edge = PAPERS[note.color] if note.text is not None else ("#f2f2f2", "#949494")
    parts = [
        Markup(
            '<g><rect x="{}" y="{}" width="{}" height="{}" rx="3" fill="{}" stroke="{}"/>'
        ).format(*map(_short, (box.x, box.y, box.w, box.h)), fill, edge),
        _text(wrapped(words_of(note), PER_LINE), box.x + 10, box.y + 25),
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


def _plate(word: str, a: Box, b: Box, taken: Sequence[Box]) -> Box:
    """Where the word of a line stands: on the line, and over as few notes as can be."""
    (x1, y1), (x2, y2) = _ends(a, b)
    w = width_of(word) * 15 + 16
    there = [
        Box(x1 + (x2 - x1) * share - w / 2, y1 + (y2 - y1) * share - 13, w, 26) for share in _ALONG
    ]
    return min(there, key=lambda plate: sum(plate.meets(box, 0) for box in taken))


def _word(word: str, plate: Box) -> Markup:
    x, y = plate.middle
    frame = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="13" fill="#fff" stroke="#333"/>'
    ).format(*map(_short, (plate.x, plate.y, plate.w, plate.h)))
    return frame + _text([word], x, y + 5, anchor="middle")


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
