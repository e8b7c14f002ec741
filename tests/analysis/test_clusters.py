"""Groups: every text in exactly one place, whatever the rows, the cut and the number of texts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from analysis import clusters
from analysis.clusters import Grouping
from analysis.vectors import Vectors


def rows_of(*angles: float | None) -> Vectors:
    """Rows on the unit circle; None is a text without a content word."""
    rows = [(0.0, 0.0) if a is None else (np.cos(a), np.sin(a)) for a in angles]
    return Vectors(
        np.array(rows, dtype=float).reshape(-1, 2),
        np.array([a is not None for a in angles], dtype=bool),
    )


ANGLES = st.lists(st.none() | st.floats(0, 6) | st.sampled_from([0.5, 1.5]), max_size=12)


def assert_a_partition(grouping: Grouping, count: int) -> None:
    every = [i for members in grouping.members for i in members]
    every += [*grouping.lone, *grouping.unplaced]
    assert sorted(every) == list(range(count))
    assert grouping.text_count == count
    assert all(
        len(members) > 1 and list(members) == sorted(members) for members in grouping.members
    )
    assert [members[0] for members in grouping.members] == sorted(m[0] for m in grouping.members)


@given(ANGLES, st.floats(0, 2))
@settings(max_examples=50, deadline=None)
def test_every_text_is_in_exactly_one_place(angles: list[float | None], cut: float) -> None:
    grouping = clusters.group(rows_of(*angles), cut)
    assert_a_partition(grouping, len(angles))
    assert grouping.unplaced == tuple(i for i, angle in enumerate(angles) if angle is None)


@given(ANGLES)
@settings(max_examples=8, deadline=None)
def test_every_text_is_in_one_place_when_there_are_too_many_to_compare(
    angles: list[float | None],
) -> None:
    tree = clusters.link(rows_of(*angles), pairs_limit=3)
    assert_a_partition(tree.cut(0.6), len(angles))


@given(ANGLES)
@settings(max_examples=30, deadline=None)
def test_a_coarser_cut_only_merges(angles: list[float | None]) -> None:
    tree = clusters.link(rows_of(*angles))
    coarse, middle, fine = (tree.cut(cut) for cut in clusters.CUTS)
    for finer, coarser in ((fine, middle), (middle, coarse)):
        assert all(any(set(m) <= set(c) for c in coarser.members) for m in finer.members)


def test_near_rows_are_grouped_and_far_ones_lone() -> None:
    grouping = clusters.group(rows_of(3.0, 0.0, None, 1.5, 0.1, 1.6))
    assert grouping == Grouping(members=((1, 4), (3, 5)), lone=(0,), unplaced=(2,))
    assert grouping.labels().tolist() == [-1, 0, -1, 1, 0, 1]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 40])
def test_identical_rows_are_one_group(count: int) -> None:
    # cos²+sin² is not exactly one: these distances come out below zero without rounding.
    grouping = clusters.group(rows_of(*[0.7] * count))
    assert grouping.members == ((tuple(range(count)),) if count > 1 else ())
    assert grouping.lone == ((0,) if count == 1 else ())


def test_distances_are_never_negative_and_in_the_order_scipy_reads() -> None:
    vectors = rows_of(*np.linspace(0, 6, 700), *np.linspace(0, 6, 700))
    rows, distances = vectors.rows, clusters._distances(vectors)
    upper = np.triu_indices(len(rows), 1)
    assert distances.min() >= 0
    assert np.allclose(distances, (1 - rows @ rows.T)[upper], atol=1e-8)


def test_a_share_of_a_distance_is_that_of_the_exact_words() -> None:
    angles = np.linspace(0, 6, 1_200)
    vectors = replace(rows_of(*angles), exact=sparse.csr_matrix(rows_of(*angles * 3).rows))
    upper = np.triu_indices(len(angles), 1)
    one, other = (1 - np.cos(turn * np.subtract.outer(angles, angles))[upper] for turn in (1, 3))
    assert np.allclose(clusters._distances(vectors), (one + 3 * other) / 4, atol=1e-8)


def test_what_two_alone_say_keeps_a_group_of_its_own() -> None:
    """Along the axes all six lie in one direction; only two of them share a word of their own."""
    rows = np.tile([[1.0, 0.0]], (6, 1))
    exact = np.zeros((6, 3))
    exact[:4, 0] = exact[4:, 1] = 1.0
    vectors = Vectors(rows, np.ones(6, dtype=bool))
    assert clusters.group(vectors, 0.4).members == ((0, 1, 2, 3, 4, 5),)
    told = replace(vectors, exact=sparse.csr_matrix(exact))
    assert clusters.group(told, 0.4).members == ((0, 1, 2, 3), (4, 5))


def test_small_clusters_of_very_many_know_their_words_too() -> None:
    rows = rows_of(*np.linspace(0, 0.01, 40), *np.linspace(3, 3.01, 40))
    tree = clusters.link(replace(rows, exact=sparse.csr_matrix(np.eye(80))), pairs_limit=10)
    assert len(tree.links) == 9
    assert tree.cut(2.0).members == (tuple(range(80)),)


def test_a_placed_row_without_a_direction_is_lone() -> None:
    vectors = Vectors(np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]), np.ones(3, dtype=bool))
    assert clusters.link(vectors).cut(0.8) == Grouping(members=((0, 2),), lone=(1,))


def test_all_unplaced_is_no_group() -> None:
    assert clusters.group(rows_of(None, None)) == Grouping(unplaced=(0, 1))


def test_a_tree_can_be_cut_into_a_number() -> None:
    tree = clusters.link(rows_of(0.0, 0.1, 1.5, 1.6, 3.0))
    assert tree.cut_into(2).text_count == 5
    assert len(tree.cut_into(1).members) == 1
    assert tree.cut_into(3).members == ((0, 1), (2, 3))
    assert tree.cut_into(9).lone == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_tree_of_equal_merges_is_cut_into_exactly_as_many(count: int) -> None:
    rows = Vectors(np.eye(4), np.ones(4, dtype=bool))
    found = clusters.link(rows).cut_into(count)
    assert len(found.members) + len(found.lone) == count


@given(ANGLES, st.floats(0, 2), st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_any_finer_cut_only_splits(angles: list[float | None], one: float, other: float) -> None:
    tree = clusters.link(rows_of(*angles))
    finer, coarser = tree.cut(min(one, other)), tree.cut(max(one, other))
    assert all(any(set(m) <= set(c) for c in coarser.members) for m in finer.members)


def test_same_rows_and_seed_have_the_same_tree() -> None:
    vectors = rows_of(*np.random.default_rng(1).uniform(0, 6, 30))
    for limit in (100, 10):
        first, again = (clusters.link(vectors, pairs_limit=limit, seed=5) for _ in range(2))
        assert np.array_equal(first.links, again.links)
        assert np.array_equal(first.leaf, again.leaf)


def test_copies_follow_the_one_that_stood_for_them() -> None:
    grouping = Grouping(members=((0, 2),), lone=(1, 3), unplaced=(4,))
    unfolded = clusters.unfold(grouping, [(0, 5), (1,), (2,), (3, 6), (4, 7)])
    assert unfolded == Grouping(members=((0, 2, 5), (3, 6)), lone=(1,), unplaced=(4, 7))
