"""Who may do what: each package declares a table of rules, verbs ask `require`.

A rule is a list of clauses; a permission is granted when every predicate of any one clause holds.
A predicate that can be judged without the thing also answers `could(actor)`: that is the gate a
page is refused at before it is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import Forbidden


class Actor(Protocol):
    """Whoever acts: an account, or None for a visitor."""

    @property
    def id(self) -> Any: ...

    def holds(self, role: Any, scopes: Collection[str]) -> bool: ...


class Predicate(Protocol):
    def __call__(self, actor: Any, thing: Any) -> bool: ...


@dataclass(frozen=True)
class Anyone:
    """Holds for everybody, signed in or not."""

    def __call__(self, actor: Any, thing: Any) -> bool:
        return True

    def could(self, actor: Any) -> bool:
        return True


@dataclass(frozen=True)
class SignedIn:
    """Holds for everybody with an account."""

    def __call__(self, actor: Any, thing: Any) -> bool:
        return actor is not None

    def could(self, actor: Any) -> bool:
        return actor is not None


@dataclass(frozen=True)
class Holds:
    """Holds for whom a role was granted in one of the thing's scopes."""

    role: str

    def __call__(self, actor: Any, thing: Any) -> bool:
        scopes = thing.scopes() if thing is not None else ()
        return actor is not None and bool(actor.holds(self.role, scopes))

    def could(self, actor: Any) -> bool:
        return actor is not None and self.role in actor.roles


@dataclass(frozen=True)
class When:
    """Holds when `fact(actor, thing)` does; needs the thing, so it never closes the gate."""

    fact: Callable[[Any, Any], bool]

    def __call__(self, actor: Any, thing: Any) -> bool:
        return thing is not None and self.fact(actor, thing)

    def could(self, actor: Any) -> bool:
        return True


Clause = tuple[Anyone | SignedIn | Holds | When, ...]
_rules: dict[str, tuple[Clause, ...]] = {}


def allow(permission: str, *clauses: Clause) -> None:
    """Grant `permission` when every predicate of any one clause holds."""
    _rules[permission] = clauses


def declared(permission: str) -> bool:
    return permission in _rules


def permits(actor: Any, permission: str, thing: Any = None) -> bool:
    """Whether `actor` may do `permission` to `thing`; an undeclared permission is a KeyError."""
    return any(all(p(actor, thing) for p in clause) for clause in _rules[permission])


def could(actor: Any, permission: str) -> bool:
    """Whether there may be anything `actor` could do this to: the gate in front of a page."""
    return any(all(p.could(actor) for p in clause) for clause in _rules[permission])


def require(actor: Any, permission: str, thing: Any = None) -> None:
    """Raise `Forbidden` unless `actor` may do `permission` to `thing`."""
    if not permits(actor, permission, thing):
        raise Forbidden


allow("public", (Anyone(),))
allow("signed_in", (SignedIn(),))
allow("roles.grant", (Holds("operator"),))
allow("operate", (Holds("operator"),))
allow(
    "jobs.see",
    (SignedIn(), When(lambda actor, job: job.owner_id == actor.id)),
    *((Holds(role),) for role in ("officer", "approver", "moderator", "operator")),
)
allow(
    "desk", (Holds("officer"),), (Holds("approver"),), (Holds("operator"),), (Holds("moderator"),)
)
