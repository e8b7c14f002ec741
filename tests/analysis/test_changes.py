"""A run on a desk where people have worked: a difference to decide, never a replacement."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis import changes, cuts, desks, differences
from analysis.models import Run, RunState
from core import db
from core.people import Account
from ledger import check, opinions, queries
from ledger.filings import UNNAMED
from ledger.models import Consultation, Filing, Opinion
from tests.analysis.test_runs import LIGHTS, TREES, enter, ran
from tests.analysis.test_themes_desk import Browser, again
from tests.ledger.shown import on_the_desk


def places(consultation: Consultation) -> object:
    db.session().expire_all()
    return on_the_desk(consultation)["places"]


def test_a_group_goes_on_as_the_theme_it_shares_most_with() -> None:
    now: dict[int, differences.Place] = {1: 7, 2: 7, 3: 7, 4: 8, 5: "lone", 6: ""}
    found = differences.between(now, [[1, 2, 4], [3, 5]], [6], [7, 8])
    assert [(one.to, one.moves) for one in found] == [
        (7, ((8, (4,)),)),
        (None, ((7, (3,)), ("lone", (5,)))),
        ("lone", (("", (6,)),)),
    ]


def test_what_stands_already_is_no_change() -> None:
    assert differences.between({1: 7, 2: 7, 3: "lone"}, [[1, 2]], [3], [7]) == []


def test_a_theme_a_person_holds_is_not_taken_over() -> None:
    (one,) = differences.between({1: 7, 2: 7}, [[1, 2]], [], [])
    assert one.to is None


@pytest.fixture
def worked_on(consultation: Consultation, officer: Account) -> list[int]:
    """Two themes by the machine; an officer has named one; two more opinions came since."""
    ids = enter(consultation, *TREES, *LIGHTS)
    ran(officer, consultation)
    theme = queries.themes_of(consultation)[0].theme
    desks.rename(officer, theme, "わたしの名前", version=theme.version)
    return ids + enter(
        consultation, "ケヤキの木の枝が落ちて危ないです。", "街灯が夜の園路に足りません。"
    )


def test_a_second_run_moves_nothing_by_itself(
    both_engines: str, consultation: Consultation, officer: Account, worked_on: list[int]
) -> None:
    before = places(consultation)
    ran(officer, consultation)
    assert places(consultation) == before
    run = changes.waiting(consultation)
    assert run is not None
    assert changes.open_count(consultation) == len(changes.of(run)) > 0


def test_accepting_one_moves_what_it_says_and_is_undone(
    consultation: Consultation, officer: Account, worked_on: list[int]
) -> None:
    ran(officer, consultation)
    run = changes.waiting(consultation)
    assert run is not None
    before, (first, *rest) = places(consultation), changes.of(run)
    assert changes.accept(officer, consultation, [first]) == first.opinion_count
    assert places(consultation) != before
    assert [*check.conservation(consultation)] == []
    assert changes.accept(officer, consultation, [first]) == 0, "decided once"
    changes.refuse(officer, consultation, rest)
    assert changes.waiting(consultation) is None
    desks.undo(officer, consultation)
    desks.undo(officer, consultation)
    assert places(consultation) == before


def test_what_a_person_moved_since_stays_there(
    consultation: Consultation, officer: Account, worked_on: list[int]
) -> None:
    ran(officer, consultation)
    run = changes.waiting(consultation)
    assert run is not None
    (mine,) = [t.theme for t in queries.themes_of(consultation) if t.theme.title == "わたしの名前"]
    desks.move(officer, consultation, worked_on, mine)
    changes.accept(officer, consultation, changes.of(run))
    inside = db.session().scalars(select(Filing.opinion_id).where(Filing.theme_id == mine.id))
    assert set(inside) == set(worked_on)


def test_a_newer_run_closes_the_older_one(
    consultation: Consultation, officer: Account, worked_on: list[int]
) -> None:
    ran(officer, consultation)
    ran(officer, consultation, 0.7)
    runs = list(db.session().scalars(select(Run).order_by(Run.id)))
    assert [run.state for run in runs[:2]] == [RunState.ADOPTED, RunState.DECIDED]
    assert all([cut for cut, *_counts in run.grains] == list(cuts.GRAINS) for run in runs)
    assert runs[0].grains == sorted(runs[0].grains, reverse=True)


def test_the_pages_show_and_decide(
    browser_of: Browser, consultation: Consultation, officer: Account, worked_on: list[int]
) -> None:
    ran(officer, consultation)
    browser: FlaskClient = browser_of(officer)
    assert "見くらべて決める" in browser.get("/desk/c/park/themes").text
    shown = browser.get("/desk/c/park/changes")
    assert "残りをすべて受け入れる" in shown.text
    listed = browser.get("/desk/c/park/runs").text
    assert "二つを並べて見る" in listed
    assert browser.post("/desk/c/park/changes", data={"act": "accept"}).status_code == 303
    assert changes.waiting(again(consultation)) is None
    assert "機械の案を受け入れて" in browser.get("/desk/c/park/acts").text
    assert browser.post("/desk/c/park/changes", data={"act": "accept"}).status_code == 404


def test_strangers_see_none_of_it(
    browser_of: Browser, consultation: Consultation, stranger: Account, worked_on: list[int]
) -> None:
    for page in ("runs", "changes", "acts"):
        assert browser_of(stranger).get(f"/desk/c/park/{page}").status_code == 404
    assert browser_of(stranger).post("/desk/c/park/changes").status_code == 404


def test_a_quotation_that_is_taken_back_leaves_the_changes(
    consultation: Consultation, officer: Account, worked_on: list[int]
) -> None:
    ran(officer, consultation)
    run = changes.waiting(consultation)
    assert run is not None
    with db.transaction():
        (change, *_rest) = changes.of(run)
        change.label, change.quote = f"{UNNAMED}ケヤキの木", "ケヤキの木"
    (moved, *_others) = change.moves[0][1]
    opinions.withdraw(db.session().get_one(Opinion, moved), role="resident")
    db.session().refresh(change)
    assert (change.label, change.quote) == (UNNAMED, "")
