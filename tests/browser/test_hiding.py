"""A lead takes words off the board that are no notes, with a reason all can read."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.test_workshop import joined, next_phase, opened, types

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WHY = "人の名前がありました"
SECRET = "山田さん"
NAMED, SAID = f"{SECRET}の島", f"{SECRET}も言っていた"


def heading(guest: Person, lead: Person) -> None:
    """The same with the name of an island, which stays on the board with its notes."""
    there = guest.page.locator("[data-outline] .oline", has_text="木陰のベンチ")
    there.get_by_role("button", name="移す").click()
    guest.page.locator(".mover").get_by_role("button", name="新しい島").click()
    expect(there).to_be_visible()
    guest.page.locator(".isle__acts").get_by_role("button", name="見出しを直す").first.click()
    guest.page.locator("[data-panel=title] textarea").fill(NAMED)
    guest.page.locator("[data-panel=title] button[type=submit]").click()
    shown = lead.page.locator(".isle__t", has_text=NAMED)
    expect(shown).to_be_visible()
    logged = lead.page.locator(".strip__log", has_text=NAMED)
    expect(logged).to_have_count(1)  # a sentence that quotes it goes with it
    lead.page.locator(".isle__acts").get_by_role("button", name="見出しを直す").first.click()
    lead.page.get_by_role("button", name="見出しを隠す").click()
    lead.page.locator("[data-panel=title] textarea").last.fill(WHY)
    lead.page.keyboard.press("ControlOrMeta+Enter")
    for person in (lead, guest):
        named = person.page.locator(".isle__t", has_text="見出し（進行役が隠しました）")
        expect(named).to_be_visible()
        expect(person.page.locator("body")).not_to_contain_text(NAMED)
    lead.eyes.look("a heading that is hidden")


def test_a_comment_and_a_heading_are_hidden_from_everybody(people: Any) -> None:
    lead, guest = people(), people()
    path = opened(lead)
    joined(guest, path, "けやき")
    for title in ("一人で書く", "見せ合う", "島にまとめる"):
        next_phase(lead, title)
    for person in (lead, guest):
        person.page.get_by_role("button", name="一覧", exact=True).click()
    types(guest, "木陰のベンチ")
    note = guest.page.locator("[data-outline] .oline", has_text="木陰のベンチ")
    expect(note).to_be_visible()
    guest.keys.press("[data-outline] .oline [data-focus=menu]")
    guest.page.locator(".mover").get_by_role("button", name="ひとこと").click()
    guest.page.locator(".mini-form textarea").fill(SAID)
    guest.page.locator(".mini-form button[type=submit]").click()
    expect(lead.page.locator("[data-outline] .oline")).to_contain_text("ひとこと1件")
    lead.keys.press("[data-outline] .oline [data-focus=menu]")
    lead.page.locator(".mover").get_by_role("button", name="ひとこと").click()
    talks = lead.page.locator(".talks")
    expect(talks).to_contain_text(SAID)
    lead.keys.press(".talks li > button")
    lead.eyes.look("a comment to be hidden")
    lead.keys.type(".talks textarea", WHY)
    lead.page.keyboard.press("ControlOrMeta+Enter")
    for person in (lead, guest):
        expect(person.page.locator(".talks")).to_contain_text(f"進行役が隠しました。理由：{WHY}")
        expect(person.page.locator("body")).not_to_contain_text(SAID)
    lead.eyes.look("a comment that is hidden")
    lead.page.get_by_role("button", name="やめる").first.click()
    heading(guest, lead)
    assert lead.eyes.errors == guest.eyes.errors == []


def test_the_word_on_a_line_and_a_summary_are_hidden_from_everybody(people: Any) -> None:
    lead, guest = people(), people()
    path = opened(lead)
    joined(guest, path, "けやき")
    for title in ("一人で書く", "見せ合う", "島にまとめる"):
        next_phase(lead, title)
    for person in (lead, guest):
        person.page.get_by_role("button", name="一覧", exact=True).click()
    for words, title in (("木陰のベンチ", "日かげ"), ("水飲み場", "水")):
        types(guest, words)
        gathers(guest, words, title)
    guest.page.locator(".isle__acts").get_by_role("button", name="線でつなぐ").first.click()
    guest.page.locator("[data-panel=link] input").fill(f"{SECRET}の線")
    guest.page.locator("[data-panel=link]").get_by_role("button", name="水", exact=True).click()
    shown = lead.page.locator(".isle__links li", has_text=f"{SECRET}の線")
    expect(shown).to_have_count(2)
    shown.first.get_by_role("button", name="線の言葉を隠す").click()
    lead.page.locator(".isle__links textarea").fill(WHY)
    lead.eyes.look("the word on a line to be hidden")
    lead.page.keyboard.press("ControlOrMeta+Enter")
    for person in (lead, guest):
        hidden = person.page.locator(".isle__links li", has_text=WHY)
        expect(hidden).to_have_count(2)
        expect(person.page.locator("body")).not_to_contain_text(f"{SECRET}の線")
    for title in ("選ぶ", "発表", "まとめ"):
        next_phase(lead, title)
    summed = guest.page.locator(".osum").first
    summed.locator("textarea").fill(f"{SECRET}のまとめ")
    summed.get_by_role("button", name="保存する").click()
    there = lead.page.locator(".osum", has_text=f"{SECRET}のまとめ")
    there.get_by_role("button", name="まとめを隠す").click()
    lead.page.locator(".osum .mini-form textarea").first.fill(WHY)
    lead.page.keyboard.press("ControlOrMeta+Enter")
    for person in (lead, guest):
        expect(person.page.locator(".osum", has_text=WHY)).to_be_visible()
        expect(person.page.locator("body")).not_to_contain_text(f"{SECRET}のまとめ")
    lead.eyes.look("a summary that is hidden")
    assert lead.eyes.errors == guest.eyes.errors == []


def gathers(guest: Person, words: str, title: str) -> None:
    """Put a note on an island of its own."""
    note = guest.page.locator("[data-outline] .oline", has_text=words)
    expect(note).to_be_visible()
    note.locator("[data-focus=menu]").click()
    guest.page.locator(".mover").get_by_role("button", name="まとめる", exact=True).click()
    guest.page.locator("[data-panel=group] textarea").fill(title)
    guest.page.locator("[data-panel=group] button[type=submit]").click()
    expect(guest.page.locator(".isle__t", has_text=title)).to_be_visible()


def test_hidden_words_go_from_a_form_in_which_somebody_is_typing(people: Any) -> None:
    lead, guest = people(), people()
    path = opened(lead)
    joined(guest, path, "けやき")
    next_phase(lead, "一人で書く")
    next_phase(lead, "見せ合う")
    lead.page.get_by_role("button", name="一覧", exact=True).click()
    types(lead, "木陰のベンチ")
    guest.keys.press("[data-canvas] [data-note]:has-text('木陰のベンチ')")
    guest.page.locator("[data-dialog]").get_by_role("button", name="ひとこと").click()
    form = guest.page.locator("[data-dialog]")
    form.locator("textarea").fill(SAID)
    form.get_by_role("button", name="出す").click()
    expect(form.locator(".talks")).to_contain_text(SAID)
    form.locator("textarea").fill("まだ書いている")
    lead.keys.press("[data-outline] .oline [data-focus=menu]")
    lead.page.locator(".mover").get_by_role("button", name="ひとこと").click()
    lead.page.locator(".talks").get_by_role("button", name="隠す").click()
    lead.page.locator(".talks textarea").fill(WHY)
    lead.page.keyboard.press("ControlOrMeta+Enter")
    for person in (lead, guest):
        expect(person.page.locator(".talks")).to_contain_text(WHY)
        expect(person.page.locator("body")).not_to_contain_text(SAID)
    expect(form.locator("textarea")).to_have_value("まだ書いている")
    assert lead.eyes.errors == guest.eyes.errors == []
