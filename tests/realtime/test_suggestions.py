"""The machine proposes islands; nothing moves before a lead takes one, and what is taken is one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from core import jobs
from core.errors import Conflict, Forbidden, NotFound
from core.people import Account
from ledger.models import Consultation
from realtime import members, suggestions, workshops
from realtime.models import Workshop
from realtime.suggestions import Suggestion
from tests.answered import again
from tests.realtime.hands import Hand, join, lead, open_workshop
from tests.visitors import Visitor

SHADE = ["木陰のあるベンチがほしい", "ベンチの上に木陰がほしい", "木陰のベンチを増やす"]
WATER = ["水飲み場を広場に置く", "広場に水飲み場がほしい", "水飲み場のそばに日よけ"]


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return open_workshop(officer, consultation, plan={"tables": 2})


@pytest.fixture
def chair(workshop: Workshop, officer: Account) -> Hand:
    found = lead(workshop, officer)
    found.do("phase.set", id="p4")
    return found


@pytest.fixture
def ann(workshop: Workshop, chair: Hand) -> Hand:
    (found,) = join(workshop, ["けやき"])
    for n, said in enumerate([*SHADE, *WATER, "夜は静かに"]):
        found.do("note.add", id=f"n{n:03d}", text=said, color=1, x=100 * n, y=50)
    return found


def proposed(officer: Account, workshop: Workshop, table: str = "all") -> list[Suggestion]:
    job = suggestions.start(officer, again(workshop), table)
    jobs.run_due()
    return suggestions.of(again(workshop), jobs.find(job.public_id))


def test_alike_notes_are_proposed_and_nothing_moves(
    both_engines: str, workshop: Workshop, ann: Hand, officer: Account
) -> None:
    before = ann.owner.whole()
    found = proposed(officer, workshop)
    groups = [{note.text for note in one.notes} for one in found]
    assert set(SHADE) in groups
    assert set(WATER) in groups
    assert ann.owner.whole() == before


def test_a_lead_takes_one_island_once(
    workshop: Workshop, chair: Hand, ann: Hand, officer: Account
) -> None:
    shade = next(one for one in proposed(officer, workshop) if one.notes[0].text in SHADE)
    job = suggestions.newest(workshop)
    seat = members.of_account(workshop, officer)
    assert job is not None
    assert seat is not None
    for _twice in range(2):
        suggestions.accept(officer, again(workshop), seat, job.public_id, shade.number, "木陰")
    state, _seq = chair.owner.whole()
    (island,) = state["islands"].values()
    assert island["title"] == "木陰"
    assert {note["text"] for note in state["notes"].values() if note["island"]} == set(SHADE)
    assert [one.is_taken for one in suggestions.of(again(workshop), job)].count(True) == 1


def test_what_was_moved_meanwhile_is_left_where_it_is(
    workshop: Workshop, chair: Hand, ann: Hand, officer: Account
) -> None:
    shade = next(one for one in proposed(officer, workshop) if one.notes[0].text in SHADE)
    ann.do("island.add", id="i001", title="先に", notes=["n000", "n001"])
    job = suggestions.newest(workshop)
    left = suggestions.of(again(workshop), job)
    assert shade.number not in [one.number for one in left]  # one note alone is no island
    seat = members.of_account(workshop, officer)
    assert job is not None
    assert seat is not None
    with pytest.raises(Conflict):
        suggestions.accept(officer, again(workshop), seat, job.public_id, shade.number, "木陰")


def test_covered_hidden_and_removed_notes_are_not_read(
    workshop: Workshop, chair: Hand, ann: Hand, officer: Account
) -> None:
    chair.do("note.hide", id="n000", reason="きまり")
    ann.do("note.del", id="n001")
    chair.do("phase.set", id="p2")
    ann.do("note.add", id="n100", text="木陰のベンチがほしい（まだ見せない）", color=1)
    state, _seq = chair.owner.whole()
    texts = {note.text for note in suggestions.loose(state, "all")}
    assert texts == {SHADE[2], *WATER, "夜は静かに"}


def test_a_table_is_looked_at_alone(
    workshop: Workshop, chair: Hand, ann: Hand, officer: Account
) -> None:
    assert suggestions.start(officer, again(workshop), "t001")
    with pytest.raises(Conflict):
        suggestions.start(officer, again(workshop), "t002")
    with pytest.raises(NotFound):
        suggestions.start(officer, again(workshop), "t999")
    jobs.run_due()
    job = suggestions.newest(workshop)
    assert job is not None
    assert job.result["table"] == "t001"


def test_only_who_leads_asks_and_takes(
    workshop: Workshop, ann: Hand, stranger: Account, officer: Account
) -> None:
    with pytest.raises(Forbidden):
        suggestions.start(stranger, workshop)
    workshops.close(officer, workshop)
    with pytest.raises(Conflict):
        suggestions.start(officer, again(workshop))


def test_the_page_works_without_a_script(
    workshop: Workshop,
    ann: Hand,
    officer: Account,
    resident: Account,
    client: FlaskClient,
    browser_of: Callable[[Account], FlaskClient],
) -> None:
    url = f"/w/{workshop.public_id}/suggestions"
    assert client.get(url).status_code == 302
    assert browser_of(resident).get(url).status_code == 403
    chair = Visitor(browser_of(officer)).open(url)
    chair.press("案を作る", table="all")
    assert "順番を待っています" in chair.text
    jobs.run_due()
    chair.open(url)
    assert SHADE[0] in chair.text
    assert chair.press("この島を作る", title="").status == 422
    chair.press("この島を作る", title="木陰の島")
    assert "島にしました" in chair.text
    state, _seq = ann.owner.whole()
    assert [one["title"] for one in state["islands"].values()] == ["木陰の島"]
    told = browser_of(officer).get(url, headers={"Accept": "application/json"}).get_json()
    assert told["state"] == "done"
    assert sum(one["taken"] for one in told["islands"]) == 1
