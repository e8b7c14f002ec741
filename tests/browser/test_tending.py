"""Tending a room: the facilitator's summary, lock, splits; the officer's room and answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core import business_days
from tests.browser.conftest import (
    TOKYO,
    Person,
    fill_topic,
    moment,
    open_room,
    open_topic,
    phone,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROOM = "坂の町の足を考える会議室"
OFFICER, FACILITATOR, WRITER = "地域交通課　広瀬", "進行役　つきしろ", "電線のすずめ"
PAPER = Path(__file__).resolve().parents[2] / "docs" / "screenshots" / "home.png"
SEND = "main form button[type=submit]"


def signed_in(people: Any, name: str, **more: Any) -> Person:
    person: Person = people(**more)
    person.sign_in(name)
    return person


def tool(host: Person, word: str) -> None:
    """Follow one of the topic's tools, behind their fold."""
    host.keys.press("details.tools > summary")
    host.keys.follow(f".tools__act:has-text('{word}')")


def test_a_facilitator_sums_up_pins_locks_and_renames(people: Any) -> None:
    host = signed_in(people, FACILITATOR, **phone(360))
    path = open_topic(host, ROOM, "手入れする話題")
    host.open(path)
    host.keys.follow(".context__edit a")
    host.eyes.look("topic context")
    host.keys.type(
        "#body", "共通している点：朝の便が足りない。\n\n分かれている点：便か、停留所か。"
    )
    host.keys.follow(SEND)
    expect(host.page.locator(".context__body")).to_contain_text("朝の便が足りない")

    host.keys.press("details.tools > summary")
    host.eyes.look("topic, tools open")
    host.keys.follow(".tools__act:has-text('先頭に置く')")
    expect(host.page.locator(".topic__states")).to_contain_text("はじめに読む話題")
    tool(host, "先頭に置くのをやめる")

    tool(host, "書きこみを止める")
    host.eyes.look("topic lock")
    host.keys.follow(SEND)
    host.eyes.look("topic lock, no reason")
    host.keys.type("textarea[name=reason]", "運行会社の説明を待つため。")
    host.keys.follow(SEND)
    expect(host.page.locator("header.topic__head")).to_contain_text("運行会社の説明を待つため。")
    host.eyes.look("topic, locked")
    tool(host, "また書けるようにする")
    host.keys.type("textarea[name=reason]", "説明がすんだため。")
    host.keys.follow(SEND)

    tool(host, "名前を変える")
    host.eyes.look("topic rename")
    host.keys.type("input[name=title]", "朝の便と停留所、どちらが先か")
    host.keys.type("textarea[name=reason]", "話の中身に合わせるため。")
    host.keys.follow(SEND)
    expect(host.page.locator("h1")).to_have_text("朝の便と停留所、どちらが先か")
    host.keys.press("#acts summary, [data-live=acts] summary")
    host.eyes.look("topic, its record open")
    expect(host.page.locator("[data-live=acts]")).to_contain_text("手入れする話題")
    host.keys.follow(".context a[href$='/summaries']")
    host.eyes.look("topic summaries")


def test_a_facilitator_splits_by_boxes_and_merges_after_a_look(people: Any) -> None:
    host = signed_in(people, FACILITATOR, **phone(360))
    into, path = (
        open_topic(host, ROOM, t) for t in ("分けたものの行き先", "二つの話がまざった話題")
    )
    fill_topic(signed_in(people, WRITER), path, 4)
    host.open(path)
    tool(host, "発言を別の話題に分ける")
    host.eyes.look("topic split")
    host.keys.follow("button[value=check]")
    host.eyes.look("topic split, nothing chosen")
    for number in (2, 4):
        host.keys.press(f"#posts-{number}", "Space")
    host.keys.type("input[name=title]", "分けた話題")
    host.keys.type("textarea[name=reason]", "別の話だったため。")
    host.keys.follow("button[value=check]")
    host.eyes.look("topic split, check")
    expect(host.page.locator("dl.facts")).to_contain_text("2件（2・4）")
    host.keys.follow("button[value=split]")
    host.eyes.look("topic, split off")
    expect(host.page.locator("#thread > li.said")).to_have_count(2)

    tool(host, "別の話題にまとめる")
    host.eyes.look("topic merge")
    host.keys.follow("button[value=check]")
    host.eyes.look("topic merge, nothing chosen")
    host.keys.to("input[name=into]")
    chosen = f"input[name=into][value='{into.removeprefix('/t/')}']"
    for _ in range(host.page.locator("input[name=into]").count()):
        if host.page.locator(chosen).is_checked():
            break
        host.page.keyboard.press("ArrowDown")
    host.keys.type("textarea[name=reason]", "同じ話だったため。")
    host.keys.follow("button[value=check]")
    host.eyes.look("topic merge, check")
    expect(host.page.locator("dl.facts")).to_contain_text("新しい番号は、1から2です。")
    host.keys.follow("button[value=merge]")
    assert host.page.url.startswith(host.site + into)
    expect(host.page.locator("#thread > li.said")).to_have_count(2)
    host.eyes.look("topic, merged into")


def test_an_officer_opens_tends_and_closes_a_room(people: Any, site: str) -> None:
    officer = signed_in(people, OFFICER, **phone(360))
    officer.open("/desk/c/bus/rooms/new")
    officer.eyes.look("room new")
    officer.keys.follow(SEND)
    officer.eyes.look("room new, refused")
    room = open_room(officer, "夜の便を考える会議室")
    officer.eyes.look("room, just opened")
    _sets_the_room_up(officer, room)
    path = open_topic(officer, room, "最終便は何時がよいですか")
    writer = signed_in(people, WRITER)
    writer.open(path)
    writer.say("最終便は、21時30分がよいです。")
    officer.open(f"{room}/dates")
    officer.eyes.look("room dates")
    officer.keys.follow("form[action$='/dates'] button[type=submit]")
    officer.eyes.look("room dates, refused")
    officer.page.fill("form[action$='/dates'] input[type=datetime-local]", moment(6))
    officer.keys.type("form[action$='/dates'] textarea", "まだ声が届いているため。")
    officer.keys.follow("form[action$='/dates'] button[type=submit]")
    expect(officer.page.locator("main")).to_contain_text("まだ声が届いているため。")
    officer.open(f"{room}/dates")
    officer.keys.type("form[action$='/close'] textarea", "話がまとまったため。")
    officer.keys.follow("form[action$='/close'] button[type=submit]")
    officer.eyes.look("room, closed early")
    expect(officer.page.locator("main")).to_contain_text("話がまとまったため。")
    _sums_up_with_a_citation(officer, room)


def _sets_the_room_up(officer: Person, room: str) -> None:
    officer.open(f"{room}/settings")
    officer.eyes.look("room settings")
    officer.keys.press("input[name=has_stances]", "Space")
    officer.keys.follow(SEND)
    officer.eyes.look("room settings, no reason")
    officer.keys.type("textarea[name=reason]", "考えの広がりは、ここでは見ないため。")
    officer.keys.follow(SEND)
    expect(officer.page.locator("main")).to_contain_text("考えの広がりは、ここでは見ないため。")

    officer.open(f"{room}/papers")
    officer.eyes.look("room papers, none")
    officer.keys.follow("form[enctype] button[type=submit]")
    officer.eyes.look("room papers, refused")
    officer.keys.to("input[type=file]")
    officer.page.set_input_files("input[type=file]", PAPER)  # the chooser is the system's
    officer.keys.type("input[name=title]", "夜の便の時刻表")
    officer.keys.follow("form[enctype] button[type=submit]")
    officer.eyes.look("room papers")
    expect(officer.page.locator(".room-papers__t").first).to_contain_text("夜の便の時刻表")

    officer.open(f"{room}/facilitators")
    officer.eyes.look("room facilitators")
    officer.keys.type("input[name=email]", "yoru@example.jp")
    officer.keys.type("input[name=display_name]", "進行役　夜空")
    officer.keys.follow("form.room-form button[type=submit]")
    expect(officer.page.locator(".hosts")).to_contain_text("進行役　夜空")
    officer.keys.press(".hosts summary:has-text('進行役　夜空')")
    officer.eyes.look("room facilitators, one more")

    officer.open("/desk/c/bus/tags")
    officer.eyes.look("tag list")
    officer.keys.type(".desk__side input[name=name]", "夜の便")
    officer.keys.follow(".desk__side button[type=submit]")
    expect(officer.page.locator(".tags__row input[value='夜の便']")).to_have_count(1)


def _sums_up_with_a_citation(officer: Person, room: str) -> None:
    officer.open(f"{room}/summary/write")
    officer.keys.type("#body", "## 分かったこと\n\n最終便は21時台がよいという声がありました")
    officer.keys.type("input[name=words]", "最終便")
    officer.page.keyboard.press("Enter")
    expect(officer.page.locator("[data-insert]").first).to_be_visible()
    officer.eyes.look("room summary, posts found")
    officer.keys.press("[data-insert]")
    expect(officer.page.locator("#body")).to_be_focused()
    expect(officer.page.locator("#body")).to_have_value(re.compile(r"ありました.{3,}"))
    officer.keys.follow("button:has-text('まとめを保存する')")
    officer.eyes.look("room closing")
    expect(officer.page.locator("main")).to_contain_text("最終便は、21時30分がよいです。")
    officer.open(room)
    officer.eyes.look("room, summed up")
    expect(officer.page.locator(".room__outcome")).to_contain_text("21時台がよい")


def _business_day() -> str:
    day = datetime.now(UTC).astimezone(TOKYO).date() + timedelta(days=5)
    while not business_days.is_business_day(day):
        day += timedelta(days=1)
    return day.isoformat()


def test_an_officer_answers_a_question_first_on_the_way_then_in_full(people: Any) -> None:
    officer = signed_in(people, OFFICER, **phone(360))
    path = open_topic(officer, ROOM, "区に聞く話題")
    asker = signed_in(people, WRITER)
    asker.open(path)
    asker.keys.type("#body", "坂の途中に停留所を置けますか。")
    asker.keys.press("input[name=asks]", "Space")
    asker.keys.follow("#write button[type=submit]")
    answer = f"main a[href*='{path}?reply_to=']"

    officer.open("/desk/questions")
    officer.eyes.look("questions")
    officer.keys.follow(answer)
    officer.eyes.look("topic, answering")
    officer.keys.type("#body", "警察と道路の幅を確かめています。")
    officer.keys.to("input[name=settles]")
    officer.page.keyboard.press("ArrowDown")
    expect(officer.page.locator("input[value=interim]")).to_be_checked()
    officer.keys.follow("#write button[type=submit]")
    officer.eyes.look("topic, an interim reply without its day refused")
    expect(officer.page.locator("#body")).to_have_value("警察と道路の幅を確かめています。")
    officer.page.fill("input[name=promised]", _business_day())
    officer.keys.follow("#write button[type=submit]")
    officer.eyes.look("topic, interim reply")
    expect(officer.page.locator("#p-1 .due")).to_contain_text("中間の返事あり（発言2）")

    officer.open("/desk/questions")
    officer.keys.follow(answer)
    officer.keys.type("#body", "二つの停留所のあいだに、一つ置けます。")
    officer.keys.press("input[name=settles][value=answer]", "Space")
    officer.keys.follow("#write button[type=submit]")
    expect(officer.page.locator("#p-1 .due")).to_contain_text("回答あり（発言3）")
    officer.eyes.look("topic, answered")
    officer.open("/desk/questions")
    officer.eyes.look("questions, answered")
    expect(officer.page.locator(".desk__due", has_text="坂の途中に停留所").last).to_be_visible()
