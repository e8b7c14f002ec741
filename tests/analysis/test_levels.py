"""Headings above themes: the consultation's chapters, or as many headings as are quick to read."""

import numpy as np
import pytest

from analysis import levels
from analysis.vectors import Vectors


def on_circle(*angles: float) -> Vectors:
    return Vectors(np.column_stack([np.cos(angles), np.sin(angles)]), np.ones(len(angles), bool))


def test_a_theme_stands_under_the_chapter_most_of_it_speaks_of() -> None:
    chapters = ["道", "公園", "公園", "", "", "図書館", "道"]
    assert levels.by_chapter([[0, 1, 2], [3, 4], [5, 6]], chapters) == ("公園", "", "図書館")


def test_themes_that_are_alike_share_a_heading() -> None:
    vectors = on_circle(0.0, 0.1, 2.0, 2.1, 0.2, 0.3, 2.2, 2.3)
    groups = [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert levels.by_centres(vectors, groups) == (0, 1, 0, 1)
    assert levels.by_centres(vectors, groups, 1) == (0, 0, 0, 0)
    assert levels.by_centres(vectors, groups, 9) == (0, 1, 2, 3)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_themes_need_few_headings(count: int) -> None:
    vectors = on_circle(*range(count * 2))
    found = levels.by_centres(vectors, [[i, i + count] for i in range(count)])
    assert len(found) == count
