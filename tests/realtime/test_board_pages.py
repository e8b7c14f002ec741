"""The board's pages: who may open which, what the still list shows, what closing says and does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from core import clock
from core.config import ROOT
from core.people import Account
from ledger.models import Consultation
from realtime import boards, members, plans, workshops
from realtime.asks import Answer, Ask
from realtime.models import Member, Workshop
from realtime.views.board_words import LEADS, WORDS

SCRIPTS = sorted((ROOT / "static" / "js" / "realtime").glob("*.js"))
Browser = Callable[[Account], FlaskClient]


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


def sat(client: FlaskClient, at: str, member: str) -> FlaskClient:
    """This browser is a member (by their id) of the workshop at this address."""
    with client.session_transaction() as kept:
        kept[f"w:{at.removeprefix('/w/')}"] = member
    return client


def do(workshop: Workshop, member: Member, *asked: dict[str, object]) -> None:
    heard: list[Answer] = []
    for n, op in enumerate(asked, 1):
        ask = Ask(member.public_id, f"{member.public_id}{op['op']}", n, op, heard.append)
        boards.of(workshop).do([ask])
    assert [one.code for one in heard] == [""] * len(asked)


def test_a_stranger_is_led_to_the_page_where_one_joins(
    client: FlaskClient, workshop: Workshop
) -> None:
    answer = client.get(f"/w/{workshop.public_id}/board")
    assert answer.status_code == 303
    assert answer.location == f"/w/{workshop.public_id}"


def test_only_who_leads_opens_the_projector_and_ends_the_workshop(
    client: FlaskClient,
    browser_of: Browser,
    workshop: Workshop,
    officer: Account,
    stranger: Account,
) -> None:
    at = f"/w/{workshop.public_id}"
    member = members.join(workshop, "けやき", key="a").public_id
    leading = members.lead(officer, workshop).public_id
    lead, other = sat(browser_of(officer), at, leading), browser_of(stranger)
    sat(client, at, member)
    for page in ("show", "close"):
        assert client.get(f"{at}/{page}").status_code == 302
        assert other.get(f"{at}/{page}").status_code in (403, 404)
    assert client.post(f"{at}/close").status_code == 403
    assert "番号" in lead.get(f"{at}/show").text
    assert "元に戻せません" in lead.get(f"{at}/close").text
    assert workshops.by_address(at.removeprefix("/w/")).is_open
    assert lead.post(f"{at}/close").status_code == 303
    assert not workshops.by_address(at.removeprefix("/w/")).is_open


def test_the_still_list_shows_what_its_reader_may_see(
    client: FlaskClient, workshop: Workshop, officer: Account
) -> None:
    lead = members.lead(officer, workshop)
    ann, ben = (members.join(workshop, name, key=name) for name in ("けやき", "つばめ"))
    do(workshop, lead, {"op": "phase.set", "id": "p2"})
    do(workshop, ann, {"op": "note.add", "id": "n001", "text": "ひみつの一枚", "color": 1})
    at, author, reader = f"/w/{workshop.public_id}", ann.public_id, ben.public_id
    assert "ひみつの一枚" in sat(client, at, author).get(f"{at}/board?list=1").text
    page = sat(client, at, reader).get(f"{at}/board?list=1").text
    assert "ひみつの一枚" not in page
    assert "ほかの人の付せんが1枚あります" in page
    form = {"op": "note.add", "id": "n002", "text": "紙の一枚", "key": "k" * 12, "list": "1"}
    answer = client.post(f"{at}/ops", data=form)
    assert answer.location.startswith(f"{at}/board?list=1")
    assert "紙の一枚" in client.get(f"{at}/board?list=1").text


def test_the_page_carries_no_more_than_its_reader_may_do(
    client: FlaskClient, workshop: Workshop
) -> None:
    at, me = f"/w/{workshop.public_id}", members.join(workshop, "けやき", key="a").public_id
    page = sat(client, at, me).get(f"{at}/board").text
    plan = json.loads(re.findall(r"data-plan='([^']*)'", page)[0])
    assert plan["me"] == me
    assert "phase.set" not in {op for ops in plan["allow"].values() for op in ops}
    assert "still_writing" not in page


def test_every_sentence_the_scripts_ask_for_is_there() -> None:
    known = {**WORDS, **LEADS}
    for path in SCRIPTS:
        said = path.read_text("utf-8")
        asked = set(re.findall(r"\bt\(\"(\w+)\"", said)) | set(
            re.findall(r"(?:tool|offer)\(\"(\w+_\w+)\"", said)
        )
        assert asked <= set(known), f"{path.name}: {sorted(asked - set(known))}"
        for start in re.findall(r"\bt\(`(\w+)\$\{", said):
            assert any(word.startswith(start) for word in known), f"{path.name}: {start}"
    kinds = {"explain", "write", "share", "group", "vote", "present", "sum_up"}
    assert {f"into_{kind}" for kind in kinds} <= set(LEADS)
    acts = re.findall(r"offer\([^;]*?\"(\w+)\", \(\) =>", (SCRIPTS[0]).read_text("utf-8"))
    assert {f"act_{one}" for one in acts} <= set(WORDS)
    assert len(acts) > 10
