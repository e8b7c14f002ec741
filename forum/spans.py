"""Sets of post numbers as sorted, disjoint, closed spans [[first, last], …]; pure functions.

Spans that touch are one: [[1, 3], [4, 5]] is written [[1, 5]]. Nothing given is changed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

Span = list[int]
Spans = list[Span]
MOST = 400  # spans somebody's browser may send at once
_SAID = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def of(numbers: Iterable[int]) -> Spans:
    """The spans that hold exactly these numbers."""
    return _joined([n, n] for n in sorted(set(numbers)))


def union(*many: Sequence[Sequence[int]]) -> Spans:
    """What is in any of them."""
    return _joined(sorted([a, b] for spans in many for a, b in spans))


def add(spans: Sequence[Sequence[int]], number: int) -> Spans:
    """`spans` with one number more."""
    return union(spans, [[number, number]])


def subtract(spans: Sequence[Sequence[int]], *others: Sequence[Sequence[int]]) -> Spans:
    """What is in `spans` and in none of the others."""
    away = union(*others)
    left: Spans = []
    at = 0
    for first, last in spans:
        while at < len(away) and away[at][1] < first:
            at += 1
        start, look = first, at
        while look < len(away) and away[look][0] <= last:
            if start < away[look][0]:
                left.append([start, away[look][0] - 1])
            start = away[look][1] + 1
            look += 1
        if start <= last:
            left.append([start, last])
    return left


def common(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> Spans:
    """What is in both."""
    return subtract(one, subtract(one, other))


def complement(last: int, *others: Sequence[Sequence[int]]) -> Spans:
    """What of 1 … `last` is in none of the others."""
    return subtract([[1, last]] if last > 0 else [], *others)


def count(spans: Sequence[Sequence[int]]) -> int:
    """How many numbers there are."""
    return sum(b - a + 1 for a, b in spans)


def contains(spans: Sequence[Sequence[int]], number: int) -> bool:
    at = bisect_right(spans, number, key=lambda span: span[0]) - 1
    return at >= 0 and spans[at][1] >= number


def numbers(spans: Sequence[Sequence[int]]) -> Iterator[int]:
    """Every number, smallest first."""
    for a, b in spans:
        yield from range(a, b + 1)


def nth(spans: Sequence[Sequence[int]], place: int) -> int:
    """The number at a place, 0 is the smallest; raises `IndexError` beyond the last."""
    for a, b in spans:
        if place <= b - a:
            return a + place
        place -= b - a + 1
    raise IndexError


def carried(spans: Sequence[Sequence[int]], runs: Iterable[tuple[int, int, int]]) -> Spans:
    """`spans` after numbers moved: each run (first, last, by) of them went `by` further."""
    return union(
        *([[a + by, b + by] for a, b in common([[first, last]], spans)] for first, last, by in runs)
    )


def runs(mapping: dict[int, int]) -> list[tuple[int, int, int]]:
    """A renumbering as few runs (first, last, by): what moved together stays together."""
    found: list[tuple[int, int, int]] = []
    for old in sorted(mapping):
        by = mapping[old] - old
        if found and found[-1][1] == old - 1 and found[-1][2] == by:
            found[-1] = (found[-1][0], old, by)
        else:
            found.append((old, old, by))
    return found


def parse(said: str, last: int) -> Spans:
    """「1-50,60」 as a browser sends it, within 1 … `last`; whatever is none of that is left out.

    Bounded: only the first `MOST` spans are read.
    """
    found = (_SAID.fullmatch(part.strip()) for part in said[: MOST * 20].split(",")[:MOST])
    pairs = ((int(m[1]), int(m[2] or m[1])) for m in found if m)
    within = ([max(a, 1), min(b, last)] for a, b in pairs)
    return union([[a, b] for a, b in within if a <= b])


def said(spans: Sequence[Sequence[int]]) -> str:
    """The same as `parse` reads it."""
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in spans)


def _joined(ordered: Iterable[Sequence[int]]) -> Spans:
    kept: Spans = []
    for first, last in ordered:
        if kept and first <= kept[-1][1] + 1:
            kept[-1][1] = max(kept[-1][1], last)
        else:
            kept.append([first, last])
    return kept
