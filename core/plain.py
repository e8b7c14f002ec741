"""Plain text well set, for mails: lines of a known width, nothing at the wrong end of one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

COLUMNS = 70
_NOT_FIRST = "、。，．・：；？！ー）」』】〕〉》々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}"
_NOT_LAST = "（「『【〔〈《([{"


def width(text: str) -> int:
    """How many columns a text takes: two for each full-width character."""
    return sum(
        0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WFA" else 1
        for ch in text
    )


def wrap(text: str, *, indent: str = "", columns: int = COLUMNS) -> str:
    """`text` in lines of at most `columns`; addresses and Latin words stay whole."""
    room = columns - width(indent)
    said = [line for part in text.split("\n") for line in _lines(part.rstrip(), room)]
    return "\n".join((indent + line).rstrip() for line in said)


def _lines(text: str, room: int) -> Iterator[str]:
    line = ""
    for piece in _pieces(text):
        if line.strip() and width(line + piece.rstrip()) > room:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip(" ")
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What must not be broken: a Latin word or address, a character with its bracket or comma."""
    piece = ""
    for ch in text:
        if piece and not _stays(piece[-1], ch):
            yield piece
            piece = ""
        piece += ch
    if piece:
        yield piece


def _stays(before: str, ch: str) -> bool:
    if ch in _NOT_FIRST or before in _NOT_LAST or unicodedata.combining(ch):
        return True
    if ch == "\u200d" or before == "\u200d" or "\ufe00" <= ch <= "\ufe0f":
        return True
    return before != " " and _is_latin(before) and (_is_latin(ch) or ch == " ")


def _is_latin(ch: str) -> bool:
    return ch.isprintable() and width(ch) == 1 and ch != "　"
