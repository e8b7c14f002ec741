"""Two windows on one topic: news arrives and nothing moves; two people change one thing at once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person, fill_topic, open_room, open_topic, phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROOM = "坂の町の足を考える会議室"
OFFICER, FACILITATOR, MODERATOR = "地域交通課　広瀬", "進行役　つきしろ", "運営委員　井上"
WRITER, OTHER = "電線のすずめ", "八十段坂のぼり"


def signed_in(people: Any, name: str, **more: Any) -> Person:
    person: Person = people(**more)
    person.sign_in(name)
    return person


def top_of(person: Person, selector: str) -> float:
    return float(person.page.locator(selector).evaluate("e => e.getBoundingClientRect().top"))


def here(person: Person, text: str) -> None:
    expect(person.page.locator("[data-here]")).to_contain_text(text)


@pytest.mark.parametrize(("width", "has_focus"), [(360, True), (1440, False)])
def test_news_arrives_without_moving_what_one_reads(
    people: Any, width: int, has_focus: bool
) -> None:
    host = signed_in(people, FACILITATOR)
    path = open_topic(host, ROOM, f"並んで読む話題（{width}）")
    writer, reader = signed_in(people, WRITER), people(**phone(width))
    fill_topic(writer, path, 9)
    reader.open(path)
    here(reader, "いま2人")
    reader.keys.to("#p-6 .post__n")
    if not has_focus:  # one who reads without a cursor, the first posts scrolled away
        reader.page.evaluate("document.activeElement.blur()")
        reader.page.locator("#p-6").evaluate("e => e.scrollIntoView()")
    before = top_of(reader, "#p-6")
    assert 0 <= before < 740
    said, changes = (
        reader.page.locator(f"main {part}[role=status]") for part in ("[data-said]", ".news + ")
    )

    def is_still() -> None:
        assert abs(top_of(reader, "#p-6") - before) < 1
        if has_focus:
            expect(reader.page.locator("#p-6 .post__n")).to_be_focused()

    writer.keys.press("#p-2 [data-reply]")
    writer.page.keyboard.insert_text("二番目の発言への返信が、上のほうに入ります。")
    writer.keys.follow("#write button[type=submit]")
    expect(reader.post("上のほうに入ります")).to_be_attached(timeout=2_000)
    expect(said).to_have_text("新しい発言が1件あります")
    is_still()
    reader.eyes.look("topic with news above")

    writer.more(1, "書き直す")
    writer.keys.type("#body", "書き直して、ずっと長くなった一番目の発言です。" * 12)
    writer.keys.follow("main form button[type=submit]")
    expect(reader.post("書き直して、ずっと長く")).to_be_attached(timeout=2_000)
    expect(changes).to_contain_text("発言1")
    expect(changes).to_contain_text("書き直し")
    is_still()

    moderator = signed_in(people, MODERATOR)
    moderator.open(path)
    here(reader, "いま3人")
    moderator.more(3, "きまりに照らす")
    moderator.eyes.look("decide")
    moderator.keys.press("input[name=rule]", "Space")
    moderator.keys.type("textarea[name=reason]", "人が分かることが書かれています。")
    moderator.keys.follow("button[value=preview]")
    moderator.eyes.look("decide, what the writer will read")
    moderator.keys.follow("button[value=decide]")
    expect(reader.page.locator("#p-3 .tombstone")).to_be_attached(timeout=2_000)
    expect(changes).to_contain_text("発言3は、表示していません")
    is_still()

    writer.more(4, "取り下げる")
    writer.keys.follow("main form button[type=submit]")
    expect(reader.page.locator("#p-4 .tombstone")).to_be_attached(timeout=2_000)
    expect(changes).to_contain_text("発言4は、書いた方が取り下げました")
    is_still()
    reader.eyes.look("topic with two tombstones")
    moderator.page.close()
    writer.page.close()
    expect(reader.page.locator("[data-here]")).to_be_hidden()
    reader.keys.press("[data-go]")
    expect(reader.page.locator("#p-10")).to_be_in_viewport()
    expect(said).to_be_empty()


def test_nobody_misses_a_post_after_being_offline(people: Any) -> None:
    host = signed_in(people, FACILITATOR)
    path = open_topic(host, ROOM, "地下道で読む話題")
    writer, reader = signed_in(people, WRITER), people(**phone(360))
    writer.open(path)
    reader.open(path)
    here(reader, "いま2人")
    reader.page.context.set_offline(True)
    writer.say("つながらない間の、一つ目です。")
    writer.say("つながらない間の、二つ目です。")
    expect(reader.post("つながらない間")).to_have_count(0)
    reader.page.context.set_offline(False)
    expect(reader.post("つながらない間の、一つ目")).to_be_attached(timeout=8_000)
    expect(reader.post("つながらない間の、二つ目")).to_be_attached()
    expect(reader.page.locator("[data-said]")).to_have_text("新しい発言が2件あります")
    reader.eyes.errors.clear()  # the browser itself reports each request that had no line
    reader.eyes.look("topic after the line came back")


def test_a_stance_taken_in_one_tab_shows_in_the_other(people: Any) -> None:
    path = open_topic(signed_in(people, FACILITATOR), ROOM, "二つの窓で選ぶ話題")
    writer = signed_in(people, WRITER)
    writer.open(path)
    writer.say("バスの色は、遠くから見える黄色がよいです。")
    one = signed_in(people, OTHER)
    two = one.tab()
    for tab in (one, two):
        tab.open(path)
    here(two, "いま2人")
    one.keys.press("#p-1 [data-choice=agree]")
    pressed = two.page.locator("#p-1 [data-choice=agree]")
    expect(pressed).to_have_attribute("aria-pressed", "true", timeout=2_000)


def test_a_post_that_came_along_with_its_news_takes_a_stance(people: Any) -> None:
    """It was drawn for anybody: the page puts in what proves that its forms are this browser's."""
    host = signed_in(people, FACILITATOR)
    path = open_topic(host, ROOM, "届いたばかりの発言に答える話題")
    writer, reader = signed_in(people, WRITER), signed_in(people, OTHER)
    for person in (writer, reader):
        person.open(path)
    here(reader, "いま2人")
    writer.keys.type("#body", "届いたばかりの発言です。")
    writer.keys.follow("#write button[type=submit]")
    agree = "#p-1 [data-choice=agree]"
    expect(reader.page.locator(agree)).to_be_attached(timeout=2_000)
    reader.keys.press(agree)
    expect(reader.page.locator(agree)).to_have_attribute("aria-pressed", "true")
    reader.page.reload()
    expect(reader.page.locator(agree)).to_have_attribute("aria-pressed", "true")


def test_a_post_edited_in_two_tabs_gives_the_second_both_texts(people: Any) -> None:
    path = open_topic(signed_in(people, FACILITATOR), ROOM, "二つの窓で直す話題")
    one = signed_in(people, WRITER, **phone(360))
    one.open(path)
    one.say("はじめの文です。")
    two = one.tab()
    two.open(path)
    for tab in (one, two):
        tab.more(1, "書き直す")
    one.keys.type("#body", "一つ目の窓で直した文です。")
    one.keys.follow("main form button[type=submit]")
    two.keys.type("#body", "二つ目の窓で直した文です。")
    two.keys.follow("main form button[type=submit]")
    two.eyes.look("post edit, changed meanwhile")
    expect(two.page.locator("#current")).to_have_value("一つ目の窓で直した文です。")
    expect(two.page.locator("#body")).to_have_value("二つ目の窓で直した文です。")
    two.keys.follow("main form button[type=submit]")
    expect(two.page.locator("#p-1 .post__body")).to_have_text("二つ目の窓で直した文です。")


def test_a_summary_written_in_two_tabs_gives_the_second_both_texts(people: Any) -> None:
    one = signed_in(people, FACILITATOR, **phone(360))
    path = open_topic(one, ROOM, "二つの窓で整理する話題")
    two = one.tab()
    for tab in (one, two):
        tab.open(f"{path}/context")
    one.keys.type("#body", "共通している点：朝の便が足りない。")
    one.keys.follow("main form button[type=submit]")
    two.keys.type("#body", "分かれている点：便が先か、停留所が先か。")
    two.keys.follow("main form button[type=submit]")
    two.eyes.look("topic context, changed meanwhile")
    expect(two.page.locator("#current")).to_have_value("共通している点：朝の便が足りない。")
    expect(two.page.locator("#body")).to_have_value("分かれている点：便が先か、停留所が先か。")
    two.keys.follow("main form button[type=submit]")
    expect(two.page.locator(".context")).to_contain_text("便が先か、停留所が先か")


def test_a_post_to_a_topic_that_was_locked_or_closed_meanwhile_comes_back(people: Any) -> None:
    officer = signed_in(people, OFFICER)
    room = open_room(officer, "すぐに終わる会議室")
    path = open_topic(officer, room, "すぐに止まる話題")
    writer = signed_in(people, WRITER, **phone(360))
    writer.open(path)
    writer.keys.type("#body", "止まる前に書きはじめた文です。")
    officer.open(f"{path}/lock")
    officer.keys.type("textarea[name=reason]", "話が別のことに移ったため。")
    officer.keys.follow("main form button[type=submit]")
    writer.keys.follow("#write button[type=submit]")
    writer.eyes.look("topic, locked meanwhile")
    expect(writer.page.locator("#kept")).to_have_value("止まる前に書きはじめた文です。")

    officer.open(f"{path}/lock")
    officer.keys.type("textarea[name=reason]", "話がもどったため。")
    officer.keys.follow("main form button[type=submit]")
    writer.open(path)
    expect(writer.page.locator("#body")).to_have_value("止まる前に書きはじめた文です。")
    officer.open(f"{room}/dates")
    officer.keys.type("form[action$='/close'] textarea", "話がまとまったため。")
    officer.keys.follow("form[action$='/close'] button[type=submit]")
    writer.keys.follow("#write button[type=submit]")
    writer.eyes.look("topic, room closed meanwhile")
    expect(writer.page.locator("#kept")).to_have_value("止まる前に書きはじめた文です。")


def test_a_post_to_a_topic_that_was_merged_meanwhile_is_sent_on(people: Any) -> None:
    host = signed_in(people, FACILITATOR)
    into, path = (open_topic(host, ROOM, title) for title in ("まとめる先", "まとめられる話題"))
    writer = signed_in(people, WRITER, **phone(360))
    writer.open(path)
    writer.keys.type("#body", "まとめられる前に書きはじめた文です。")
    host.open(f"{path}/merge")
    host.keys.to("input[name=into]")
    host.page.locator(f"input[name=into][value='{into.removeprefix('/t/')}']").check()
    host.keys.type("textarea[name=reason]", "同じ話が二つになったため。")
    host.keys.follow("button[value=check]")
    host.keys.follow("button[value=merge]")
    writer.keys.follow("#write button[type=submit]")
    writer.eyes.look("topic elsewhere")
    expect(writer.page.locator("#body")).to_have_value("まとめられる前に書きはじめた文です。")
    writer.keys.follow("main form button[type=submit]")
    expect(writer.post("まとめられる前に")).to_have_count(1)
    assert writer.page.url.startswith(writer.site + into)
