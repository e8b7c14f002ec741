"""Texts that say the same in the same words: exact copies, and near ones as a proposal.

Exact copies are one opinion from n senders by themselves. Near copies never are: form letters may
differ in one word, 賛成 or 反対, so that a person looks at each pair. Every index is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from analysis import tokens

# Character 2- to 4-grams and a cosine of 0.9: analysis.md. Counts without IDF, so that whether two
# texts are near copies depends on these two alone and not on what else was sent in.
GRAMS = (2, 4)
NEAR = 0.9

# Two texts of four characters share 2-grams by chance: 賛成です, 反対です.
_SHORTEST = 10
_BLOCK_ROWS = 1_024
_COMMON = 0.5


@dataclass(frozen=True)
class Copy:
    """A text that nearly is another: `text` is like `of` by `likeness` (0.9 to 1.0)."""

    text: int
    of: int
    likeness: float


def fold(texts: Iterable[str]) -> tuple[tuple[int, ...], ...]:
    """Indices of texts that are exact copies of each other, in the order of the first of each.

    Equal after NFKC and white-space folding (contracts.md). Every index is in exactly one tuple.
    """
    found = defaultdict(list)
    for index, text in enumerate(texts):
        found[tokens.fold_key(text)].append(index)
    return tuple(map(tuple, found.values()))


def near(texts: Sequence[str], *, likeness: float = NEAR) -> tuple[Copy, ...]:
    """Propose which texts are near copies of an earlier one, in their order.

    `of` is the earlier text most like it (the first, if several are) which is itself no copy: no
    chain leads from one letter to another that is not like it. Exact copies come out with 1.0.
    Fold first and pass one of each where there are many.
    """
    grams = _grams(texts)
    rare, rest = _rarest(grams)
    own: list[int] = []  # texts that are no copy of an earlier one
    found: list[Copy] = []
    for top in range(0, grams.shape[0], _BLOCK_ROWS):
        block = np.arange(top, min(top + _BLOCK_ROWS, grams.shape[0]))
        earlier = np.concatenate([np.array(own, dtype=np.int64), block])
        likes = _likeness(grams, rare[block], likeness - rest[block], block, earlier, likeness)
        is_own = np.ones(len(earlier), dtype=bool)
        for row in block.tolist():
            begin, end = likes.indptr[row - top : row - top + 2]
            columns, values = likes.indices[begin:end], likes.data[begin:end]
            fit = (earlier[columns] < row) & is_own[columns]
            if not fit.any():
                own.append(row)
                continue
            is_own[len(earlier) - len(block) + row - top] = False
            best = values[fit].max()
            first = earlier[columns[fit]][values[fit] == best].min()
            found.append(Copy(row, int(first), float(best)))
    return tuple(found)


def _grams(texts: Sequence[str]) -> sparse.csr_matrix:
    """Rows of unit length (n, grams); a row of zeros where a text is too short to judge."""
    read = [tokens.fold_key(text) for text in texts]
    read = [text if len(text) >= _SHORTEST else "" for text in read]
    if not any(read):
        return sparse.csr_matrix((len(texts), 1))
    counter = CountVectorizer(analyzer="char", ngram_range=GRAMS, lowercase=False, dtype=np.float64)
    return sparse.csr_matrix(normalize(counter.fit_transform(read)))


def _rarest(grams: sparse.csr_matrix) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
    """Of each row the rarest grams that make up half of it, and the length (n,) of the rest.

    What two rows share is at most what these share with the other row and the length of the rest
    (Bayardo 2007): comparing the rare grams tells which few pairs are worth comparing whole.
    """
    spread = np.asarray(grams.getnnz(axis=0))
    order = np.argsort(np.argsort(-spread, kind="stable"), kind="stable")  # commonest first
    rows = np.repeat(np.arange(grams.shape[0]), np.diff(grams.indptr))
    sorting = np.lexsort((order[grams.indices], rows))
    columns, data = grams.indices[sorting], grams.data[sorting]
    total = np.concatenate([[0.0], np.cumsum(data**2)])
    within = total[1:] - total[grams.indptr[:-1]][rows]
    is_rare = within > _COMMON
    rest = np.bincount(rows[~is_rare], weights=data[~is_rare] ** 2, minlength=grams.shape[0])
    rare = sparse.csr_matrix((data[is_rare], (rows[is_rare], columns[is_rare])), shape=grams.shape)
    return rare, np.sqrt(rest)


def _likeness(
    grams: sparse.csr_matrix,
    rare: sparse.csr_matrix,
    least: NDArray[np.float64],
    block: NDArray[np.int64],
    earlier: NDArray[np.int64],
    likeness: float,
) -> sparse.csr_matrix:
    """Cosines (block, earlier) of those pairs that reach `likeness`; rounded, so that they tie.

    `rare` are the rare grams of the block, `least` what another row must share with them.
    """
    pairs = (rare @ grams[earlier].T).tocoo()
    fit = pairs.data >= least[pairs.row] - 1e-9
    row, column = pairs.row[fit], pairs.col[fit]
    values = np.zeros(len(row))
    step = 50_000
    for at in range(0, len(row), step):
        part = slice(at, at + step)
        left, right = grams[block[row[part]]], grams[earlier[column[part]]]
        values[part] = np.asarray(left.multiply(right).sum(axis=1)).ravel()
    values = np.round(values, 9)
    keep = values >= likeness
    shape = (len(block), len(earlier))
    return sparse.csr_matrix((values[keep], (row[keep], column[keep])), shape=shape)
