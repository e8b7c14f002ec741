"""Talking in a room: write, quote, reword, take back, ask the ward, take a stance; guests too.

Every step by keyboard alone, on a phone and at a desk; every page met is judged.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person, open_topic, phone, room_path

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROOM = "坂の町の足を考える会議室"
GUESTS = "いとまき号に乗った日、乗れなかった日"
LIMIT = 800  # forum.posts.LIMIT


def topic_of(people: Any, title: str, room: str = ROOM) -> str:
    host = people()
    host.sign_in("進行役　つきしろ")
    return open_topic(host, room, title)


@pytest.mark.parametrize("width", [360, 1440])
def test_a_resident_writes_quotes_rewords_and_takes_back(people: Any, width: int) -> None:
    path = topic_of(people, f"朝の便の時刻（{width}）")
    resident = people(**phone(width))
    resident.sign_in("電線のすずめ")
    resident.open(room_path(resident, ROOM))
    resident.eyes.look("room, signed in")
    resident.keys.follow(f"main a[href='{path}']")
    resident.eyes.look("topic without posts")
    _is_refused_and_keeps_the_words(resident)
    _writes(resident)
    _quotes(resident)
    _rewords(resident)
    _takes_back(resident)


def _is_refused_and_keeps_the_words(resident: Person) -> None:
    resident.keys.follow("#write button[type=submit]")
    resident.eyes.look("topic, an empty post refused")
    expect(resident.page.locator("#error-summary")).to_be_focused()
    expect(resident.page.locator("#body")).to_have_attribute("aria-invalid", "true")
    long = "朝の便が少ないです。" * 81
    resident.say(long)
    resident.eyes.look("topic, a post too long refused")
    expect(resident.page.locator("#body")).to_have_value(long)
    expect(resident.page.locator("#error-summary a")).to_have_attribute("href", "#body")


def _writes(resident: Person) -> None:
    resident.keys.type("#body", "朝7時台の便が満員で、乗れない日があります。")
    expect(resident.page.locator("#write [data-count]")).to_have_text("22")
    resident.page.goto(resident.page.url.split("#")[0])
    expect(resident.page.locator("#body")).to_have_value(
        "朝7時台の便が満員で、乗れない日があります。"
    )
    resident.keys.follow("#write button[type=submit]")
    resident.eyes.look("topic, post sent")
    expect(resident.post("満員で、乗れない日")).to_have_count(1)
    expect(resident.page.locator("#body")).to_have_value("")


def _quotes(resident: Person) -> None:
    resident.keys.press("#p-1 [data-quote-of]")
    body = resident.page.locator("#body")
    expect(body).to_be_focused()
    expect(body).to_have_value(re.compile("^> 朝7時台の便が満員で.+\n\n発言1\n$"))
    expect(resident.page.locator("#write-to")).to_contain_text("発言1への返信")
    resident.eyes.look("topic, composer under the post with a quotation")
    resident.page.keyboard.insert_text("@電線のすずめ さん、雨の日はとくにそうです。")
    resident.keys.follow("#write button[type=submit]")
    reply = resident.page.locator("#p-2")
    expect(reply).to_have_class(re.compile("said--1"))
    expect(reply.locator("blockquote")).to_contain_text("満員で、乗れない日")
    expect(reply.locator(".post__body a")).to_have_text("発言1")
    expect(reply).to_contain_text("発言1への返信")
    resident.eyes.look("topic, reply with a quotation and a mention")


def _rewords(resident: Person) -> None:
    resident.more(1, "書き直す")
    resident.eyes.look("post edit")
    resident.keys.type("#body", "")
    resident.keys.follow("main form button[type=submit]")
    resident.eyes.look("post edit, refused")
    resident.keys.type("#body", "朝7時台の便が満員で、週に二日は乗れません。")
    resident.keys.follow("main form button[type=submit]")
    expect(resident.page.locator("#p-1 .post__body")).to_contain_text("週に二日は乗れません")
    resident.keys.follow("#p-1 a[href$='/history']")
    resident.eyes.look("post history")
    expect(resident.page.locator("del").first).to_be_visible()
    expect(resident.page.locator("ins").first).to_be_visible()
    expect(resident.page.locator("main")).to_contain_text("乗れない日があります")
    resident.keys.follow("main a:has-text('話題に戻る')")


def _takes_back(resident: Person) -> None:
    resident.more(1, "取り下げる")
    resident.eyes.look("post withdraw")
    resident.keys.to("input[name=reason]")
    resident.page.keyboard.press("ArrowDown")
    resident.keys.follow("main form button[type=submit]")
    gone = resident.page.locator("#p-1")
    expect(gone).to_contain_text("書いた方が取り下げました")
    expect(gone).to_contain_text("まちがいがあったため")
    expect(gone).not_to_contain_text("満員")
    resident.eyes.look("topic, post taken back")


def test_a_question_is_due_a_stance_changes_and_a_mention_is_told(people: Any) -> None:
    path = topic_of(people, "終バスの時刻")
    asker, other = people(**phone(360)), people(**phone(360))
    asker.sign_in("電線のすずめ")
    asker.open(path)
    asker.keys.type("#body", "終バスは何時になりますか。")
    asker.keys.press("input[name=asks]", "Space")
    asker.keys.follow("#write button[type=submit]")
    expect(asker.page.locator("#p-1 .due")).to_contain_text(re.compile("までに区が答えます"))
    asker.eyes.look("topic, question")
    asker.say("終バスは、21時まであると助かります。")

    other.sign_in("八十段坂のぼり")
    other.open(path)
    agree, unsure = (f"#p-2 [data-choice={choice}]" for choice in ("agree", "pass"))
    other.keys.press(agree)
    expect(other.page.locator(agree)).to_have_attribute("aria-pressed", "true")
    expect(other.page.locator("main > p.only-read[role=status]")).not_to_be_empty()
    other.eyes.look("topic, stance taken")
    other.keys.press(unsure, "Space")
    expect(other.page.locator(unsure)).to_have_attribute("aria-pressed", "true")
    expect(other.page.locator(agree)).to_have_attribute("aria-pressed", "false")
    other.page.reload()
    expect(other.page.locator(unsure)).to_have_attribute("aria-pressed", "true")
    other.keys.follow("a[href$='/overview']")
    other.eyes.look("topic overview, too few")
    expect(other.page.locator("main")).to_contain_text("まだ少ないため示しません")
    other.open(path)
    other.say("@電線のすずめ さん、21時台は、わたしも乗ります。")
    expect(other.page.locator("#p-3 .mention")).to_have_text("@電線のすずめ")
    asker.awaits("/notices", ".told__one.is-new", "わたしも乗ります")
    asker.eyes.look("notices, spoken to")


def test_the_spread_of_stances_is_shown_in_figures(people: Any) -> None:
    visitor = people(**phone(360))
    visitor.open(room_path(visitor, ROOM))
    visitor.keys.follow("main a[href^='/t/']")
    visitor.keys.follow("a[href$='/overview']")
    visitor.eyes.look("topic overview")
    expect(visitor.page.locator("table.spread tbody td.n").first).to_have_text(re.compile(r"\d"))


def test_a_guest_is_let_in_by_the_facilitator_and_withdraws_by_receipt(people: Any) -> None:
    path = topic_of(people, "待合所の掃除当番", GUESTS)
    guest, host, reader = people(**phone(360)), people(**phone(360)), people()
    said = "待合所の床を、月に一度は掃いてほしいです。"
    guest.open(path)
    guest.eyes.look("topic, guest")
    guest.say(said)
    guest.eyes.look("topic, guest without a name refused")
    expect(guest.page.locator("#body")).to_have_value(said)
    guest.keys.type("input[name=guest_name]", "待合所の常連")
    guest.keys.follow("#write button[type=submit]")
    guest.eyes.look("post receipt")
    page = guest.page.content()
    number = re.search(r"\d-\d{4}-\d{4}", page)
    secret = re.search(r"[ぁ-ん]+ \d\d [ぁ-ん]+ \d\d", page)
    assert number is not None
    assert secret is not None
    reader.open(path)
    expect(reader.post(said)).to_have_count(0)
    guest.open(path)
    expect(guest.page.locator("#waiting")).to_contain_text(said)
    guest.eyes.look("topic, own post waits")

    host.sign_in("進行役　つきしろ")
    host.open("/desk/waiting")
    host.eyes.look("waiting")
    mine = host.page.locator("li.wait", has_text=said).get_attribute("id")
    host.keys.follow(f"#{mine} button[name=one]")
    host.eyes.look("waiting, one admitted")
    expect(host.page.locator("li.wait", has_text=said)).to_have_count(0)
    reader.page.reload()
    expect(reader.post(said)).to_have_count(1)

    guest.open("/receipt")
    guest.keys.type("input[name=number]", number.group())
    guest.keys.type("input[name=secret]", secret.group())
    guest.keys.follow("main button:has-text('確かめる')")
    guest.eyes.look("look-up of a guest's post")
    guest.keys.follow("main form[action*='withdraw'] button[type=submit]")
    guest.eyes.look("look-up, before taking back")
    guest.keys.follow("main button[name=sure]")
    guest.eyes.look("look-up, taken back")
    reader.page.reload()
    expect(reader.post(said)).to_have_count(0)
    expect(reader.page.locator("#p-1")).to_contain_text("取り下げました")


def test_without_javascript_one_reads_writes_replies_chooses_and_follows(people: Any) -> None:
    path = topic_of(people, "スクリプトなしで話す")
    resident, other = people(), people(java_script_enabled=False)
    resident.sign_in("電線のすずめ")
    resident.open(path)
    resident.say("この発言に、スクリプトなしで答えてください。")
    other.open("/sign-in")
    other.page.locator("button", has_text="八十段坂のぼり").click()
    other.open(path)
    other.page.locator("#p-1 a", has_text="引用").click()
    body = other.page.locator("#body")
    expect(body).to_have_value(re.compile("^> この発言に"))
    body.fill("答えます。" + "長" * LIMIT)
    other.page.locator("#write button[type=submit]").click()
    expect(body).to_have_value("答えます。" + "長" * LIMIT)
    body.fill("スクリプトのない画面から答えます。")
    other.page.locator("#write button[type=submit]").click()
    expect(other.page.locator("#p-2")).to_have_class(re.compile("said--1"))
    other.page.locator("#p-1 [data-choice=agree]").click()
    expect(other.page.locator("#p-1 [data-choice=agree]")).to_have_attribute("aria-pressed", "true")
    other.page.locator(".follow summary").click()
    other.page.locator(".follow button[value=daily]").click()
    expect(other.page.locator(".follow summary").first).to_contain_text("追っています")
