"""Tokens once read are kept, and thrown away when another dictionary would read otherwise."""

from pathlib import Path

import numpy as np
import pytest

from analysis import caches, grouping, tokens
from analysis.caches import Cache

TEXTS = ["中央公園の遊具が古い。新しくしてほしい。", "", "😊", "図書館の開館時間を延ばして。"]


def test_what_is_kept_is_what_was_read(tmp_path: Path) -> None:
    cache = Cache()
    read = tokens.read(TEXTS, known=cache)
    cache.save(tmp_path / "tokens.npz")
    kept = caches.load(tmp_path / "tokens.npz")
    assert len(kept) == len(TEXTS)
    assert [kept[text] for text in TEXTS] == read == tokens.read(TEXTS)


def test_words_of_a_text_that_is_gone_are_not_kept(tmp_path: Path) -> None:
    cache = Cache()
    tokens.read(TEXTS, known=cache)
    cache.retain(TEXTS[:2])
    cache.save(tmp_path / "tokens.npz")
    kept = caches.load(tmp_path / "tokens.npz")
    assert [text in kept for text in TEXTS] == [True, True, False, False]
    with np.load(tmp_path / "tokens.npz") as arrays:
        assert "図書館" not in arrays["label"].tobytes().decode("unicode_escape")


def test_kept_texts_are_not_read_again() -> None:
    cache = Cache()
    [other] = tokens.read(["図書館"])
    cache["公園"] = other
    assert tokens.read(["公園"], known=cache) == [other]


def test_a_run_is_the_same_with_and_without_what_is_kept(tmp_path: Path) -> None:
    texts = TEXTS * 2
    cache = Cache()
    first = grouping.prepare(texts, known=cache)
    cache.save(tmp_path / "tokens.npz")
    again = grouping.prepare(texts, known=caches.load(tmp_path / "tokens.npz"))
    assert first.at(0.6) == again.at(0.6) == grouping.group_texts(texts, cut=0.6)
    assert np.array_equal(first.vectors.rows, again.vectors.rows)


def test_no_text_is_in_the_file(tmp_path: Path) -> None:
    cache = Cache()
    tokens.read(["秘密の花園が好きです。"], known=cache)
    cache.save(tmp_path / "tokens.npz")
    assert "花園が好き".encode() not in (tmp_path / "tokens.npz").read_bytes()
    assert list(cache) == []


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"nothing"])
def test_a_damaged_file_is_an_empty_cache(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "tokens.npz"
    path.write_bytes(damage)
    assert len(caches.load(path)) == 0
    assert len(caches.load(tmp_path / "none.npz")) == 0


def test_another_dictionary_reads_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache()
    tokens.read(TEXTS, known=cache)
    cache.save(tmp_path / "tokens.npz")
    monkeypatch.setattr(caches, "_READ_BY", ("sudachipy",))
    assert len(caches.load(tmp_path / "tokens.npz")) == 0
