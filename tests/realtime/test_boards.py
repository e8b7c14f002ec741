"""One owner per board: judged, numbered, written, then told; the same after any restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock, db
from core.people import Account
from ledger import check
from ledger.models import Consultation, Opinion
from realtime import boards, folds, listeners, members, plans, workshops
from realtime.asks import Answer, Ask, Row
from realtime.models import Member, Note, Workshop


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return workshops.open_workshop(
        officer,
        consultation,
        title="駅前広場の使い方を考える",
        held_at=clock.now() + timedelta(hours=1),
        plan=plans.begun_from("kj", consultation.department),
        questions=["広場で何をしたいですか"],
        key="w-1",
    )


class Hand:
    """Somebody at the board."""

    def __init__(self, workshop: Workshop, member: Member) -> None:
        self.owner = boards.of(workshop)
        self.id = member.public_id
        self.n = 0

    def do(self, op: str, **said: Any) -> Answer:
        self.n += 1
        heard: list[Answer] = []
        ask = Ask(self.id, f"tab-{self.id}", self.n, {"op": op, **said}, heard.append)
        self.owner.do([ask])
        return heard[0]


@pytest.fixture
def lead(workshop: Workshop, officer: Account) -> Hand:
    return Hand(workshop, members.lead(officer, workshop))


@pytest.fixture
def ann(workshop: Workshop) -> Hand:
    return Hand(workshop, members.join(workshop, "けやき", key="a"))


@pytest.fixture
def ben(workshop: Workshop) -> Hand:
    return Hand(workshop, members.join(workshop, "つばめ", key="b"))


def body(hand: Hand, note: str) -> str:
    return str(hand.owner.seen_by(hand.id)[0]["notes"][note]["text"])


def test_a_note_goes_all_the_way_into_the_ledger(
    both_engines: str, workshop: Workshop, lead: Hand, ann: Hand, ben: Hand, officer: Account
) -> None:
    assert lead.do("phase.set", id="p2").row
    assert ann.do("note.add", id="n001", text="背もたれのあるベンチ", color=1).row
    assert body(ann, "n001") == "背もたれのあるベンチ"
    assert body(ben, "n001") == body(lead, "n001") == ""
    assert list(db.session().scalars(select(Opinion))) == []
    assert lead.do("phase.set", id="p4").row
    assert body(ben, "n001") == "背もたれのあるベンチ"
    [line] = db.session().scalars(select(Opinion))
    assert (line.channel, line.state, line.text.body) == (
        "workshop",
        "counted",
        "背もたれのあるベンチ",
    )
    assert ann.do("note.text", id="n001", text="背もたれのあるベンチを", base=1).row
    assert ann.do("island.add", id="i001", title="座る", x=0, y=0, notes=["n001"]).row
    workshops.close(officer, workshop)
    states = [(o.state, o.text.body) for o in db.session().scalars(select(Opinion))]
    assert states == [
        ("superseded", "背もたれのあるベンチ"),
        ("counted", "背もたれのあるベンチを"),
    ]
    assert ann.do("note.text", id="n001", text="x", base=2).code == "closed"
    assert list(check.laws()) == []


def test_folding_the_log_gives_the_tables(
    both_engines: str, workshop: Workshop, lead: Hand, ann: Hand
) -> None:
    lead.do("phase.set", id="p4")
    for n in range(3):
        ann.do("note.add", id=f"n00{n}", text=f"付せん{n}", color=1)
    ann.do("island.add", id="i001", title="島", notes=["n000", "n001"])
    ann.do("note.del", id="n002")
    lead.do("phase.set", id="p5")
    ann.do("vote.set", note="n000", k=1)
    whole, seq = lead.owner.whole()
    boards.forget()
    again, seq_again = boards.of(workshop).whole()
    assert (again, seq_again) == (whole, seq)
    folded = folds.folded(row.effect for _at, row in boards.history(workshop.id))
    assert folded == whole


def test_the_same_operation_sent_twice_is_done_once(
    workshop: Workshop, lead: Hand, ann: Hand
) -> None:
    lead.do("phase.set", id="p2")
    assert ann.do("note.add", id="n001", text="木陰", color=1).row
    ann.n = 0
    assert ann.do("note.add", id="n001", text="木陰", color=1).is_again
    boards.forget()
    ann.owner, ann.n = boards.of(workshop), 0
    assert ann.do("note.add", id="n001", text="木陰", color=1).is_again
    assert len(list(db.session().scalars(select(Note)))) == 1


def test_what_is_told_folds_to_what_one_may_see(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand
) -> None:
    heard: list[Row] = []
    listeners.tell_by(lambda _owner, rows: heard.extend(rows))
    start = {hand.id: hand.owner.seen_by(hand.id) for hand in (lead, ann, ben)}
    lead.do("phase.set", id="p2")
    ann.do("note.add", id="n001", text="ひみつの付せん", color=1)
    ann.do("note.text", id="n001", text="ひみつの付せん二", base=1)
    ben.do("note.add", id="n002", text="もう一枚", color=2)
    lead.do("phase.set", id="p5")
    ben.do("vote.set", note="n001", k=1)
    lead.do("note.hide", id="n002", reason="人の名前が入っていました")
    lead.do("reveal.votes")
    for hand in (lead, ann, ben):
        view, seq = start[hand.id]
        missed = hand.owner.since(seq, hand.id)
        assert missed is not None
        for effect in missed:
            folds.apply(view, effect)
        assert view == hand.owner.seen_by(hand.id)[0]
