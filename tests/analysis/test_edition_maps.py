"""The map of a published edition: its dots are the report's lines, and stay so."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from analysis import edition_maps
from analysis.maps import Chart
from analysis.picture_models import EditionMap
from core import db, jobs
from core.people import Account
from ledger import editions, opinions, themes
from ledger.models import Consultation, Edition, Placement
from tests.answered import NO, YES, Case, again, enter, opinion


@pytest.fixture
def case(consultation: Consultation, officer: Account, approver: Account) -> Case:
    return Case(consultation, officer, approver)


def published(case: Case) -> Edition:
    ids = enter(case.consultation, "木を残して", "木陰がほしい", "池を残して", "池の水", "ベンチを")
    case.theme("木", ids[:2]).theme("池", ids[2:4], replace(YES, place="2-2"))
    case.answer(opinion(ids[3]), NO).lone(ids[4])
    edition = case.approve().publish()
    edition_maps.renew()
    jobs.run_due()
    return again(edition)


def chart_of(edition: Edition) -> Chart:
    found = edition_maps.chart(edition)
    assert found is not None
    return found


def test_the_dots_are_the_lines_of_the_edition(both_engines: str, case: Case) -> None:
    edition = published(case)
    chart = chart_of(edition)
    figures = edition.figures
    assert chart.dots == figures["counted"] == 5
    assert (chart.in_themes, chart.lone, chart.unfiled) == (figures["in_themes"], 1, 0)
    assert [(one.title, one.opinions, one.people) for one in chart.topics] == [
        ("木", 2, 2),
        ("池", 2, 0),  # one of them got an answer of its own: people are not added up
    ]
    assert sum(len(re.findall("M", ground.path)) for ground in chart.grounds) == 5
    assert editions.holds(edition)


def test_what_happens_later_changes_no_dot(case: Case) -> None:
    edition = published(case)
    before = chart_of(edition)
    edition_maps._chart.cache_clear()
    opinions.withhold(opinion(1), reason="第4条", role="moderator")
    themes.move(case.officer, case.consultation, [2], Placement.LONE)
    edition_maps.renew()
    jobs.run_due()
    assert chart_of(again(edition)) == before
    assert db.session().scalar(select(func.count()).select_from(EditionMap)) == 1


def test_the_report_shows_it_as_soon_as_it_is_there(client: FlaskClient, case: Case) -> None:
    edition = published(case)
    url = f"/r/{edition.report.public_id}"
    page = client.get(url).text
    assert 'id="map"' in page
    assert f'href="{url}?group=1"' in page
    assert client.get(f"{url}?group=1").status_code == 200
    with db.transaction() as tx:
        tx.delete(tx.get_one(EditionMap, again(edition).id))
    edition_maps._chart.cache_clear()
    assert 'id="map"' not in client.get(url).text


def test_a_report_of_nothing_has_no_map(client: FlaskClient, case: Case) -> None:
    edition = case.publish()
    edition_maps.renew()
    jobs.run_due()
    assert edition_maps.chart(again(edition)) is None
    assert client.get(f"/r/{again(edition).report.public_id}").status_code == 200
