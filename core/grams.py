"""Texts as a search sees them: NFKC, lower case, runs of characters cut into pairs.

Pairs find 京都 in 東京都 and need no dictionary. Blanks and punctuation end a run; what nobody sees
(variation selectors, joiners) and the middle dot of スケート・ボード are left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

_DROPPED = {"・", "･"}
_VOICED = "ﾞﾟ\u3099\u309a"  # a half-width kana and its mark are one letter


_NEAR = 600  # characters looked through letter by letter
_FAR = 400_000  # how far into a paper an excerpt is looked for


class _Fold(dict[int, str | None]):
    """What becomes of a character: itself, a blank, or nothing."""

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        category = unicodedata.category(letter)
        if letter in _DROPPED or category == "Cf" or 0xFE00 <= code <= 0xFE0F or code >= 0xE0000:
            became: str | None = None
        else:
            became = " " if category[0] in "PZC" else letter
        self[code] = became
        return became


_fold = _Fold()


def folded(value: str) -> str:
    """`value` with every difference a reader would not care about taken out."""
    return unicodedata.normalize("NFKC", value).lower().translate(_fold)


def words(query: str) -> list[str]:
    """The runs of a query or a text, in order, each once."""
    return list(dict.fromkeys(folded(query).split()))


def pairs(run: str) -> list[str]:
    """Every two neighbours of a run: 東京都 gives 東京, 京都."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


def tokens(said: str) -> set[str]:
    """What a folded text is looked up by: every character of it, and every pair."""
    found = set(said)
    for run in said.split():
        found.update(pairs(run))
    return {token for token in found if not token.isspace()}


def wanted(word: str) -> list[str]:
    """The tokens a text must have to hold `word`; with more than one, the text decides."""
    return pairs(word) if len(word) > 1 else [word]


@lru_cache(maxsize=10_000)
def _folded_letter(letter: str) -> str:
    return folded(letter)


def _letters(value: str) -> Iterator[tuple[int, int, str]]:
    """(begin, end, folded) of each letter with the marks that belong to it."""
    begin = 0
    while begin < len(value):
        end = begin + 1
        while end < len(value) and (value[end] in _VOICED or unicodedata.combining(value[end])):
            end += 1
        yield begin, end, _folded_letter(value[begin:end])
        begin = end


def spans(value: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Where `wanted` words stand in the original text, merged and in order."""
    said, places = "", list[tuple[int, int]]()
    for begin, end, letter in _letters(value):
        said += letter
        places += [(begin, end)] * len(letter)
    found = []
    for word in wanted:
        at = said.find(word)
        while at >= 0:
            found.append((places[at][0], places[at + len(word) - 1][1]))
            at = said.find(word, at + len(word))
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def marked(value: str, wanted: Sequence[str], *, length: int | None = None) -> Markup:
    """`value`, escaped, with `wanted` words in `<mark>`; cut around the first when it is long."""
    line = " ".join(value.split())
    begin, end, found = 0, len(line), list[tuple[int, int]]()
    if length is None or len(line) <= length:
        found = spans(line, wanted)
    else:
        begin, end, found = _around_the_first(line, wanted, length)
    said, at = escape("…" if begin else ""), begin
    for start, stop in found:
        if start < begin or stop > end:
            continue
        said += escape(line[at:start]) + Markup("<mark>{}</mark>").format(line[start:stop])
        at = stop
    return said + escape(line[at:end]) + ("…" if end < len(line) else "")


def _around_the_first(
    line: str, wanted: Sequence[str], length: int
) -> tuple[int, int, list[tuple[int, int]]]:
    """Where to cut, and the marks there: letter by letter is slow, so only near the first hit."""
    near = _near(line, wanted)
    found = [
        (near + start, near + stop) for start, stop in spans(line[near : near + _NEAR], wanted)
    ]
    first = found[0][0] if found else 0
    begin = max(0, min(first - length // 4, len(line) - length))
    if begin < near or begin + length > near + _NEAR:
        found = [(begin + a, begin + b) for a, b in spans(line[begin : begin + length], wanted)]
    return begin, begin + length, found


def _near(line: str, wanted: Sequence[str]) -> int:
    """The beginning of a stretch of the text that holds the first of the words; else 0."""
    longest = max(map(len, wanted), default=0)
    for begin in range(0, min(len(line), _FAR), _NEAR // 2):
        stretch = folded(line[begin : begin + _NEAR // 2 + 2 * longest])
        if any(word in stretch for word in wanted):
            return begin
    return 0
