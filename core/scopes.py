"""Within what somebody is trusted: the installation, a department, a consultation.

Packages offer their own scopes, so that core can list them and knows which lies within which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

INSTALLATION = "installation"


@dataclass(frozen=True)
class Scope:
    """A place roles are given in: its address, its name, and the scopes around it."""

    address: str
    label: str
    within: frozenset[str] = frozenset()


_offers: dict[str, Callable[[], Iterable[Scope]]] = {}


def offer(prefix: str, load: Callable[[], Iterable[Scope]]) -> None:
    """Make the scopes `prefix:…` known; `load` reads them all."""
    _offers[prefix] = load


def known() -> list[Scope]:
    """Every scope there is, in the order the packages offered them."""
    return [scope for load in _offers.values() for scope in load()]


def around(address: str) -> set[str]:
    """A scope and those it lies within: a consultation is also its department's."""
    load = _offers.get(address.partition(":")[0])
    found = (s for s in load() if s.address == address) if load else ()
    return {address, *(outer for scope in found for outer in scope.within)}
