"""The chain as a resident and an officer walk it, in Chromium, by keyboard alone.

Every page met is judged: axe 0, no sideways scroll, nothing in the console.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person, moment

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_consultation(officer: Person, slug: str) -> None:
    officer.open("/desk/c/new")
    officer.eyes.look("desk: new consultation")
    officer.keys.type("input[name=title]", "広場の朝市（試行）")
    officer.keys.type("input[name=slug]", slug)
    officer.keys.type("textarea[name=summary]", "駅前の広場で朝市を試します。")
    for name, days in (("comment-opens_at", -1), ("comment-closes_at", 3)):
        officer.keys.to(f"input[name='{name}']")
        officer.page.fill(
            f"input[name='{name}']", moment(days)
        )  # parts of a date are the browser's
    officer.keys.follow("button:has-text('案件を開く')")
    officer.eyes.look("desk: consultation")


def comment(resident: Person, slug: str) -> tuple[str, str]:
    resident.open(f"/c/{slug}")
    resident.eyes.look("consultation")
    resident.open(f"/c/{slug}/comment")
    resident.eyes.look("comment form")
    resident.keys.follow("button:has-text('確かめる画面へ')")
    resident.eyes.look("comment form, refused")
    expect(resident.page.locator(".field__error, .error").first).to_be_visible()
    resident.keys.type("textarea[name$='-body']", "朝市の日は、車いすで通れる幅をあけてください。")
    resident.keys.press("input[name=ties][value=在住]", "Space")
    resident.keys.follow("button:has-text('確かめる画面へ')")
    resident.eyes.look("comment check")
    resident.keys.follow("button[value=send]")
    resident.eyes.look("receipt")
    said = resident.page.content()
    number, secret = (
        re.search(r"\d-\d{4}-\d{4}", said),
        re.search(r"[ぁ-ん]+ \d\d [ぁ-ん]+ \d\d", said),
    )
    assert number is not None
    assert secret is not None
    return number.group(), secret.group()


def answer(officer: Person, slug: str) -> None:
    officer.open(f"/desk/c/{slug}/themes?list=unfiled")
    officer.eyes.look("themes desk: unfiled")
    officer.keys.press("input[name=opinions]", "Space")
    officer.keys.follow("button:has-text('単独にする')")
    officer.open(f"/desk/c/{slug}/themes?list=lone")
    officer.keys.follow("a[href*='&o=']")
    officer.eyes.look("themes desk: one opinion")
    officer.keys.to("input[name=disposition]")
    officer.page.keyboard.press("Space")
    officer.keys.type("textarea[name=summary]", "車いすの通り道を求めるご意見です。")
    officer.keys.type("textarea[name=view]", "幅2メートルの通り道を図に加えました。")
    officer.keys.type("textarea[name=place]", "試行案 2ページの配置図")
    officer.keys.follow("button:has-text('確認に回す')")
    officer.eyes.look("themes desk: answered")


def publish(officer: Person, approver: Person, slug: str) -> None:
    officer.open(f"/desk/c/{slug}/publish")
    officer.eyes.look("publish: officer")
    officer.keys.type("textarea[name=notice]", "区の広報紙と広場の掲示でお知らせしました。")
    officer.keys.follow("button[value=save]")
    officer.keys.follow("button[value=submit]")
    officer.eyes.look("publish: handed in")
    approver.open(f"/desk/c/{slug}/publish")
    approver.eyes.look("publish: approver")
    approver.keys.follow("button[value=approve]")
    approver.keys.press("input[name=is_sure]", "Space")
    approver.keys.follow("button[value=publish]")
    approver.eyes.look("publish: published")


def test_one_voice_all_the_way_by_keyboard(people: Any, site: str) -> None:
    slug = "asaichi"
    officer, approver, resident = people(), people(), people()
    officer.open("/sign-in")
    officer.eyes.look("sign in")
    officer.sign_in("水と緑の課　桑名")
    officer.open("/desk")
    officer.eyes.look("desk")
    open_consultation(officer, slug)
    resident.open("/")
    resident.eyes.look("home")
    number, secret = comment(resident, slug)
    answer(officer, slug)
    approver.sign_in("水と緑の課長　佃")
    publish(officer, approver, slug)

    resident.open("/receipt")
    resident.eyes.look("look-up")
    resident.keys.type("input[name=number]", number)
    resident.keys.type("input[name=secret]", secret)
    resident.keys.follow("main button:has-text('確かめる')")
    resident.eyes.look("what became of mine")
    expect(resident.page.get_by_text("幅2メートルの通り道を図に加えました。").first).to_be_visible()
    resident.open("/reports")
    resident.eyes.look("reports")
    resident.keys.follow("main a:has-text('広場の朝市')")
    resident.eyes.look("report")
    resident.open(f"/embed/c/{slug}")
    resident.eyes.look("embed")
    assert resident.page.context.cookies() == [
        c for c in resident.page.context.cookies() if c["name"] in {"session", "lang"}
    ]


def test_a_new_post_appears_in_other_browsers_within_a_second(people: Any) -> None:
    reader, writer = people(), people()
    reader.open("/rooms")
    reader.eyes.look("rooms")
    reader.keys.follow("main a[href^='/rm/']")
    reader.eyes.look("room")
    reader.keys.follow("main a[href^='/t/']")
    reader.eyes.look("topic")
    reader.page.wait_for_timeout(1_500)  # the line is open some time after the page
    writer.sign_in("電線のすずめ")
    writer.page.goto(reader.page.url)
    writer.eyes.look("topic, signed in")
    writer.keys.type("textarea[name=body]", "夕方の便が一本ふえると、塾の帰りに乗れます。")
    writer.keys.follow("button:has-text('発言を公開する')")
    seen = reader.page.get_by_text("夕方の便が一本ふえると、塾の帰りに乗れます。")
    expect(seen).to_be_attached(timeout=1_000)
    reader.eyes.look("topic with news")


PUBLIC = (
    "/", "/c/park", "/c/bus", "/c/bicycle", "/c/park/ledger", "/c/bicycle/comment", "/rooms",
    "/reports", "/receipt", "/moderation", "/sign-in", "/search?q=公園", "/search?q=ありえない言葉",
    "/embed/c/park", "/nowhere",
)  # fmt: skip
STAFF = (
    "/desk", "/desk/c", "/desk/c/park", "/desk/c/park/opinions", "/desk/c/park/import",
    "/desk/c/park/themes", "/desk/c/park/publish", "/desk/c/new",
)  # fmt: skip


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages_are_sound(people: Any, width: int, scheme: str) -> None:
    visitor = people(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in PUBLIC:
        visitor.open(path)
        visitor.eyes.look(f"{path} at {width} {scheme}")
    visitor.open("/c/park")
    visitor.keys.follow("a[href^='/r/']")
    visitor.eyes.look(f"report at {width} {scheme}")


@pytest.mark.parametrize("width", [360, 1440])
def test_staff_pages_are_sound(people: Any, width: int) -> None:
    officer = people(viewport={"width": width, "height": 800})
    officer.sign_in("水と緑の課　桑名")
    for path in STAFF:
        officer.open(path)
        officer.eyes.look(f"{path} at {width}")


def test_pages_hold_at_400_per_cent(people: Any) -> None:
    """1280 px at 400 % is 320 CSS px: no sideways scroll, nothing cut."""
    visitor = people(viewport={"width": 320, "height": 256})
    for path in ("/", "/c/park", "/c/bicycle/comment", "/receipt", "/rooms", "/reports"):
        visitor.open(path)
        visitor.eyes.look(f"{path} at 400 %")


def test_pages_work_without_javascript(people: Any) -> None:
    visitor = people(java_script_enabled=False)
    visitor.open("/sign-in")
    visitor.page.locator("button:has-text('八十段坂のぼり')").click()
    visitor.open("/rooms")
    visitor.page.locator("main a[href^='/rm/']").first.click()
    visitor.page.locator("main a[href^='/t/']").first.click()
    visitor.page.locator("textarea[name=body]").last.fill("スクリプトのない画面から書いています。")
    visitor.page.locator("button:has-text('発言を公開する')").last.click()
    expect(visitor.page.get_by_text("スクリプトのない画面から書いています。").first).to_be_visible()
