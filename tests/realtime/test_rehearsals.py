"""Residents who are not there: they join as people do, on rehearsals and on this machine only."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from core import db
from core.errors import Conflict, Forbidden
from core.people import Account
from ledger.models import Consultation
from realtime import boards, ops, rehearsals, sights, stand_ins, workshops
from realtime.models import Note, Workshop
from realtime.phases import Role
from realtime.rights import Asking
from tests.realtime import hands
from tests.realtime.test_ops import NOW, PLAN, board


@pytest.fixture
def rehearsal(officer: Account, consultation: Consultation) -> Workshop:
    return hands.open_workshop(officer, consultation, is_rehearsal=True)


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    boards.forget()


def test_they_join_write_and_are_counted_as_nobodys_opinion(
    app: Flask, url: str, rehearsal: Workshop, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    lead = hands.lead(rehearsal, officer)
    lead.do("phase.set", id="p2")
    public_id, code = rehearsal.public_id, rehearsal.code or ""
    db.session.remove()
    monkeypatch.setattr(random.Random, "uniform", lambda *_said: 0.05)
    done = rehearsals.rehearse(url, public_id, code, 4, 1.5)
    found = db.session().query(Note).all()
    assert done >= len(found) >= 4
    assert all(note.settled_at is None for note in found)
    members = lead.owner.whole()[0]["members"]
    assert sum(one["role"] == "member" for one in members.values()) == 4


@pytest.mark.parametrize(
    "kind", ["explain", "write", "share", "group", "vote", "present", "sum_up"]
)
def test_they_do_only_what_they_may(kind: str) -> None:
    chance, made = random.Random(kind), board(kind)
    for _n in range(60):
        op = rehearsals.next_act(chance, "member", sights.seen(made, "member", "member"))
        if op is not None:
            ops.judged(made, Asking("member", Role.MEMBER, NOW, PLAN), op)


def test_they_go_nowhere_else() -> None:
    for site in ("https://127.0.0.1", "http://elsewhere.example", "http://192.0.2.1:8000", "x"):
        with pytest.raises(Conflict):
            rehearsals.rehearse(site, "w" * 26, "", 1, 1)


def test_a_real_workshop_has_no_residents_who_are_not_there(
    app: Flask, officer: Account, consultation: Consultation
) -> None:
    real = hands.open_workshop(officer, consultation)
    told: Any = app.test_cli_runner().invoke(args=["workshop", "rehearse", real.public_id])
    assert told.exit_code == 1
    assert "not a rehearsal" in told.output


def test_a_facilitator_calls_stand_ins_by_a_button_and_they_leave_at_the_end(
    rehearsal: Workshop, officer: Account
) -> None:
    lead = hands.lead(rehearsal, officer)
    lead.do("phase.set", id="p2")
    stand_ins.call(officer, rehearsal, pause=0.2)
    stand_ins.call(officer, rehearsal, pause=0.2)
    until = time.monotonic() + 60
    while len(lead.owner.whole()[0]["notes"]) < 10 and time.monotonic() < until:
        time.sleep(0.05)
    state = lead.owner.whole()[0]
    assert len(state["notes"]) >= 10
    assert sum(one["role"] == "member" for one in state["members"].values()) == stand_ins.COUNT
    all_leave(officer, rehearsal)


def all_leave(officer: Account, rehearsal: Workshop) -> None:
    """Close it: nobody stays, and writes into what the next test looks at."""
    workshops.close(officer, rehearsal)
    for thread in threading.enumerate():
        if thread.name == "stand-ins":
            thread.join(20)
            assert not thread.is_alive()


def test_stand_ins_come_to_no_real_workshop_and_at_nobodys_call(
    rehearsal: Workshop, officer: Account, stranger: Account, consultation: Consultation
) -> None:
    real = hands.open_workshop(officer, consultation, key="w-2")
    with pytest.raises(Conflict):
        stand_ins.call(officer, real)
    with pytest.raises(Forbidden):
        stand_ins.call(stranger, rehearsal)


def test_as_many_stand_ins_come_as_there_are_places(
    officer: Account, consultation: Consultation
) -> None:
    small = hands.open_workshop(officer, consultation, is_rehearsal=True, capacity=3)
    stand_ins.call(officer, small, pause=0.2)
    state = boards.of(small).whole()[0]
    assert sum(one["role"] == "member" for one in state["members"].values()) == 3
    all_leave(officer, small)
