"""The opinion map: every counted opinion exactly one dot, whatever happens to it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis import bars, maps, spots, stores, tokens, trees, vectors
from analysis.maps import Chart
from analysis.picture_models import Picture, Spot
from analysis.tokens import Words
from core import clock, db, jobs
from core.people import Account
from ledger import opinions, queries, themes
from ledger.models import Consultation, Placement
from tests.analysis.imported import read_in
from tests.analysis.pictured import LIGHTS, TREES, again, laid_out, say, two_themes

Browser = Callable[[Account], FlaskClient]
URL = "/desk/c/park/map"


def dots(chart: Chart) -> int:
    return sum(len(re.findall("M", ground.path)) for ground in chart.grounds)


def holds(consultation: Consultation) -> Chart:
    """The chart, after proving that its figures are the ledger's."""
    chart = maps.chart(consultation)
    counts = queries.count([consultation])[consultation.id]
    assert dots(chart) == chart.dots == counts.counted
    assert (chart.in_themes, chart.lone, chart.unfiled) == (
        counts.in_themes,
        counts.lone,
        counts.unfiled,
    )
    for ground in chart.grounds:
        if ground.theme:
            assert len(re.findall("M", ground.path)) == ground.theme.opinions
    table = bars.by_channel(consultation, chart.topics)
    assert table.total == counts.counted
    assert sum(line.opinions for line in table.lines) == counts.counted
    assert trees.tree(chart.topics).opinions == counts.in_themes
    return chart


def test_every_counted_opinion_is_one_dot_through_all_its_changes(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    trees_, lights = two_themes(officer, consultation)
    assert holds(consultation).new == 8, "before the map is laid out all stand in rows"
    laid_out(officer, consultation)
    chart = holds(consultation)
    assert chart.new == 0
    assert {g.theme.title for g in chart.named if g.theme} == {"木のこと", "明かりのこと"}
    inside = queries.opinions_in(consultation, lights)
    opinions.withhold(inside[0], reason="第4条", role="moderator")
    themes.move(officer, consultation, [inside[1].id], Placement.LONE)
    themes.move(officer, consultation, [inside[2].id], trees_)
    say(consultation, "あとから届いた声")
    chart = holds(consultation)
    assert chart.new == 1
    assert spots.is_behind(consultation)
    laid_out(officer, consultation)
    assert holds(consultation).new == 0
    assert not spots.is_behind(consultation)


def test_the_same_standing_gives_the_same_map(consultation: Consultation, officer: Account) -> None:
    two_themes(officer, consultation)

    def layout() -> list[tuple[int, int, int, int]]:
        laid_out(officer, consultation)
        query = select(Spot.opinion_id, Spot.x, Spot.y, Spot.centrality).order_by(Spot.opinion_id)
        return [tuple(row) for row in db.session().execute(query)]

    first = layout()
    assert len(first) == 8
    assert layout() == first
    assert len({(x, y) for _id, x, y, _near in first}) == 8, "no two lie on one spot"


def test_a_theme_opens_from_the_map_and_from_the_table(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    theme, _other = two_themes(officer, consultation)
    laid_out(officer, consultation)
    address = f"/desk/c/park/themes?t={theme.public_id}"
    page = browser_of(officer).get(URL).text
    assert page.count(f'href="{address}"') >= 4, "its dots, its name, and two tables"
    assert "木のこと、4件" in page


def test_the_page_says_no_resident_s_words(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    two_themes(officer, consultation)
    laid_out(officer, consultation)
    page = browser_of(officer).get(URL).text
    assert "ケヤキ" not in page
    assert "トイレ" not in page


@pytest.mark.parametrize("laid", [False, True])
def test_an_empty_consultation_says_what_to_do(
    browser_of: Browser, empty_consultation: Consultation, officer: Account, laid: bool
) -> None:
    if laid:
        laid_out(officer, empty_consultation)
    page = browser_of(officer).get("/desk/c/empty/map")
    assert page.status_code == 200
    assert "テーマは、まだありません" in page.text


def test_opening_the_page_lays_nothing_out_and_posting_does(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    two_themes(officer, consultation)
    browser = browser_of(officer)
    assert "地図は、まだ作っていません" in browser.get(URL).text
    assert db.session().scalar(select(Picture.pitch)) is None
    assert browser.post(URL).status_code == 303
    assert "意見の地図を作る" in browser.get(URL).text
    jobs.run_due()
    assert "に並べました" in browser.get(URL).text


def test_who_has_no_business_there_finds_nothing(
    browser_of: Browser,
    client: FlaskClient,
    consultation: Consultation,
    resident: Account,
    stranger: Account,
) -> None:
    for where in ("map", "voices"):
        url = f"/desk/c/park/{where}"
        assert client.get(url).status_code == 302
        assert browser_of(resident).get(url).status_code == 403
        assert browser_of(stranger).get(url).status_code == 404
        assert browser_of(stranger).post(url).status_code in (403, 404)


def test_the_page_costs_the_same_for_many(
    browser_of: Browser, consultation: Consultation, officer: Account, statements: list[str]
) -> None:
    two_themes(officer, consultation)
    laid_out(officer, consultation)
    browser = browser_of(officer)

    def cost() -> int:
        say(consultation, "もう一つ")  # the record grows: everything is asked anew
        statements.clear()
        assert browser.get(URL).status_code == 200
        return len(statements)

    few = cost()
    for number in range(6):
        ids = say(consultation, *(f"{number}番目の{n}" for n in range(20)))
        themes.gather(again(officer), again(consultation), ids, f"テーマ{number}")
    laid_out(officer, consultation)
    assert cost() == few


def test_bars_by_district_follow_the_column_of_the_file(
    consultation: Consultation, officer: Account
) -> None:
    ids = read_in(consultation, ["東地区", "西地区", "東地区"], 地域への思い="長い文")
    themes.gather(officer, consultation, ids[:2], "木のこと")
    say(consultation, "ウェブから")
    chart = maps.chart(consultation)
    table = bars.by_district(consultation, chart.topics)
    assert table is not None
    assert table.columns == ("東地区", "西地区", bars.REST)
    assert [cell.opinions for cell in table.lines[0].cells] == [1, 1, 0]
    assert table.sums == (2, 1, 1)
    assert bars.district_columns(consultation) == ["地区"]


def test_a_map_is_laid_out_in_the_frozen_space_from_words_that_are_kept(
    consultation: Consultation, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_themes(officer, consultation)
    laid_out(officer, consultation)
    assert len(stores.words(consultation.id)) == 8
    say(consultation, "ねこがいる")
    read = [tokens.join(s.words for s in parts) for parts in tokens.read([*TREES, *LIGHTS])]
    stores.freeze(consultation.id, vectors.fit(read))

    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(vectors, "fit", refuse)
        patch.setattr(tokens.Reader, "words", lambda _self, text: met.append(text) or Words())
        met: list[str] = []
        laid_out(officer, consultation)
    assert met == ["ねこがいる"]
    assert holds(consultation).new == 0


def test_the_worker_lays_out_what_has_no_map_and_waits_an_hour_to_renew(
    consultation: Consultation, officer: Account
) -> None:
    def renewed() -> bool:
        before = spots.newest(again(consultation))
        spots.renew()
        jobs.run_due()
        return spots.newest(again(consultation)) != before

    assert not renewed(), "no theme, no map"
    two_themes(again(officer), again(consultation))
    assert renewed()
    say(consultation, "あとから")
    assert not renewed()
    with clock.at(clock.now() + spots.RENEWED_AFTER * 1.1):
        assert renewed()
        assert not renewed()
