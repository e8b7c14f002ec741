"""The map: everybody has a place of their own, themes do not overlap, the same again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from analysis import clusters, layouts
from analysis.clusters import Grouping
from analysis.vectors import Vectors


def scattered(count: int, seed: int = 0, wordless: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, 8))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[count - wordless :] = 0
    return Vectors(rows, np.arange(count) < count - wordless)


def grouped(vectors: Vectors, cut: float) -> Grouping:
    return clusters.group(vectors, cut)


@given(st.integers(0, 40), st.integers(0, 3), st.sampled_from([0.05, 0.6, 2.0]))
@settings(max_examples=30, deadline=None)
def test_no_two_opinions_lie_on_one_spot(count: int, wordless: int, cut: float) -> None:
    vectors = scattered(count, count, min(wordless, count))
    grouping = grouped(vectors, cut)
    points = layouts.plane(vectors, grouping)
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()
    assert count == 0 or (points.min() >= 0 and points.max() <= 1)
    assert count < 2 or pdist(points).min() > 0
    spots = layouts.centres(points, grouping)
    assert len(spots) < 2 or pdist(spots).min() > 0


def test_themes_do_not_overlap() -> None:
    vectors = scattered(400)
    grouping = grouped(vectors, 0.6)
    points = layouts.plane(vectors, grouping)
    spots = layouts.centres(points, grouping)
    for number, members in enumerate(grouping.members):
        own = np.linalg.norm(points[list(members)] - spots[number], axis=1).max()
        others = np.setdiff1d(np.arange(400), members)
        assert cdist(spots[number : number + 1], points[others]).min() > own


def test_copies_share_a_theme_and_no_spot() -> None:
    vectors = Vectors(np.tile([[1.0, 0.0]], (30, 1)), np.ones(30, dtype=bool))
    points = layouts.plane(vectors, grouped(vectors, 0.6))
    assert pdist(points).min() > 0


def test_themes_that_are_alike_lie_near() -> None:
    angles = np.repeat([0.0, 0.7, 3.0, 3.7], 3)
    rows = np.column_stack([np.cos(angles), np.sin(angles)])
    members = tuple(tuple(range(at, at + 3)) for at in (0, 3, 6, 9))
    points = layouts.plane(Vectors(rows, np.ones(12, dtype=bool)), Grouping(members))
    far = cdist(*[layouts.centres(points, Grouping(members))] * 2)
    assert far[0].argsort().tolist()[1] == 1
    assert far[2].argsort().tolist()[1] == 3


def test_who_has_no_words_stands_below_all_others() -> None:
    vectors = scattered(20, wordless=4)
    points = layouts.plane(vectors, grouped(vectors, 0.6))
    assert points[16:, 1].min() > points[:16, 1].max()


@pytest.mark.parametrize("grouping", [None, "grouped"])
def test_the_same_rows_have_the_same_places(grouping: str | None) -> None:
    vectors = scattered(60)
    found = grouped(vectors, 0.6) if grouping else None
    first, again = (layouts.plane(vectors, found) for _ in range(2))
    assert np.array_equal(first, again)
