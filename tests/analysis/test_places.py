"""What an officer looks for on the desk is found, wherever it stands."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import select, text

from analysis import desks, places, sieves
from analysis.places import Found
from analysis.sieves import Sieve
from core import clock, db
from core.cli import alembic_config
from core.people import Account
from ledger import answers, opinions, queries
from ledger.answers import Draft
from ledger.models import (
    Answer,
    Channel,
    Consultation,
    ImportRow,
    Opinion,
    Placement,
)
from ledger.opinions import Said
from tests.analysis.imported import read_in
from tests.analysis.test_themes_desk import URL, Browser, again, pid

SAID = [
    ("木を残して", Channel.WEB, "a"),
    ("ＢＵＳを増やして", Channel.FAX, "b"),
    ("100%賛成です。" * 40, Channel.WEB, "c"),
    ("木陰がほしい", Channel.POST, "c"),
]


@pytest.fixture
def entered(consultation: Consultation) -> list[int]:
    section = consultation.sections[0]
    return opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=number,
                channel=channel,
                body=body,
                submission=f"test:{letter}",
                voice_id=None,
                said_at=clock.now() - timedelta(minutes=1),
                received_at=clock.now(),
                section_id=section.id if number == 1 else None,
            )
            for number, (body, channel, letter) in enumerate(SAID, start=1)
        ],
        role="officer",
    )


@pytest.mark.parametrize(
    ("sieve", "found"),
    [
        (Sieve(q="木"), [0, 3]),
        (Sieve(q="木　残して"), [0]),
        (Sieve(q="bus"), [1]),
        (Sieve(q="100%"), [2]),
        (Sieve(q="_"), []),
        (Sieve(channel="fax"), [1]),
        (Sieve(chapter="1-1"), [0]),
        (Sieve(chapter="9"), []),
        (Sieve(length="short"), [0, 1, 3]),
        (Sieve(length="middle"), [2]),
        (Sieve(state="todo"), [2]),
        (Sieve(state="answered"), [0, 1, 3]),
        (Sieve(state="own"), [3]),
        (Sieve(district="南"), []),
    ],
)
def test_each_sieve_lets_through_what_it_says(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    entered: list[int],
    sieve: Sieve,
    found: list[int],
) -> None:
    theme = desks.gather(officer, consultation, entered[:2], None, "木とバス")
    draft = Draft(disposition="endorsed", view="はい")
    answers.save(officer, theme, draft, version=0)
    answers.save(officer, db.session().get_one(Opinion, entered[3]), draft, version=0)
    shown = places.voices_in(officer, consultation, Found.EVERYWHERE, sieve)
    assert [voice.opinion.id for voice in shown] == [entered[n] for n in found]
    assert places.text_count(officer, consultation, Found.EVERYWHERE, sieve) == len(found)


def test_an_address_is_read_back_as_it_was_written() -> None:
    sieve = Sieve(q="木", state="own")
    assert Sieve.of(sieve.args) == sieve
    assert not Sieve.of({"state": "x", "length": "y"}).is_open


def test_a_letter_is_shown_whole_with_its_points(
    consultation: Consultation, officer: Account, entered: list[int]
) -> None:
    shown = places.voices_in(officer, consultation, None)
    assert [voice.points for voice in shown] == [(1, 1), (1, 1), (1, 2), (2, 2)]
    pieces = places.letter(db.session().get_one(Opinion, entered[3]))
    assert [is_it for _said, is_it in pieces] == [False, True]


def test_the_page_finds_everywhere_and_keeps_the_sieve(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[int]
) -> None:
    desks.move(officer, consultation, entered[:1], Placement.LONE)
    browser = browser_of(officer)
    found = browser.get(f"{URL}?list=found&q=木").text
    assert found.count("<mark>木</mark>") == 2
    assert "単独意見" in found
    nothing = browser.get(f"{URL}?list=unfiled&q=ペンギン").text
    assert "あてはまるご意見はありません" in nothing
    moved = {"opinions": pid(db.session().get_one(Opinion, entered[3])), "act": "lone"}
    answer = browser.post(f"{URL}/file?list=found&q=木", data=moved)
    assert "q=" in answer.headers["Location"]
    assert queries.counts(consultation).lone == 2


def test_lone_opinions_are_looked_at(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[int]
) -> None:
    desks.move(officer, consultation, entered[:2], Placement.LONE)
    browser = browser_of(officer)
    chosen = {"opinions": pid(db.session().get_one(Opinion, entered[0])), "act": "look"}
    browser.post(f"{URL}/file?list=lone", data=chosen)
    assert "見ました" in browser.get(f"{URL}?list=lone").text
    left = places.voices_in(officer, consultation, Placement.LONE, Sieve(state="new"))
    assert [voice.opinion.id for voice in left] == [entered[1]]


@pytest.mark.parametrize("place", ["found", "unfiled"])
def test_all_of_a_list_is_all_that_the_sieve_lets_through(
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    entered: list[int],
    place: str,
) -> None:
    sent = {"disposition": "endorsed", "view": "はい", "all": "1", "then": "hand_in"}
    browser_of(officer).post(f"{URL}/answers?list={place}&q=木", data=sent)
    shown = places.voices_in(officer, consultation, Found.EVERYWHERE, Sieve(state="own"))
    assert [voice.opinion.id for voice in shown] == [entered[0], entered[3]]


def test_all_that_was_found_leaves_out_what_a_theme_answers_and_is_never_everything(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[int]
) -> None:
    theme = desks.gather(officer, consultation, entered[:2], None, "木とバス")
    answers.save(officer, theme, Draft(disposition="endorsed", view="はい"), version=0)
    browser = browser_of(officer)
    sent = {"disposition": "endorsed", "view": "はい", "all": "1", "then": "hand_in"}
    assert browser.post(f"{URL}/answers?list=found", data=sent).status_code == 422
    browser.post(f"{URL}/answers?list=found&q=木", data=sent)
    own = db.session().scalars(select(Answer.opinion_id).where(Answer.opinion_id.is_not(None)))
    assert list(own) == [entered[3]]


def test_a_district_is_found_in_the_column_of_the_file(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    east, _west = read_in(consultation, ["東地区", "西地区"])
    shown = places.voices_in(officer, consultation, None, Sieve(district="東地区"))
    assert [voice.opinion.id for voice in shown] == [east]
    named = db.session().scalars(sieves.districts(consultation.id))
    assert sorted(named) == ["東地区", "西地区"]


def test_a_district_read_in_before_json_was_written_in_letters_is_found(
    app: Flask, consultation: Consultation, officer: Account
) -> None:
    """SQLite finds no column by an escaped name: the migration writes such rows anew."""
    east, _west = read_in(consultation, ["東地区", "西地区"])
    with db.transaction() as tx:
        for row in tx.scalars(select(ImportRow)).all():
            said = {"id": row.id, "said": json.dumps(row.columns)}
            tx.execute(text("UPDATE import_row SET columns = :said WHERE id = :id"), said)
    sieve = Sieve(district="東地区")
    assert places.voices_in(officer, consultation, None, sieve) == []
    db.session().rollback()
    config = alembic_config(str(app.extensions["engine"].url))
    command.downgrade(config, "2026_11_28_hidden_sums")
    command.upgrade(config, "2026_11_28_import_letters")
    db.session.remove()
    shown = places.voices_in(again(officer), again(consultation), None, sieve)
    assert [voice.opinion.id for voice in shown] == [east]
