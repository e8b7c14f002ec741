"""Exemplars: the most central opinion first, then ones that say something else."""

import numpy as np

from analysis import exemplars
from analysis.vectors import Vectors


def rows_of(*angles: float | None) -> Vectors:
    """Rows on the unit circle; None is a text without a content word."""
    rows = [(0.0, 0.0) if a is None else (np.cos(a), np.sin(a)) for a in angles]
    placed = np.array([a is not None for a in angles], dtype=bool)
    return Vectors(np.array(rows, dtype=float).reshape(-1, 2), placed)


def test_the_medoid_comes_first_and_then_ones_that_say_something_else() -> None:
    rows = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 1]]) / np.sqrt(2)
    vectors = Vectors(rows, np.ones(4, dtype=bool))
    assert exemplars.choose(vectors, [0, 1, 2, 3]) == (1, 0, 3)


def test_no_more_are_chosen_than_there_are() -> None:
    assert exemplars.choose(rows_of(0.0, 0.1), [0, 1], 5) == (0, 1)
    assert exemplars.choose(rows_of(0.0), [], 5) == ()


def test_copies_tie_in_their_order_and_who_has_no_place_comes_last() -> None:
    assert exemplars.choose(rows_of(None, 0.5, 0.5, 0.5), [0, 1, 2, 3], 4) == (1, 2, 3, 0)
