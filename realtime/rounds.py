"""Another round: everybody but the hosts to another table, or back to where they were first.

At the board a lead does it by an operation (`ops_seats`); here it is done from a page.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import Any

from core import db
from core.errors import Closed, Conflict
from core.messages import Message, _
from core.permissions import require
from realtime import boards, ops_seats
from realtime.asks import Answer, Ask
from realtime.models import Workshop
from realtime.refusals import Refused
from realtime.state import Effect, State


def mix(actor: Any, workshop: Workshop) -> None:
    """Seat everybody but the hosts at another table."""
    seed = secrets.randbelow(2**31)
    _seat(actor, workshop, functools.partial(ops_seats.mixed, seed=seed))


def return_home(actor: Any, workshop: Workshop) -> None:
    """Seat everybody but the hosts where they were first; raises `Conflict` when they are there."""
    _seat(actor, workshop, ops_seats.returned)


def _seat(actor: Any, workshop: Workshop, seated: Callable[[State], Effect]) -> None:
    require(actor, "workshops.lead", workshop)

    def judge(state: State) -> Effect:
        if not state["open"]:
            raise Refused("closed")
        return seated(state)

    heard: list[Answer] = []
    op = {"op": "members.seat"}
    ask = Ask("", f"seats-{db.public_id()}", 1, op, heard.append, effect=judge)
    boards.of(workshop).do([ask])
    answer = heard[0]
    if answer.code == "closed":
        raise Closed(_("このワークショップは終わりました。記録を読むことはできます。"))
    if answer.code:
        raise Conflict(answer.said if isinstance(answer.said, Message) else None)
