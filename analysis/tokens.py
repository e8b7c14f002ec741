"""Texts read as sentences and the words that tell what each is about.

Words come from a copy made for matching; offsets always point into the text as it was said.
Where a text may be split is for `points`, what its words weigh for `vectors`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from itertools import chain
from sys import intern

from sudachipy import Dictionary, Morpheme, SplitMode, Tokenizer

# Sudachi refuses more than 49,149 bytes; a character has at most four of them.
PIECE_CHARACTERS = 12_000
PROGRESS_EVERY = 100

# ASCII only, or the address swallows the Japanese sentence that follows it without a space.
_URL = r"https?://[!-~]+"
_URLS = re.compile(_URL)
_SPACE = re.compile(r"\s+")
# A full stop inside a quotation (「やめて。」と言う) does not end the sentence around it.
_SENTENCE_END = re.compile(
    rf"{_URL}"
    r"|(?P<end>(?:[。！？!?]+(?![」』）)】。！？!?])|[。！？!?]+[」』）)】]+(?!と|って|など|の|は|が|を)|\n)\s*)"
)
_NOT_A_WORD = re.compile(r"[\W\d_]+")
_SHORT_KANA = re.compile(r"[ぁ-ん]{1,3}")

# Normalised forms that say nothing about a subject.
_STOP = """
する 為る ある 有る いる 居る なる 成る こと 事 もの 物 よう 様 ため 為 これ 此れ それ 其れ 思う
できる 出来る 言う 考える ない 無い の ん とき 時 ところ 所 さん 下さる くださる 私 方 是 其 此の
その この 行う 御 ご お 等 的 者
"""
STOP = frozenset(_STOP.split())
# Nouns that any civic text is full of: they weigh as little as a verb.
_GENERIC = """
必要 重要 大切 大事 充実 推進 期待 活性 改革 強化 確保 存在 現状 実現 対策 支援 向上 促進
"""
GENERIC = frozenset(_GENERIC.split())


class _Role(Enum):
    """What a word may do in a noun phrase."""

    STARTS = auto()
    CONTINUES = auto()
    OPENS = auto()
    LINKS = auto()
    BREAKS = auto()


_IN_PHRASE = (_Role.STARTS, _Role.CONTINUES, _Role.OPENS)
_END: tuple[Morpheme | None, _Role] = (None, _Role.BREAKS)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase as written (after NFKC) and the number of words it is built from."""

    text: str
    parts: int


@dataclass(frozen=True, slots=True)
class Words:
    """The content words of a stretch of text, in its order, as dictionary forms.

    `nouns` and `others` are Sudachi's short units (A: 高等｜学校), `long_nouns` and `long_others`
    its long ones (C: 高等学校). `others` holds verbs, adjectives and generic civic words.
    """

    nouns: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    long_nouns: tuple[str, ...] = ()
    long_others: tuple[str, ...] = ()
    phrases: tuple[Phrase, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare by: such a text goes to 未整理."""
        return not (self.nouns or self.others)


_NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, `text[begin:end]` of the text as it was said, and its words."""

    begin: int
    end: int
    words: Words


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one dictionary word contributes, looked up once."""

    words: Words
    role: _Role


def normalise(text: str) -> str:
    """Copy a text for matching: NFKC, web addresses out, runs of white space to one space."""
    return _SPACE.sub(" ", _URLS.sub(" ", unicodedata.normalize("NFKC", text))).strip()


def fold_key(text: str) -> str:
    """The key by which exact copies are one, and the only one: NFKC and white-space folding.

    Addresses and punctuation stay: form letters may differ in one word, and it is the opinion.
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text lie: (begin, end) pairs that cover it completely, in order."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if match["end"]]
    if text and (not ends or ends[-1] < len(text)):
        ends.append(len(text))
    return list(zip([0, *ends], ends, strict=False))


def join(parts: Iterable[Words]) -> Words:
    """The words of several stretches as those of one text."""
    every = list(parts)
    return Words(
        tuple(word for part in every for word in part.nouns),
        tuple(word for part in every for word in part.others),
        tuple(word for part in every for word in part.long_nouns),
        tuple(word for part in every for word in part.long_others),
        tuple(phrase for part in every for phrase in part.phrases),
    )


def read(
    texts: Sequence[str],
    *,
    known: MutableMapping[str, tuple[Sentence, ...]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[tuple[Sentence, ...]]:
    """Read each text into its sentences with their words; `progress` hears (texts done, texts).

    Texts in `known` are not read again, others are added to it: see `caches`.
    """
    # Sudachi's tokenizer must not be shared between threads; the dictionary behind it may.
    reader = Reader(_dictionary().tokenizer())
    found = []
    for done, text in enumerate(texts, 1):
        parts = known.get(text) if known is not None else None
        if parts is None:
            spans = sentences(text)
            parts = tuple(Sentence(b, e, reader.words(text[b:e])) for b, e in spans)
            if known is not None:
                known[text] = parts
        found.append(parts)
        if progress and (done % PROGRESS_EVERY == 0 or done == len(texts)):
            progress(done, len(texts))
    return found


class Reader:
    """Finds the words of one text after another and remembers the dictionary words it met.

    Texts repeat their words: each word's forms and parts are asked of Sudachi once.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._met: dict[int, _Entry] = {}
        self._phrases: dict[Phrase, Phrase] = {}

    def words(self, text: str) -> Words:
        """The words of a text of any length."""
        morphemes = [m for piece in _pieces(normalise(text)) for m in self._split(piece)]
        entries = [self._entry(m) for m in morphemes]
        roles = [entry.role for entry in entries]
        found = [self._phrases.setdefault(p, p) for p in _noun_phrases(morphemes, roles)]
        words = join(entry.words for entry in entries if entry.words is not _NO_WORDS)
        return Words(words.nouns, words.others, words.long_nouns, words.long_others, tuple(found))

    def _split(self, piece: str) -> Iterable[Morpheme]:
        found: Iterable[Morpheme] = self._tokenizer.tokenize(piece, SplitMode.C)
        return found

    def _entry(self, morpheme: Morpheme) -> _Entry:
        if morpheme.is_oov():  # unknown words share one id
            return _look_up(morpheme)
        key = morpheme.word_id()
        entry = self._met.get(key)
        if entry is None:
            entry = self._met[key] = _look_up(morpheme)
        return entry


@cache
def _dictionary() -> Dictionary:
    return Dictionary()


def _pieces(text: str) -> Iterator[str]:
    """Cut a text that Sudachi would refuse, after a comma or space if one is near."""
    while len(text) > PIECE_CHARACTERS:
        window = text[:PIECE_CHARACTERS]
        at = 1 + max(window.rfind(mark) for mark in "。、, ") or PIECE_CHARACTERS
        yield text[:at]
        text = text[at:]
    if text:
        yield text


def _look_up(morpheme: Morpheme) -> _Entry:
    nouns, others = _content([morpheme])
    short_nouns, short_others = _content(morpheme.split(SplitMode.A, add_single=True))
    words = Words(short_nouns, short_others, nouns, others)
    return _Entry(_NO_WORDS if words == _NO_WORDS else words, _role(morpheme))


def _content(morphemes: Iterable[Morpheme]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Dictionary forms of (nouns, others) among the words."""
    nouns: list[str] = []
    others: list[str] = []
    for morpheme in morphemes:
        kind, detail = morpheme.part_of_speech()[:2]
        form = intern(morpheme.normalized_form())
        if form in STOP or _NOT_A_WORD.fullmatch(form):
            continue
        if kind == "名詞" and detail != "数詞":
            (others if form in GENERIC else nouns).append(form)
        elif kind in ("動詞", "形容詞", "形状詞") and detail != "非自立可能":
            others.append(form)
    return tuple(nouns), tuple(others)


def _role(morpheme: Morpheme) -> _Role:
    kind, detail, use = morpheme.part_of_speech()[:3]
    if kind == "名詞" and detail == "数詞":
        return _Role.OPENS
    if kind == "名詞" and detail in ("普通名詞", "固有名詞"):
        # 回, 今回: a counter or an adverb on its own, part of a phrase after a noun.
        hangs_on = use in ("助数詞可能", "副詞可能") or _NOT_A_WORD.fullmatch(morpheme.surface())
        return _Role.CONTINUES if hangs_on else _Role.STARTS
    if kind == "接頭辞":
        return _Role.OPENS  # like a number it may open a phrase but is none alone
    if kind == "助詞" and morpheme.surface() == "の":
        return _Role.LINKS
    if (kind == "接尾辞" and detail == "名詞的") or (kind == "形状詞" and detail != "助動詞語幹"):
        return _Role.CONTINUES
    return _Role.BREAKS


def _noun_phrases(morphemes: Iterable[Morpheme], roles: Iterable[_Role]) -> Iterator[Phrase]:
    """Noun phrases among the words, and 「AのB」 of two that follow each other."""
    run: list[str] = []
    starts = False
    before: Phrase | None = None  # the phrase that a の ties to this one
    for morpheme, role in chain(zip(morphemes, roles, strict=True), [_END]):
        if morpheme and role in _IN_PHRASE and (run or role is not _Role.CONTINUES):
            run.append(morpheme.surface())
            starts = starts or role is _Role.STARTS
            continue
        phrase = Phrase("".join(run), len(run)) if starts else None
        if phrase and _is_telling(phrase.text):
            yield phrase
        if phrase and before and len(before.text) >= 2 and len(before.text + phrase.text) <= 15:
            yield Phrase(f"{before.text}の{phrase.text}", before.parts + phrase.parts + 1)
        before = phrase if role is _Role.LINKS else None
        run, starts = [], False


def _is_telling(text: str) -> bool:
    return 2 <= len(text) <= 16 and not _SHORT_KANA.fullmatch(text)
