"""A long list of themes is shown in parts: around the chosen one, further on, or what is found."""

from __future__ import annotations

import json
import re

import pytest

from analysis import queries, windows
from core.people import Account
from ledger import adoptions, themes
from ledger.adoptions import Proposal
from ledger.models import Consultation, Theme
from ledger.queries import ThemeRow
from tests.analysis.test_themes_desk import URL, Browser, enter, page, pid

PLACE = re.compile(r'data-at="(\d+)"')
SOUND, LIGHT = 41, 150


def rows(count: int) -> list[ThemeRow]:
    return [
        ThemeRow(Theme(id=n, title=f"テーマ{n}", level1=f"{n // 10:03}章"), 2, 2, None)
        for n in range(count)
    ]


@pytest.fixture
def many(consultation: Consultation, officer: Account) -> Consultation:
    """Two hundred themes of two opinions each."""
    ids = [o.id for o in enter(consultation, *(f"意見{n}" for n in range(400)))]
    names = {SOUND: "音の大きさ", LIGHT: "ＬＥＤの明かり"}
    proposals = [
        Proposal(names.get(n, f"木{n}"), "", 50, tuple(ids[n * 2 : n * 2 + 2])) for n in range(200)
    ]
    adoptions.adopt(officer, consultation, proposals, [])
    return consultation


def places(said: str) -> list[int]:
    return [int(one) for one in PLACE.findall(said)]


@pytest.mark.parametrize("chosen", [0, 1, 30, 150, 199])
def test_the_chosen_theme_is_in_the_part_that_is_shown(chosen: int) -> None:
    listed = rows(200)
    shown = windows.window(listed, chosen=listed[chosen].theme)
    assert listed[chosen] in shown.rows
    assert len(shown.rows) == windows.SHOWN


@pytest.mark.parametrize("count", [0, 1, windows.SHOWN, windows.SHOWN + 1, 1000])
def test_going_on_from_part_to_part_misses_nothing(count: int) -> None:
    listed, seen, start = rows(count), list[ThemeRow](), 0
    while True:
        shown = windows.window(listed, start=start)
        seen += shown.rows
        if shown.later is None:
            break
        start = shown.later
    assert seen == listed
    while shown.earlier is not None:
        before = windows.window(listed, start=shown.earlier, end=shown.start)
        assert before.end == shown.start
        shown = before
    assert shown.start == 0


@pytest.mark.parametrize(("start", "end"), [(-5, 9), (10_000, 10_010), (50, 10), (0, 10_000)])
def test_whatever_is_asked_for_the_part_is_no_longer_than_it_may_be(start: int, end: int) -> None:
    assert len(windows.window(rows(1000), start=start, end=end).rows) <= windows.MOST


def test_a_page_of_many_themes_is_as_small_as_one_of_few(
    browser_of: Browser, many: Consultation, officer: Account, statements: list[str]
) -> None:
    browser = browser_of(officer)
    statements.clear()
    said = page(browser, "?list=lone")
    assert len(statements) < 30
    assert places(said) == list(range(windows.SHOWN))
    assert len(said) < 60_000
    later = page(browser, f"?list=lone&from={windows.SHOWN}")
    assert places(later)[0] == windows.SHOWN
    assert places(page(browser, "?list=themes")) == list(range(windows.SHOWN))


def test_the_desk_opens_at_the_top_of_the_list(
    browser_of: Browser, many: Consultation, officer: Account
) -> None:
    """Themes under a heading come first there, whichever was made first."""
    listed = queries.overview(officer, many).listed
    themes.put_under(officer, listed[120].theme, "1 音", version=listed[120].theme.version)
    said = page(browser_of(officer))
    assert re.search(r'data-at="0">\s*<a class="tlist__item is-cur"', said)


def test_themes_are_found_by_name_wherever_they_stand(
    browser_of: Browser, many: Consultation, officer: Account
) -> None:
    browser = browser_of(officer)
    said = page(browser, "?list=lone&name=led　明かり")
    assert len(places(said)) == 1
    assert "ＬＥＤの明かり" in said
    assert "その名前のテーマはありません" in page(browser, "?list=lone&name=ない")


def test_a_part_of_the_list_is_had_by_itself_in_few_statements(
    browser_of: Browser, many: Consultation, officer: Account, statements: list[str]
) -> None:
    browser = browser_of(officer)
    statements.clear()
    said = browser.get(f"{URL}/list?list=lone&from=100&to=130").text
    assert places(said) == list(range(100, 130))
    assert len(statements) < 14
    assert "<html" not in said


def test_every_theme_can_be_sent_to(
    browser_of: Browser, many: Consultation, officer: Account, resident: Account
) -> None:
    far = queries.overview(officer, many).listed[LIGHT].theme
    browser = browser_of(officer)
    assert f'value="{pid(far)}"' not in page(browser, "?list=lone"), "a plain list has what is seen"
    told = json.loads(browser.get(f"{URL}/targets").data)
    ((heading, listed),) = told
    assert (heading, len(listed)) == ("", 200)
    assert [pid(far), "ＬＥＤの明かり", 2, ""] in listed
    assert browser_of(resident).get(f"{URL}/targets").status_code == 403


def test_themes_that_are_called_alike_are_told_apart_by_words_where_one_chooses(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    ids = [o.id for o in enter(consultation, *"abcd")]
    alike = [
        Proposal("学校", f"学校は{n}です", 50, tuple(ids[n * 2 : n * 2 + 2])) for n in range(2)
    ]
    adoptions.adopt(officer, consultation, alike, [])
    browser = browser_of(officer)
    ((_, listed),) = json.loads(browser.get(f"{URL}/targets").data)
    assert [row[3] for row in listed] == ["学校は0です", "学校は1です"]
    assert 'data-quote="学校は1です"' in page(browser, f"?t={listed[0][0]}")
    theme = queries.overview(officer, consultation).listed[0].theme
    themes.rename(officer, theme, "名前", version=theme.version)
    ((_, listed),) = json.loads(browser.get(f"{URL}/targets").data)
    assert sorted(row[3] for row in listed) == ["", "学校は1です"]


def test_a_theme_chosen_from_afar_stays_chosen_when_the_move_is_refused(
    browser_of: Browser, many: Consultation, officer: Account
) -> None:
    listed = queries.overview(officer, many).listed
    near, far = pid(listed[0].theme), pid(listed[LIGHT].theme)
    answer = browser_of(officer).post(f"{URL}/file?t={near}", data={"act": "move", "to": far})
    assert answer.status_code == 422
    assert re.search(f'value="{far}"[^>]* selected', answer.text)


def test_many_unanswered_themes_are_paged(
    browser_of: Browser, many: Consultation, officer: Account
) -> None:
    browser = browser_of(officer)
    boxes = [
        set(re.findall(r'name="themes"[^>]*value="(\w+)"', page(browser, f"?list=themes&page={n}")))
        for n in (1, 2, 3, 4)
    ]
    assert len(set.union(*boxes)) == 200
