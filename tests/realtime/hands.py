"""People at a board: what they do goes through its owner, as it does from a browser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from core import clock
from core.people import Account
from ledger.models import Consultation
from realtime import boards, members, plans, workshops
from realtime.asks import Answer, Ask
from realtime.models import Member, Workshop

QUESTION = "広場で何をしたいですか"


class Hand:
    """Somebody at the board."""

    def __init__(self, workshop: Workshop, member: Member) -> None:
        self.owner = boards.of(workshop)
        self.id = member.public_id
        self.n = 0

    def ask(self, op: str, heard: list[Answer], **said: Any) -> Ask:
        self.n += 1
        return Ask(self.id, f"tab-{self.id}", self.n, {"op": op, **said}, heard.append)

    def do(self, op: str, **said: Any) -> Answer:
        heard: list[Answer] = []
        self.owner.do([self.ask(op, heard, **said)])
        return heard[0]


def open_workshop(officer: Account, consultation: Consultation, **more: Any) -> Workshop:
    """A workshop by the KJ template; `more` is put over what the form would say."""
    template = more.pop("template", "kj")
    plan = {**plans.begun_from(template, consultation.department), **more.pop("plan", {})}
    said = {
        "title": "駅前広場の使い方を考える",
        "held_at": clock.now() + timedelta(hours=1),
        "plan": plan,
        "questions": [QUESTION],
        "place": "区民センター",
        "key": "w-1",
    }
    return workshops.open_workshop(officer, consultation, **{**said, **more})


def lead(workshop: Workshop, officer: Account) -> Hand:
    return Hand(workshop, members.lead(officer, workshop))


def join(workshop: Workshop, names: Sequence[str]) -> list[Hand]:
    return [Hand(workshop, members.join(workshop, name, key=name)) for name in names]
