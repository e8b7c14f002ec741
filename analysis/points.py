"""Where a letter may be split into the points it makes: proposals with offsets, no rewriting.

Only a person splits an opinion (contracts.md); until then points are shown as highlights.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import hypot, log, prod

from analysis.tokens import Sentence

# A piece shorter than this (はじめまして。) is no point of its own, whatever its words.
SHORTEST = 12
# Sentences less like the point so far begin another: the prototype's threshold, see `propose`.
UNLIKE = 0.06

_CUE = re.compile(
    r"\s*(?:また[、はに]|また$|さらに|次に|それから|一方|他方|加えて|そして|なお|もう一つ|最後に|ほかに|その他|ところで|それと"
    r"|あと[、は]|第[一二三四五六七八九1-9１-９][、にはの\s]|[①-⑳・●○■□◆◇]|[(（]?[0-9０-９]{1,2}[.)．、）](?![0-9０-９]))"
)
# It speaks of what was said before: no new point, though no noun is repeated.
_REFERS_BACK = re.compile(
    r"\s*(?:これ|それ|この|その|こう|そう|しかし|だから|よって|従って|したがって|なぜなら|つまり|ただ)"
)
_EXAMPLE = re.compile(r"\s*(?:例えば|たとえば|特に|もちろん|実際)")
_ENDS_A_SENTENCE = re.compile(r"[。！？!?][」』）)】]*\s*$")


class Reason(StrEnum):
    """Why a point is thought to begin where it does."""

    START = "start"
    CUE = "cue"
    VOCABULARY = "vocabulary"


@dataclass(frozen=True)
class Point:
    """A proposed part of a text, `text[begin:end]`."""

    begin: int
    end: int
    reason: Reason


def leans_back(sentence: str) -> bool:
    """Whether a sentence goes on from one before it (その, また, たとえば): hard to read alone."""
    return bool(_REFERS_BACK.match(sentence) or _CUE.match(sentence) or _EXAMPLE.match(sentence))


@dataclass(frozen=True)
class Weights:
    """How telling words are; one that is not among them tells as much as `unknown`."""

    known: Mapping[str, float]
    unknown: float = 1.0

    def of(self, word: str) -> float:
        return self.known.get(word, self.unknown)


def weigh(texts: Iterable[Sequence[Sentence]]) -> Weights:
    """How telling each word is among some texts (IDF, smoothed): what most say tells little."""
    count, seen = 0, Counter[str]()
    for sentences in texts:
        count += 1
        seen.update({word for sentence in sentences for word in _words(sentence)})
    known = {word: log((1 + count) / (1 + found)) + 1 for word, found in seen.items()}
    return Weights(known, log(1 + count) + 1)


ALIKE = Weights({})


def propose(
    text: str, sentences: Sequence[Sentence], weights: Weights = ALIKE
) -> tuple[Point, ...]:
    """Propose the points of a text; `sentences` are its own, from `tokens.read`.

    In order, they cover the text completely; none for an empty text. A point begins where a
    sentence opens with a cue (また、① …) or has words unlike those of the point so far. `weights`
    of the consultation's words (`weigh`) let 高校, which everybody says, tie nothing together;
    without them each word counts alike, and fewer points are found.
    """
    points: list[Point] = []
    so_far: Counter[str] = Counter()
    for sentence in sentences:
        own = Counter(_words(sentence))
        if points:
            likeness = _likeness(so_far, own, weights)
            reason = _reason(text, points[-1], sentence, likeness)
        else:
            reason = Reason.START
        if reason:
            points.append(Point(sentence.begin, sentence.end, reason))
            so_far = own
        else:
            points[-1] = Point(points[-1].begin, sentence.end, points[-1].reason)
            so_far += own
    return tuple(points)


def _words(sentence: Sentence) -> tuple[str, ...]:
    return sentence.words.nouns + sentence.words.others


def _likeness(one: Counter[str], other: Counter[str], weights: Weights) -> float:
    """Cosine of two bags of words, sublinear and weighed; 1 where one has no word to judge by."""
    if not one or not other:
        return 1.0
    sides = [
        {word: (1 + log(n)) * weights.of(word) for word, n in bag.items()} for bag in (one, other)
    ]
    shared = sum(value * sides[1].get(word, 0.0) for word, value in sides[0].items())
    return shared / prod(hypot(*side.values()) for side in sides)


def _reason(text: str, point: Point, sentence: Sentence, likeness: float) -> Reason | None:
    so_far = text[point.begin : point.end]
    if _CUE.match(text, sentence.begin, sentence.end):
        return Reason.CUE
    # A line without a full stop is a heading or a line wrapped by mail: what follows belongs to it.
    if len(so_far.strip()) < SHORTEST or not _ENDS_A_SENTENCE.search(so_far):
        return None
    if likeness >= UNLIKE or _REFERS_BACK.match(text, sentence.begin):
        return None
    return Reason.VOCABULARY
