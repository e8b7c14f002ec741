"""What the bench counts, on groupings small enough to count by hand."""

import numpy as np

from bench import analysis_quality as quality
from bench import analysis_texts


def test_an_opinion_is_swallowed_where_a_larger_foreign_group_outnumbers_its_own() -> None:
    gold = ["a", "a", "a", "b", "c", "c", "d"]
    assert quality.swallowed(np.array([0, 0, 0, 0, 1, 1, 2]), gold) == (1, 4)
    assert quality.swallowed(np.array([0, 1, 1, 0, 2, 2, 0]), gold) == (0, 4)
    assert quality.swallowed(np.array([0] * 7), gold) == (4, 4)


def test_made_texts_have_the_length_of_an_opinion_and_are_the_same_again() -> None:
    texts = analysis_texts.make(300)
    assert 70 <= sum(map(len, texts)) / 300 <= 110
    assert texts == analysis_texts.make(300)
    assert len(set(texts)) > 290
    real = analysis_texts.make(20, ["公園がほしい。図書館も遠いです。"])
    assert all(set(text.split("。")) <= {"公園がほしい", "図書館も遠いです", ""} for text in real)
