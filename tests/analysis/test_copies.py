"""Copies: exact ones fold, near ones are proposed, every index is kept."""

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import copies
from analysis.copies import Copy

LETTER = (
    "中央公園の再整備計画について、遊具を減らさないでください。子どもの遊ぶ場所がなくなります。"
)
OTHER = "市立図書館の開館時間を夜九時まで延ばしてほしいです。仕事の帰りに寄ることができません。"


def test_copies_that_differ_in_width_or_in_spaces_between_words_are_one() -> None:
    assert copies.fold(["公園 ＡＢＣ", "図書館", "公園\n　ABC"]) == ((0, 2), (1,))
    assert copies.fold(["賛成です", "反対です"]) == ((0,), (1,))


def test_a_letter_with_a_few_words_of_its_own_is_proposed_as_a_near_copy() -> None:
    [found] = copies.near([LETTER, OTHER, LETTER + "杉並。"])
    assert (found.text, found.of) == (2, 0)
    assert 0.9 <= found.likeness < 1


def test_a_near_copy_is_of_the_text_most_like_it_and_never_of_another_copy() -> None:
    found = copies.near([LETTER + "一。", LETTER + "二。", OTHER, LETTER + "一。"])
    assert [(one.text, one.of) for one in found] == [(1, 0), (3, 0)]
    assert found[1].likeness == 1.0


def test_a_likeness_exactly_at_the_bound_counts() -> None:
    [found] = copies.near([LETTER, LETTER + "杉並。"])
    assert copies.near([LETTER, LETTER + "杉並。"], likeness=found.likeness) == (found,)
    assert copies.near([LETTER, LETTER + "杉並。"], likeness=found.likeness + 1e-6) == ()


def test_short_texts_are_no_near_copies() -> None:
    assert copies.near(["賛成です。", "賛成です！", "", "😊"]) == ()
    assert copies.near([]) == ()


def test_hundreds_of_near_copies_hang_on_the_first() -> None:
    found = copies.near([f"{LETTER}{number}" for number in range(600)])
    assert [one.text for one in found] == list(range(1, 600))
    assert {one.of for one in found} == {0}


SAID = st.sampled_from(
    [LETTER, LETTER[:-4], LETTER.replace("遊具", "ベンチ"), OTHER, OTHER * 2, ""]
)


@given(st.lists(SAID, max_size=8))
@settings(max_examples=25, deadline=None)
def test_who_is_a_copy_is_like_an_earlier_text_that_is_none(texts: list[str]) -> None:
    found = copies.near(texts)
    assert [one.text for one in found] == sorted({one.text for one in found})
    for one in found:
        assert one.of < one.text
        assert one.of not in {other.text for other in found}
        [pair] = copies.near([texts[one.of], texts[one.text]])
        assert pair == Copy(1, 0, one.likeness)  # whatever else was sent in
