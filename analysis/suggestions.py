"""Where a newcomer may belong: the themes most like it, for a person to choose from.

Nothing is filed here, and no filed opinion is looked at again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from analysis.vectors import Vectors

# Three suggestions; half the theme's centre, half its best member: analysis.md, where the theme
# that staff chose is among the three for .62 to .68 of newcomers.
SUGGESTED = 3
CENTRE_WEIGHT = 0.5

_BLOCK_ROWS = 1_024


@dataclass(frozen=True)
class Suggestion:
    """A theme by its key, and how like it the newcomer is: -1 to 1, higher is nearer."""

    theme: str
    score: float


def top(
    vectors: Vectors,
    members: Mapping[str, Sequence[int]],
    newcomers: Vectors,
    n: int = SUGGESTED,
) -> tuple[tuple[Suggestion, ...], ...]:
    """The `n` best themes for each newcomer, best first; ties in the order of `members`.

    `members` holds for each theme the rows of `vectors` that are filed in it; themes without a
    placed one are never suggested. Newcomers must be placed by the same space. An unplaced
    newcomer, and one that is like nothing (a row of zeros), gets no suggestion.
    Score = ½ cosine to the theme's centre + ½ cosine to its best member.
    """
    filed = {theme: [i for i in rows if vectors.rows[i].any()] for theme, rows in members.items()}
    themes = [theme for theme, rows in filed.items() if rows]
    found: list[tuple[Suggestion, ...]] = []
    if not themes:
        return ((),) * len(newcomers.rows)
    scores = _Scores(vectors, [filed[theme] for theme in themes])
    for begin in range(0, len(newcomers.rows), _BLOCK_ROWS):
        rows = newcomers.rows[begin : begin + _BLOCK_ROWS]
        block = scores.of(rows)
        best = np.argsort(-block, axis=1, kind="stable")[:, :n]
        for row, score, order in zip(rows, block, best, strict=True):
            chosen = (Suggestion(themes[i], float(score[i])) for i in order)
            found.append(tuple(chosen) if row.any() else ())
    return tuple(found)


class _Scores:
    """How like each theme rows are."""

    def __init__(self, vectors: Vectors, filed: Sequence[Sequence[int]]) -> None:
        self._starts = np.cumsum([0, *map(len, filed)])[:-1]
        self._rows = vectors.rows[np.concatenate([np.asarray(rows) for rows in filed])]
        centres = np.add.reduceat(self._rows, self._starts, axis=0)
        self._centres = normalize(centres)

    def of(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """(rows, themes), rounded: ties must not be decided by the processor."""
        best = np.maximum.reduceat(rows @ self._rows.T, self._starts, axis=1)
        centre = rows @ self._centres.T
        scores: NDArray[np.float64] = np.round(
            CENTRE_WEIGHT * centre + (1 - CENTRE_WEIGHT) * best, 9
        )
        return scores
