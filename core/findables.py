"""What can be found: the kinds of documents packages register, and the places they stand in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.documents import Document
from core.messages import Message, _


@dataclass(frozen=True)
class Kind:
    """How a package's documents are read.

    `visible` are the documents among `ids` that a viewer may read now, in a known number of
    statements; `readable` their ids alone, where that is cheaper. The index keeps what everybody
    may read: the viewer is None.
    """

    label: Message
    all_ids: Callable[[], Iterable[int]]
    visible: Callable[[Collection[int], Any], Iterable[Document]]
    readable: Callable[[Collection[int], Any], Iterable[int]]

    def load(self, object_id: int) -> Document | None:
        """The document everybody may read, or None: absent, hidden, withdrawn."""
        return next(iter(self.visible([object_id], None)), None)


@dataclass(frozen=True)
class Place:
    """Where one can search: a consultation (`value` is its slug) and its rooms by public id."""

    label: str
    value: str
    consultation_id: int
    rooms: list[tuple[str, str]]


registered: dict[str, Kind] = {}
_places: list[Callable[[], list[Place]]] = []


def register(
    kind: str,
    all_ids: Callable[[], Iterable[int]],
    visible: Callable[[Collection[int], Any], Iterable[Document]],
    *,
    readable: Callable[[Collection[int], Any], Iterable[int]] | None = None,
    label: Message | None = None,
) -> None:
    """Make a kind of documents findable; `label` is its word in the list of results."""

    def read(ids: Collection[int], viewer: Any) -> Iterable[int]:
        return [document.id for document in visible(ids, viewer)]

    registered[kind] = Kind(label or _("ページ"), all_ids, visible, readable or read)


def offer_places(load: Callable[[], list[Place]]) -> None:
    """Say where one can search; asked when the page is drawn."""
    _places[:] = [load]


def places() -> list[Place]:
    return [place for load in _places for place in load()]


def label_of(kind: str) -> Message:
    return registered[kind].label


def kinds() -> dict[str, Message]:
    """The words of all kinds, in the order they were registered."""
    return {name: kind.label for name, kind in registered.items()}


def readable(keys: Sequence[str], viewer: Any) -> list[str]:
    """The keys of what `viewer` may read now, in the same order."""
    shown = {
        f"{kind}:{number}"
        for kind, numbers in _by_kind(keys).items()
        for number in registered[kind].readable(numbers, viewer)
    }
    return [key for key in keys if key in shown]


def documents(keys: Sequence[str], viewer: Any) -> list[Document]:
    """The documents of some keys that `viewer` may read, in the same order."""
    shown = {
        document.key: document
        for kind, numbers in _by_kind(keys).items()
        for document in registered[kind].visible(numbers, viewer)
    }
    return [shown[key] for key in keys if key in shown]


def _by_kind(keys: Iterable[str]) -> dict[str, list[int]]:
    """The ids of each kind there is; a kind nobody registered any more is left out."""
    ids: dict[str, list[int]] = {}
    for key in keys:
        kind, _colon, number = key.partition(":")
        if kind in registered:
            ids.setdefault(kind, []).append(int(number))
    return ids
