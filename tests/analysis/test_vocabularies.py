"""A frozen vocabulary places texts as on its first day, and says when words are cut otherwise."""

from pathlib import Path

import numpy as np
import pytest

from analysis import grouping, tokens, vectors, vocabularies
from analysis.vocabularies import Damaged, Vocabulary

TEXTS = [
    "中央公園の遊具が古いので新しくしてほしい。",
    "市立図書館の開館時間を延ばしてほしい。",
    "ふるさと納税の返礼品について説明を求める。",
]


def words(texts: list[str]) -> list[tokens.Words]:
    return [tokens.join(s.words for s in parts) for parts in tokens.read(texts)]


@pytest.mark.parametrize("count", [0, 1, 3, 120])
def test_newcomers_lie_exactly_where_they_lay(tmp_path: Path, count: int) -> None:
    texts = words([f"{TEXTS[i % 3]}{i}丁目の町会{i}" for i in range(count)])
    space = vectors.fit(texts, dimensions=5)
    vocabularies.save(vocabularies.freeze(space), tmp_path)
    read = vocabularies.load(tmp_path)
    newcomers = words([*TEXTS, "公園と図書館", "😊", "宇宙"])
    assert np.array_equal(read.space.place(newcomers).rows, space.place(newcomers).rows)
    assert np.array_equal(read.space.place(newcomers).placed, space.place(newcomers).placed)
    assert read.is_current


def test_the_same_vocabulary_has_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        vocabularies.save(vocabularies.freeze(vectors.fit(words(TEXTS))), tmp_path / folder)
    for name in ("vocabulary.npz", "vocabulary.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_dictionary_is_told() -> None:
    space = vectors.fit(words(TEXTS))
    assert not Vocabulary(space, (("sudachipy", "0"), ("sudachidict_core", "0"))).is_current


@pytest.mark.parametrize("name", ["vocabulary.npz", "vocabulary.json"])
def test_what_is_not_whole_is_refused(tmp_path: Path, name: str) -> None:
    vocabularies.save(vocabularies.freeze(vectors.fit(words(TEXTS))), tmp_path)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged):
        vocabularies.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(Damaged):
        vocabularies.load(tmp_path)


def test_a_grouping_may_use_a_frozen_space() -> None:
    first = grouping.prepare(TEXTS)
    again = grouping.prepare([*TEXTS, "宇宙開発", TEXTS[0]], space=first.space)
    assert np.array_equal(first.vectors.rows, again.vectors.rows[:3])
    assert again.at(0.6).grouping.unplaced == (3,)
