"""Groups of voices by what they agree and disagree with, as Polis finds them.

Apart from themes: an opinion's theme is what it is about, a voice's group is how it answered.
Figures are numbers of people; nothing here is the result of a vote.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from analysis import threads

Votes = NDArray[np.float64]

# Polis (Small et al. 2021, compdemocracy/polis math): two components, 2 to 5 groups by
# silhouette; a voice takes part from 7 stances on, or from all of them where there are fewer.
COMPONENTS = 2
MOST_GROUPS = 5
FEWEST_STANCES = 7
# group-k-smoother of the same: another number of groups must come out so many times running.
STEADY_AFTER = 4
# Fewer do not speak for their group.
_SPEAKS_FROM = 3
# The silhouette compares all pairs: of more voices than these, it judges by every n-th.
_JUDGED_VOICES = 3_000


@dataclass(frozen=True, eq=False)
class Voices:
    """Which voices answer alike; each row of the votes is in one of `groups` or in `outside`.

    Groups hold ascending rows, the largest group first. `positions` is (n, 2), NaN for who is
    outside; distances along both axes compare.
    """

    groups: tuple[tuple[int, ...], ...]
    outside: tuple[int, ...]
    positions: NDArray[np.float64]


@dataclass(frozen=True)
class Stand:
    """How one group answers one opinion, in people."""

    agree: int
    disagree: int
    passed: int

    @property
    def answered(self) -> int:
        """How many answered, those who passed among them."""
        return self.agree + self.disagree + self.passed

    @property
    def share(self) -> float:
        """The share who agree of those who answered, drawn towards ½ for few (Laplace)."""
        return (self.agree + 1) / (self.answered + 2)


@dataclass(frozen=True)
class Answered:
    """One opinion (a column of the votes) and how each group answered it, in their order."""

    opinion: int
    stands: tuple[Stand, ...]

    @property
    def least(self) -> float:
        """The share of the group that agrees least."""
        return min(stand.share for stand in self.stands)

    @property
    def spread(self) -> float:
        """How far the groups are apart: 0 to 1."""
        shares = [stand.share for stand in self.stands]
        return max(shares) - min(shares)


def groups(
    votes: Votes, *, fewest: int = FEWEST_STANCES, k: int | None = None, seed: int = 0
) -> Voices:
    """Group voices by their stances.

    `votes` is (voices, opinions): 1 agrees, -1 disagrees, 0 passed, NaN not answered. Voices with
    fewer than `fewest` stances (or than there are opinions) are outside, and so is a group of one.
    `k` asks for a number of groups, else 2 to 5 by silhouette (Rousseeuw 1987); no groups where
    fewer than four voices take part or all answer the same. Same votes and seed, same groups.
    """
    count = (~np.isnan(votes)).sum(axis=1)
    inside = np.flatnonzero(count >= max(1, min(fewest, votes.shape[1])))
    positions = np.full((len(votes), COMPONENTS), np.nan)
    if not len(inside):
        return Voices((), tuple(range(len(votes))), positions)
    with threads.one():
        positions[inside] = _project(votes[inside])
        labels = _divide(positions[inside], k, seed)
    found = [inside[labels == label] for label in np.unique(labels[labels >= 0])]
    found = [rows for rows in found if len(rows) > 1]
    ordered = sorted((tuple(rows.tolist()) for rows in found), key=lambda rows: (-len(rows), rows))
    taken = {row for rows in ordered for row in rows}
    outside = tuple(row for row in range(len(votes)) if row not in taken)
    return Voices(tuple(ordered), outside, positions)


def answers(votes: Votes, found: Sequence[Sequence[int]]) -> tuple[Answered, ...]:
    """How each group answered each opinion, in people; in the order of the columns."""
    return tuple(
        Answered(opinion, tuple(_stand(votes[list(rows), opinion]) for rows in found))
        for opinion in range(votes.shape[1])
    )


def agreed(votes: Votes, found: Sequence[Sequence[int]]) -> tuple[Answered, ...]:
    """Opinions that every group agrees with, the most shared first.

    In each group most of those who answered agree, and three answered, or all where there are
    fewer. Ordered by the product of the shares: Polis's group-informed consensus.
    """
    enough = [min(_SPEAKS_FROM, len(rows)) for rows in found]
    every = [
        one
        for one in answers(votes, found)
        if found
        and all(
            2 * stand.agree > stand.answered >= few
            for stand, few in zip(one.stands, enough, strict=True)
        )
    ]
    product = {
        one.opinion: round(float(np.prod([s.share for s in one.stands])), 9) for one in every
    }
    return tuple(sorted(every, key=lambda one: (-product[one.opinion], one.opinion)))


def dividing(votes: Votes, found: Sequence[Sequence[int]]) -> tuple[Answered, ...]:
    """Opinions that most of one group agrees with and most of another does not, widest first."""
    apart = [
        one
        for one in answers(votes, found)
        if any(2 * stand.agree > stand.answered for stand in one.stands)
        and any(2 * stand.disagree > stand.answered for stand in one.stands)
    ]
    return tuple(sorted(apart, key=lambda one: (-round(one.spread, 9), one.opinion)))


def steady(before: Sequence[int], shown: int | None) -> int | None:
    """The number of groups to show: another one only after it came out several times running.

    `before` are the numbers that came out, the newest last; `shown` is what people see now.
    """
    if not before:
        return shown
    last = list(before[-STEADY_AFTER:])
    is_steady = len(last) == STEADY_AFTER and len(set(last)) == 1
    return before[-1] if shown is None or is_steady else shown


def _stand(column: Votes) -> Stand:
    return Stand(int((column > 0).sum()), int((column < 0).sum()), int((column == 0).sum()))


def _project(votes: Votes) -> NDArray[np.float64]:
    """(n, 2) principal components; what was not answered counts as the mean of who did.

    Polis stretches a voice that answered few, whom the means would draw to the middle.
    """
    answered = ~np.isnan(votes)
    mean = np.where(answered, votes, 0).sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
    centred = np.where(answered, votes - mean, 0.0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:COMPONENTS]
    axes *= np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    found = np.zeros((len(votes), COMPONENTS))
    found[:, : len(axes)] = centred @ axes.T
    stretch = np.sqrt(votes.shape[1] / answered.sum(axis=1))
    positions: NDArray[np.float64] = np.round(found * stretch[:, None], 9)
    return positions


def _divide(positions: NDArray[np.float64], k: int | None, seed: int) -> NDArray[np.int64]:
    """(n,) the group of each position, -1 where there are no groups to tell apart."""
    distinct = len(np.unique(positions, axis=0))
    most = min(MOST_GROUPS, distinct, len(positions) - 1)
    every = 1 + len(positions) // _JUDGED_VOICES
    best, best_score = np.full(len(positions), -1, dtype=np.int64), -1.0
    for count in [k] if k else range(2, most + 1):
        if not 2 <= count <= min(distinct, len(positions) - 1) or len(positions) < 4:
            continue
        labels = KMeans(count, n_init=10, random_state=seed).fit_predict(positions)
        if np.bincount(labels).min() < 2 and not k:
            continue  # no group of one
        score = round(float(silhouette_score(positions[::every], labels[::every])), 9)
        if score > best_score:
            best, best_score = labels.astype(np.int64), score
    return best
