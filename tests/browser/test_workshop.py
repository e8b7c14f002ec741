"""A whole workshop in three windows: the facilitator's, a phone that is touched, a keyboard."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person, phone
from tests.realtime import folding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OFFICER = "地域交通課　広瀬"
APP = "[data-app]:not([hidden])"


def looked_at(person: Person, name: str) -> None:
    """Judge a page, and keep its picture where TOMONI_PICTURES says."""
    person.eyes.look(name)
    folder = os.environ.get("TOMONI_PICTURES")
    if folder:
        person.page.screenshot(path=str(Path(folder) / f"{name}.png"))


def opened(lead: Person, template: str = "kj") -> str:
    """From a template to the open board: the address of the workshop."""
    lead.sign_in(OFFICER)
    lead.open(f"/desk/c/bus/workshops/new?template={template}")
    lead.keys.follow("button:has-text('このまま開いて')")
    expect(lead.page.locator(APP)).to_be_visible()
    found = re.search(r"(/w/[^/]+)/board", lead.page.url)
    assert found
    return found[1]


def joined(person: Person, path: str, name: str) -> None:
    person.open(path)
    person.keys.type("input[name=name]", name)
    person.keys.follow("#join form button[type=submit]:not([tabindex])")
    person.open(f"{path}/board")
    expect(person.page.locator(APP)).to_be_visible()


def next_phase(lead: Person, title: str) -> None:
    lead.page.locator("[data-next]").click()
    expect(lead.page.locator(".phase[aria-current]")).to_contain_text(title)


def line(person: Person, text: str) -> Locator:
    return person.page.locator("[data-outline] .oline", has_text=text)


def types(person: Person, text: str) -> None:
    """Write a note with the keyboard."""
    person.keys.type("#note-text", text)
    person.page.keyboard.press("ControlOrMeta+Enter")


def taps(person: Person, text: str) -> None:
    """Write a note on the phone."""
    person.page.locator("#note-text").fill(text)
    person.page.locator("[data-compose] button[type=submit]").tap()


def test_a_workshop_from_template_to_close(people: Any) -> None:
    lead, hand, keys = people(), people(**phone(360)), people()
    path = opened(lead)
    looked_at(lead, "lead-explain")
    joined(hand, path, "けやき")
    joined(keys, path, "つばめ")
    keys.keys.press("[data-view=list]")
    looked_at(hand, "phone-explain")
    expect(lead.page.locator("[data-strip]")).to_contain_text("2人")
    expect(hand.page.locator("[data-compose]")).to_be_hidden()
    # both at one table, so that they see and move the same notes
    lead.page.get_by_text("席を決める、外れてもらう").click()
    seats = lead.page.locator("[data-strip] select[aria-label$='さんの班']")
    expect(seats).to_have_count(2)
    for n in range(2):
        seats.nth(n).select_option(label="1班")
    expect(lead.page.locator(".tables li").first).to_contain_text("2人")
    looked_at(lead, "lead-seats")

    next_phase(lead, "一人で書く")
    taps(hand, "背もたれのあるベンチがほしい")
    taps(hand, "バスを待つ間に座りたい")
    expect(lead.page.locator("[data-strip]")).to_contain_text(
        "つばめさんは、まだ付せんを書いていません"
    )
    types(keys, "夏は日なたで待てない")
    expect(lead.page.locator("[data-strip]")).not_to_contain_text("まだ付せんを書いていません")
    expect(line(hand, "背もたれ")).to_contain_text("自分")
    expect(hand.page.locator("[data-outline]")).to_contain_text("ほかの人の付せんが1枚あります")
    expect(hand.page.locator("body")).not_to_contain_text("日なた")
    expect(lead.page.locator("[data-blank]")).to_contain_text("3枚")
    expect(lead.page.locator("[data-canvas] .note--blank")).to_have_count(3)
    keys.keys.type("#note-text", "まだ考えている")
    expect(lead.page.locator("[data-strip]")).to_contain_text("あと1人が書いています")
    for person, name in ((lead, "lead"), (hand, "phone"), (keys, "keys")):
        looked_at(person, f"{name}-write")
    keys.keys.type("#note-text", "")
    expect(lead.page.locator("[data-strip]")).not_to_contain_text("書いています")

    # ten seconds without a line
    hand.page.context.set_offline(True)
    expect(hand.page.locator("[data-net]")).to_be_visible(timeout=10_000)
    taps(hand, "木を植えて日陰に")
    taps(hand, "雨の日に傘をたたむ場所")
    expect(hand.page.locator("[data-net]")).to_contain_text("2枚が送信待ち")
    expect(line(hand, "木を植えて")).to_contain_text("送信待ち")
    looked_at(hand, "phone-offline")
    hand.page.wait_for_timeout(8_000)
    hand.page.context.set_offline(False)
    expect(hand.page.locator("[data-net]")).to_be_hidden(timeout=15_000)
    expect(line(hand, "木を植えて")).not_to_contain_text("送信待ち")
    expect(line(hand, "木を植えて")).to_have_count(1)
    expect(lead.page.locator("[data-canvas] .note--blank")).to_have_count(5)
    hand.eyes.errors.clear()  # the browser itself reports each request that had no line

    # not only unseen: what others wrote never came to these windows
    hand.line.never_said("夏は日なた")
    keys.line.never_said("背もたれ", "バスを待つ間", "木を植えて")
    lead.line.never_said("夏は日なた", "背もたれ", "バスを待つ間", "木を植えて")
    next_phase(lead, "見せ合う")
    expect(line(hand, "夏は日なた")).to_be_visible()
    hand.line.says("夏は日なた")  # the search can find
    keys.keys.press("[data-outline] .oline:has-text('背もたれ') [data-act=talk]")
    keys.keys.type("[data-panel=talk] textarea", "ひじ掛けもあると助かります")
    keys.page.keyboard.press("ControlOrMeta+Enter")
    expect(line(hand, "背もたれ")).to_contain_text("ひとこと1件")
    looked_at(keys, "keys-share")
    keys.page.keyboard.press("Escape")
    looked_at(lead, "lead-share")

    next_phase(lead, "島にまとめる")
    line(hand, "背もたれ").locator("[data-act=move]").tap()
    looked_at(hand, "phone-move")
    hand.page.locator(".mover button", has_text="新しい島").tap()
    hand.page.locator("[data-panel=title] textarea").fill("座って休める場所")
    hand.page.locator("[data-panel=title] button[type=submit]").tap()
    line(hand, "バスを待つ").locator("[data-act=move]").tap()
    hand.page.locator(".mover button", has_text="座って休める場所").tap()
    isle = keys.page.locator(".isle", has_text="座って休める場所")
    expect(isle.locator(".isle__n")).to_have_text("2枚")
    # the keyboard groups three with G, and moves one with M
    keys.keys.to("[data-outline] .oline:has-text('木を植えて') button")
    keys.page.keyboard.press("g")
    keys.keys.press("[data-panel=group] label:has-text('夏は日なた') input", "Space")
    keys.keys.type("[data-panel=group] textarea", "日よけ・雨よけ")
    keys.page.keyboard.press("ControlOrMeta+Enter")
    expect(hand.page.locator(".isle", has_text="日よけ・雨よけ").locator(".isle__n")).to_have_text(
        "2枚"
    )
    keys.keys.to("[data-outline] .oline:has-text('雨の日に') button")
    keys.page.keyboard.press("m")
    keys.keys.press("[data-panel=move] button:has-text('日よけ・雨よけ')")
    expect(hand.page.locator(".isle", has_text="日よけ・雨よけ").locator(".isle__n")).to_have_text(
        "3枚"
    )
    looked_at(keys, "keys-group")
    keys.page.keyboard.press("ControlOrMeta+z")
    expect(hand.page.locator(".isle", has_text="日よけ・雨よけ").locator(".isle__n")).to_have_text(
        "2枚"
    )
    keys.page.keyboard.press("ControlOrMeta+y")
    expect(hand.page.locator(".isle", has_text="日よけ・雨よけ").locator(".isle__n")).to_have_text(
        "3枚"
    )
    # islands are put in another order, and the focus goes with them
    titles = keys.page.locator(
        "#main section:has(h2:text-is('1班')) .isle:not(.isle--loose) .isle__t"
    )
    expect(titles).to_have_text(["座って休める場所", "日よけ・雨よけ"])
    keys.keys.press(".isle:has-text('日よけ・雨よけ') [data-focus=act_up]")
    expect(titles).to_have_text(["日よけ・雨よけ", "座って休める場所"])
    expect(keys.page.locator("[data-focus=act_up]:focus")).to_have_attribute(
        "aria-disabled", "true"
    )
    keys.keys.to(".isle:has-text('日よけ・雨よけ') summary")
    keys.page.keyboard.press("Shift+ArrowDown")
    expect(titles).to_have_text(["座って休める場所", "日よけ・雨よけ"])
    expect(keys.page.locator("summary:focus")).to_contain_text("日よけ・雨よけ")
    keys.page.keyboard.press("Shift+ArrowUp")
    expect(hand.page.locator(".isle:not(.isle--loose) .isle__t").first).to_have_text(
        "日よけ・雨よけ"
    )
    looked_at(keys, "keys-order")
    looked_at(hand, "phone-group")
    lead.page.select_option("[data-sheet]", label="1班")
    looked_at(lead, "lead-group")

    next_phase(lead, "選ぶ")
    line(hand, "背もたれ").locator("[data-act=vote]").tap()
    line(hand, "木を植えて").locator("[data-act=vote]").tap()
    expect(hand.page.locator("[data-votes]")).to_contain_text("あと1つ")
    expect(line(hand, "背もたれ").locator("[data-act=vote]")).to_have_attribute(
        "aria-pressed", "true"
    )
    keys.keys.to("[data-outline] .oline:has-text('背もたれ') button")
    keys.page.keyboard.press("v")
    expect(keys.page.locator("[data-votes]")).to_contain_text("あと2つ")
    for person, name in ((lead, "lead"), (hand, "phone"), (keys, "keys")):
        looked_at(person, f"{name}-vote")
    expect(hand.page.locator("[data-outline]")).not_to_contain_text("2票")
    for person in (lead, hand, keys):
        person.line.never_said('"tally"')
    lead.page.get_by_role("button", name="票の数を出す").click()
    expect(line(hand, "背もたれ")).to_contain_text("2票")
    hand.line.says('"tally"')
    expect(line(hand, "木を植えて")).to_contain_text("1票")

    next_phase(lead, "発表")
    lead.page.get_by_role("button", name="発表中にする").first.click()
    expect(hand.page.locator("[data-say]")).to_contain_text("いまの発表：1班")
    screen = lead.tab()
    screen.open(f"{path}/show")
    expect(screen.page.locator(".show__isle").first).to_contain_text("座って休める場所")
    expect(screen.page.locator("[data-say]")).to_contain_text("いまの発表：1班")
    looked_at(screen, "show-present")
    looked_at(lead, "lead-present")

    next_phase(lead, "まとめ")
    keys.keys.type("#main section:has(h2:text-is('1班')) [data-sum] textarea", "座れる日陰をつくる")
    keys.page.keyboard.press("ControlOrMeta+Enter")
    expect(hand.page.locator("[data-outline]")).to_contain_text("座れる日陰をつくる")
    looked_at(hand, "phone-sum")
    looked_at(lead, "lead-sum")

    lead.keys.follow("[data-strip] a:has-text('ワークショップを終える')")
    looked_at(lead, "close")
    lead.keys.follow("main form button[type=submit]")
    expect(hand.page.locator("[data-what]")).to_have_text("終わりました")
    expect(hand.page.locator("[data-compose]")).to_be_hidden()
    looked_at(hand, "phone-over")
    screen.page.close()


def test_what_was_typed_without_a_line_survives_closing_the_page(people: Any) -> None:
    lead, hand = people(), people(**phone(360))
    path = opened(lead)
    joined(hand, path, "けやき")
    next_phase(lead, "一人で書く")
    expect(hand.page.locator("[data-compose]")).to_be_visible()
    hand.page.context.set_offline(True)
    expect(hand.page.locator("[data-net]")).to_be_visible(timeout=10_000)
    taps(hand, "地下道で書いた一枚")
    taps(hand, "地下道で書いた二枚目")
    hand.page.locator("#note-text").fill("まだ出していない文")
    expect(hand.page.locator("[data-net]")).to_contain_text("2枚が送信待ち")
    hand.page.goto("about:blank")
    hand.page.context.set_offline(False)
    hand.open(f"{path}/board")
    expect(line(hand, "地下道で書いた一枚")).to_have_count(1)
    expect(line(hand, "地下道で書いた二枚目")).to_have_count(1)
    expect(line(hand, "地下道で")).to_have_count(2)
    expect(line(hand, "二枚目")).not_to_contain_text("送信待ち")
    expect(hand.page.locator("#note-text")).to_have_value("まだ出していない文")
    expect(lead.page.locator("[data-canvas] .note--blank")).to_have_count(2)


def test_the_canvas_moves_notes_by_hand_and_by_key(people: Any) -> None:
    lead = people()
    opened(lead, "retro")
    page = lead.page
    next_phase(lead, "一人で書く")
    page.locator("[data-add-note]").click()
    for text in ("よかったこと", "困ったこと", "次にすること"):
        types(lead, text)
    page.keyboard.press("Escape")
    next_phase(lead, "島にまとめる")
    notes = {
        text: page.locator("[data-canvas] [data-note]", has_text=text)
        for text in ("よかった", "困った", "次に")
    }
    drag(lead, notes["困った"], notes["よかった"])
    expect(page.locator("[data-dialog][open]")).to_be_visible()
    looked_at(lead, "canvas-dialog")
    lead.keys.type("[data-dialog] textarea", "話し合いのこと")
    page.keyboard.press("ControlOrMeta+Enter")
    island = page.locator("[data-island]", has_text="話し合いのこと")
    expect(island).to_contain_text("2枚")
    lead.keys.to("[data-canvas] [data-note][tabindex='0']")
    arrows_to(lead, "次に")
    page.keyboard.press("m")
    lead.keys.press("[data-dialog] button:has-text('話し合いのこと')")
    expect(island).to_contain_text("3枚")
    expect(page.locator("[data-canvas] [data-note]:focus")).to_contain_text("次に")
    page.keyboard.press("ControlOrMeta+z")
    expect(island).to_contain_text("2枚")
    stood = translate(island)
    drag(lead, island.locator("h3"), None, by=(180, 90))
    expect(island).not_to_have_css("translate", stood)
    assert float(translate(island).split("px")[0]) - float(stood.split("px")[0]) > 120
    page.reload()
    expect(island).to_contain_text("2枚")
    looked_at(lead, "canvas")
    # what one did before the reload can still be taken back
    there = translate(island)
    page.locator("[data-undo]").click()
    expect(island).not_to_have_css("translate", there)
    page.reload()
    page.locator("[data-redo]").click()
    expect(island).to_have_css("translate", there)


def test_others_see_that_something_is_being_moved(people: Any) -> None:
    lead, hand, eye = people(), people(), people()
    path = opened(lead)
    for person, name in ((hand, "けやき"), (eye, "つばめ")):
        joined(person, path, name)
    next_phase(lead, "一人で書く")
    types(hand, "日かげのある停留所")
    covered = lead.page.locator("[data-canvas] .note--blank")
    expect(covered).to_have_count(1)
    mine = hand.page.locator("[data-canvas] [data-note]", has_text="日かげ")
    mark = ".canvas__who"
    holds(hand, mine)
    lead.page.wait_for_timeout(2_500)
    expect(lead.page.locator(mark)).to_have_count(0)
    hand.page.mouse.up()
    next_phase(lead, "見せ合う")
    expect(eye.page.locator("[data-canvas]")).to_contain_text("日かげのある停留所")
    holds(hand, mine)
    for person in (lead, eye):
        expect(person.page.locator(f"[data-note] {mark}")).to_have_text("1班が動かしています")
    expect(hand.page.locator(mark)).to_have_count(0)
    looked_at(lead, "canvas-moved")
    lead.page.locator(".strip__ops label", has_text="名前を出さない").click()
    expect(eye.page.locator(f"[data-note] {mark}")).to_have_text("けやきが動かしています")
    hand.page.mouse.up()
    expect(eye.page.locator(mark)).to_have_count(0)


def translate(what: Locator) -> str:
    """Where something stands on the canvas."""
    return str(what.evaluate("node => node.style.translate"))


def arrows_to(person: Person, words: str) -> None:
    """Press an arrow until the note that says this has the focus, and wait for each step."""
    focused = person.page.locator("[data-canvas] [data-note]:focus")
    for _step in range(4):
        said = focused.text_content() or ""
        if words in said:
            return
        person.page.keyboard.press("ArrowRight")
        expect(focused).not_to_have_text(said)
    raise AssertionError(f"the arrows never reach {words}")


def holds(person: Person, what: Locator) -> None:
    """Begin to pull something by the mouse, and do not let go."""
    x, y = grips(person, what)
    person.page.mouse.move(x + 40, y + 40)


def grips(person: Person, what: Locator) -> tuple[float, float]:
    """Press the mouse on something that stands still; answers where."""
    what.hover(position={"x": 20, "y": 20})  # waits until it is there and no longer moves
    box = what.bounding_box()
    assert box
    person.page.mouse.down()
    return box["x"] + 20, box["y"] + 20


def test_without_sockets_notes_still_arrive(people: Any) -> None:
    lead, hand = people(), people(**phone(360))
    path = opened(lead)
    hand.page.add_init_script(
        "window.WebSocket = class { constructor() { throw new Error('no'); } };"
    )
    joined(hand, path, "けやき")
    next_phase(lead, "一人で書く")
    expect(hand.page.locator("[data-compose]")).to_be_visible(timeout=20_000)
    taps(hand, "つなぎ方を変えて出した一枚")
    expect(lead.page.locator("[data-canvas] .note--blank")).to_have_count(1, timeout=20_000)
    expect(line(hand, "つなぎ方を変えて")).not_to_contain_text("送信待ち")
    expect(line(hand, "つなぎ方を変えて")).to_have_count(1)
    looked_at(hand, "phone-without-sockets")


def test_the_browsers_fold_is_the_servers(page: Page, site: str) -> None:
    page.goto(f"{site}/join")
    told = json.loads(folding.FILE.read_text("utf-8"))
    ends = page.evaluate(
        """async (said) => {
          const told = JSON.parse(said);  // as frames come: "__proto__" is a name like any other
          const board = await import("/static/js/realtime/state.js");
          const { between } = await import("/static/js/realtime/orders.js");
          const fold = ({ begins, effects }) => effects.reduce(board.apply, board.adopted(begins));
          const keys = told.keys.map(([low, high]) => between(low, high));
          return JSON.stringify({ folds: told.folds.map(fold), keys });
        }""",
        json.dumps(told),
    )
    found = json.loads(ends)
    assert found["keys"] == [key for _low, _high, key in told["keys"]]
    assert found["folds"] == [fold["ends"] for fold in told["folds"]]


def drag(person: Person, what: Locator, to: Locator | None, by: tuple[int, int] = (0, 0)) -> None:
    """Pull something by the mouse, onto something else or by so many pixels."""
    x, y = grips(person, what)
    if to is not None:
        end = to.bounding_box()
        assert end
        by = (int(end["x"] + 40 - x), int(end["y"] + 30 - y))
    mouse = person.page.mouse
    mouse.move(x + by[0] / 2, y + by[1] / 2)
    mouse.move(x + by[0], y + by[1])
    mouse.up()


def test_without_scripts_the_board_is_a_list_with_forms(people: Any) -> None:
    lead, plain = people(), people(java_script_enabled=False, **phone(360))
    path = opened(lead)
    plain.open(path)
    plain.page.locator("input[name=name]").fill("かえで")
    plain.page.locator("#join form button[type=submit]").last.click()
    plain.open(f"{path}/board")
    plain.page.wait_for_url("**list=1*")
    next_phase(lead, "一人で書く")
    plain.page.get_by_role("link", name="新しくする").click()
    plain.page.locator("textarea[name=text]").fill("紙でも書ける一枚")
    plain.page.get_by_role("button", name="出す").click()
    expect(plain.page.locator(".oline")).to_contain_text("紙でも書ける一枚")
    expect(lead.page.locator("[data-canvas] .note--blank")).to_have_count(1)
    next_phase(lead, "見せ合う")
    next_phase(lead, "島にまとめる")
    next_phase(lead, "選ぶ")
    plain.page.get_by_role("link", name="新しくする").click()
    plain.page.locator(".oline button", has_text="選ぶ").click()
    expect(plain.page.locator(".oline button[aria-pressed=true]")).to_have_count(1)


def test_a_world_cafe_ends_at_the_first_tables(people: Any) -> None:
    lead, hand, keys = people(), people(**phone(360)), people()
    path = opened(lead, "cafe")
    for person, name in ((hand, "けやき"), (keys, "つばめ")):
        joined(person, path, name)
    strip = lead.page.locator("[data-strip]")
    lead.page.get_by_text("席を決める、外れてもらう").click()
    seats = strip.locator("select[aria-label$='さんの班']")
    expect(seats).to_have_count(2)
    for n in range(2):
        seats.nth(n).select_option(label="1班")
    first = lead.page.locator(".tables li").first
    expect(first).to_contain_text("2人")
    next_phase(lead, "1回目")
    proposed = strip.locator(".strip__seats")
    expect(proposed).to_have_count(0)
    next_phase(lead, "2回目")
    looked_at(lead, "cafe-mix")
    proposed.get_by_role("button", name="席替えをする").click()
    expect(first).to_contain_text("0人")
    expect(proposed).to_contain_text("この場面の席替えをしました")
    expect(hand.page.locator("[data-notices]")).to_contain_text("あなたの席は")
    lead.page.locator("[data-undo]").click()  # and once more: mixing can be taken back
    expect(first).to_contain_text("2人")
    proposed.get_by_role("button", name="もう一度、席替えをする").click()
    expect(first).to_contain_text("0人")
    next_phase(lead, "3回目")
    next_phase(lead, "はじめの班で")
    looked_at(lead, "cafe-home")
    proposed.get_by_role("button", name="はじめの班にもどる").click()
    expect(first).to_contain_text("2人")
    expect(proposed).to_contain_text("みんな、はじめの班にいます")
    for person in (hand, keys):
        expect(person.page.locator("[data-notices]")).to_contain_text("あなたの席は、1班です")
    looked_at(hand, "cafe-phone-home")
    # taken back, and done again from the list by the keyboard
    lead.page.locator("[data-undo]").click()
    expect(first).to_contain_text("0人")
    lead.keys.press("[data-view=list]")
    lead.keys.press(".strip__seats button:has-text('はじめの班にもどる')")
    expect(first).to_contain_text("2人")
    assert lead.eyes.errors == hand.eyes.errors == keys.eyes.errors == []
