"""Opinions that show what a theme is about: the most central, and some that differ from it."""

from collections.abc import Sequence

import numpy as np

from analysis.vectors import Vectors

SHOWN = 3
# Maximal marginal relevance (Carbonell & Goldstein 1998): analysis.md's prototype weighs being
# central 0.6 and differing from those already chosen 0.4.
CENTRAL_WEIGHT = 0.6


def choose(vectors: Vectors, members: Sequence[int], n: int = SHOWN) -> tuple[int, ...]:
    """Up to `n` of `members` (rows of `vectors`): the medoid, then what is central and new.

    Members without a place come last. Ties keep the order of `members`.
    """
    if not members:
        return ()
    rows = vectors.rows[list(members)]
    centre = rows.mean(axis=0)
    length = float(np.linalg.norm(centre)) or 1.0
    central = np.where(rows.any(axis=1), np.round(rows @ centre / length, 9), -1.0)
    chosen = [int(np.argmax(central))]
    nearest = np.round(rows @ rows[chosen[0]], 9)
    while len(chosen) < min(n, len(members)):
        worth = CENTRAL_WEIGHT * central - (1 - CENTRAL_WEIGHT) * nearest
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
        nearest = np.maximum(nearest, np.round(rows @ rows[chosen[-1]], 9))
    return tuple(members[i] for i in chosen)
