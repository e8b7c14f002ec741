"""What is left of a workshop, read on a screen and on a phone, and its replay by the keyboard."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
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
            page.wait_for_url("**/record")
            return page
    raise AssertionError(f"no record under {paths}")


@pytest.mark.parametrize("width", [360, 1440])
def test_a_record_and_its_replay_are_read(people: Any, width: int) -> None:
    reader: Person = people(**(phone(width) if width < 500 else {}))
    page = to_record(reader)
    eyes = Eyes(page)
    expect(page.locator(".wrec__kind")).to_contain_text("ワークショップの開催報告")
    expect(page.locator("main")).to_contain_text("当日の流れ")
    expect(page.locator(".rnote__text").nth(10)).to_be_attached()
    eyes.look("the record")
    page.get_by_role("link", name="ボードができるまで").click()
    slider = page.locator("[data-at]")
    expect(slider).to_be_visible()
    eyes.look("the replay")
    expect(page.locator(NUMBERS)).to_have_text(re.compile("付せん[1-9]"))  # the log is there
    at_end = page.locator(NUMBERS).text_content() or ""
    reader.keys.to("[data-at]")
    page.keyboard.press("Home")
    expect(page.locator(NUMBERS)).to_contain_text("付せん0枚")
    for _step in range(4):
        page.keyboard.press("PageUp")
    expect(page.locator(NUMBERS)).not_to_have_text(at_end)
    expect(page.locator(".replay__note")).not_to_have_count(0)
    page.keyboard.press("End")
    expect(page.locator(NUMBERS)).to_have_text(at_end)
    reader.keys.press("[data-run]")
    expect(page.locator("[data-run]")).to_have_text("止める")
    reader.keys.press("[data-run]")
    assert eyes.errors == []


def test_the_board_is_taken_home_as_a_png(people: Any) -> None:
    reader: Person = people()
    page = to_record(reader)
    eyes = Eyes(page)
    drawn = ElementTree.fromstring(page.request.get(f"{page.url}.svg").text())
    wide, high = int(drawn.attrib["width"]), int(drawn.attrib["height"])
    with page.expect_download() as saved:
        reader.keys.press("[data-picture]")
    body = saved.value.path().read_bytes()
    expect(page.locator("[data-picture-said]")).to_contain_text("画像を保存しました")
    assert saved.value.suggested_filename.startswith("ボード-")
    assert saved.value.suggested_filename.endswith(".png")
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    picture = Image.open(io.BytesIO(body)).convert("RGB")
    scale = min(2, (4_096**2 / (wide * high)) ** 0.5)
    assert picture.size == pytest.approx((wide * scale, high * scale), abs=1)
    colours = picture.getcolors(picture.width * picture.height) or []
    papers = {(0xFF, 0xF6, 0xCF), (0xE4, 0xEF, 0xFE), (0xFF, 0xFF, 0xFF)}
    assert papers <= {colour for _count, colour in colours}
    ink = sum(count for count, colour in colours if sum(colour) < 0x60 * 3)
    assert 0.002 < ink / (picture.width * picture.height) < 0.2  # words, and not a black sheet
    eyes.look("the record, its picture saved")
    assert eyes.errors == []


def test_a_picture_that_can_not_be_made_is_said(people: Any) -> None:
    reader: Person = people()
    page = to_record(reader)
    page.route("**/record.svg", lambda route: route.abort())
    reader.keys.press("[data-picture]")
    expect(page.locator("[data-picture-said]")).to_contain_text("画像を作れませんでした")
    expect(page.locator("[data-picture]")).not_to_have_attribute("aria-disabled", "true")


def test_a_large_board_is_drawn_as_large_as_browsers_can(people: Any) -> None:
    reader: Person = people()
    page = to_record(reader)
    sizes = [[900, 1200], [3000, 4000], [1000, 30_000], [40_000, 500]]
    found = page.evaluate(
        """async (sizes) => {
          const { scaleFor } = await import("/static/js/realtime/picture.js");
          return sizes.map(([w, h]) => [w * scaleFor(w, h), h * scaleFor(w, h)]);
        }""",
        sizes,
    )
    assert found[0] == [1800, 2400]
    for w, h in found:
        assert max(w, h) <= 8_192
        assert w * h <= 4_096**2 * 1.0001


def test_without_a_script_the_replay_is_told_in_numbers_and_no_picture_is_offered(
    people: Any,
) -> None:
    reader: Person = people(java_script_enabled=False)
    page = to_record(reader)
    expect(page.locator("[data-picture]")).to_be_hidden()
    page.get_by_role("link", name="ボードができるまで").click()
    expect(page.locator("[data-at]")).to_be_hidden()
    expect(page.locator(".replay__stages li").nth(3)).to_be_visible()
