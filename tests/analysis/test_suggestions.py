"""Suggestions: the likest themes first, none for who has no place, and nothing filed is moved."""

import numpy as np

from analysis import suggestions
from analysis.suggestions import Suggestion
from analysis.vectors import Vectors


def rows_of(*angles: float | None) -> Vectors:
    """Rows on the unit circle; None is a text without a content word."""
    rows = [(0.0, 0.0) if a is None else (np.cos(a), np.sin(a)) for a in angles]
    placed = np.array([a is not None for a in angles], dtype=bool)
    return Vectors(np.array(rows, dtype=float).reshape(-1, 2), placed)


FILED = rows_of(0.0, 0.2, 1.5, 1.7, 3.0, None)
THEMES = {"park": [0, 1], "library": [2, 3], "road": [4], "empty": [], "wordless": [5]}


def test_themes_come_by_how_like_they_are() -> None:
    [found] = suggestions.top(FILED, THEMES, rows_of(0.1))
    assert [one.theme for one in found] == ["park", "library", "road"]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_score_is_half_the_centre_and_half_the_best_member() -> None:
    [found] = suggestions.top(FILED, {"park": [0, 1]}, rows_of(0.0), 1)
    assert np.isclose(found[0].score, 0.5 * np.cos(0.1) + 0.5)


def test_no_more_are_suggested_than_asked_for() -> None:
    assert [len(one) for one in suggestions.top(FILED, THEMES, rows_of(0.1, 2.0), 2)] == [2, 2]


def test_who_has_no_place_gets_no_suggestion() -> None:
    assert suggestions.top(FILED, THEMES, rows_of(None, 0.0))[0] == ()


def test_no_theme_or_only_wordless_ones_suggest_nothing() -> None:
    assert suggestions.top(FILED, {}, rows_of(0.0, 1.0)) == ((), ())
    assert suggestions.top(FILED, {"wordless": [5]}, rows_of(0.0)) == ((),)
    assert suggestions.top(FILED, THEMES, rows_of()) == ()


def test_ties_keep_the_order_of_the_themes() -> None:
    [found] = suggestions.top(rows_of(1.0, 1.0), {"b": [0], "a": [1]}, rows_of(1.0))
    assert found == (Suggestion("b", 1.0), Suggestion("a", 1.0))


def test_many_newcomers_are_scored_like_one() -> None:
    angles = np.linspace(0, 3, 2_500)
    every = suggestions.top(FILED, THEMES, rows_of(*angles))
    assert len(every) == 2_500
    for at in (0, 1_023, 1_024, 2_499):
        [alone] = suggestions.top(FILED, THEMES, rows_of(angles[at]))
        assert [one.theme for one in every[at]] == [one.theme for one in alone]
