"""The themes desk, live: staff hear of each other and of changes, nobody else hears anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from analysis import desks as acts
from core import clock, web
from core.errors import NotFound
from core.people import Account
from ledger import opinions
from ledger.models import Channel, Consultation
from ledger.opinions import Said
from realtime import desks, sockets
from tests.realtime.hearing import Hall


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setattr(desks, "_places", {})
    return Hall(monkeypatch)


class Seat:
    """One open page: who sits there, and its connection."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hall: Hall, who: Account | None, sid: str):
        self.patch, self.hall, self.who, self.sid = monkeypatch, hall, who, sid

    def __call__(self, event: str, **said: str) -> dict[str, Any]:
        self.patch.setattr(web, "actor", lambda: self.who)
        self.patch.setattr(sockets, "sid", lambda: self.sid)
        answer = sockets.handlers()[event](said)
        assert answer is not None
        return answer

    def heard(self, event: str) -> list[dict[str, Any]]:
        return [json.loads(said) for name, said in self.hall.heard[self.sid] if name == event]


def test_two_officers_hear_who_is_here_and_who_writes(
    app: Flask,
    hall: Hall,
    monkeypatch: pytest.MonkeyPatch,
    consultation: Consultation,
    officer: Account,
    other_officer: Account,
) -> None:
    first = Seat(monkeypatch, hall, officer, "a")
    second = Seat(monkeypatch, hall, other_officer, "b")
    first("desk.join", desk="park")
    assert len(second("desk.join", desk="park")["people"]) == 2
    assert [one["name"] for one in first.heard("desk.here")[-1]["people"]] == [
        officer.display_name,
        other_officer.display_name,
    ]
    second("desk.writing", at="theme-1")
    assert [one["at"] for one in first.heard("desk.here")[-1]["people"]] == ["", "theme-1"]
    desks._left("b")
    assert len(first.heard("desk.here")[-1]["people"]) == 1


def test_an_act_is_told_after_its_commit_with_its_themes(
    app: Flask,
    hall: Hall,
    monkeypatch: pytest.MonkeyPatch,
    consultation: Consultation,
    officer: Account,
    other_officer: Account,
) -> None:
    page = Seat(monkeypatch, hall, officer, "a")
    page("desk.join", desk="park")
    ids = opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=1,
                channel=Channel.WEB,
                body="木を残して",
                submission="test:1",
                voice_id=None,
                said_at=clock.now(),
                received_at=clock.now(),
            )
        ],
        role="officer",
    )
    made = acts.gather(other_officer, consultation, ids, None, "木のこと")
    (news,) = page.heard("desk.changed")
    assert (news["themes"], news["by"]) == ([made.public_id], other_officer.public_id)
    acts.undo(other_officer, consultation)
    assert page.heard("desk.changed")[-1]["themes"] == [made.public_id]


def test_nobody_else_sits_down(
    app: Flask,
    hall: Hall,
    monkeypatch: pytest.MonkeyPatch,
    consultation: Consultation,
    stranger: Account,
    resident: Account,
) -> None:
    for who in (stranger, resident, None):
        with pytest.raises(NotFound):
            Seat(monkeypatch, hall, who, "x")("desk.join", desk="park")
    with pytest.raises(NotFound):
        Seat(monkeypatch, hall, stranger, "x")("desk.writing", at="t")
    assert hall.heard == {}
