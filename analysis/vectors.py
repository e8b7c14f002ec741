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

# At most 70 axes, 0.3 for verbs and generic words: analysis.md, by agreement with staff's groups.
DIMENSIONS = 70
OTHERS_WEIGHT = 0.3
# Of few texts, an axis for each answer that staff would write (one for 4.4 opinions or more). With
# 70 axes a hundred texts are compared word by word, and 66 % stand alone at a cut where 5 % of 382
# do; with a handful of axes texts without a common word lie in one direction. docs/adr/0022.
TEXTS_PER_AXIS = 4.4
FEWEST_AXES = 10
# Of a text that shares no word with many, next to nothing lies along the axes, at times rounding
# alone. Brought to unit length that would be a direction, and six notes on six things one group: of
# which less than a hundredth (a tenth, squared) is seen, that is like nothing.
LEAST_ALONG = 0.1
# Axes keep what many say. What only one or two say lies off all of them: most of a likeness is that
# of the words as they stand, so that small groups keep what sets them apart. docs/adr/0022.
EXACT_SHARE = 0.75

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
    `exact` are the words as they stand (n, words), rows of unit length or zero; they make up
    `exact_share` of the likenesses that groups are formed by.
    """

    rows: Rows
    placed: NDArray[np.bool_]
    exact: sparse.csr_matrix | None = None
    exact_share: float = EXACT_SHARE

    def only(self, chosen: Sequence[int] | NDArray[np.int64] | NDArray[np.bool_]) -> "Vectors":
        """Some of the texts, in the order chosen."""
        which = np.asarray(chosen, dtype=None if len(chosen) else np.int64)
        exact = None if self.exact is None else self.exact[which]
        return Vectors(self.rows[which], self.placed[which], exact, self.exact_share)


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
        rows[np.linalg.norm(rows, axis=1) < LEAST_ALONG] = 0.0
        found = normalize(rows) if rows.size else rows
        return Vectors(found, weighed.getnnz(axis=1) > 0, weighed)


def fit(texts: Sequence[Words], *, dimensions: int | None = None) -> Space:
    """Learn a space from texts: TF-IDF (sublinear), then the first axes of the exact SVD.

    Without `dimensions` there are as many as `axes_for` so many texts.

    Any number of texts will do, none included. Same texts and order, same space: the randomised
    SVD was no faster, and its seed alone moved agreement with staff by AMI .306 to .341.
    """
    kinds = tuple(_learn([pick(words) for words in texts]) for pick, _ in _BLOCKS)
    weighed = _weigh(kinds, texts)
    dimensions = dimensions or axes_for(sum(not words.is_empty for words in texts))
    if min(weighed.shape) <= dimensions:
        return Space(kinds, None)
    # Lanczos (Lehoucq 1998) from a start of our own: without one it asks chance.
    start = np.random.default_rng(0).uniform(0.5, 1.0, min(weighed.shape))
    with threads.one():
        _, strength, axes = svds(weighed, dimensions, v0=start, solver="arpack")
    order = np.argsort(-strength)
    is_there = strength[order] > 1e-9 * strength.max()
    return Space(kinds, np.ascontiguousarray(axes[order][is_there]))


def axes_for(count: int) -> int:
    """How many axes so many texts are seen along."""
    return min(DIMENSIONS, max(FEWEST_AXES, round(count / TEXTS_PER_AXIS)))


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
    for kind, (pick, weight) in zip(kinds, _BLOCKS, strict=True):
        if kind is not None and texts:
            parts.append(weight * kind.transform([pick(words) for words in texts]))
        elif kind is not None:  # scikit-learn refuses to weigh nothing
            parts.append(sparse.csr_matrix((0, len(kind.vocabulary_))))
    stacked = sparse.hstack(parts, format="csr")
    return normalize(stacked) if min(stacked.shape) else stacked
