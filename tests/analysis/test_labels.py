"""Headings: shared phrases, residents' own sentences, and no name where none is shared."""

from collections.abc import Sequence

from analysis import labels, tokens, vectors
from analysis.labels import Label

PARK = [
    "中央公園の遊具が古いので新しくしてほしい。",
    "はじめまして。中央公園の遊具は子どもに危ないと思います。よろしくお願いします。",
    "中央公園の遊具を増やしてください。",
]
LIBRARY = ["市立図書館の開館時間を延ばしてほしい。", "市立図書館は夜も開けてください。"]


def label(groups: Sequence[Sequence[int]], texts: Sequence[str]) -> tuple[Label, ...]:
    sentences = tokens.read(texts)
    words = [tokens.join(s.words for s in parts) for parts in sentences]
    space = vectors.fit(words)
    return labels.label(groups, texts, sentences, space.place(words), space)


def test_a_group_is_called_by_what_its_members_share() -> None:
    park, library = label([[0, 1, 2], [3, 4]], PARK + LIBRARY)
    assert (park.phrase, park.confidence) == ("中央公園の遊具", 1.0)
    assert (library.phrase, library.confidence) == ("市立図書館", 1.0)
    assert park.is_named
    assert library.is_named


def test_a_group_that_shares_no_phrase_is_to_be_named() -> None:
    [found] = label([[0, 1]], ["道路が狭い。", "保育所が遠い。"])
    assert (found.phrase, found.confidence, found.is_named) == (None, 0.0, False)
    assert found.sentence


def test_a_phrase_of_few_members_is_not_a_name() -> None:
    low = Label("公園", 0.29, 0, 0, 2, "公園")
    assert not low.is_named
    assert Label("公園", 0.3, 0, 0, 2, "公園").is_named


def test_words_of_every_opinion_are_no_name() -> None:
    [found] = label([[0, 1]], ["反対意見です。", "意見：住民の意見に反対。"])
    assert found.phrase not in labels.GENERIC


def test_the_sentence_is_a_members_own_without_a_change() -> None:
    texts = ["　・ＡＩの　中央公園①計画は、やめてほしい！\n", "中央公園①計画に反対。"]
    [found] = label([[0, 1]], texts)
    assert found.sentence == texts[found.member][found.begin : found.end]
    assert found.sentence == found.sentence.strip()
    assert found.sentence


def test_the_sentence_is_about_the_groups_subject_not_a_greeting() -> None:
    [found] = label([[1, 0]], PARK)
    assert "遊具" in found.sentence


def test_confidence_counts_members_that_have_the_phrase_within_a_longer_one() -> None:
    [found] = label(
        [[0, 1, 2]], ["保育園が遠い。", "保育園は近くに。", "保育園前の道が暗い。", "道路"]
    )
    assert (found.phrase, found.confidence) == ("保育園", 1.0)


def test_a_heading_is_what_several_themes_speak_of_and_the_other_headings_do_not() -> None:
    parks = ["公園の遊具と計画。", "公園の木陰と計画。", "公園のトイレ。"]
    books = ["図書館の本と計画。", "図書館の椅子と計画。", "図書館の夜間。"]
    large = ["県立高校の公園。"] * 6  # one theme, however many say so, is no heading
    sentences = tokens.read([*parks, *books, *large])
    under = [[[0], [1], [2], list(range(6, 12))], [[3], [4], [5]]]
    found = labels.headings(under, sentences)
    assert [names[0] for names in found] == ["公園", "図書館"]
    assert not any("県立高校" in name for names in found for name in names)
    assert sum("計画" in names for names in found) <= 1
    assert labels.headings(under, sentences) == found
    assert labels.headings([], sentences) == ()
    assert labels.headings([[[0]]], tokens.read(["😊"])) == ((),)


def test_no_groups_have_no_labels() -> None:
    assert label([], PARK) == ()
    assert label([], []) == ()


def test_same_texts_have_the_same_labels() -> None:
    assert label([[0, 1, 2]], PARK + LIBRARY) == label([[0, 1, 2]], PARK + LIBRARY)


def test_the_sentence_can_be_read_alone_and_has_the_phrase() -> None:
    texts = [
        "中央公園の遊具が古い。その遊具が中央公園では危ない。",
        "中央公園の遊具が古い。特に中央公園の遊具です。",
        "市立図書館が遠い。",
    ]
    [found] = label([[0, 1]], texts)
    assert found.phrase == "中央公園の遊具"
    assert found.sentence == "中央公園の遊具が古い。"
