"""Reading: what is new, how far one came, other orders; following, notices, search."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Response, expect

from tests.browser.conftest import Person, fill_topic, open_topic, phone, room_path

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROOM = "坂の町の足を考える会議室"
FACILITATOR, READER = "進行役　つきしろ", "八十段坂のぼり"
# Sixty posts in ten minutes are all one account may write, and other files write as residents:
# here it is people of other departments, who are residents like everybody in this room.
WRITER, SCRIBE = "水と緑の課　桑名", "道路・自転車課　大庭"


def signed_in(people: Any, name: str, **more: Any) -> Person:
    person: Person = people(**more)
    person.sign_in(name)
    return person


def topic_with_posts(people: Any, title: str, count: int, name: str = WRITER) -> tuple[str, Person]:
    path = open_topic(signed_in(people, FACILITATOR), ROOM, title)
    writer = signed_in(people, name)
    fill_topic(writer, path, count)
    return path, writer


def reads(person: Person, *numbers: int) -> None:
    """Bring each post on the screen, where a second makes it read."""
    for number in numbers:
        person.keys.to(f"#p-{number} .post__n")
        for _ in range(4):
            person.page.keyboard.press("ArrowDown")
        expect(person.page.locator(f"#p-{number}")).to_have_class(re.compile("is-seen"))


def tells(answer: Response, number: int) -> bool:
    """Whether the browser told the site that this post, the last so far, was read."""
    sent = answer.request.post_data or ""
    return answer.url.endswith("/read") and re.search(rf'"read"\s+\S*{number}\s', sent) is not None


@pytest.mark.parametrize("width", [360, 1440])
def test_one_returns_to_the_first_unread_post_and_marks_all_as_read(
    people: Any, width: int
) -> None:
    path, writer = topic_with_posts(people, f"また来て読む話題（{width}）", 3)
    reader = signed_in(people, READER, **phone(width))
    reader.open(path)
    with reader.page.expect_response(lambda answer: tells(answer, 3)):
        reads(reader, 1, 2, 3)
    reader.page.goto("about:blank")
    writer.say("あとから書いた、四つ目の発言です。")
    writer.more(2, "書き直す")
    writer.keys.type("#body", "二つ目を書き直しました。")
    writer.keys.follow("main form button[type=submit]")
    writer.say("あとから書いた、五つ目の発言です。")

    reader.open(room_path(reader, ROOM))
    door = reader.page.locator(f"li.door:has(a[href='{path}'])")
    expect(door).to_contain_text("新しい発言2")
    reader.eyes.look("room with unread")
    reader.open(path)
    since = reader.page.locator("[data-since-panel]")
    expect(since).to_contain_text("新しい発言 2件")
    expect(since).to_contain_text("発言2（書き直し）")
    expect(reader.page.locator("#unread + li")).to_have_id("p-4")
    reader.eyes.look("topic with unread")
    reader.keys.press("[data-to-unread]")
    expect(reader.page.locator("#p-4")).to_be_in_viewport()
    reader.keys.follow("button[name=all]")
    reader.eyes.look("topic, all read")
    expect(reader.page.locator("[data-all-read]")).to_contain_text("5件すべて読みました")
    expect(reader.page.locator("#unread")).to_have_count(0)


def test_a_visitor_without_an_account_keeps_the_place_in_the_browser(people: Any) -> None:
    path, writer = topic_with_posts(people, "登録せずに読む話題", 2)
    visitor = people(**phone(360))
    visitor.open(path)
    reads(visitor, 1, 2)
    visitor.page.goto("about:blank")
    writer.say("登録のない方が、まだ読んでいない発言です。")
    visitor.open(path)
    expect(visitor.page.locator("#unread + li")).to_have_id("p-3")
    expect(visitor.page.locator("#p-3")).to_have_class(re.compile("is-unread"))
    visitor.eyes.look("topic with unread, visitor")
    visitor.keys.press("[data-to-unread]")
    expect(visitor.page.locator("#p-3")).to_be_in_viewport()
    expect(visitor.page.locator("#p-3")).to_have_class(re.compile("is-seen"))
    visitor.page.reload()
    expect(visitor.page.locator(".topic__read")).to_contain_text("3件すべて読みました")
    kept = visitor.page.evaluate(
        "Object.entries(localStorage).filter(([k]) => k.startsWith('read:'))"
    )
    assert [(key.endswith(path[3:]), "[[1,3]]" in value) for key, value in kept] == [(True, True)]


def test_a_thread_is_read_in_other_orders_and_by_pages(people: Any) -> None:
    path, writer = topic_with_posts(people, "長く続いた話題", 51, SCRIBE)
    writer.open(path + "?page=2")
    expect(writer.page.locator("#p-51")).to_have_count(1)
    reader = people(java_script_enabled=False, **phone(360))
    reader.open(path)
    expect(reader.page.locator("#thread > li.said")).to_have_count(50)
    reader.page.locator("a[rel=next]").click()
    expect(reader.page.locator("#thread > li.said")).to_have_count(1)
    visitor = people(**phone(360))
    visitor.open(path + "?page=2")
    visitor.eyes.look("topic, second page")
    visitor.keys.follow(".sort a[href*='sort=new']")
    expect(visitor.page.locator("#thread > li.said").first).to_have_id("p-51")
    visitor.keys.follow(".sort a[href*='sort=asked']")
    expect(visitor.page.locator("[data-none]")).to_contain_text("区の答えを待っている質問は、いま")
    visitor.eyes.look("topic, open questions")


def test_following_brings_notices_and_the_mail_ends_it_with_one_press(people: Any) -> None:
    path = open_topic(signed_in(people, FACILITATOR), ROOM, "追って読む話題")
    reader, writer = signed_in(people, READER, **phone(360)), signed_in(people, WRITER)
    reader.open(path)
    reader.keys.press(".follow summary")
    reader.eyes.look("topic, how to follow")
    reader.keys.follow(".follow button[value=at_once]")
    expect(reader.page.locator(".follow summary")).to_contain_text("追っています")
    reader.open(room_path(reader, ROOM))
    reader.keys.press(".follow summary")
    reader.keys.follow(".follow button[value=site]")
    expect(reader.page.locator(".follow summary")).to_contain_text("追っています")
    writer.open(path)
    writer.say("追っている方に届く発言です。")

    _comes_by_mail(reader)
    reader.open("/notices")
    reader.eyes.look("notices")
    reader.keys.follow(".told__one:has-text('追っている方に届く発言です。') button")
    expect(reader.page.locator("#p-1")).to_be_in_viewport()
    reader.open("/me/notices")
    reader.eyes.look("notice settings")
    reader.keys.to("select[name^=pace-]")
    reader.keys.follow("button[formaction*='/end']:has-text('坂の町の足')")
    expect(
        reader.page.locator(".kept__one", has_text="会議室").filter(
            has_text="坂の町の足を考える会議室"
        )
    ).to_have_count(0)
    reader.keys.follow("form.notify button[type=submit]")
    reader.eyes.look("notice settings, saved")


def _comes_by_mail(reader: Person) -> None:
    """The worker writes the mail; its link ends just this, without signing in."""
    letter = reader.awaits("/dev/letters", ".letter__text:has-text('/u/')", "方に届く発言です。")
    reader.eyes.look("letters")
    link = re.search(r"/u/\S+", letter.inner_text())
    assert link is not None
    reader.open(link.group())
    reader.eyes.look("stop")
    reader.keys.follow("form.stop__go button")
    reader.eyes.look("stopped")
    expect(reader.page.locator("h1")).to_have_text("メールを止めました")


def test_search_marks_words_narrows_and_says_when_nothing_is_found(people: Any) -> None:
    visitor = people(**phone(360))
    visitor.open("/search")
    visitor.keys.type("#q", "停留所")
    visitor.keys.follow(".finder button[type=submit]")
    visitor.eyes.look("search")
    expect(visitor.page.locator(".hit__text mark").first).to_have_text("停留所")
    many = visitor.page.locator(".finder__count").inner_text()
    visitor.keys.press(".finder summary")
    visitor.keys.press("input[name=official]", "Space")
    visitor.keys.follow(".finder button[type=submit]")
    visitor.eyes.look("search, official only")
    assert visitor.page.locator(".finder__count").inner_text() != many
    expect(visitor.page.locator(".hit").first).to_be_visible()
    visitor.keys.type("#q", "火星移住")
    visitor.keys.follow(".finder button[type=submit]")
    visitor.eyes.look("search, nothing found")
    expect(visitor.page.locator(".empty__title")).to_contain_text(
        "「火星移住」は見つかりませんでした"
    )
