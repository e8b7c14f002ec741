"""Pieces of pages that were drawn before, kept in this process by all that decides how they read.

A key names the object, its version and state, language and audience, so nothing here is ever told
to forget: what changed is asked for under another key. Nothing personal is kept, and what is
hidden is not asked for at all (contracts: "Fragments").
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

MOST = 8_000  # pieces of about 2 kB: 16 MB in the worst case


class Fragments:
    """The pieces used last; safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()
        self._most = most

    def get(self, key: Hashable) -> str | None:
        """The piece under a key, or None when it has to be drawn."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, piece: str) -> str:
        """Keep a piece, and let go of the one unused longest when there are too many."""
        with self._lock:
            self._kept[key] = piece
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return piece

    def __len__(self) -> int:
        return len(self._kept)


kept = Fragments()
