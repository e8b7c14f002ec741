"""Rows that lie close together as groups: one dendrogram, cut anywhere.

Nothing is called noise: a row is a member of a group, lone, or unplaced for want of a content word.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster import hierarchy
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import MiniBatchKMeans
from sklearn.preprocessing import normalize

from analysis import cuts, threads
from analysis.vectors import Vectors

CUTS = cuts.NAMED
DEFAULT_CUT = cuts.DEFAULT

# Every pair of 12,000 rows takes 0.6 GB, twice while linking; above, rows are gathered first.
PAIRS_LIMIT = 12_000
GATHERED = 1_000

_BLOCK_ROWS = 512


@dataclass(frozen=True)
class Grouping:
    """Which of n texts belong together; each index below n is in exactly one place.

    `members` holds one ascending tuple for each group, groups in the order of their first member.
    """

    members: tuple[tuple[int, ...], ...] = ()
    lone: tuple[int, ...] = ()
    unplaced: tuple[int, ...] = ()

    @property
    def text_count(self) -> int:
        """How many texts there are: Σ members + lone + unplaced."""
        return sum(map(len, self.members)) + len(self.lone) + len(self.unplaced)

    def labels(self) -> NDArray[np.int64]:
        """(n,) the number of each text's group, -1 for those in none."""
        labels = np.full(self.text_count, -1, dtype=np.int64)
        for number, members in enumerate(self.members):
            labels[list(members)] = number
        return labels


@dataclass(frozen=True, eq=False)
class Tree:
    """The whole dendrogram, to be cut anywhere.

    `links` is SciPy's (leaves - 1, 4); `leaf` is (n,), the leaf each row hangs on, -1 = unplaced.
    """

    links: NDArray[np.float64]
    leaf: NDArray[np.int64]

    def cut(self, distance: float = DEFAULT_CUT) -> Grouping:
        """The groups whose members are on average nearer than a cosine distance (0 to 2)."""
        if not len(self.links):
            return self._grouping(np.zeros(1, dtype=np.int64))
        clusters = hierarchy.fcluster(self.links, distance, "distance")
        return self._grouping(clusters.astype(np.int64))

    def counts(self, distance: float, weights: NDArray[np.int64]) -> tuple[int, int]:
        """How many groups and lone texts a cut gives, where each row stands for `weights` texts.

        For every step of a slider: of 100,000 rows in a hundredth of the time of `cut`.
        """
        placed = self.leaf >= 0
        if not placed.any():
            return 0, 0
        clusters = np.zeros(1, dtype=np.int64)
        if len(self.links):
            clusters = hierarchy.fcluster(self.links, distance, "distance")
        sizes = np.bincount(clusters[self.leaf[placed]], weights=weights[placed])
        return int((sizes > 1).sum()), int((sizes == 1).sum())

    def cut_into(self, count: int) -> Grouping:
        """So many groups and lone rows together, or as many as there are leaves: the last merges
        undone. Where several are equally far, the tree's own order decides.
        """
        leaves = len(self.links) + 1
        kept = max(leaves - max(count, 1), 0)
        children = self.links[:kept, :2].astype(np.int64)
        parents = np.repeat(np.arange(leaves, leaves + kept), 2)
        edges = sparse.coo_matrix(
            (np.ones(2 * kept), (children.ravel(), parents)), shape=(leaves + kept, leaves + kept)
        )
        _, clusters = connected_components(edges, directed=False)
        return self._grouping(clusters.astype(np.int64))

    def _grouping(self, clusters: NDArray[np.int64]) -> Grouping:
        """Groups by the cluster of each leaf."""
        return _gather(np.where(self.leaf < 0, -1, clusters[self.leaf]))


def link(vectors: Vectors, *, pairs_limit: int = PAIRS_LIMIT, seed: int = 0) -> Tree:
    """Build the dendrogram by average linkage on cosine distance (Sokal & Michener 1958).

    Where `vectors` know the exact words, a distance is that along the axes and that in the words,
    by their share: the axes alone lose what only one or two say.
    Up to `pairs_limit` placed rows each row is a leaf; above, a leaf is one of 1,000 small
    clusters of mini-batch k-means (Sculley 2010), for which alone `seed` matters.
    Same rows and seed, same tree.
    """
    leaf = np.full(len(vectors.placed), -1, dtype=np.int64)
    own = vectors.only(vectors.placed)
    with threads.one():
        if len(own.rows) > pairs_limit:
            own, leaf[vectors.placed] = _gather_first(own, min(GATHERED, pairs_limit), seed)
        else:
            leaf[vectors.placed] = np.arange(len(own.rows))
        if len(own.rows) < 2:
            return Tree(np.empty((0, 4)), leaf)
        return Tree(hierarchy.linkage(_distances(own), "average"), leaf)


def group(vectors: Vectors, cut: float = DEFAULT_CUT, *, seed: int = 0) -> Grouping:
    """Group rows at one cut; keep the tree of `link` where another cut may be wanted."""
    return link(vectors, seed=seed).cut(cut)


def unfold(grouping: Grouping, copies: Sequence[Sequence[int]]) -> Grouping:
    """Put exact copies where the one that stood for them is; `copies[i]` are the texts of index i.

    A lone text that several people sent is a group of its own.
    """
    lone = [copies[i] for i in grouping.lone]
    groups = [list(chain.from_iterable(copies[i] for i in members)) for members in grouping.members]
    return _ordered(
        [*groups, *lone],
        chain.from_iterable(copies[i] for i in grouping.unplaced),
    )


def _gather(labels: NDArray[np.int64]) -> Grouping:
    found = defaultdict(list)
    for index, label in enumerate(labels.tolist()):
        found[label].append(index)
    unplaced = found.pop(-1, [])
    return _ordered(found.values(), unplaced)


def _ordered(groups: Iterable[Sequence[int]], unplaced: Iterable[int]) -> Grouping:
    sets = [tuple(sorted(members)) for members in groups]
    return Grouping(
        members=tuple(sorted(members for members in sets if len(members) > 1)),
        lone=tuple(sorted(members[0] for members in sets if len(members) == 1)),
        unplaced=tuple(sorted(unplaced)),
    )


def _gather_first(vectors: Vectors, count: int, seed: int) -> tuple[Vectors, NDArray[np.int64]]:
    """Centres of unit length of c small clusters along the axes, and each row's centre (n,)."""
    model = MiniBatchKMeans(count, batch_size=4096, n_init=1, random_state=seed)
    _, nearest = np.unique(model.fit_predict(vectors.rows), return_inverse=True)
    shape = (int(nearest.max()) + 1, len(nearest))
    into = sparse.csr_matrix((np.ones(len(nearest)), (nearest, np.arange(len(nearest)))), shape)
    exact = None if vectors.exact is None else normalize(into @ vectors.exact)
    found = Vectors(
        normalize(into @ vectors.rows), np.ones(shape[0], dtype=bool), exact, vectors.exact_share
    )
    return found, nearest.astype(np.int64)


def _distances(vectors: Vectors) -> NDArray[np.float64]:
    """Distances of rows in SciPy's condensed order, n (n - 1) / 2 of them.

    By blocks, so that the square never exists. Rounded, because copies come out at ±1e-16: linkage
    refuses what is below zero, and ties should not be decided by the processor.
    """
    n = len(vectors.rows)
    condensed = np.empty(n * (n - 1) // 2)
    at = 0
    for top in range(0, n, _BLOCK_ROWS):
        block = _likeness(vectors, top)
        np.subtract(1.0, block, out=block)
        np.round(block, 9, out=block)
        np.clip(block, 0.0, 2.0, out=block)
        for offset, line in enumerate(block):
            rest = line[offset + 1 :]
            condensed[at : at + len(rest)] = rest
            at += len(rest)
    return condensed


def _likeness(vectors: Vectors, top: int) -> NDArray[np.float64]:
    """Cosines of some rows from `top` on with themselves and all that follow."""
    own = slice(top, top + _BLOCK_ROWS)
    along: NDArray[np.float64] = vectors.rows[own] @ vectors.rows[top:].T
    if vectors.exact is None:
        return along
    along *= 1 - vectors.exact_share
    exact = vectors.exact[top:] @ vectors.exact[own].T.tocsr()
    exact *= vectors.exact_share
    along += exact.T.toarray()
    return along
