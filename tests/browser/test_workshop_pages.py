"""The pages around a board in Chromium: opened, joined, keyed in, by keyboard; no script needed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person, phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OFFICER = "地域交通課　広瀬"
SEND = "main form button.button--large"


def opened(people: Any, **more: Any) -> tuple[Person, str]:
    """An officer who has just opened a workshop from the template, by keyboard; its address."""
    officer: Person = people(**more)
    officer.sign_in(OFFICER)
    officer.open("/desk/c/bus")
    officer.keys.follow(".wdesk__templates a:has-text('KJ法')")  # click 1
    officer.keys.follow(SEND)  # click 2: the board is open
    path = urlsplit(officer.page.url).path
    assert path.endswith("/board")
    return officer, path.removesuffix("/board")


@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_around_a_board(people: Any, width: int) -> None:
    officer, path = opened(people, **phone(width))
    for name in ("", "/settings", "/people", "/paper", "/cards", "/poster", "/ticket"):
        officer.open(path + name)
        for fold in officer.page.locator("main details > summary").all():
            fold.click()
        officer.eyes.look(f"workshop{name} at {width}")
    for place in ("/desk/workshops", "/desk/c/bus", "/c/bus", "/join", "/j/222222"):
        officer.open(place)
        officer.eyes.look(f"{place} at {width}")
    officer.open("/desk/c/bus/workshops/new?template=cafe")
    officer.page.fill("input[name=capacity]", "たくさん")
    officer.keys.follow(SEND)
    officer.eyes.look(f"refused at {width}")
    guest: Person = people(**phone(width), color_scheme="dark")
    guest.open(path)
    guest.eyes.look(f"to join at {width}, dark")


def test_a_guest_joins_by_code_and_keeps_a_number_without_scripts(people: Any) -> None:
    officer, path = opened(people)
    officer.open(path)
    code = officer.page.locator(".ws__code").inner_text()
    guest: Person = people(java_script_enabled=False, **phone(360))
    guest.open("/join")
    guest.page.fill("input[name=code]", f" {code.lower()[:3]} {code.lower()[3:]}")
    guest.page.click("main form button[type=submit]")
    guest.page.fill("input[name=name]", "けやき")
    guest.page.click("#join form button[type=submit]")
    number = guest.page.locator(".receipt__nums dd").first
    expect(number).to_have_text(re.compile(r"^\s*\d-\d{4}-\d{4}\s*$"))
    guest.open(path)
    expect(guest.page.locator("#join")).to_contain_text("「けやき」の名前で参加しています")
    officer.open(f"{path}/people")
    expect(officer.page.locator("main")).to_contain_text("けやき")


def test_phases_are_arranged_and_saved_without_scripts(people: Any) -> None:
    officer: Person = people(java_script_enabled=False)
    officer.sign_in(OFFICER)
    officer.open("/desk/c/bus/workshops/new?template=retro")
    for button in ("down-0", "add"):
        with officer.page.expect_navigation():
            officer.page.click(f"button[value={button}]")
    officer.page.fill("input[name=phases-5-title]", "お茶")
    officer.page.fill("input[name=title]", "並べ替えた会")
    with officer.page.expect_navigation():
        officer.page.locator(SEND).first.click()
    officer.open(urlsplit(officer.page.url).path.removesuffix("/board") + "/settings")
    titles = officer.page.locator("input[name$=-title]").evaluate_all(
        "all => all.map(i => i.value)"
    )
    assert titles == ["一人で書く", "説明", "島にまとめる", "選ぶ", "まとめ", "お茶"]


def test_paper_is_keyed_in_line_by_line_without_touching_the_mouse(people: Any) -> None:
    helper, path = opened(people)
    helper.open(f"{path}/paper")
    expect(helper.page.locator("#text")).to_be_focused()
    helper.page.select_option("select[name=table]", "t002")
    helper.keys.to("#text")
    for said in ("日陰のベンチ", "水飲み場", "朝市"):
        helper.page.keyboard.insert_text(said)
        with helper.page.expect_navigation():
            helper.page.keyboard.press("Enter")
        expect(helper.page.locator("#text")).to_be_focused()
    expect(helper.page.locator(".keyed > li")).to_have_count(3)
    expect(helper.page.locator(".keyed .sub")).to_have_text(["2班"] * 3)
    helper.eyes.look("paper keyed in")
