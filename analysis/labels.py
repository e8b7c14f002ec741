"""Headings proposed for groups: a noun phrase that members share, and one resident's own sentence.

Nothing is composed: the sentence is a slice of what one person wrote, the phrase is in two texts
or more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from analysis.points import leans_back
from analysis.tokens import Sentence, normalise
from analysis.vectors import Space, Vectors

# Below it the phrase speaks for too few, and a person must find the name: analysis.md.
NAMED_FROM = 0.3
UNNAMED = "（要命名）"

# Words that tell nothing as a heading, alone or as B of 「AのB」.
_GENERIC = """
意見 反対 賛成 理由 必要 問題 内容 場合 部分 以上 全て 自体 今回 今後 現在 状況 具体 同様 一部 多く
方々 皆様 国民 市民 県民 区民 住民 対応 検討 考え 実施 可能 可能性 重要 最も 一番 説明 確認 改正
"""
GENERIC = frozenset(_GENERIC.split())

# Phrases that share more of their letters say the same; the prototype's measure.
_SHARED_LETTERS = 0.6

# Sentences are sought in so few texts of a group, the nearest to its centre.
_CENTRAL_TEXTS = 5


@dataclass(frozen=True)
class Label:
    """What a group may be called.

    `phrase` is None where no phrase is in two texts; `confidence` is the share of texts with it in
    them, each distinct text counted once. `sentence` is `texts[member][begin:end]`, as written.
    """

    phrase: str | None
    confidence: float
    member: int
    begin: int
    end: int
    sentence: str

    @property
    def is_named(self) -> bool:
        """Whether the phrase can stand as a name; else the group is shown as （要命名）."""
        return self.phrase is not None and self.confidence >= NAMED_FROM

    def heading(self, length: int = 60) -> str:
        """「phrase ｜ the sentence」 on one line, cut to `length` characters of the sentence."""
        line = " ".join(self.sentence.split())
        said = line if len(line) <= length else line[: length - 1] + "…"
        return f"{self.phrase if self.is_named else UNNAMED} ｜ {said}"


def label(
    groups: Sequence[Sequence[int]],
    texts: Sequence[str],
    sentences: Sequence[Sequence[Sentence]],
    vectors: Vectors,
    space: Space,
) -> tuple[Label, ...]:
    """Propose a label for each group of indices into `texts`, in the same order.

    A phrase is held against all texts, also those in no group; pass each copy once, so that a
    campaign does not name a group. `sentences` and `vectors` are those of `texts`, by `space`.
    """
    every = _Said(sentences)
    found = []
    names = [_name(members, texts, every) for members in groups]
    quotes = _quotes(groups, names, texts, sentences, vectors, space)
    for (phrase, confidence), quote in zip(names, quotes, strict=True):
        member, begin, end = _without_blanks(texts, *quote)
        said = texts[member][begin:end]
        found.append(Label(phrase, confidence, member, begin, end, said))
    return tuple(found)


def headings(
    under: Sequence[Sequence[Sequence[int]]],
    sentences: Sequence[Sequence[Sentence]],
    top: int = 3,
) -> tuple[tuple[str, ...], ...]:
    """For each heading the phrases that tell it from the others best, unlike each other.

    `under` holds for each heading its themes' members; indices and copies as for `label`. Themes
    weigh alike, as they did when headings were found: a school that one large theme speaks of is
    no heading for twenty. Phrases are in two themes or more, and each names one heading only, the
    one it tells most of: in a consultation on AI, AI is no heading.
    """
    said = _Said(sentences)
    shares = [[said.shares(members) for members in themes] for themes in under]
    inside = [_added(themes) for themes in shares]
    every, count = _added(inside), sum(map(len, under))
    scores = [
        {
            phrase: said.score(
                phrase,
                own[phrase] / len(themes),
                (every[phrase] - own[phrase] + 0.5) / (count - len(themes) + 1),
            )
            for phrase, seen in Counter(chain.from_iterable(themes)).items()
            if seen >= min(2, len(themes))
        }
        for themes, own in zip(shares, inside, strict=True)
    ]
    best: dict[str, float] = {}
    for phrase, score in chain.from_iterable(found.items() for found in scores):
        best[phrase] = max(score, best.get(phrase, 0.0))
    return tuple(
        _unlike([text for text in _by_score(found) if found[text] == best[text]], top)
        for found in scores
    )


def _added(shares: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The sums of shares by phrase."""
    found: dict[str, float] = {}
    for phrase, share in chain.from_iterable(own.items() for own in shares):
        found[phrase] = found.get(phrase, 0.0) + share
    return found


def _by_score(scores: Mapping[str, float]) -> list[str]:
    """The best first.

    By the text after the score: sets have no order, and the same input gives the same label.
    """
    return sorted(scores, key=lambda text: (-scores[text], text))


def _unlike(ranked: Sequence[str], top: int) -> tuple[str, ...]:
    """The first of phrases that share little with those before them: 高校再編, not also 再編."""
    chosen: list[str] = []
    for phrase in ranked:
        letters = set(phrase)
        if len(chosen) < top and all(
            len(letters & set(other)) <= _SHARED_LETTERS * min(len(letters), len(set(other)))
            for other in chosen
        ):
            chosen.append(phrase)
    return tuple(chosen)


class _Said:
    """Which phrases each text has, and of how many parts each is made."""

    def __init__(self, sentences: Sequence[Sequence[Sentence]]) -> None:
        self._own: list[frozenset[str]] = []
        self._parts: dict[str, int] = {}
        for text in sentences:
            found = [phrase for sentence in text for phrase in sentence.words.phrases]
            for phrase in found:  # the fewest, whichever text comes first
                parts = self._parts.get(phrase.text, phrase.parts)
                self._parts[phrase.text] = min(parts, phrase.parts)
            self._own.append(frozenset(phrase.text for phrase in found) - GENERIC)
        self._seen = Counter(text for own in self._own for text in own)

    def ranked(self, members: Sequence[int]) -> list[str]:
        """Phrases that two members or more have, by coverage × log-lift."""
        inside = Counter(text for i in members for text in self._own[i])
        size, outside = len(members), len(self._own) - len(members)
        return _by_score(
            {
                text: self.score(
                    text, count / size, (self._seen[text] - count + 0.5) / (outside + 1)
                )
                for text, count in inside.items()
                if count >= 2
            }
        )

    def shares(self, members: Sequence[int]) -> dict[str, float]:
        """How many of the members have each phrase, as a share."""
        inside = Counter(text for i in members for text in self._own[i])
        return {text: count / len(members) for text, count in inside.items()}

    def score(self, text: str, coverage: float, elsewhere: float) -> float:
        """What a phrase is worth as a name."""
        return _score(text, self._parts[text], coverage, elsewhere)


def _name(members: Sequence[int], texts: Sequence[str], said: _Said) -> tuple[str | None, float]:
    """The phrase in two texts or more with the greatest coverage × log-lift, and its coverage."""
    ranked = said.ranked(members)
    if not ranked:
        return None, 0.0
    # Counted anew in the text, for 高校 is also in 高校再編.
    return ranked[0], sum(ranked[0] in normalise(texts[i]) for i in members) / len(members)


def _score(phrase: str, parts: int, coverage: float, elsewhere: float) -> float:
    """Coverage × log-lift, more for a longer phrase: 高校再編 over 再編. Weights by eye."""
    score = coverage * log(1 + coverage / elsewhere) * (1 + 0.35 * min(parts - 1, 2))
    head = phrase.rpartition("の")[2]
    if head == phrase:
        return score
    return score * 1.15 * (0.6 if head in GENERIC else 1)


def _quotes(
    groups: Sequence[Sequence[int]],
    names: Sequence[tuple[str | None, float]],
    texts: Sequence[str],
    sentences: Sequence[Sequence[Sentence]],
    vectors: Vectors,
    space: Space,
) -> list[tuple[int, Sentence]]:
    """For each group a sentence of one of its most central members, and that member."""
    candidates: list[tuple[int, Sentence]] = []
    worth: list[float] = []
    bounds: list[slice] = []
    centres: list[NDArray[np.float64]] = []
    for members, (phrase, _) in zip(groups, names, strict=True):
        rows = vectors.rows[list(members)]
        centre = normalize(rows.mean(axis=0, keepdims=True))[0]
        nearest = np.argsort(-_near(rows, centre), kind="stable")[:_CENTRAL_TEXTS]
        own = [(members[i], sentence) for i in nearest for sentence in sentences[members[i]]]
        bounds.append(slice(len(candidates), len(candidates) + len(own)))
        candidates += own
        worth += [_legible(texts[i][part.begin : part.end], phrase) for i, part in own]
        centres.append(centre)
    # One call for all: placing a sentence alone costs as much as placing a hundred.
    rows = space.place([sentence.words for _, sentence in candidates]).rows
    legible = np.array(worth)
    return [
        candidates[part][int(np.argmax(_near(rows[part], centre) * legible[part]))]
        for part, centre in zip(bounds, centres, strict=True)
    ]


def _near(rows: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosines to the centre, rounded: two members are equally near theirs but for the last bits.

    Those differ with the number of processor threads, which must not choose the sentence.
    """
    cosines: NDArray[np.float64] = np.round(rows @ centre, 9)
    return cosines


def _legible(said: str, phrase: str | None) -> float:
    """What a sentence is worth as a heading: by its length, read alone, beside its phrase.

    Best in one line, bearable in two (the prototype's weights); the other two by eye.
    """
    length = len(said.strip())
    worth = 1.0 if 10 <= length <= 45 else 0.6 if 10 <= length <= 70 else 0.3
    if leans_back(said):
        worth *= 0.7
    if phrase is not None and phrase not in normalise(said):
        worth *= 0.8
    return worth


def _without_blanks(texts: Sequence[str], member: int, sentence: Sentence) -> tuple[int, int, int]:
    """(member, begin, end) of the sentence less the white space around it."""
    said = texts[member][sentence.begin : sentence.end]
    begin = sentence.begin + len(said) - len(said.lstrip())
    return member, begin, begin + len(said.strip())
