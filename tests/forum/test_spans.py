"""Sets of post numbers, judged against Python's own sets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum import spans

TOP = 60
numbers = st.sets(st.integers(1, TOP), max_size=TOP)


def is_proper(found: spans.Spans) -> bool:
    ordered = all(a <= b for a, b in found)
    apart = all(b + 1 < c for (_a, b), (c, _d) in pairwise(found))
    return ordered and apart


def as_set(found: spans.Spans) -> set[int]:
    return set(spans.numbers(found))


@given(numbers, numbers, numbers)
def test_spans_are_sets(one: set[int], other: set[int], third: set[int]) -> None:
    a, b, c = spans.of(one), spans.of(other), spans.of(third)
    before = [list(span) for span in a]
    assert as_set(a) == one
    assert spans.count(a) == len(one)
    for found, wanted in (
        (spans.union(a, b, c), one | other | third),
        (spans.subtract(a, b, c), one - other - third),
        (spans.common(a, b), one & other),
        (spans.complement(TOP, a, b), set(range(1, TOP + 1)) - one - other),
        (spans.add(a, 7), one | {7}),
    ):
        assert is_proper(found)
        assert as_set(found) == wanted
    assert a == before


@given(numbers)
def test_a_number_is_found_in_its_span_and_at_its_place(one: set[int]) -> None:
    found = spans.of(one)
    assert {n for n in range(TOP + 2) if spans.contains(found, n)} == one
    assert [spans.nth(found, place) for place in range(len(one))] == sorted(one)
    with pytest.raises(IndexError):
        spans.nth(found, len(one))


@given(numbers)
def test_what_a_browser_says_is_read_as_it_was_meant(one: set[int]) -> None:
    found = spans.of(one)
    assert spans.parse(spans.said(found), TOP) == found


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("", []),
        ("1-3,5", [[1, 3], [5, 5]]),
        ("5,1-3,2-6", [[1, 6]]),
        ("3-1", []),
        ("0-99999999", [[1, TOP]]),
        ("9999999999999999999999", []),
        ("x,-1,1-,２,1-2-3, 4 ", [[2, 2], [4, 4]]),
        ("1," * 1_000_000, [[1, 1]]),
    ],
)
def test_strange_input_is_bounded_and_left_out(said: str, read: spans.Spans) -> None:
    assert spans.parse(said, TOP) == read


def test_no_more_spans_are_read_than_a_browser_may_send() -> None:
    said = ",".join(str(2 * n) for n in range(1, 5000))
    assert len(spans.parse(said, 100_000)) == spans.MOST


@given(numbers, st.permutations(range(1, TOP + 1)))
def test_what_was_read_is_carried_to_where_it_went(one: set[int], order: list[int]) -> None:
    mapping = {old: new + 100 for old, new in zip(range(1, TOP + 1), order, strict=True)}
    carried = spans.carried(spans.of(one), spans.runs(mapping))
    assert as_set(carried) == {mapping[n] for n in one}
    assert is_proper(carried)


def test_what_moved_together_is_one_run() -> None:
    assert spans.runs({1: 11, 2: 12, 3: 13, 7: 14}) == [(1, 3, 10), (7, 7, 7)]
