"""Where a letter may be split into the points it makes: proposals with offsets, no rewriting.

Only a person splits an opinion (contracts.md); until then points are shown as highlights.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.tokens import Sentence

# A piece shorter than this (はじめまして。) is no point of its own, whatever its words.
SHORTEST = 12

_CUE = re.compile(
    r"\s*(?:また[、はに]|また$|さらに|次に|それから|一方|他方|加えて|そして|なお|もう一つ|最後に|ほかに|その他|ところで|それと"
    r"|あと[、は]|第[一二三四五六七八九1-9１-９][、にはの\s]|[①-⑳・●○■□◆◇]|[(（]?[0-9０-９]{1,2}[.)．、）](?![0-9０-９]))"
)
# It speaks of what was said before: no new point, though no noun is repeated.
_REFERS_BACK = re.compile(
    r"\s*(?:これ|それ|この|その|こう|そう|しかし|だから|よって|従って|したがって|なぜなら|つまり|ただ)"
)
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


def propose(text: str, sentences: Sequence[Sentence]) -> tuple[Point, ...]:
    """Propose the points of a text; `sentences` are its own, from `tokens.read`.

    In order, they cover the text completely; none for an empty text. A point begins where a
    sentence opens with a cue (また、① …) or shares no noun with the point so far.
    """
    points: list[Point] = []
    nouns: set[str] = set()
    for sentence in sentences:
        own = set(sentence.words.nouns)
        reason = _reason(text, points[-1], nouns, sentence, own) if points else Reason.START
        if reason:
            points.append(Point(sentence.begin, sentence.end, reason))
            nouns = own
        else:
            points[-1] = Point(points[-1].begin, sentence.end, points[-1].reason)
            nouns |= own
    return tuple(points)


def _reason(
    text: str, point: Point, nouns: set[str], sentence: Sentence, own: set[str]
) -> Reason | None:
    so_far = text[point.begin : point.end]
    if _CUE.match(text, sentence.begin, sentence.end):
        return Reason.CUE
    # A line without a full stop is a heading or a line wrapped by mail: what follows belongs to it.
    if len(so_far.strip()) < SHORTEST or not _ENDS_A_SENTENCE.search(so_far):
        return None
    if not nouns or not own or nouns & own or _REFERS_BACK.match(text, sentence.begin):
        return None
    return Reason.VOCABULARY
