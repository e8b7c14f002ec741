"""Where a consultation's frozen vocabulary and the words of its opinions are kept between jobs.

Files beside the database, not in it: both can be made anew from the opinions.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.caches import Cache
    from analysis.vectors import Space

_folder: list[Path] = []


def configure(folder: Path) -> None:
    """Say where to keep them; each consultation gets a folder of its own."""
    _folder[:] = [folder]


def space(consultation_id: int) -> Space | None:
    """The vocabulary that was frozen when a grouping was last adopted as a whole."""
    from analysis import vocabularies

    try:
        found = vocabularies.load(_of(consultation_id))
    except vocabularies.Damaged:
        return None
    return found.space if found.is_current else None


def freeze(consultation_id: int, adopted: Space) -> None:
    """Keep the vocabulary of the grouping that has just been adopted."""
    from analysis import vocabularies

    vocabularies.save(vocabularies.freeze(adopted), _of(consultation_id))


def words(consultation_id: int) -> Cache:
    """What was read in this consultation's opinions before."""
    from analysis import caches

    return caches.load(_of(consultation_id) / "words.npz")


def keep(consultation_id: int, read: Cache, texts: Iterable[str] | None = None) -> None:
    """Keep what was read; with `texts` of these only: words of a text that is gone go with it."""
    if texts is not None:
        read.retain(texts)
    read.save(_of(consultation_id) / "words.npz")


def forget(consultation_id: int) -> None:
    """Drop both; they are made anew when they are needed."""
    shutil.rmtree(_of(consultation_id), ignore_errors=True)


def _of(consultation_id: int) -> Path:
    return _folder[0] / str(consultation_id)
