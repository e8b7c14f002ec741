"""The whole pipeline: nothing lost, copies together, the same again, and what it was made from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import grouping
from analysis.grouping import Step

TEXTS = [
    "中央公園の遊具が古いので新しくしてほしい。",
    "市立図書館の開館時間を延ばしてほしい。",
    "中央公園の遊具は危ない。",
    "？？？",
    "ふるさと納税の返礼品について説明を求める。",
    "市立図書館は夜も開けてください。",
    "ふるさと納税の　返礼品について説明を求める。",
    "中央公園の 遊具は危ない。",
    "中央公園の遊具は危ない。",
]
SAID = st.sampled_from([*TEXTS, "", "公園", "公園。", "図書館", "反対", "ＡＩ", "😊"])


@given(st.lists(SAID, max_size=12), st.sampled_from([0.6, 0.7, 0.8]))
@settings(max_examples=25, deadline=None)
def test_every_opinion_is_in_a_group_or_lone_or_unplaced(texts: list[str], cut: float) -> None:
    found = grouping.group_texts(texts, cut=cut)
    places = found.grouping
    every = [i for members in places.members for i in members]
    assert sorted([*every, *places.lone, *places.unplaced]) == list(range(len(texts)))
    assert len(found.labels) == len(places.members)
    for members, label in zip(places.members, found.labels, strict=True):
        assert label.member in members
        assert texts[label.member][label.begin : label.end] == label.sentence


def test_texts_on_one_subject_come_together() -> None:
    found = grouping.group_texts(TEXTS)
    assert found.grouping.members[:2] == ((0, 2, 7, 8), (1, 5))
    assert found.grouping.unplaced == (3,)
    assert [label.phrase for label in found.labels[:2]] == ["中央公園", "市立図書館"]


def test_a_lone_opinion_sent_by_several_people_is_a_group_with_no_name_of_its_own() -> None:
    found = grouping.group_texts(["防災無線が聞こえない。"] * 3 + ["公園に木陰を。"])
    assert found.grouping.members == ((0, 1, 2),)
    assert found.grouping.lone == (3,)
    assert not found.labels[0].is_named
    assert found.labels[0].sentence == "防災無線が聞こえない。"


def test_a_campaign_does_not_move_the_others() -> None:
    alone = grouping.prepare(TEXTS[:6])
    flooded = grouping.prepare(TEXTS[:6] + [TEXTS[4]] * 50)
    assert np.array_equal(alone.vectors.rows, flooded.vectors.rows)


def test_the_same_texts_give_the_same_result() -> None:
    assert grouping.group_texts(TEXTS, seed=7) == grouping.group_texts(TEXTS, seed=7)


def test_one_preparation_serves_every_cut() -> None:
    prepared = grouping.prepare(TEXTS)
    for cut in (0.6, 0.8):
        assert prepared.at(cut) == grouping.group_texts(TEXTS, cut=cut)


@given(st.lists(SAID, max_size=12), st.floats(0, 2))
@settings(max_examples=20, deadline=None)
def test_the_slider_says_what_a_cut_gives(texts: list[str], cut: float) -> None:
    prepared = grouping.prepare(texts)
    places = prepared.at(cut).grouping
    assert prepared.counts(cut) == (len(places.members), len(places.lone))


def test_what_it_was_made_from_is_told() -> None:
    prepared = grouping.prepare(TEXTS, cut=0.7, seed=7)
    origin = prepared.at(0.7).origin
    assert (origin.text_count, origin.distinct_count) == (9, 8)
    assert (origin.cut, origin.seed) == (0.7, 7)
    assert {"sudachipy", "sudachidict_core", "scikit-learn"} <= dict(origin.versions).keys()
    parameters = dict(origin.parameters)
    assert parameters["dimensions"] == prepared.vectors.rows.shape[1]
    assert parameters["exact_share"] == prepared.vectors.exact_share


def test_the_hash_tells_other_texts_and_another_order() -> None:
    assert grouping.input_sha256(["ab", "c"]) == grouping.input_sha256(["ab", "c"])
    assert (
        len({grouping.input_sha256(t) for t in (["ab", "c"], ["a", "bc"], ["c", "ab"], ["abc"])})
        == 4
    )


def test_progress_names_the_steps_in_order_and_ends_each() -> None:
    heard: list[tuple[str, int, int]] = []
    grouping.group_texts(TEXTS, progress=lambda *news: heard.append(news))
    assert list(dict.fromkeys(step for step, _, _ in heard)) == list(Step)
    last = {step: (done, of) for step, done, of in heard}
    assert all(done == of for done, of in last.values())


@pytest.mark.parametrize("texts", [[], [""], ["公園"], ["公園", "図書館"], ["公園"] * 3])
def test_progress_of_few_texts_ends_too(texts: list[str]) -> None:
    heard: list[str] = []
    grouping.group_texts(texts, progress=lambda step, done, of: heard.append(step))
    assert heard[-1] == Step.LABELS
