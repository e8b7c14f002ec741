"""How a theme may fall apart: a proposal of the machine, of which a person takes a part out."""

from __future__ import annotations

import pytest

from analysis import desks, partings
from core import db, jobs
from core.errors import Conflict, Forbidden
from core.people import Account
from ledger import queries
from ledger.models import Consultation, Theme
from tests.analysis.test_runs import LIGHTS, TREES, enter
from tests.analysis.test_themes_desk import URL, Browser, again, pid


@pytest.fixture
def mixed(consultation: Consultation, officer: Account) -> Theme:
    ids = enter(consultation, *TREES, *LIGHTS)
    return desks.gather(officer, consultation, ids, None, "いろいろ")


def parts(theme: Theme) -> list[partings.Part]:
    return partings.proposed(theme, partings.newest(theme))


def test_a_theme_falls_apart_and_a_part_is_taken_out(
    both_engines: str, consultation: Consultation, officer: Account, mixed: Theme
) -> None:
    partings.ask(officer, mixed)
    assert parts(mixed) == []
    jobs.run_due()
    db.session().expire_all()
    found = parts(mixed)
    assert sorted(len(part.opinion_ids) for part in found) == [3, 3]
    assert queries.counts(consultation).in_themes == 6
    partings.take(officer, mixed, found[1].number, "明かり")
    assert [row.opinions for row in queries.themes_of(consultation)] == [3, 3]
    with pytest.raises(Conflict):
        partings.take(officer, mixed, found[1].number, "もう一度")
    desks.undo(officer, consultation)
    assert [row.opinions for row in queries.themes_of(consultation)] == [6]


def test_copies_do_not_fall_apart(consultation: Consultation, officer: Account) -> None:
    ids = enter(consultation, *["木を残してください。"] * 4)
    theme = desks.gather(officer, consultation, ids, None, "木")
    partings.ask(officer, theme)
    jobs.run_due()
    assert parts(theme) == []


def test_strangers_may_not_ask(mixed: Theme, stranger: Account) -> None:
    with pytest.raises(Forbidden):
        partings.ask(stranger, mixed)


def test_the_page_shows_the_parts_and_keeps_a_refused_name(
    browser_of: Browser, consultation: Consultation, officer: Account, mixed: Theme
) -> None:
    browser, url = browser_of(officer), f"{URL}/{pid(mixed)}/part"
    browser.post(url)
    jobs.run_due()
    assert "分ける案（2）" in browser.get(f"{URL}?t={pid(mixed)}").text
    number = parts(again(mixed))[0].number
    refused = browser.post(url, data={"part": number, "title": "あ" * 121})
    assert refused.status_code == 422
    assert "あ" * 121 in refused.text
    browser.post(url, data={"part": number, "title": "分けたもの"})
    titles = {row.theme.title for row in queries.themes_of(again(consultation))}
    assert titles == {"いろいろ", "分けたもの"}
