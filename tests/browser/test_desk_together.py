"""Two people at one themes desk: each sees the other, who writes, and what has just changed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]
DESK = "/desk/c/park/themes"


def at_the_desk(people: Any, name: str) -> Person:
    person: Person = people()
    person.sign_in(name)
    person.open(DESK)
    return person


def test_each_sees_the_other_and_what_they_change(people: Any) -> None:
    officer = at_the_desk(people, "水と緑の課　桑名")
    chief = at_the_desk(people, "水と緑の課長　佃")
    for person in (officer, chief):
        expect(person.page.locator("[data-circles] .person")).to_have_count(2)
    chief.eyes.look("desk: two people")
    path = officer.page.locator(".tlist__item").first.get_attribute("href")
    assert path is not None
    for person in (officer, chief):
        person.open(path)
    expect(officer.page.locator("[data-circles] .person")).to_have_count(2)
    writing = officer.page.locator("form#answer textarea").first
    if writing.count():
        officer.page.locator("form#answer textarea[name=summary]").press("End")
        officer.page.keyboard.insert_text("。")
        expect(chief.page.locator("[data-busy]")).to_contain_text("桑名")
    officer.keys.press("summary:has-text('改名')")
    officer.keys.type("#theme-title", "二人で見るテーマ")
    officer.keys.follow("button:has-text('この名前にする')")
    expect(chief.page.locator("[data-desk-news]")).to_be_visible()
    expect(chief.page.locator(".tlist")).to_contain_text(["二人で見るテーマ"])
    chief.eyes.look("desk: changed by somebody else")
    officer.page.close()
    expect(chief.page.locator(".deskhere")).to_be_hidden()


def test_a_search_ranks_what_the_machine_suggests_first(people: Any) -> None:
    """The pure parts of the scripts, asked in the browser they run in."""
    officer = at_the_desk(people, "水と緑の課　桑名")
    found = officer.page.evaluate(
        """async () => {
          const { ranked, stepped, told } = await import("/static/js/analysis/sending.js");
          const { surplus } = await import("/static/js/analysis/list.js");
          const { act } = await import("/static/js/analysis/keys.js");
          const { resumed } = await import("/static/js/analysis/arriving.js");
          const { initial, concerns } = await import("/static/js/analysis/live.js");
          const titles = ["木のこと", "ＢＵＳの便", "木陰"];
          const places = titles.map((title, n) => ({ id: `${n}`, title, chapter: "", count: "1" }));
          const ids = (query, first) => ranked(places, query, first).map((one) => one.id).join("");
          return [
            ids("", []), ids("", ["2"]), ids("木", ["2"]),
            ids("bus", []), ids("木　陰", []), ids("x", []),
            stepped(0, 3, "ArrowUp"), stepped(2, 3, "ArrowDown"),
            stepped(0, 0, "ArrowDown"), stepped(0, 3, "a"),
            act("m", true), act("3", false).number, act("q", false),
            resumed("/a?t=1#4", "/a?t=1", 9), resumed("/a?t=1#4", "/a?t=1", 3),
            resumed("/a?t=1#4", "/a?t=2", 9), resumed("/a#0", "/a", 0), resumed(null, "/a", 9),
            initial("公園みどり課　森川"), initial(""),
            concerns({ themes: ["a"] }, "a"), concerns({ themes: ["a"] }, ""),
            surplus(250, "later"), surplus(290, "later"), surplus(290, "earlier"),
            told([["章", [["a", "木", 3, ""], ["b", "音", 1, "静かに。"]]]], "a"),
          ];
        }"""
    )
    assert found[:6] == ["012", "201", "20", "1", "2", ""]
    assert found[6:10] == [2, 0, None, None]
    assert found[10:13] == [None, 3, None]
    assert found[13:18] == [4, 2, None, None, None]
    assert found[18:22] == ["森", "", True, False]
    assert found[22:25] == [[0, 0], [40, 0], [0, 40]], "what a part put at one end pushes out"
    assert found[25:] == [
        [{"id": "b", "title": "音", "chapter": "章", "count": "1", "quote": "静かに。"}]
    ]
