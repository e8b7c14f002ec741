"""The phases of a workshop: what each kind is for, and who may do what in it, in one table.

A workshop has its own list of phases; each is of one of these kinds. `ALLOW[kind][role]` names the
operations; what is not named is refused, by sockets and forms alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What people do in a phase."""

    EXPLAIN = "explain"
    WRITE = "write"
    SHARE = "share"
    GROUP = "group"
    VOTE = "vote"
    PRESENT = "present"
    SUM_UP = "sum_up"
    OVER = "over"


class Seats(StrEnum):
    """What a phase proposes for the seats when it begins; the facilitator decides."""

    STAY = ""
    MIX = "mix"
    HOME = "home"


class Role(StrEnum):
    """What somebody is in a workshop. A helper keys in paper; a host stays at their table."""

    LEAD = "lead"
    HELPER = "helper"
    HOST = "host"
    MEMBER = "member"
    VIEWER = "viewer"


OWN = frozenset({"note.add", "note.text", "note.color", "note.del", "note.back"})
LOOSE = frozenset({"note.move"})
ISLANDS = frozenset(
    {
        *("note.move", "note.place", "note.copy", "island.add", "island.title", "island.move"),
        *("island.order", "island.del", "island.back", "link.add", "link.del"),
    }
)
TALK = frozenset({"talk.add", "talk.del"})
VOTE = frozenset({"vote.set"})
SUMS = frozenset({"sum.set"})
STEER = frozenset(
    {
        *("phase.set", "timer.set", "lock.set", "freeze.set", "reveal.notes", "reveal.votes"),
        *("look.set", "names.set", "speakers.set", "table.add", "table.title"),
        *("members.seat", "members.shuffle", "members.home", "member.host", "member.gone"),
        *("note.hide", "note.show", "talk.hide", "talk.show", "island.hide", "island.show"),
        *("link.hide", "link.show", "sum.hide", "sum.show"),
        "island.fill",
    }
)
NOTHING: frozenset[str] = frozenset()

_WRITING = OWN | LOOSE
_GROUPING = OWN | ISLANDS | TALK
_LEADING = OWN | ISLANDS | TALK | STEER | SUMS

ALLOW: dict[Kind, dict[Role, frozenset[str]]] = {
    Kind.EXPLAIN: {Role.LEAD: _LEADING, Role.HELPER: _WRITING},
    Kind.WRITE: {
        Role.LEAD: _LEADING,
        Role.HELPER: _WRITING,
        Role.HOST: _WRITING,
        Role.MEMBER: _WRITING,
    },
    Kind.SHARE: {
        Role.LEAD: _LEADING,
        Role.HELPER: _WRITING | TALK,
        Role.HOST: _WRITING | TALK,
        Role.MEMBER: _WRITING | TALK,
    },
    Kind.GROUP: {
        Role.LEAD: _LEADING,
        Role.HELPER: _GROUPING,
        Role.HOST: _GROUPING | SUMS,
        Role.MEMBER: _GROUPING,
    },
    Kind.VOTE: {
        Role.LEAD: _LEADING,
        Role.HELPER: VOTE,
        Role.HOST: VOTE,
        Role.MEMBER: VOTE,
    },
    Kind.PRESENT: {
        Role.LEAD: _LEADING,
        Role.HELPER: TALK | SUMS,
        Role.HOST: TALK | SUMS,
        Role.MEMBER: TALK,
    },
    Kind.SUM_UP: {
        Role.LEAD: _LEADING,
        Role.HELPER: OWN | TALK | SUMS,
        Role.HOST: OWN | TALK | SUMS,
        Role.MEMBER: OWN | TALK | SUMS,
    },
    Kind.OVER: {},
}
WRITES = frozenset({Kind.WRITE})  # kinds in which what others write is not shown yet


def allowed(kind: str, role: str) -> frozenset[str]:
    """The operations somebody in this role may do in a phase of this kind."""
    return ALLOW[Kind(kind)].get(Role(role), NOTHING)


@dataclass(frozen=True)
class Phase:
    """One step of the programme, as the workshop planned it."""

    id: str
    kind: str
    title: str
    minutes: int = 0


@dataclass(frozen=True)
class Plan:
    """What a board is told by its workshop: the phases in order and how many questions."""

    phases: tuple[Phase, ...]
    questions: int = 1

    def phase(self, id_: object) -> Phase | None:
        return next((phase for phase in self.phases if phase.id == id_), None)
