"""Places of texts: unit length, no number of texts refused, newcomers in the same space."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import clusters, vectors
from analysis.tokens import Words

VOCABULARY = st.sampled_from(["公園", "図書館", "道路", "保育", "防災"])
TEXTS = st.lists(
    st.builds(
        lambda nouns, others: Words(nouns, others, nouns, others),
        st.lists(VOCABULARY, max_size=3).map(tuple),
        st.lists(st.just("求める"), max_size=1).map(tuple),
    ),
    max_size=8,
)


def about(*nouns: str) -> Words:
    return Words(nouns, (), nouns, ())


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_rows_have_unit_length_exactly_where_there_is_a_content_word(texts: list[Words]) -> None:
    found = vectors.fit(texts, dimensions=3).place(texts)
    lengths = np.linalg.norm(found.rows, axis=1)
    assert found.placed.tolist() == [not words.is_empty for words in texts]
    assert np.allclose(lengths[~found.placed], 0)
    assert np.all(np.isclose(lengths, 1) | np.isclose(lengths, 0))
    assert np.isfinite(found.rows).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100])
def test_identical_texts_lie_in_one_place(count: int) -> None:
    texts = [about("公園", "遊具")] * count
    found = vectors.fit(texts).place(texts)
    assert found.rows.shape[0] == count
    assert np.allclose(found.rows @ found.rows.T, 1)


def test_identical_texts_survive_the_projection() -> None:
    texts = [about(*(f"語{i}" for i in range(90)))] * 90
    found = vectors.fit(texts).place(texts)
    assert len(found.rows) == 90
    assert np.allclose(found.rows @ found.rows.T, 1)


def test_texts_on_one_subject_are_nearer_than_others() -> None:
    texts = [about("公園", "遊具"), about("公園", "木陰"), about("保育", "待機")]
    rows = vectors.fit(texts).place(texts).rows
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_nouns_weigh_more_than_verbs() -> None:
    same_noun = Words(("公園",), ("求める",), ("公園",), ("求める",))
    texts = [same_noun, Words(("公園",), ("増やす",), ("公園",), ("増やす",)),
             Words(("道路",), ("求める",), ("道路",), ("求める",))]  # fmt: skip
    rows = vectors.fit(texts).place(texts).rows
    assert rows[0] @ rows[1] > 0.8 > 0.2 > rows[0] @ rows[2]


def test_same_texts_have_the_same_rows() -> None:
    texts = [about(f"語{i}", f"語{i * 7 % 50}", f"語{i % 9}") for i in range(120)]
    first, again = (vectors.fit(texts).place(texts).rows for _ in range(2))
    assert first.shape == (120, 27)
    assert np.array_equal(first, again)


@pytest.mark.parametrize(("count", "axes"), [(0, 10), (40, 10), (97, 22), (382, 70), (9_000, 70)])
def test_few_texts_are_seen_along_few_axes(count: int, axes: int) -> None:
    assert vectors.axes_for(count) == axes


def test_exact_words_are_known_beside_the_axes() -> None:
    texts = [about(f"語{i}", f"語{i * 7 % 50}", f"語{i % 9}") for i in range(120)]
    space = vectors.fit(texts)
    found = space.place([about("語1"), about("宇宙"), about("語1", "語2")])
    assert found.exact is not None
    likeness = (found.exact @ found.exact.T).toarray()
    assert np.allclose(likeness.diagonal(), [1, 0, 1])
    assert 0 < likeness[0, 2] < 1
    chosen = found.only([2, 0])
    assert chosen.exact is not None
    assert np.array_equal(chosen.rows, found.rows[[2, 0]])
    assert (chosen.exact != found.exact[[2, 0]]).nnz == 0
    assert len(found.only([]).rows) == 0


def test_what_hardly_lies_along_the_axes_has_no_direction() -> None:
    """Rounding is all that would be left of it, and would make one group of unlike texts."""
    common = [about(f"語{i % 12}", f"語{i // 12}") for i in range(144)]
    apart = [about("蜘蛛"), about("美食"), about("家賃")]
    found = vectors.fit([*common, *apart], dimensions=10).place([*common, *apart])
    assert found.placed.all()
    assert found.rows[:144].any(axis=1).all()
    assert not found.rows[144:].any()
    assert clusters.link(found).cut(0.8).lone == (144, 145, 146)


def test_no_texts_are_placed_in_any_space() -> None:
    space = vectors.fit([about(f"語{i}", f"語{i % 9}") for i in range(120)])
    assert space.place([]).rows.shape == (0, 27)


def test_newcomers_are_placed_in_the_space_they_did_not_make() -> None:
    space = vectors.fit([about("公園"), about("保育")])
    known, unknown = (space.place([about(noun)]) for noun in ("公園", "宇宙"))
    assert known.placed.tolist() == [True]
    assert unknown.placed.tolist() == [False]
    assert known.rows.shape == unknown.rows.shape
    assert not unknown.rows.any()
