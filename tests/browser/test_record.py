"""What is left of a workshop, read on a screen and on a phone, and its replay by the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Eyes, Person, phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
NUMBERS = "[data-now]"


def to_record(person: Person) -> Page:
    """From the home page's consultations to the record of the workshop that is over."""
    page = person.page
    person.open("/")
    paths = page.locator("main a[href^='/c/']").evaluate_all(
        "links => [...new Set(links.map(link => link.getAttribute('href').split('#')[0]))]"
    )
    for path in paths:
        person.open(path)
        if page.locator("a[href$='/record']").count():
            page.locator("a[href$='/record']").first.click()
            return page
    raise AssertionError(f"no record under {paths}")


@pytest.mark.parametrize("width", [360, 1440])
def test_a_record_and_its_replay_are_read(people: Any, width: int) -> None:
    reader: Person = people(**(phone(width) if width < 500 else {}))
    page = to_record(reader)
    eyes = Eyes(page)
    expect(page.locator(".wrec__kind")).to_contain_text("ワークショップの開催報告")
    expect(page.locator("main")).to_contain_text("当日の流れ")
    assert page.locator(".rnote__text").count() > 10
    eyes.look("the record")
    page.get_by_role("link", name="ボードができるまで").click()
    slider = page.locator("[data-at]")
    expect(slider).to_be_visible()
    eyes.look("the replay")
    at_end = page.locator(NUMBERS).text_content()
    reader.keys.to("[data-at]")
    page.keyboard.press("Home")
    expect(page.locator(NUMBERS)).to_contain_text("付せん0枚")
    for _step in range(4):
        page.keyboard.press("PageUp")
    assert page.locator(NUMBERS).text_content() != at_end
    assert page.locator(".replay__note").count() > 0
    page.keyboard.press("End")
    expect(page.locator(NUMBERS)).to_have_text(at_end or "")
    reader.keys.press("[data-run]")
    expect(page.locator("[data-run]")).to_have_text("止める")
    reader.keys.press("[data-run]")
    assert eyes.errors == []


def test_without_a_script_the_replay_is_told_in_numbers(people: Any) -> None:
    reader: Person = people(java_script_enabled=False)
    page = to_record(reader)
    page.get_by_role("link", name="ボードができるまで").click()
    expect(page.locator("[data-at]")).to_be_hidden()
    assert page.locator(".replay__stages li").count() > 3
