"""The whole way from texts to labelled groups: start reading `analysis` here.

    fold exact copies → tokens → vectors → clusters → labels → unfold

Pure: texts in, frozen results out. What staff do with a grouping is for `runs` and `themes`.
"""

import hashlib
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from analysis import clusters, copies, labels, tokens, vectors, vocabularies
from analysis.clusters import Grouping, Tree
from analysis.encoders import ByWords, Encoder, Mixed
from analysis.labels import Label
from analysis.tokens import Sentence
from analysis.vectors import Space, Vectors


class Step(StrEnum):
    """What is being done, in order; the interface has a sentence for each."""

    READ = "read"
    TOKENS = "tokens"
    VECTORS = "vectors"
    CLUSTERS = "clusters"
    LABELS = "labels"


Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Origin:
    """What a grouping was made from and by: the same origin gives the same groups."""

    input_sha256: str
    text_count: int
    distinct_count: int
    cut: float
    seed: int
    parameters: tuple[tuple[str, float | str], ...]
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grouped:
    """A grouping of texts by their indices, one label for each group, and where it came from."""

    grouping: Grouping
    labels: tuple[Label, ...]
    origin: Origin


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that does not depend on the cut, so that the slider 粗い ↔ 細かい answers at once.

    `copies[i]` are the indices of the texts that are one after folding; the other fields know only
    the first of each.
    """

    copies: tuple[tuple[int, ...], ...]
    distinct: tuple[str, ...]
    sentences: tuple[tuple[Sentence, ...], ...]
    space: Space
    vectors: Vectors
    tree: Tree
    origin: Origin

    def at(self, cut: float, *, progress: Progress | None = None) -> Grouped:
        """The groups at a cut, labelled."""
        return self._labelled(self.tree.cut(cut), replace(self.origin, cut=cut), progress)

    def into(self, count: int, *, progress: Progress | None = None) -> Grouped:
        """`count` groups and lone texts together, labelled; fewer where there are fewer texts."""
        parameters = (*self.origin.parameters, ("groups", count))
        origin = replace(self.origin, parameters=parameters)
        return self._labelled(self.tree.cut_into(count), origin, progress)

    def counts(self, cut: float) -> tuple[int, int]:
        """How many themes and lone texts `at` a cut has."""
        return self.tree.counts(cut, np.array([len(same) for same in self.copies], dtype=np.int64))

    def among_distinct(self, members: Sequence[int]) -> list[int]:
        """Indices of texts as those of distinct texts: what labels, centres and quotes count by."""
        return sorted({self._place[index] for index in members})

    @cached_property
    def _place(self) -> dict[int, int]:
        return {index: i for i, same in enumerate(self.copies) for index in same}

    def _labelled(self, folded: Grouping, origin: Origin, progress: Progress | None) -> Grouped:
        tell = progress or _silent
        tell(Step.LABELS, 0, 1)
        grouping = clusters.unfold(folded, self.copies)
        groups = [self.among_distinct(members) for members in grouping.members]
        found = labels.label(groups, self.distinct, self.sentences, self.vectors, self.space)
        named = tuple(replace(label, member=self.copies[label.member][0]) for label in found)
        tell(Step.LABELS, 1, 1)
        return Grouped(grouping, named, origin)


def group_texts(
    texts: Sequence[str],
    *,
    cut: float = clusters.DEFAULT_CUT,
    seed: int = 0,
    progress: Progress | None = None,
) -> Grouped:
    """Group texts by what they are about and propose a label for each group.

    Any number of texts, none included. `cut` is a cosine distance, one of `clusters.CUTS` or any
    between; `progress` hears (step, done, of), and the end of each step.
    Same texts, seed and versions: same result.
    """
    return prepare(texts, cut=cut, seed=seed, progress=progress).at(cut, progress=progress)


def prepare(
    texts: Sequence[str],
    *,
    cut: float = clusters.DEFAULT_CUT,
    seed: int = 0,
    space: Space | None = None,
    extra: Encoder | None = None,
    known: MutableMapping[str, tuple[Sentence, ...]] | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Do all but cutting and labelling: what takes long. Arguments as for `group_texts`.

    `space` is the consultation's frozen one (`vocabularies`), else one is fitted to the texts.
    `extra` is mixed half and half with it for the tree. `known` is a cache of tokens (`caches`).
    """
    tell = progress or _silent
    tell(Step.READ, 0, len(texts))
    folded = copies.fold(texts)
    distinct = tuple(texts[same[0]] for same in folded)
    tell(Step.READ, len(texts), len(texts))
    sentences = tokens.read(
        distinct, known=known, progress=lambda done, of: tell(Step.TOKENS, done, of)
    )
    words = [tokens.join(sentence.words for sentence in parts) for parts in sentences]
    tell(Step.VECTORS, 0, 1)
    space = space or vectors.fit(words)
    placed = space.place(words)
    encoder: Encoder = ByWords(space)
    compared = placed
    if extra is not None:
        encoder = Mixed(encoder, extra)
        compared = encoder.encode(distinct, words)
    tell(Step.VECTORS, 1, 1)
    tell(Step.CLUSTERS, 0, 1)
    tree = clusters.link(compared, seed=seed)
    tell(Step.CLUSTERS, 1, 1)
    origin = _origin(texts, len(distinct), cut, seed, encoder.name, placed.rows.shape[1])
    return Prepared(folded, distinct, tuple(sentences), space, placed, tree, origin)


def _origin(
    texts: Sequence[str],
    distinct_count: int,
    cut: float,
    seed: int,
    encoder: str,
    dimensions: int,
) -> Origin:
    return Origin(
        input_sha256=input_sha256(texts),
        text_count=len(texts),
        distinct_count=distinct_count,
        cut=cut,
        seed=seed,
        parameters=(
            ("encoder", encoder),
            ("dimensions", dimensions),
            ("others_weight", vectors.OTHERS_WEIGHT),
            ("exact_share", vectors.EXACT_SHARE),
            ("pairs_limit", clusters.PAIRS_LIMIT),
            ("gathered", clusters.GATHERED),
            ("named_from", labels.NAMED_FROM),
        ),
        versions=vocabularies.versions(),
    )


def input_sha256(texts: Iterable[str]) -> str:
    """A hash of texts in their order, each after its length: none can run into the next."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        digest.update(b"%d:" % len(encoded))
        digest.update(encoded)
    return digest.hexdigest()


def _silent(step: str, done: int, of: int) -> None:
    """Tell nobody."""
