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


Load = Callable[[], Iterable[Scope]]
_offers: dict[str, tuple[int, Load]] = {}


def offer(prefix: str, load: Load, *, order: int = 50) -> None:
    """Make the scopes `prefix:…` known; `load` reads them all, and lists show them by `order`."""
    _offers[prefix] = (order, load)


def known() -> list[Scope]:
    """Every scope there is; the widest last, so that nobody chooses it by mistake."""
    offers = sorted(_offers.values(), key=lambda offered: offered[0])
    return [scope for _order, load in offers for scope in load()]


def label_of(address: str) -> str:
    """The name of a scope, or nothing when it is not known."""
    return next((s.label for s in _like(address) if s.address == address), "")


def around(address: str) -> set[str]:
    """A scope and those it lies within: a consultation is also its department's."""
    found = (s for s in _like(address) if s.address == address)
    return {address, *(outer for scope in found for outer in scope.within)}


def _like(address: str) -> Iterable[Scope]:
    offered = _offers.get(address.partition(":")[0])
    return offered[1]() if offered else ()
