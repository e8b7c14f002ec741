"""Reading texts: sentences cover them, copies are one, no length is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sudachipy import Dictionary, SplitMode

from analysis import tokens


def words(text: str) -> tokens.Words:
    [sentences] = tokens.read([text])
    return tokens.join(sentence.words for sentence in sentences)


@given(st.text("あ公園。！？!?」\n 　１.a/:htps①", max_size=80))
@settings(max_examples=100, deadline=None)
def test_sentences_cover_the_text_completely(text: str) -> None:
    spans = tokens.sentences(text)
    assert "".join(text[begin:end] for begin, end in spans) == text
    assert all(begin < end for begin, end in spans)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("公園がほしい", 1),
        ("公園がほしい。図書館も。", 2),
        ("図書館は？公園は！", 2),
        ("一行目\n\n二行目", 2),
        ("「やめて。」と言われた。", 1),
        ("「やめて。」次に進む。", 2),
        ("https://a.example/?q=1!x を見てください。", 1),
        ("やめて！！！！", 1),
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(text: str, count: int) -> None:
    assert len(tokens.sentences(text)) == count


def test_copies_differ_only_in_width_and_white_space() -> None:
    assert tokens.fold_key("ＡＢＣ　公園\r\nがほしい ") == tokens.fold_key("ABC 公園\nがほしい")
    assert tokens.fold_key("この案に賛成") != tokens.fold_key("この案に反対")
    assert tokens.fold_key("公園がほしい。") != tokens.fold_key("公園がほしい")
    assert tokens.fold_key("https://a.example/1") != tokens.fold_key("https://a.example/2")


def test_addresses_of_pages_are_not_matched() -> None:
    assert tokens.normalise("ＨＰ https://a.example/公園　の　案") == "HP 公園 の 案"


def test_a_long_word_counts_whole_and_in_parts() -> None:
    found = words("高等学校の再編")
    assert found.nouns == ("学校", "再編")
    assert found.long_nouns == ("高等学校", "再編")


def test_verbs_and_generic_words_are_told_from_nouns() -> None:
    found = words("公園の充実を求める")
    assert found.nouns == ("公園",)
    assert found.others == ("充実", "求める")


def test_spellings_of_one_word_are_one() -> None:
    assert words("子どもの遊び").nouns == words("子供の遊び").nouns


@pytest.mark.parametrize(
    "text", ["", " \n", "？？？", "12,000", "😊😊", "それはそうです。", "https://a.example"]
)
def test_a_text_without_a_content_word_is_empty(text: str) -> None:
    assert words(text).is_empty


@pytest.mark.parametrize("text", ["賛成です", "ありがとう公園", "AI"])
def test_a_short_text_with_a_content_word_is_not(text: str) -> None:
    assert not words(text).is_empty


def test_noun_phrases_are_told_as_written() -> None:
    phrases = {
        phrase.text: phrase.parts for phrase in words("都立高等学校の再編案を３校で。").phrases
    }
    assert phrases == {"都立高等学校": 2, "再編案": 2, "都立高等学校の再編案": 5}


def test_phrases_are_not_tied_across_other_words() -> None:
    assert "公園の図書館" not in {phrase.text for phrase in words("公園の、図書館").phrases}


@pytest.mark.parametrize("text", ["公園、" * 20_000, "あ" * 60_000, "𠮷" * 30_000, "İ" * 50_000])
def test_no_text_is_too_long(text: str) -> None:
    [[sentence]] = tokens.read([text])
    assert (sentence.begin, sentence.end) == (0, len(text))


def test_a_long_text_loses_no_word_where_it_is_cut() -> None:
    assert words("公園、" * 20_000).nouns == ("公園",) * 20_000


def test_short_units_are_those_sudachi_finds_itself() -> None:
    text = (
        "東京都立高等学校のホームページと生活保護受給者数、2026年の12,000円をスーパーパイナップルへ"
    )
    direct = Dictionary().tokenizer().tokenize(text, SplitMode.A)
    found = words(text)
    assert set(found.nouns) <= {morpheme.normalized_form() for morpheme in direct}
    assert {"都立", "学校", "生活", "受給"} <= set(found.nouns) | set(found.others)


def test_progress_ends_at_all_texts() -> None:
    heard: list[tuple[int, int]] = []
    tokens.read(["公園"] * 150, progress=lambda done, of: heard.append((done, of)))
    assert heard == [(100, 150), (150, 150)]
