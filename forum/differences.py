"""What changed between two wordings, as runs of text kept, taken out and put in."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

SHORT = 2  # a kept run this short between two changes is read as part of the change


@dataclass(frozen=True)
class Run:
    """A piece of text; `kind` is "keep", "out" or "in"."""

    kind: str
    text: str


def between(before: str, after: str) -> list[Run]:
    """The runs that lead from one wording to the other, character by character."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    runs: list[Run] = []
    out = into = ""
    codes = matcher.get_opcodes()
    for index, (tag, a1, a2, b1, b2) in enumerate(codes):
        inside = 0 < index < len(codes) - 1
        if tag == "equal" and not (inside and a2 - a1 <= SHORT):
            runs += _changed(out, into)
            out = into = ""
            runs.append(Run("keep", before[a1:a2]))
        else:
            out, into = out + before[a1:a2], into + after[b1:b2]
    return runs + _changed(out, into)


def _changed(out: str, into: str) -> list[Run]:
    return [Run(kind, text) for kind, text in (("out", out), ("in", into)) if text]
