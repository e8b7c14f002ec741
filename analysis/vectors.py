"""Words as places in a space where texts on one subject lie in one direction.

A space is fitted once and can place later texts: newcomers are compared in the same terms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from analysis import threads
from analysis.tokens import Words

Rows = NDArray[np.float64]

# 70 axes, 0.3 for verbs and generic words: analysis.md, by agreement with staff's own groups.
DIMENSIONS = 70
OTHERS_WEIGHT = 0.3

_BLOCKS: tuple[tuple[Callable[[Words], tuple[str, ...]], float], ...] = (
    (lambda words: words.nouns, 1.0),
    (lambda words: words.others, OTHERS_WEIGHT),
    (lambda words: words.long_nouns, 1.0),
    (lambda words: words.long_others, OTHERS_WEIGHT),
)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Where texts lie, and which have a place at all.

    `rows` is (n, d), of unit length or zero; `placed` is (n,) bool, False for a text without a
    known word. A placed row is zero when its words lie along no axis kept: it is like nothing.
    """

    rows: Rows
    placed: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Space:
    """A vocabulary with its weights, one for each kind of word, and the axes (d, words) kept of it.

    A kind is None where no text has such a word; `axes` is None where there are too few texts or
    words to leave any out.
    """

    kinds: tuple[TfidfVectorizer | None, ...]
    axes: Rows | None

    def place(self, texts: Sequence[Words]) -> Vectors:
        """Where texts lie, whether the space was fitted on them or they came later."""
        weighed = _weigh(self.kinds, texts)
        with threads.one():
            rows = weighed.toarray() if self.axes is None else np.asarray(weighed @ self.axes.T)
        return Vectors(normalize(rows) if rows.size else rows, weighed.getnnz(axis=1) > 0)


def fit(texts: Sequence[Words], *, dimensions: int = DIMENSIONS) -> Space:
    """Learn a space from texts: TF-IDF (sublinear), then the first axes of the exact SVD.

    Any number of texts will do, none included. Same texts and order, same space: the randomised
    SVD was no faster, and its seed alone moved agreement with staff by AMI .306 to .341.
    """
    kinds = tuple(_learn([pick(words) for words in texts]) for pick, _ in _BLOCKS)
    weighed = _weigh(kinds, texts)
    if min(weighed.shape) <= dimensions:
        return Space(kinds, None)
    # Lanczos (Lehoucq 1998) from a start of our own: without one it asks chance.
    start = np.random.default_rng(0).uniform(0.5, 1.0, min(weighed.shape))
    with threads.one():
        _, strength, axes = svds(weighed, dimensions, v0=start, solver="arpack")
    order = np.argsort(-strength)
    is_there = strength[order] > 1e-9 * strength.max()
    return Space(kinds, np.ascontiguousarray(axes[order][is_there]))


def vocabulary(kind: TfidfVectorizer | None) -> tuple[tuple[str, ...], Rows]:
    """The words of one kind in the order of their columns, and their weights (IDF)."""
    if kind is None:
        return (), np.zeros(0)
    words = sorted(kind.vocabulary_, key=kind.vocabulary_.__getitem__)
    return tuple(words), np.asarray(kind.idf_)


def restore(words: Sequence[str], weights: Rows) -> TfidfVectorizer | None:
    """One kind of word as it was when it told its `vocabulary`."""
    if not words:
        return None
    kind = _vectorizer()
    kind.vocabulary_ = {word: column for column, word in enumerate(words)}
    kind.fixed_vocabulary_ = True
    kind.idf_ = weights
    return kind


def _learn(lists: Sequence[tuple[str, ...]]) -> TfidfVectorizer | None:
    if not any(lists):
        return None
    return _vectorizer().fit(lists)


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=_as_they_are, sublinear_tf=True)


def _as_they_are(words: tuple[str, ...]) -> tuple[str, ...]:
    return words


def _weigh(kinds: Sequence[TfidfVectorizer | None], texts: Sequence[Words]) -> sparse.csr_matrix:
    """One row of unit length for each text, the kinds of words side by side."""
    parts = [sparse.csr_matrix((len(texts), 0))]
    if texts:
        for kind, (pick, weight) in zip(kinds, _BLOCKS, strict=True):
            if kind is not None:
                parts.append(weight * kind.transform([pick(words) for words in texts]))
    stacked = sparse.hstack(parts, format="csr")
    return normalize(stacked) if min(stacked.shape) else stacked
