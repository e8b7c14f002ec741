"""Proposals for splitting: nobody is lost, no part is a single voice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import splits
from analysis.vectors import Vectors


def rows_of(*angles: float | None) -> Vectors:
    """Rows on the unit circle; None is a text without a content word."""
    rows = [(0.0, 0.0) if a is None else (np.cos(a), np.sin(a)) for a in angles]
    placed = np.array([a is not None for a in angles], dtype=bool)
    return Vectors(np.array(rows, dtype=float).reshape(-1, 2), placed)


def test_a_theme_falls_apart_where_its_opinions_are_far_apart() -> None:
    vectors = rows_of(0.0, 1.5, 9.9, 0.1, 1.6, 0.2)
    assert splits.theme(vectors, [0, 1, 3, 4, 5]) == ((0, 3, 5), (1, 4))


def test_one_that_stands_alone_follows_the_part_most_like_it() -> None:
    assert splits.theme(rows_of(0.0, 0.1, 1.5, 1.6, 2.6), [0, 1, 2, 3, 4]) == ((2, 3, 4), (0, 1))


def test_who_has_no_words_stays_with_the_largest() -> None:
    assert splits.theme(rows_of(0.0, 0.1, 0.05, 1.5, 1.6, None), range(6)) == ((0, 1, 2, 5), (3, 4))


def test_three_parts_may_be_asked_for() -> None:
    vectors = rows_of(0.0, 0.1, 1.0, 1.1, 2.5, 2.6)
    assert splits.theme(vectors, range(6), 3) == ((0, 1), (2, 3), (4, 5))


def test_what_does_not_fall_apart_is_not_split() -> None:
    for vectors in (rows_of(), rows_of(0.5), rows_of(0.5, 0.6), rows_of(*[0.5] * 6), rows_of(None)):
        assert splits.theme(vectors, range(len(vectors.rows))) == ()


@given(st.lists(st.none() | st.floats(0, 6) | st.sampled_from([0.5, 1.5]), max_size=12))
@settings(max_examples=40, deadline=None)
def test_every_member_is_in_exactly_one_part(angles: list[float | None]) -> None:
    parts = splits.theme(rows_of(*angles), range(len(angles)))
    if parts:
        assert sorted(i for part in parts for i in part) == list(range(len(angles)))
        assert all(len(part) >= 2 for part in parts)
        assert len(parts) >= 2


@given(st.text(max_size=60) | st.sampled_from(["", "公", "😊😊", "公園。" * 2_500]))
@settings(max_examples=25, deadline=None)
def test_the_points_of_a_letter_cover_it_completely(text: str) -> None:
    assert "".join(text[point.begin : point.end] for point in splits.letter(text)) == text
