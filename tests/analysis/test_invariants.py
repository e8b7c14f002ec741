"""What holds whatever people write: nobody is lost, every character is covered, the same again."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import clusters, grouping, handouts, listings, splits
from analysis.grouping import Prepared
from bench import analysis_texts
from core.config import ROOT

PLAIN = [
    "中央公園の遊具が古いので新しくしてほしい。",
    "中央公園の遊具は危ない。",
    "市立図書館の開館時間を延ばしてほしい。また、駐輪場を広くしてください。",
    "図書館",
    "公園に反対です。",
]
AWKWARD = [
    "",
    " ",
    "公",
    "。",
    "😊",
    "👨‍👩‍👧‍👦🏳️‍🌈",
    "？！",
    "\r\n\r\n",
    "1,234.5",
    "\u200b",
    "公園\u3000遊具\n" * 50,
    "ﾊﾞｽ停",
    "é\u0301\u0301",
    "=1+1",
    "<script>公園</script>",
    "https://example.jp/公園",
    "𠮷野家",
]
SAID = st.lists(st.sampled_from(PLAIN + AWKWARD) | st.text(max_size=12), max_size=16)


def assert_nobody_is_lost(prepared: Prepared, texts: Sequence[str], cut: float) -> None:
    grouped = prepared.at(cut)
    places = grouped.grouping
    every = [i for members in places.members for i in members]
    assert sorted([*every, *places.lone, *places.unplaced]) == list(range(len(texts)))
    assert sum(map(len, prepared.copies)) == len(texts)
    listing = listings.draw_up(prepared, grouped)
    assert len(listing.places) == len(texts)
    assert [len(theme.members) for theme in listing.themes] == list(map(len, places.members))
    assert len(set(listing.headings)) == len(listing.headings)
    drawn = handouts.compose(prepared, listing)
    paths = [drawn.lone, drawn.unsorted, *(land.path for land in drawn.lands)]
    assert sum(path.count("h0") for path in paths) == len(texts)


@given(SAID, st.floats(0, 2) | st.sampled_from(clusters.CUTS))
@settings(max_examples=30, deadline=None)
def test_members_and_lone_and_unsorted_are_all_opinions(texts: list[str], cut: float) -> None:
    assert_nobody_is_lost(grouping.prepare(texts), texts, cut)


@given(SAID)
@settings(max_examples=20, deadline=None)
def test_points_cover_every_character(texts: list[str]) -> None:
    for text in texts:
        assert "".join(text[point.begin : point.end] for point in splits.letter(text)) == text


@given(SAID, st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_the_same_input_and_seed_give_the_same_groups(texts: list[str], seed: int) -> None:
    assert grouping.group_texts(texts, seed=seed) == grouping.group_texts(texts, seed=seed)


LONG = "公園の遊具が古い。図書館も遠い。" * 1_250  # 20,000 characters
MANY = ["この案に反対します。公園を残してください。"] * 2_000


@pytest.mark.parametrize(
    "texts",
    [MANY, [LONG], [LONG, LONG + "。", *PLAIN], ["😊"] * 50, [""] * 3, [*MANY, *PLAIN, *AWKWARD]],
    ids=["copies", "long", "long ones", "emoji", "empty", "all"],
)
def test_extremes_are_grouped_too(texts: list[str]) -> None:
    prepared = grouping.prepare(texts)
    for cut in (0.0, 0.6, 2.0):
        assert_nobody_is_lost(prepared, texts, cut)


def test_a_campaign_is_one_distinct_opinion() -> None:
    found = grouping.prepare([*MANY, *PLAIN])
    assert len(found.distinct) == 1 + len(PLAIN)
    assert found.copies[0] == tuple(range(2_000))


def test_newcomers_move_nobody_in_a_frozen_space() -> None:
    texts = [*PLAIN, *AWKWARD]
    first = grouping.prepare(texts)
    later = grouping.prepare(
        [*texts, "水族館のイルカを見たい。", "公園にイルカを。"], space=first.space
    )
    count = len(first.distinct)
    assert np.array_equal(first.vectors.rows, later.vectors.rows[:count])


def told() -> str:
    """A grouping of texts as it comes out in this process."""
    prepared = grouping.prepare(analysis_texts.make(300, seed=3), seed=5)
    listing = listings.draw_up(prepared, prepared.at(0.6))
    gathered = clusters.link(prepared.vectors, pairs_limit=150, seed=5).cut(0.6)
    labels = [theme.label.heading() for theme in listing.themes]
    quotes = [theme.quotes for theme in listing.themes]
    return json.dumps([gathered.members, labels, listing.headings, quotes])


def test_another_process_finds_the_same() -> None:
    """Other hashes, one thread only, more texts than are compared pair by pair."""
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    done = subprocess.run(
        [sys.executable, "-c", "from tests.analysis import test_invariants as t; print(t.told())"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.stdout.strip() == told()
