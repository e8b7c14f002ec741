"""An officer's morning by keyboard alone: from a file to every opinion in an answered theme."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.test_journey import open_consultation

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WISHES = {
    "朝市の駐輪場": [
        "朝市の駐輪場が足りず、自転車が歩道にあふれています。",
        "駐輪場を朝市の入口の近くに作ってください。",
        "自転車で朝市に来る人が多いので、駐輪場を広げてほしい。",
        "朝市の日だけ、銀行の裏を駐輪場にできませんか。",
        "駐輪場の場所が分かりにくいので、看板を出してください。",
        "子どもを乗せた自転車がとめられる駐輪場がほしいです。",
        "駐輪場から朝市まで遠くて、荷物が重いです。",
        "朝市の駐輪場に、係の人を立ててください。",
    ],
    "ごみの持ち帰り": [
        "朝市のあとのごみが、花壇に捨てられています。",
        "ごみは持ち帰ることを、もっと呼びかけてください。",
        "ごみ箱を置かず、持ち帰りを続けてほしいです。",
        "店ごとにごみの袋を出して、持ち帰ってはどうですか。",
        "ごみの分け方を書いた札を、朝市に出してください。",
        "朝市の紙皿のごみが多いので、皿を返す店を増やしてください。",
        "ごみ拾いを手伝う人を、朝市で集めてください。",
        "持ち帰ったごみの量を、毎月知らせてください。",
    ],
    "雨の日の屋根": [
        "雨の日に屋根がないと、朝市の野菜がぬれてしまいます。",
        "屋根のある商店街で、雨の日の朝市を開いてください。",
        "雨の日は中止でなく、屋根の下で続けてほしいです。",
        "屋根を借りるお金を、区が半分持ってください。",
        "雨で中止の知らせを、前の日の夜に出してください。",
        "屋根のテントを、雨の日だけ貸してください。",
        "雨の日でも、屋根があれば車いすで行けます。",
        "夏の日ざしにも、屋根は役に立つと思います。",
    ],
    "音楽の音": [
        "朝市の音楽の音が大きく、赤ちゃんが起きてしまいます。",
        "音楽は九時からにして、朝は音を出さないでください。",
        "音楽の演奏が楽しみなので、続けてほしいです。",
        "スピーカーの音を、家のほうに向けないでください。",
        "音楽の音の大きさを、係の人が測ってください。",
        "朝市の音楽に、子どもの合唱も入れてください。",
        "呼び込みの声と音楽の音が重なって、つかれます。",
        "音楽のない静かな朝市の日も作ってください。",
    ],
}
OTHERS = [
    "犬といっしょに歩ける道を教えてください。",
    "手話のできる人がいると安心です。",
    "区の職員のみなさん、いつもありがとうございます。",
    "図書館の返却箱を置いてもらえると助かります。",
    "？？？",
    "献血の車も来てほしい。",
    "古い着物を使う教室を開いてください。",
    "郵便を出せる窓口はありますか。",
]
NEWCOMERS = ["朝市の駐輪場が遠いです。駐輪場をもう一つ作ってください。", OTHERS[0]]


def test_the_list_is_of_forty() -> None:
    assert sum(map(len, WISHES.values())) + len(OTHERS) == 40


def read_in(officer: Person, slug: str, folder: Path, name: str, bodies: list[str]) -> None:
    file = folder / name
    rows = [f"{body},{'南' if n % 2 else '北'}" for n, body in enumerate(bodies)]
    file.write_text("\n".join(["ご意見,地区", *rows]), "utf-8")
    officer.open(f"/desk/c/{slug}/import")
    officer.keys.to("input[type=file]")
    officer.page.set_input_files("input[type=file]", file)  # the chooser is the system's
    officer.keys.follow("main button:has-text('次へ')")
    go = officer.page.locator(f"button:has-text('{len(bodies)}件を読み込む')")
    officer.page.select_option("select[name=sender_column]", "地区")
    expect(go).to_be_disabled()  # what was looked at has no such column
    expect(officer.page.get_by_text("列の選び方が変わりました")).to_be_visible()
    officer.page.select_option("select[name=sender_column]", "")
    expect(go).to_be_enabled()
    officer.keys.follow(f"button:has-text('{len(bodies)}件を読み込む')")
    officer.page.wait_for_url("**/imports/**")
    expect(officer.page.get_by_text(f"{len(bodies)}", exact=False).first).to_be_visible()
    officer.keys.to(f"a[href='/desk/c/{slug}/themes']:has-text('テーマに分ける')")


def press(officer: Person, key: str) -> None:
    """A key of the desk that leads to a page."""
    with officer.page.expect_navigation():
        officer.page.keyboard.press(key)


def write(officer: Person, disposition: str, view: str) -> None:
    """An answer by keys alone: the disposition, the text, hand in and go on."""
    officer.page.keyboard.press(disposition)
    officer.page.keyboard.press("e")
    officer.page.keyboard.insert_text(view)
    press(officer, "Control+Enter")


def figures(officer: Person) -> dict[str, int]:
    said = re.sub(r"\s|,", "", officer.page.locator("#sum").inner_text())
    found = re.search(r"(\d+)＝テーマ(\d+)＋単独(\d+)＋未整理(\d+)", said)
    assert found is not None, said
    return dict(zip(("all", "themes", "lone", "unfiled"), map(int, found.groups()), strict=True))


def test_an_officers_morning_by_keyboard_alone(people: Any, tmp_path: Path) -> None:
    officer, slug = people(), "morning"
    officer.sign_in("地域交通課　広瀬")
    open_consultation(officer, slug)
    bodies = [body for own in WISHES.values() for body in own] + OTHERS
    read_in(officer, slug, tmp_path, "forty.csv", bodies)
    group(officer, slug)
    arrange(officer, slug)
    answer_all(officer, slug)
    assert figures(officer)["unfiled"] == 0
    newcomers(officer, slug, tmp_path)


def group(officer: Person, slug: str) -> None:
    officer.open(f"/desk/c/{slug}/themes")
    officer.eyes.look("desk: before a run")
    officer.keys.press("button:has-text('機械で分けてみる')")
    slider = officer.page.locator("input[type=range]")
    slider.wait_for(timeout=60_000)
    officer.eyes.look("desk: after a run")
    officer.keys.to("input[type=range]")
    fine = officer.page.locator("#grain-n").inner_text()
    officer.page.keyboard.press("Home")
    assert officer.page.locator("#grain-n").inner_text() != fine, "the slider says what it gives"
    officer.page.keyboard.press("End")
    now = figures(officer)
    assert now["all"] == now["themes"] + now["lone"] + now["unfiled"] == 40


def arrange(officer: Person, slug: str) -> None:
    """Name a theme, send an opinion elsewhere and back, put what has no words alone."""
    page = officer.page
    page.keyboard.press("r")
    expect(page.locator("#theme-title")).to_be_focused()
    page.keyboard.insert_text("名づけたテーマ")
    press(officer, "Enter")
    expect(page.locator("#c2")).to_have_text("名づけたテーマ")
    expect(page.locator("#c2")).to_be_focused()
    expect(page).to_have_title(re.compile("^名づけたテーマ｜"))
    join_with_the_next(officer)
    before = page.locator(".op").count()
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("dialog[open]")).to_be_visible()
    officer.eyes.look("desk: 送り先")
    page.keyboard.press("ArrowDown")
    press(officer, "Enter")
    expect(page.locator(".op")).to_have_count(before - 1)
    expect(page.locator(".op input").first).to_be_focused()
    press(officer, "z")
    expect(page.locator(".op")).to_have_count(before)
    officer.open(f"/desk/c/{slug}/acts")
    officer.eyes.look("acts")
    officer.open(f"/desk/c/{slug}/themes?list=unfiled")
    page.keyboard.press("j")
    while figures(officer)["unfiled"]:
        press(officer, "l")  # the focus stays where the next one has come up


def join_with_the_next(officer: Person) -> None:
    """Two themes become one by G, a part of a name and Enter twice; and are two again."""
    page = officer.page
    themes = page.locator(".tlist__item").count()
    press(officer, "]")
    expect(page.locator("#c2")).not_to_have_text("名づけたテーマ")
    page.keyboard.press("g")
    expect(page.locator("dialog[open] h2")).to_have_text("いっしょにするテーマを選ぶ")
    page.keyboard.insert_text("名づけた")
    page.keyboard.press("Enter")
    officer.eyes.look("desk: まとめる")
    press(officer, "Enter")
    expect(page.locator(".tlist__item")).to_have_count(themes - 1)
    expect(page.locator("#c2")).to_have_text("名づけたテーマ")
    press(officer, "z")
    expect(page.locator(".tlist__item")).to_have_count(themes)
    if page.locator("#c2").inner_text() != "名づけたテーマ":
        press(officer, "[")
    expect(page.locator("#c2")).to_have_text("名づけたテーマ")


def answer_all(officer: Person, slug: str) -> None:
    """Two themes by their own words, the other themes and the lone ones with one answer each."""
    page = officer.page
    officer.open(f"/desk/c/{slug}/themes")
    themes = page.locator(".tlist__item").count()
    write(officer, "4", "朝市の運営の中で参考にします。")
    write(officer, "1", "案に書き加えます。")
    expect(page.locator(".answer .field__error, .notice--error").first).to_be_visible()
    officer.eyes.look("desk: refused")
    officer.keys.type("textarea[name=place]", "案の2ページ")
    press(officer, "Control+Enter")
    expect(page.locator(".col--themes progress")).to_have_attribute("value", "2")
    officer.open(f"/desk/c/{slug}/themes?list=themes")
    officer.eyes.look("desk: many themes")
    page.keyboard.press("j")
    expect(page.locator("input[name=themes]").first).to_be_focused()
    officer.keys.press("input[name=all]", "Space")
    write(officer, "7", "ご意見をありがとうございます。")
    officer.open(f"/desk/c/{slug}/themes?list=lone")
    answer_one(officer)
    officer.open(f"/desk/c/{slug}/themes?list=lone")
    officer.keys.press("input[name=all]", "Space")
    write(officer, "7", "お一人ずつのご意見として読みました。")
    officer.eyes.look("desk: lone, answered")
    assert page.locator(".col--themes progress").get_attribute("value") == str(themes)


def answer_one(officer: Person) -> None:
    """A lone opinion by A; the focus goes back to its row, J on to the next."""
    page = officer.page
    page.keyboard.press("j")
    press(officer, "a")
    write(officer, "7", "お一人のご意見として読みました。")
    expect(page.locator(".op.is-cur input")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".op input").nth(1)).to_be_focused()


def split_and_join(officer: Person) -> None:
    """The first opinion that waits is two, and then one again."""
    page = officer.page
    page.keyboard.press("j")
    press(officer, "p")
    officer.eyes.look("parts: to choose")
    officer.keys.press("input[name=cuts]", "Space")
    expect(page.locator("[data-go]")).to_have_text("2件に分ける")
    officer.keys.follow("[data-go]")
    assert figures(officer)["unfiled"] == 3
    page.locator("[data-op]", has_text="駐輪場").first.locator("input").focus()
    press(officer, "p")
    officer.keys.follow("a:has-text('分ける前の文')")
    officer.eyes.look("parts: made")
    officer.keys.follow("button:has-text('一つに戻す')")
    assert figures(officer)["unfiled"] == 2


def newcomers(officer: Person, slug: str, folder: Path) -> None:
    """What comes later waits, is suggested where it may belong, and goes where a person says."""
    read_in(officer, slug, folder, "late.csv", NEWCOMERS)
    officer.open(f"/desk/c/{slug}/themes?list=unfiled")
    assert figures(officer)["unfiled"] == 2
    split_and_join(officer)
    officer.keys.follow("button:has-text('候補を調べ直す')")
    found = officer.awaits(f"/desk/c/{slug}/themes?list=unfiled", ".queue__acts button", ".")
    assert found.is_visible()
    officer.eyes.look("desk: suggestions")
    officer.keys.follow(".queue__acts button[name=to]")
    assert figures(officer)["unfiled"] == 1
    before = figures(officer)
    officer.open(f"/desk/c/{slug}/themes")
    officer.keys.press("button:has-text('この細かさで分け直す')")
    officer.page.locator("[data-job]").wait_for(state="detached", timeout=60_000)
    officer.open(f"/desk/c/{slug}/themes")
    assert figures(officer) == before, "where people have worked, a run moves nothing"
    for path in ("changes", "runs"):
        officer.open(f"/desk/c/{slug}/{path}")
        officer.eyes.look(path)
