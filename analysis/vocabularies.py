"""The vocabulary of a consultation, frozen when its first grouping is adopted.

Newcomers are compared in the terms of those who were there: two files beside each other, weights
and axes as npz, words and versions as json. Nothing in them runs when it is read.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from analysis import vectors
from analysis.vectors import Space

# Another version of one of these may cut a text into other words or weigh them otherwise.
PACKAGES = ("sudachipy", "sudachidict_core", "scikit-learn", "scipy", "numpy")
# Of these, the ones that decide what a word is.
_WORDS = ("sudachipy", "sudachidict_core")
_FORMAT = 1


class Damaged(Exception):
    """A vocabulary is not there, or not whole."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """A space and the versions it was made with."""

    space: Space
    versions: tuple[tuple[str, str], ...]

    @property
    def is_current(self) -> bool:
        """Whether texts are still cut into words as they were then.

        If not, newcomers may lie a little off: a person decides on grouping anew.
        """
        now = dict(versions(_WORDS))
        return all(dict(self.versions).get(package) == now[package] for package in _WORDS)


def versions(packages: Iterable[str] = PACKAGES) -> tuple[tuple[str, str], ...]:
    """The versions in use, for a run to note."""
    return tuple((package, version(package)) for package in packages)


def freeze(space: Space) -> Vocabulary:
    """A space as it is now."""
    return Vocabulary(space, versions())


def save(vocabulary: Vocabulary, folder: Path) -> None:
    """Write `vocabulary.npz` and `vocabulary.json`; the same vocabulary gives the same bytes.

    The json comes last and in one step: what can be loaded is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = [vectors.vocabulary(kind) for kind in vocabulary.space.kinds]
    arrays = {f"weights_{number}": weights for number, (_words, weights) in enumerate(told)}
    if vocabulary.space.axes is not None:
        arrays["axes"] = vocabulary.space.axes
    label = folder / "vocabulary.json"
    label.unlink(missing_ok=True)
    with (folder / "vocabulary.npz").open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    said = {
        "format": _FORMAT,
        "versions": dict(vocabulary.versions),
        "words": [words for words, _weights in told],
    }
    part = folder / "vocabulary.json.part"
    part.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    part.replace(label)


def load(folder: Path) -> Vocabulary:
    """Read what `save` wrote: texts lie exactly where they lay then. Raises `Damaged`."""
    try:
        said = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        if said["format"] != _FORMAT:
            raise Damaged(f"format {said['format']}")
        with (
            (folder / "vocabulary.npz").open("rb") as stream,
            np.load(stream, allow_pickle=False) as arrays,
        ):
            weights = [arrays[f"weights_{number}"] for number in range(len(said["words"]))]
            axes = arrays.get("axes")
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise Damaged(str(error)) from error
    kinds = tuple(map(vectors.restore, said["words"], weights))
    if any(len(words) != len(own) for words, own in zip(said["words"], weights, strict=True)):
        raise Damaged("words and weights differ")
    return Vocabulary(Space(kinds, axes), tuple(said["versions"].items()))
