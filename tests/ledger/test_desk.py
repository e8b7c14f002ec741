"""The desk's pages: who sees them, what they do, and that they never lose what was typed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, db
from core.config import Settings
from core.people import Account
from core.record import Entry
from ledger import consultations, imports, opinions, themes
from ledger.imports import Choice
from ledger.models import Channel, Consultation, Import, Opinion, PhaseKind, Stage
from ledger.opinions import Said

Browsers = Callable[[Account], FlaskClient]
TITLE = "みどり野公園 再整備基本計画"
LETTERS = "差出人,意見\n田中,大きな木を残してください。\n佐藤,\n鈴木,道を広げてください。\n"
PAGES = ["/desk/c/park", "/desk/c/park/opinions", "/desk/c/park/import"]


@pytest.fixture
def desk(browser_of: Browsers, officer: Account, consultation: Consultation) -> FlaskClient:
    """The officer's browser, in a consultation of theirs."""
    return browser_of(officer)


def park() -> Consultation:
    """The consultation as it is now: a request leaves no session behind."""
    return consultations.find("park")


def filled(count: int) -> list[int]:
    """`count` opinions, every third by fax, as if channels had brought them."""
    said = [
        Said(
            source="post",
            source_id=number,
            channel=Channel.FAX if number % 3 == 0 else Channel.ROOM,
            body=f"意見{number}：木陰を増やしてください。",
            submission=f"post:{number}",
            voice_id=None,
            said_at=clock.now(),
            received_at=clock.now(),
        )
        for number in range(1, count + 1)
    ]
    return opinions.enter_all(park(), said, role="resident")


def upload(desk: FlaskClient, content: bytes | str, name: str = "letters.csv") -> str:
    """Hand a file in and return where the browser is sent."""
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    answer = desk.post("/desk/c/park/import", data={"file": (stream, name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


# ── who ──


@pytest.mark.parametrize("path", [*PAGES, "/desk/c", "/desk/c/new"])
def test_a_visitor_is_asked_to_sign_in_and_a_resident_is_refused(
    client: FlaskClient,
    browser_of: Browsers,
    consultation: Consultation,
    resident: Account,
    path: str,
) -> None:
    assert client.get(path).status_code == 302
    assert browser_of(resident).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_another_departments_consultation_is_not_there(
    browser_of: Browsers, consultation: Consultation, stranger: Account, path: str
) -> None:
    browser = browser_of(stranger)
    there, absent = browser.get(path), browser.get(path.replace("park", "x"))
    assert (there.status_code, absent.status_code) == (404, 404)
    assert TITLE not in there.text


def test_an_approver_reads_but_does_not_change(
    browser_of: Browsers, consultation: Consultation, approver: Account
) -> None:
    page = browser_of(approver).get("/desk/c/park")
    assert page.status_code == 200
    assert "日時を変える" not in page.text
    assert "段階を変える" not in page.text
    assert browser_of(approver).get("/desk/c/park/import").status_code == 403
    answer = browser_of(approver).post(
        "/desk/c/park/stage", data={"stage": "decision", "version": 1}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/desk/c/park/stage", "/desk/c/park/phases/comment"])
def test_looking_never_writes(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 405


# ── lists ──


def test_the_desk_lists_my_consultations_and_what_is_next(
    desk: FlaskClient, browser_of: Browsers, stranger: Account
) -> None:
    filled(3)
    for page in ("/desk", "/desk/c"):
        answer = desk.get(page)
        assert TITLE in answer.text
        assert "受け取った 3件" in re.sub(r"\s+", " ", answer.text)
        assert TITLE not in browser_of(stranger).get(page).text


def test_step_1_shows_the_conservation_line_and_the_channels(desk: FlaskClient) -> None:
    ids = filled(4)
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    page = re.sub(r"<[^>]+>|\s+", " ", desk.get("/desk/c/park").text)
    page = re.sub(r" +", " ", page)
    assert "受け取った 4 ＝ 数えた 3 ＋ 取り下げ 1" in page
    assert "電子会議室 3" in page
    assert "ファクス 1" in page


def test_the_table_is_filtered_and_paged(desk: FlaskClient) -> None:
    ids = filled(60)
    opinions.withhold(db.session().get_one(Opinion, ids[6]), role="moderator", reason="きまり4")

    def shown(query: str) -> list[str]:
        return re.findall(
            r'opinion__text">意見(\d+)：', desk.get(f"/desk/c/park/opinions?{query}").text
        )

    assert len(shown("")) == 50
    assert shown("page=2") == [str(n) for n in range(51, 61)]
    assert shown("page=99") == shown("page=2")
    assert shown("page=x") == shown("")
    assert len(shown("channel=fax")) == 20
    assert shown("state=withheld") == ["7"]
    assert shown("q=意見12：") == ["12"]
    assert shown("q=木陰 意見9：&channel=fax") == ["9"]
    assert shown("q=%25") == []
    assert len(shown("state=nonsense")) == 50


def test_the_table_takes_as_many_statements_for_many_as_for_few(
    desk: FlaskClient, officer: Account, statements: list[str]
) -> None:
    def taken() -> int:
        db.session.remove()
        statements.clear()
        assert desk.get("/desk/c/park/opinions").status_code == 200
        return len(statements)

    filled(1)
    few = taken()
    filled_more(officer)
    assert taken() == few


def filled_more(officer: Account) -> None:
    """Sixty more opinions on a section, most of them in four themes."""
    db.session().add(officer)
    consultation = park()
    said = [
        Said(
            source="comment_item",
            source_id=number,
            channel=Channel.WEB,
            body="道",
            submission="x",
            voice_id=None,
            said_at=clock.now(),
            received_at=clock.now(),
            section_id=consultation.sections[0].id,
        )
        for number in range(60)
    ]
    ids = opinions.enter_all(consultation, said, role="resident")
    for number in range(0, 40, 10):
        theme = themes.create(officer, consultation, f"テーマ{number}")
        themes.move(officer, consultation, ids[number : number + 10], theme)


def test_texts_are_shown_escaped(desk: FlaskClient) -> None:
    (opinion_id,) = filled(1)
    body = "<script>alert(1)</script>" + "長" * 400
    opinions.supersede(db.session().get_one(Opinion, opinion_id), body, role="resident")
    page = desk.get("/desk/c/park/opinions?q=<script>").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# ── phases and stage ──


def dates(**given: str) -> dict[str, str]:
    phase = park().phase(PhaseKind.COMMENT)
    assert phase is not None
    return {
        "comment-opens_at": "2026-12-01T08:30",
        "comment-closes_at": "2027-01-08T00:00",
        "comment-reason": "資料の追加のため",
        "comment-was": f"{phase.opens_at.isoformat()} {phase.closes_at.isoformat()}",
        **{f"comment-{name}": value for name, value in given.items()},
    }


def test_an_officer_changes_a_phase_and_the_record_says_why(desk: FlaskClient) -> None:
    sent = dates()
    for _press in range(2):  # the second press finds it done
        assert desk.post("/desk/c/park/phases/comment", data=sent).status_code == 303
    db.session.remove()
    phase = consultations.find("park").phase(PhaseKind.COMMENT)
    assert phase is not None
    assert phase.closes_at.isoformat() == "2027-01-07T15:00:00+00:00"
    entries = db.session().scalars(select(Entry).where(Entry.kind == "phase.changed")).all()
    assert [e.detail["reason"] for e in entries] == ["資料の追加のため"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"closes_at": "2026-11-30T00:00"}, "終わりは、始まりより後"),
        ({"reason": ""}, "変える理由を入力してください"),
        ({"reason": "長" * 401}, "400文字まで"),
        ({"opens_at": "あした"}, "日付と時刻を入力"),
    ],
)
def test_refused_dates_come_back_as_typed(
    desk: FlaskClient, given: dict[str, str], says: str
) -> None:
    sent = dates(**given)
    answer = desk.post("/desk/c/park/phases/comment", data=sent)
    assert answer.status_code == 422
    assert says in answer.text
    assert sent["comment-opens_at"] in answer.text
    assert sent["comment-reason"] in answer.text


def test_dates_that_changed_meanwhile_are_not_overwritten(desk: FlaskClient) -> None:
    old = dates(opens_at="2026-12-02T00:00", reason="べつの人")
    desk.post("/desk/c/park/phases/comment", data=dates())
    answer = desk.post("/desk/c/park/phases/comment", data=old)
    assert answer.status_code == 409
    assert "2026-12-01 08:30" in answer.text
    assert "2026-12-02 00:00" in answer.text


def test_a_phase_that_is_not_there_is_not_changed(
    desk: FlaskClient, browser_of: Browsers, stranger: Account
) -> None:
    assert desk.post("/desk/c/park/phases/workshop", data={}).status_code == 404
    assert desk.post("/desk/c/park/phases/nonsense", data={}).status_code == 404
    answer = browser_of(stranger).post("/desk/c/park/phases/comment", data=dates())
    assert answer.status_code == 404


def test_a_phase_is_added_once_and_in_its_place(desk: FlaskClient) -> None:
    half = {"add-kind": "analysis", "add-opens_at": "2026-01-01T09:00"}
    refused = desk.post("/desk/c/park/phases", data=half)
    assert refused.status_code == 422
    assert "2026-01-01T09:00" in refused.text
    whole = {**half, "add-closes_at": "2026-02-01T00:00"}
    assert desk.post("/desk/c/park/phases", data=whole).status_code == 303
    assert park().phases[0].kind == "analysis"
    assert desk.post("/desk/c/park/phases", data=whole).status_code == 422
    assert len(park().phases) == 4


def test_the_stage_is_changed_once(desk: FlaskClient) -> None:
    sent = {"stage": "decision", "version": "1"}
    assert desk.post("/desk/c/park/stage", data=sent).status_code == 303
    assert desk.post("/desk/c/park/stage", data=sent).status_code == 409
    assert desk.post("/desk/c/park/stage", data={"stage": "x", "version": "2"}).status_code == 422
    db.session.remove()
    assert consultations.find("park").stage == Stage.DECISION


# ── opening a consultation ──

NEW = {
    "title": "自転車の道づくり計画",
    "slug": "bicycle",
    "summary": "自転車の通る道を考えます。",
    "department": "parks",
    "stage": "drafting",
    "comment-opens_at": "2026-12-01T08:30",
    "comment-closes_at": "2027-01-08T00:00",
    "sections-0-number": "1-1",
    "sections-0-title": "通る場所",
    "sections-0-page": "１２",
    "sections-0-body": "車道の左に帯をつくります。",
}


def test_an_officer_opens_a_consultation_once(desk: FlaskClient) -> None:
    for _press in range(2):
        answer = desk.post("/desk/c/new", data=NEW)
        assert (answer.status_code, answer.location) == (303, "/desk/c/bicycle")
    opened = consultations.find("bicycle")
    assert [(p.kind, p.title) for p in opened.phases] == [("comment", "パブリックコメント")]
    assert opened.phases[0].opens_at.isoformat() == "2026-11-30T23:30:00+00:00"
    assert [(s.number, s.page) for s in opened.sections] == [("1-1", 12)]
    assert desk.get("/desk/c/bicycle").status_code == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"title": ""}, "案件の名前を入力してください"),
        ({"title": "x" * 1_000_000}, "120文字まで"),
        ({"slug": "Ｐａｒｋ"}, "英小文字と数字とハイフン"),
        ({"slug": "park"}, "同じ住所の名前"),
        ({"summary": "\x00見えない"}, "画面に出せない文字"),
        ({"department": "roads"}, ""),
        ({"comment-closes_at": "2026-11-01T00:00"}, "終わりは、始まりより後"),
        ({"comment-closes_at": ""}, "終わりの日時も"),
        ({"sections-0-body": ""}, "入力してください"),
        ({"sections-0-page": "五"}, "ページは数字で"),
        ({"sections-1-number": "1-1", "sections-1-title": "x", "sections-1-body": "y"}, "同じ番号"),
    ],
)
def test_a_refused_consultation_comes_back_filled(
    desk: FlaskClient, given: dict[str, str], says: str
) -> None:
    answer = desk.post("/desk/c/new", data={**NEW, **given})
    assert answer.status_code == 422
    assert says in answer.text
    assert "車道の左に帯をつくります。" in answer.text or not given.get("sections-0-body", "x")
    assert "2026-12-01T08:30" in answer.text
    assert db.session().scalars(select(Consultation.slug)).all() == ["park"]


def test_more_rows_for_the_draft_keep_what_was_typed(desk: FlaskClient) -> None:
    answer = desk.post("/desk/c/new", data={**NEW, "title": "", "more": "1"})
    assert answer.status_code == 200
    assert "車道の左に帯をつくります。" in answer.text
    assert "sections-3-number" in answer.text


# ── reading a file in ──


def test_a_file_is_looked_at_and_read_in_once(desk: FlaskClient, settings: Settings) -> None:
    waiting = upload(desk, LETTERS.encode("cp932"))
    folder = settings.data_dir / "staging"
    looked = desk.get(waiting)
    assert "大きな木を残してください。" in looked.text
    assert "2件を読み込む" in looked.text
    assert "「意見」が空の行：3行目" in looked.text
    chosen = {"text_column": "意見", "channel": "post", "sender_column": "差出人"}
    assert "2件を読み込む" in desk.get(waiting, query_string=chosen).text
    for _press in range(2):
        answer = desk.post(waiting, data=chosen)
        assert answer.status_code == 303
        result = desk.get(answer.location)
        assert "2件のご意見が、台帳に入っています" in result.text
    assert db.session().scalars(select(Import.added_count)).all() == [2]
    assert list(folder.iterdir()) == []
    assert desk.get(waiting).status_code == 303
    assert "2" in desk.get("/desk/c/park/opinions?channel=post").text


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "空です"), (b"\x89PNG\r\n", "表のファイルではありません"), (b"a\n\xff\xff\n", "2行目")],
)
def test_a_refused_file_says_why(
    desk: FlaskClient, settings: Settings, content: bytes, says: str
) -> None:
    given = {"file": (io.BytesIO(content), "a.csv")}
    answer = desk.post("/desk/c/park/import", data=given)
    assert (answer.status_code, says in answer.text) == (422, True)
    assert list((settings.data_dir / "staging").iterdir()) == []
    assert desk.post("/desk/c/park/import", data={}).status_code == 422


def test_a_bad_row_or_column_is_told_and_nothing_is_read_in(desk: FlaskClient) -> None:
    waiting = upload(desk, LETTERS)
    bad = {"text_column": "意見", "channel": "import", "date_column": "差出人"}
    for answer in (desk.get(waiting, query_string=bad), desk.post(waiting, data=bad)):
        assert answer.status_code == 422
        assert "2行目：「田中」は日付として読めません" in answer.text
    odd = {"text_column": "本文", "channel": "room"}
    assert desk.get(waiting, query_string=odd).status_code == 422
    assert desk.post(waiting, data=odd).status_code == 422
    assert db.session().scalars(select(Import.id)).all() == []


def test_a_waiting_file_is_nobody_elses(
    desk: FlaskClient,
    browser_of: Browsers,
    consultation: Consultation,
    other_officer: Account,
    stranger: Account,
) -> None:
    waiting = upload(desk, LETTERS)
    chosen = {"text_column": "意見", "channel": "post"}
    for who in (other_officer, stranger):
        assert browser_of(who).get(waiting).status_code == 404
        assert browser_of(who).post(waiting, data=chosen).status_code == 404
    assert desk.get("/desk/c/park/import/" + "0" * 26).status_code == 404
    assert desk.get("/desk/c/park/imports/" + "0" * 26).status_code == 404


def test_nothing_new_is_said_so(desk: FlaskClient, officer: Account, tmp_path: Path) -> None:
    path = tmp_path / "letters.csv"
    path.write_text(LETTERS, encoding="utf-8")
    db.session().add(officer)
    imports.run(officer, park(), path, Choice("意見"), name="letters.csv")
    looked = desk.get(upload(desk, LETTERS))
    assert "新しく入る行がありません" in looked.text
    assert "letters.csv" in desk.get("/desk/c/park/import").text
