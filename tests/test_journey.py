"""The whole chain over HTTP, as people walk it: nothing but pages, forms and links.

A resident posts and comments → the ledger → grouping → answers → a second person publishes → the
resident looks it up → a council page embeds it. Conservation is proved after every step.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db, jobs, record
from core.people import Account
from ledger import check, consultations, queries
from ledger.models import Consultation
from tests.visitors import Visitor

Sign = Callable[[Account], FlaskClient]
SLUG = "night-library"


def minute(days: float) -> str:
    """A moment as an officer types it: Tokyo, to the minute."""
    return f"{clock.local(clock.now() + timedelta(days=days)):%Y-%m-%dT%H:%M}"


def the_laws_hold(slug: str = SLUG) -> queries.Counts:
    """No breach anywhere; returns the consultation's figures."""
    db.session().rollback()
    assert list(check.laws()) == []
    assert list(record.verify()) == []
    return queries.counts(consultations.find(slug))


def open_consultation(desk: Visitor) -> Consultation:
    desk.open("/desk/c/new").press(
        "案件を開く",
        title="図書館の夜の開館（素案）",
        slug=SLUG,
        summary="平日の夜、図書館を21時まで開く案です。",
        **{
            "discuss-opens_at": minute(-2),
            "discuss-closes_at": minute(6),
            "comment-opens_at": minute(-2),
            "comment-closes_at": minute(6),
            "report-opens_at": minute(20),
            "report-closes_at": minute(21),
            "sections-0-number": "1-1",
            "sections-0-title": "開館の時間",
            "sections-0-page": "3",
            "sections-0-body": "平日は21時まで開きます。",
        },
    )
    assert desk.status == 200, desk.text
    return consultations.find(SLUG)


def open_room(desk: Visitor) -> str:
    desk.open(f"/desk/c/{SLUG}/rooms/new").press(
        "会議室を開く",
        title="夜の図書館の会議室",
        purpose="夜に図書館で何ができるとよいかを話します。",
        rules="一つの発言に一つのことを書きます。",
    )
    assert desk.url.startswith("/rm/"), desk.text
    desk.open(f"{desk.url}/topics/new").press(
        "話題を加える", title="何時まで開くとよいですか", question="理由もお聞かせください。"
    )
    assert desk.url.startswith("/t/"), desk.text
    return desk.url


def say(browser: Visitor, topic: str, body: str) -> None:
    browser.open(topic).press("発言を公開する", body=body)
    assert browser.status == 200
    assert "".join(body.split()) in browser.text


def comment(visitor: Visitor, *points: str) -> tuple[str, str]:
    """Write, check, send; returns the receipt's number and secret as the page shows them."""
    visitor.open(f"/c/{SLUG}/comment")
    for _ in points[1:]:
        visitor.press("もう一つ書く")
    fields = {f"points-{n}-body": body for n, body in enumerate(points)}
    visitor.press("確かめる画面へ", ties=["在住"], **fields)
    assert visitor.status == 200, visitor.text
    visitor.press("送る")
    assert "/receipt/" in visitor.url, visitor.text
    number = re.search(r"\d-\d{4}-\d{4}", visitor.html)
    secret = re.search(r"[ぁ-ん]+ \d\d [ぁ-ん]+ \d\d", visitor.html)
    assert number is not None
    assert secret is not None
    return number.group(), secret.group()


def import_file(desk: Visitor) -> None:
    said = [
        "番号,意見",
        "1,夜は防犯が心配です。",
        "2,夜は防犯が心配です。",
        "3,駐輪場を明るくしてください。",
    ]
    text = "\r\n".join(said)
    desk.open(f"/desk/c/{SLUG}/import").press(
        "次へ", {"file": (io.BytesIO(text.encode("cp932")), "窓口分.csv")}
    )
    assert desk.status == 200, desk.text
    desk.press("この列で確かめる", text_column="意見", channel="counter")
    assert desk.status == 200, desk.text
    if "件を読み込む" in desk.text:
        desk.press("件を読み込む")
    assert desk.status == 200, desk.text


def answer_everything(desk: Visitor) -> None:
    """Give each theme an answer, and what is left one by one as opinions of their own."""
    address = f"/desk/c/{SLUG}/themes"
    desk.open(f"{address}?list=unfiled")
    ids = re.findall(r'name="opinions"[^>]* value="([^"]+)"', desk.html)
    if ids:
        desk.press("単独にする", opinions=ids)
    desk.open(address)
    for link in sorted(set(re.findall(rf"{address}\?t=[0-9a-z]+", desk.html))):
        desk.open(link).press(
            "確認に回す",
            disposition="reference",
            summary="夜の開館についてのご意見です。",
            view="運営の中で参考にします。",
        )
        assert desk.status == 200, desk.text
    desk.open(f"{address}?list=lone")
    ids = re.findall(r'name="opinions"[^>]* value="([^"]+)"', desk.html)
    for public_id in ids:
        desk.open(f"{address}?list=lone&o={public_id}").press(
            "確認に回す",
            disposition="not_reflected",
            view="夜間の職員の配置がまだできません。",
            reason="必要な人数が足りないためです。",
        )
        assert desk.status == 200, desk.text


def test_one_voice_all_the_way(
    app: Flask,
    browser_of: Sign,
    officer: Account,
    approver: Account,
    resident: Account,
    neighbour: Account,
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    desk, boss = Visitor(browser_of(officer)), Visitor(browser_of(approver))
    home, next_door = Visitor(browser_of(resident)), Visitor(browser_of(neighbour))
    stranger = Visitor(app.test_client())

    open_consultation(desk)
    the_laws_hold()
    topic = open_room(desk)
    say(home, topic, "仕事帰りに寄れるよう、21時まで開けてほしいです。")
    say(next_door, topic, "夜は静かに勉強できる席がほしいです。")
    assert the_laws_hold().counted == 2

    number, secret = comment(
        stranger,
        "夜の開館に賛成です。席を増やしてください。",
        "バスの最終に間に合う時刻にしてください。",
    )
    assert the_laws_hold().counted == 4
    import_file(desk)
    counts = the_laws_hold()
    assert (counts.received, counts.counted, counts.unfiled) == (7, 7, 7)
    import_file(desk)
    assert the_laws_hold().received == 7, "the same file again adds nothing"

    desk.open(f"/desk/c/{SLUG}/themes").press("機械で")
    jobs.run_due()
    counts = the_laws_hold()
    assert counts.in_themes + counts.lone + counts.unfiled == 7
    answer_everything(desk)
    the_laws_hold()

    boss.open(f"/desk/c/{SLUG}/publish")
    assert "あと" in boss.text, "approval is still missing"
    desk.open(f"/desk/c/{SLUG}/publish").press(
        "下書きを保存", notice="区報とウェブでお知らせしました。"
    )
    desk.open(f"/desk/c/{SLUG}/publish").press("決裁に回す")
    stranger.open("/receipt").press("確かめる", number=number, secret=secret)
    assert "職員の配置" not in stranger.text, "answers are not public before they are published"

    boss.open(f"/desk/c/{SLUG}/publish").press("すべて確認")
    boss.open(f"/desk/c/{SLUG}/publish").press("公表する", is_sure="y")
    assert boss.status == 200, boss.text
    the_laws_hold()

    stranger.open("/reports").follow("図書館の夜の開館")
    assert stranger.url.startswith("/r/")
    for figure in ("7件", "すべてに答え"):
        assert figure in stranger.text
    rows = stranger.client.get(f"{stranger.url.partition('?')[0]}/1.csv").get_data()
    table = list(csv.reader(io.StringIO(rows.decode("utf-8-sig"))))
    assert sum("夜は防犯が心配です。" in "".join(row) for row in table) == 2

    stranger.open("/receipt").press("確かめる", number=number, secret=secret)
    assert "賛成です" in stranger.text
    assert "職員の配置" in stranger.text or "参考にします" in stranger.text
    home.open("/mine")
    assert "仕事帰りに寄れるよう" in home.text

    embedded = app.test_client().get(f"/embed/c/{SLUG}")
    assert embedded.status_code == 200
    assert "Set-Cookie" not in embedded.headers
    assert "<script" not in embedded.get_data(as_text=True)
    assert "frame-ancestors *" in embedded.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [f"/desk/c/{SLUG}", f"/desk/c/{SLUG}/themes", f"/desk/c/{SLUG}/publish", "/desk/people"],
)
def test_a_resident_finds_no_door_to_the_desk(
    browser_of: Sign, resident: Account, officer: Account, path: str
) -> None:
    open_consultation(Visitor(browser_of(officer)))
    assert Visitor(browser_of(resident)).open(path).status in {403, 404}
