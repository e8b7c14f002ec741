"""The map, who agrees, and the talk that everybody may see: by keyboard, on paper, in the dark."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person, phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OFFICER = "地域交通課　広瀬"


def wait_for_pictures(page: Page) -> None:
    """The demo's worker draws them soon after it starts."""
    until = time.monotonic() + 60
    while page.locator(".omap").count() == 0 and time.monotonic() < until:
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator(".omap")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_talk_is_read_by_everybody(people: Any, width: int, scheme: str) -> None:
    reader: Person = people(color_scheme=scheme, **phone(width))
    reader.open("/c/bus")
    reader.keys.follow("a[href$='/c/bus/talk']")
    wait_for_pictures(reader.page)
    reader.eyes.look("the talk")
    name = reader.page.locator(".omap__name").first
    address = name.get_attribute("href")
    reader.keys.to(f".omap__name[href='{address}']")
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator(f".talk__one{address}")).to_be_in_viewport()
    reader.open("/c/bus/talk?size=l")
    reader.eyes.look("the talk, large")


def test_names_lie_apart_and_dots_are_of_one_size(people: Any) -> None:
    reader: Person = people()
    reader.open("/c/bus/talk")
    wait_for_pictures(reader.page)
    boxes = reader.page.locator(".omap__label").evaluate_all(
        "all => all.map(one => { const b = one.getBBox(); return [b.x, b.y, b.width, b.height]; })"
    )
    assert len(boxes) > 10
    for n, (x, y, w, h) in enumerate(boxes):
        for ox, oy, ow, oh in boxes[n + 1 :]:
            assert x + w <= ox + 2 or ox + ow <= x + 2 or y + h <= oy + 4 or oy + oh <= y + 4
    drawn = reader.page.locator(".omap svg").inner_html()
    dots = sum(
        len(re.findall("M", d)) for d in re.findall(r'class="omap__pt[^>]* d="([^"]+)"', drawn)
    )
    total = reader.page.locator(".pict__table tfoot .n").first.inner_text()
    assert dots == int(total.replace(",", ""))


@pytest.mark.parametrize("width", [360, 1440])
def test_an_officer_goes_from_the_map_to_a_theme(people: Any, width: int) -> None:
    officer: Person = people(**phone(width))
    officer.sign_in(OFFICER)
    officer.open("/desk/c/bus/themes")
    officer.keys.follow("a[href$='/desk/c/bus/map']")
    wait_for_pictures(officer.page)
    officer.eyes.look("the map")
    officer.keys.follow(".omap__name")
    assert "/desk/c/bus/themes?t=" in officer.page.url
    officer.open("/desk/c/bus/voices")
    expect(officer.page.locator("main")).to_contain_text("多数決ではありません")
    officer.eyes.look("who agrees")
    officer.open("/desk/c/bus")
    officer.eyes.look("the switch")


def test_the_map_is_printed_whole(people: Any) -> None:
    officer: Person = people()
    officer.sign_in(OFFICER)
    officer.open("/desk/c/bus/map")
    wait_for_pictures(officer.page)
    officer.page.emulate_media(media="print")
    expect(officer.page.locator(".omap svg")).to_be_visible()
    assert officer.page.locator(".pict__acts").first.is_hidden()
    assert (
        officer.page.locator(".omap__pt--0").first.evaluate(
            "one => getComputedStyle(one).printColorAdjust"
        )
        == "exact"
    )
