"""What may be moderated: the composition root says which models wear `Moderated`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import NotFound
from moderation.models import Moderated


@dataclass(frozen=True)
class Kind:
    """One kind of thing that moderators decide about.

    `load` finds it by public id and locks it when asked; `place` says where it stands, in words;
    `path` is its page, `link` the same for a mail; `rules` are those that hold there; `template`
    draws it in its surroundings, from what `around` gives; `on_hide` and `on_restore` change the
    kind's own tables in the decision's transaction, given the thing and the reason.
    """

    load: Callable[[str, bool], Moderated | None]
    consultation_id: Callable[[Any], int]
    author_id: Callable[[Any], int | None]
    place: Callable[[Any], str]
    path: Callable[[str], str]
    link: Callable[[str], str]
    rules: Callable[[Any], Sequence[str]]
    template: str
    around: Callable[[Any], dict[str, Any]]
    on_hide: Callable[[Any, str], None]
    on_restore: Callable[[Any, str], None]


_kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Make known what `/moderation/<name>/…` decides about."""
    _kinds[name] = kind


def kind(name: str) -> Kind:
    """The kind of that name; raises `NotFound`."""
    if name not in _kinds:
        raise NotFound
    return _kinds[name]


def find(name: str, public_id: str, *, lock: bool = False) -> Any:
    """The thing itself; absent and not there for moderators look alike (`NotFound`)."""
    thing = kind(name).load(public_id, lock)
    if thing is None:
        raise NotFound
    return thing


def path_of(subject: str) -> str | None:
    """The page of a decision's subject ("post:9k2…"), or None when its kind is gone."""
    name, _, public_id = subject.partition(":")
    return _kinds[name].path(public_id) if name in _kinds else None
