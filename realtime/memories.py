"""What an owner knows of its board: the state, its number, plan, senders and last rows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from core import db
from core.errors import NotFound
from realtime import logs, projections
from realtime.asks import Row
from realtime.logs import Senders
from realtime.models import Workshop
from realtime.phases import Phase, Plan
from realtime.state import State

TAIL = 500  # of them at hand, for all who come back after a restart


@dataclass
class Memory:
    """What an owner knows of its board; made anew from the database when in doubt."""

    state: State
    seq: int
    plan: Plan = field(default_factory=lambda: Plan(()))
    senders: Senders = field(default_factory=Senders)
    tail: deque[Row] = field(default_factory=deque)  # the last rows, for who comes back

    def role_of(self, member: str) -> str:
        """What a member is on the board; who is not there looks on."""
        return str(self.state["members"].get(member, {}).get("role", "viewer"))


def remembered(board_id: int) -> Memory:
    """A board as the database has it now; raises `NotFound` where there is none."""
    state, seq = projections.read(board_id)
    workshop = db.session().get(Workshop, board_id)
    if workshop is None:
        raise NotFound
    tail = deque(logs.after(board_id, seq - TAIL), maxlen=TAIL)
    known = logs.senders(board_id)
    return Memory(state, seq, plan_of(workshop), known, tail)


def plan_of(workshop: Workshop) -> Plan:
    """What a board must know of its workshop."""
    steps = tuple(
        Phase(str(one["id"]), str(one["kind"]), str(one["title"]), int(one.get("minutes", 0)))
        for one in workshop.phases
    )
    return Plan(steps, max(1, len(workshop.questions)))
