"""Proposals for splitting: complete cover, and a reason for each point."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import points, tokens
from analysis.points import Point, Reason


def propose(text: str) -> tuple[Point, ...]:
    [sentences] = tokens.read([text])
    return points.propose(text, sentences)


def slices(text: str) -> list[str]:
    return [text[point.begin : point.end] for point in propose(text)]


PIECES = st.sampled_from(
    [
        "また、",
        "公園",
        "道路の幅",
        "が狭い",
        "。",
        "！",
        "\n",
        "　",
        "①",
        "1. ",
        "」",
        "それ",
        "\r\n",
        "ﾊﾞｽ",
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join) | st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_points_cover_every_character_once_and_in_order(text: str) -> None:
    assert "".join(slices(text)) == text
    assert all(point.begin < point.end for point in propose(text))


def test_a_cue_opens_a_point() -> None:
    text = "公園の遊具が古くて危ないと思います。また、公園の木を増やしてください。"
    assert [point.reason for point in propose(text)] == [Reason.START, Reason.CUE]
    assert slices(text)[1].startswith("また、")


@pytest.mark.parametrize(
    "text",
    [
        "①公園がほしい。②図書館がほしい。",
        "1. 公園がほしい。\n2. 図書館がほしい。",
        "・公園の件\n・図書館の件",
        "（1）公園。（2）道路。",
    ],
)
def test_numbered_items_are_points(text: str) -> None:
    assert len(propose(text)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "公園の遊具が古くて危ないと思います。1.5倍にしてほしい。",
        "公園の遊具が古くて危ないと思います。またいとこも来ます。",
    ],
)
def test_what_only_looks_like_a_cue_is_none(text: str) -> None:
    assert Reason.CUE not in {point.reason for point in propose(text)}


def test_another_vocabulary_opens_a_point() -> None:
    text = "公園の遊具が古くて危ないと思います。図書館の開館時間を延ばしてください。"
    assert [point.reason for point in propose(text)] == [Reason.START, Reason.VOCABULARY]


@pytest.mark.parametrize(
    "text",
    [
        "公園の遊具が古くて危ないと思います。公園には木陰もありません。",  # the same noun
        "公園の遊具が古くて危ないと思います。これでは子育てができません。",  # refers back
        "公園の遊具が古くて危ないと思います。よろしくお願いします。",  # no noun at all
        "はじめまして。図書館の開館時間を延ばしてください。",  # a greeting is no point
        "公園の安全についての意見\n図書館の開館時間を延ばしてください。",  # a heading
    ],
)
def test_what_belongs_together_stays_together(text: str) -> None:
    assert slices(text) == [text]


def test_an_empty_text_has_no_point_and_a_blank_one_keeps_its_blanks() -> None:
    assert propose("") == ()
    assert slices(" \n ") == [" \n "]


def test_a_word_that_everybody_says_ties_nothing_together() -> None:
    texts = [
        f"高校の{word}を考えてください。" for word in ("寮", "通学", "部活動", "給食", "校舎")
    ] * 9
    read = tokens.read(texts)
    letter = "高校の寮を新しく建ててください。高校の給食が冷たいので困ります。"
    [sentences] = tokens.read([letter])
    assert len(points.propose(letter, sentences)) == 1
    assert len(points.propose(letter, sentences, points.weigh(read))) == 2


def test_a_word_that_nobody_said_before_tells_most() -> None:
    weights = points.weigh(tokens.read(["公園です。", "公園と池。"]))
    assert weights.of("公園") < weights.of("池") < weights.of("宇宙")
