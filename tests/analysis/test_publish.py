"""The publishing page of the desk, and the report everybody reads: every exit filters alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis import reports
from core import clock, db, record
from core.people import Account, Department
from ledger import consultations, opinions
from ledger.models import Consultation, Edition, Opinion, Report, ReportState
from tests.answered import Case, again, enter, opinion

DESK = "/desk/c/park/publish"
Browser = Callable[[Account], FlaskClient]


@pytest.fixture
def case(consultation: Consultation, officer: Account, approver: Account) -> Case:
    return Case(consultation, officer, approver)


@pytest.fixture
def edition(case: Case) -> Edition:
    """Two themes' worth: five copies, a formula, a lone opinion."""
    with db.transaction():  # one commit for all of it
        copies = enter(case.consultation, *["原っぱを　残して"] * 3, "原っぱを 残して")
        more = enter(case.consultation, "=1+1 を計算して", "＋増やして", "池の水はきれいに")
        (lone,) = enter(case.consultation, "夜は門を閉めてください")
        return case.theme("原っぱと池", [*copies, *more]).lone(lone).approve().publish()


def base(edition: Edition) -> str:
    return f"/r/{again(edition).report.public_id}"


def exits(edition: Edition) -> list[str]:
    """Every address at which a published text could come out."""
    here = base(edition)
    return [
        here,
        f"{here}/1",
        f"{here}?group=1",
        f"{here}?q=池",
        f"{here}/1.csv",
        f"{here}/1.json",
        "/reports",
        "/embed/c/park",
        f"/embed{here}/1",
    ]


# the desk


def test_the_page_lists_what_is_missing_with_the_way_to_mend_it(
    case: Case, browser_of: Browser
) -> None:
    one, _two = enter(case.consultation, "池", "木")
    case.theme("水辺", [one], None)
    page = browser_of(case.officer).get(DESK).text
    assert "未整理のご意見が 1件あります" in page
    assert "/desk/c/park/themes?list=unfiled" in page
    assert f"/desk/c/park/themes?t={case.themes[0].public_id}" in page
    assert "決裁に回す" in page
    assert "公表する</button>" not in page


def test_a_missing_period_leads_to_where_it_is_set(
    app: Flask, department: Department, officer: Account, browser_of: Browser
) -> None:
    consultations.open_consultation(officer, department, "bare", "案", summary="案です", phases=[])
    page = browser_of(officer).get("/desk/c/bare/publish").text
    assert '<a href="/desk/c/bare">期間を加える</a>' in page
    assert '<a href="#head-form">題と知らせた方法を書く</a>' in page
    sent = {"act": "save", "title": "題", "notice": "広報紙", "version": "0"}
    page = browser_of(officer).post("/desk/c/bare/publish", data=sent, follow_redirects=True).text
    assert "期間を加える" in page
    assert "題と知らせた方法を書く" not in page, "both are written"


def test_handing_in_too_early_keeps_what_was_typed_and_lists_why(
    case: Case, browser_of: Browser
) -> None:
    enter(case.consultation, "池")
    form = {"act": "submit", "title": "わたしの題", "notice": "区報で", "version": "0"}
    answer = browser_of(case.officer).post(DESK, data=form)
    assert answer.status_code == 409
    assert "わたしの題" in answer.text
    assert answer.text.count("未整理のご意見が 1件あります") == 2  # on top, and in its place
    report = reports.current(case.consultation)
    assert report is not None
    assert report.state == ReportState.DRAFT


def test_a_head_without_a_title_comes_back_filled(case: Case, browser_of: Browser) -> None:
    form = {"act": "save", "title": "", "notice": "長い知らせ", "version": "0"}
    answer = browser_of(case.officer).post(DESK, data=form)
    assert answer.status_code == 422
    assert "長い知らせ" in answer.text
    assert "error-summary" in answer.text


def test_a_pasted_novel_comes_back_with_its_limit(case: Case, browser_of: Browser) -> None:
    form = {"act": "save", "title": "題", "notice": "あ" * 300_000, "version": "0"}
    answer = browser_of(case.officer).post(DESK, data=form)
    assert answer.status_code == 422
    assert "2,000文字まで" in answer.text


def test_a_stale_head_shows_both_texts(case: Case, browser_of: Browser) -> None:
    case.draft()
    reports.draft(case.officer, case.consultation, "題", "先の人の文")
    form = {"act": "save", "title": "題", "notice": "後の人の文", "version": "1"}
    answer = browser_of(case.officer).post(DESK, data=form)
    assert answer.status_code == 409
    assert "先の人の文" in answer.text
    assert "後の人の文" in answer.text


def test_the_whole_way_from_draft_to_published(case: Case, browser_of: Browser) -> None:
    (one,) = enter(case.consultation, "池")
    case.theme("水辺", [one])
    desk, boss = browser_of(case.officer), browser_of(case.approver)
    head = {"title": "題", "notice": "区報で", "version": "0"}
    assert desk.post(DESK, data={"act": "submit", **head}).status_code == 303
    seen = clock.now().isoformat()
    assert boss.post(DESK, data={"act": "approve", "seen_at": seen}).status_code == 303
    version = case_report(case).version
    unsure = boss.post(DESK, data={"act": "publish", "version": version})
    assert unsure.status_code == 422
    sure = {"act": "publish", "version": version, "is_sure": "y"}
    answer = boss.post(DESK, data=sure)
    assert answer.status_code == 303
    assert boss.post(DESK, data=sure).headers["Location"] == answer.headers["Location"]
    assert "題" in boss.get(answer.headers["Location"]).text
    assert boss.get("/desk/c/park/published").headers["Location"] == answer.headers["Location"]
    assert len(case_report(case).editions) == 1


def test_publishing_is_refused_with_the_list_when_something_changed(
    case: Case, browser_of: Browser
) -> None:
    one, two = enter(case.consultation, "池", "木")
    case.theme("水辺", [one, two]).approve()
    report = case.submit()
    opinions.withdraw(opinion(two), role="resident")
    form = {"act": "publish", "version": report.version, "is_sure": "y"}
    answer = browser_of(case.approver).post(DESK, data=form)
    assert answer.status_code == 409
    assert "確認に回していない答えが 1つあります" in answer.text
    assert case_report(case).state == ReportState.SUBMITTED


def test_the_drafter_can_not_publish_by_a_form_of_their_own(
    case: Case, browser_of: Browser
) -> None:
    report = case.submit()
    form = {"act": "publish", "version": report.version, "is_sure": "y"}
    assert browser_of(case.officer).post(DESK, data=form).status_code == 403
    assert case_report(case).state == ReportState.SUBMITTED


def test_a_correction_needs_its_reason(case: Case, edition: Edition, browser_of: Browser) -> None:
    boss = browser_of(case.approver)
    form = {"act": "correct", "version": again(edition).report.version, "reason": ""}
    assert boss.post(DESK, data=form).status_code == 422
    answer = boss.post(DESK, data={**form, "reason": "数え方を直しました"})
    assert answer.status_code == 303
    page = boss.get(base(edition)).text
    assert "数え方を直しました" in page
    assert "第2版（お読みの版）" in page
    assert "新しい版があります" in boss.get(f"{base(edition)}/1").text


def test_only_those_concerned_see_the_preview(
    case: Case, browser_of: Browser, client: FlaskClient, resident: Account, stranger: Account
) -> None:
    case.submit()
    readers = [browser_of(one) for one in (resident, stranger, case.approver)]
    for url in (DESK, "/desk/c/park/published"):
        assert client.get(url).status_code == 302  # to sign in
        assert [one.get(url).status_code for one in readers] == [403, 404, 200]


def test_an_unknown_act_is_refused(case: Case, browser_of: Browser) -> None:
    desk = browser_of(case.officer)
    assert desk.post(DESK, data={"act": "explode"}).status_code == 400
    assert desk.post(DESK).status_code == 400
    assert desk.put(DESK).status_code == 405


def case_report(case: Case) -> Report:
    db.session().expire_all()
    found = reports.current(case.consultation)
    assert found is not None
    return found


# what everybody reads


def test_a_report_is_nowhere_before_it_is_published(case: Case, client: FlaskClient) -> None:
    (one,) = enter(case.consultation, "まだ見せない文")
    case.theme("まだ見せないテーマ", [one]).approve()
    address = f"/r/{case.submit().public_id}"
    for ending in ("", "/1", "/1.csv", "/1.json"):
        assert client.get(address + ending).status_code == 404
    page = client.get("/reports").text
    assert "まだありません" in page
    assert "まだ見せない" not in page


def test_the_report_says_its_three_numbers(client: FlaskClient, edition: Edition) -> None:
    page = client.get(base(edition)).text
    for figure in ("8<small>人", "8<small>通", "8<small>件", "1<small>か所"):
        assert figure in page
    assert "夜は門を閉めてください" in page


def test_copies_are_shown_as_one_from_so_many_and_never_dropped(
    client: FlaskClient, edition: Edition
) -> None:
    page = client.get(base(edition)).text
    assert page.count("原っぱを　残して") == 1
    assert "同じ文 4人（4件）" in page
    rows = csv_rows(client, edition)
    assert [r["ご意見"] for r in rows].count("原っぱを　残して") == 3
    assert len(rows) == 8


def csv_rows(client: FlaskClient, edition: Edition) -> list[dict[str, str]]:
    body = client.get(f"{base(edition)}/1.csv").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing(
    client: FlaskClient, edition: Edition
) -> None:
    answer = client.get(f"{base(edition)}/1.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    said = [row["ご意見"] for row in csv_rows(client, edition)]
    assert "'=1+1 を計算して" in said
    assert "'＋増やして" in said


def test_the_json_proves_every_text_it_shows(client: FlaskClient, edition: Edition) -> None:
    found = json.loads(client.get(f"{base(edition)}/1.json").data)
    commitments = {line[2]: line[4] for line in found["said"]["lines"]}
    assert len(found["texts"]) == 8
    for public_id, text in found["texts"].items():
        assert record.commit_to(text["salt"], text["text"]) == commitments[public_id]


@pytest.mark.parametrize("how", ["withhold", "withdraw", "erase"])
def test_a_text_taken_down_leaves_no_trace_in_any_exit(
    client: FlaskClient, browser_of: Browser, case: Case, edition: Edition, how: str
) -> None:
    for said in ("池の水はきれいに", "夜は門を閉めてください"):
        found = numbered(said)
        if how == "withhold":
            opinions.withhold(found, role="moderator", reason="きまり3")
        elif how == "withdraw":
            opinions.withdraw(found, role="resident", reason="内緒の理由")
        else:
            with db.transaction():
                text = opinion(found.id).text
                text.body, text.salt, text.fold_key = "", "", ""
                text.erased_at = clock.now()
    for browser in (client, browser_of(case.officer)):
        for url in exits(edition):
            answer = browser.get(url)
            assert answer.status_code == 200, url
            assert "きれいに" not in answer.text, url
            assert "夜は門" not in answer.text, url
            assert "内緒の理由" not in answer.text, url
    page = client.get(f"{base(edition)}?verify=1").text
    assert "表示していません" in page
    assert "公表のあとで表示をやめた文" in page
    assert "1文字も変わっていません" in page
    assert len(csv_rows(client, edition)) == 8


def numbered(body: str) -> Opinion:
    from ledger.models import OpinionText

    query = select(OpinionText.opinion_id).where(OpinionText.body == body)
    return opinion(db.session().scalars(query).one())


def test_a_changed_edition_says_so_when_it_is_verified(
    client: FlaskClient, edition: Edition
) -> None:
    with db.transaction():
        again(edition).correction = "こっそり"
    assert "違うところがあります" in client.get(f"{base(edition)}?verify=1").text


def test_a_reader_finds_by_words_and_by_disposition(client: FlaskClient, edition: Edition) -> None:
    here = base(edition)
    assert "原っぱと池</h3>" in client.get(f"{here}?q=きれい").text
    assert "池の水はきれいに" in client.get(f"{here}?q=きれい").text
    declined = client.get(f"{here}?disposition=not_reflected").text
    assert "原っぱと池</h3>" not in declined
    assert "夜は門を閉めてください" in declined
    for odd in ("?q=%25", "?q=_", "?q=" + "長" * 500, "?disposition=x", "?page=99", "?lone=-3"):
        assert client.get(here + odd).status_code == 200


def test_what_is_not_there_is_not_there(client: FlaskClient, edition: Edition) -> None:
    for ending in ("?group=99", "?group=x", "?group=-1", "/0", "/9", "/9.csv", "/9.json"):
        assert client.get(base(edition) + ending).status_code == 404, ending


def test_a_residents_markup_is_only_text(case: Case, client: FlaskClient) -> None:
    (one,) = enter(case.consultation, "<script>alert(1)</script>")
    edition = case.lone(one).approve().publish()
    assert "<script>alert" not in client.get(base(edition)).text
    assert "&lt;script&gt;alert" in client.get(base(edition)).text


def test_zero_is_published_as_zero(case: Case, client: FlaskClient) -> None:
    edition = case.publish()
    page = client.get(base(edition)).text
    assert "ご意見はありませんでした" in page
    assert "0<small>件" in page


def test_a_report_costs_the_same_however_long_it_is(
    case: Case, client: FlaskClient, statements: list[str]
) -> None:
    (one,) = enter(case.consultation, "はじめの一件")
    first = case.theme("木", [one]).approve().publish()
    few = cost(client, base(first), statements)
    with db.transaction():
        for number in range(34):
            case.theme(f"テーマ{number}", enter(case.consultation, "あ", "い", "あ"))
        case.theme("大きなテーマ", enter(case.consultation, *(f"意見{n}" for n in range(60))))
        second = case.approve().publish()
    many = cost(client, base(second), statements)
    assert many <= few + 1  # who sent the copies
    page = client.get(base(second)).text
    assert page.count('<article class="theme"') == 30
    last = client.get(f"{base(second)}?page=2").text
    assert last.count('<article class="theme"') == 6
    assert "残りの40件を読む" in last
    whole = client.get(f"{base(second)}?group=36").text
    assert whole.count('class="opinion"') == 50


def cost(client: FlaskClient, url: str, statements: list[str]) -> int:
    client.get(url)
    statements.clear()
    assert client.get(url).status_code == 200
    return len(statements)


def test_a_published_report_is_found_by_searching(edition: Edition, case: Case) -> None:
    from analysis import documents

    found: list[Any] = list(documents._visible([again(edition).report_id], None))
    assert [one.url for one in found] == [base(edition)]
    assert "案を直しました。" in found[0].body
    assert "きれいに" not in found[0].body
    assert list(documents._visible([case.submit().id], None)) == []


def test_an_approver_is_told_on_the_desk_what_waits(case: Case, browser_of: Browser) -> None:
    case.submit()
    said = "公表を待つレポート"
    assert said in browser_of(case.approver).get("/desk").text
    assert said not in browser_of(case.officer).get("/desk").text
