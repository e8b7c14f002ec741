"""The themes desk as officers and approvers use it, by forms and links alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from analysis import queries as desk
from core import clock, db, jobs
from core.jobs import Job
from core.people import Account
from ledger import adoptions, answers, opinions, queries, themes
from ledger.adoptions import Proposal
from ledger.answers import Draft
from ledger.models import Channel, Consultation, Opinion, Placement, Theme
from ledger.opinions import Said

Browser = Callable[[Account], FlaskClient]
URL = "/desk/c/park/themes"
GOOD = Draft(disposition="endorsed", summary="賛成です。", view="ありがとうございます。")
T = TypeVar("T")
SENT = {"disposition": "endorsed", "view": "ありがとうございます。", "version": "0"}


def enter(consultation: Consultation, *bodies: str) -> list[Opinion]:
    start = queries.counts(consultation).received
    ids = opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=start + number,
                channel=Channel.WEB,
                body=body,
                submission=f"test:{start + number}",
                voice_id=f"{start + number:064x}",
                said_at=clock.now(),
                received_at=clock.now(),
            )
            for number, body in enumerate(bodies, start=1)
        ],
        role="officer",
    )
    return desk.opinions_by_id(ids)


@pytest.fixture
def entered(consultation: Consultation) -> list[Opinion]:
    return enter(
        consultation, "木を残して", "木陰がほしい", "夜が暗い", "トイレがほしい", "木を残して"
    )


@pytest.fixture
def theme(consultation: Consultation, officer: Account, entered: list[Opinion]) -> Theme:
    return themes.gather(officer, consultation, [o.id for o in entered[:2]], "木のこと")


def page(browser: FlaskClient, where: str = "", status: int = 200) -> str:
    answer = browser.get(URL + where)
    assert answer.status_code == status
    return answer.text


def again(row: T) -> T:
    """The row as it is now: the request before has closed its session."""
    (key,) = inspect(row).identity
    db.session().rollback()
    return db.session().get_one(type(row), key)


def pid(row: Theme | Opinion) -> str:
    return again(row).public_id


def state(target: Theme | Opinion) -> str:
    answer = answers.of(again(target))
    return answer.state if answer else ""


def test_the_desk_shows_that_nothing_is_missing(
    browser_of: Browser, consultation: Consultation, officer: Account, theme: Theme
) -> None:
    said = re.sub(r"<[^>]+>|\s+", "", page(browser_of(officer)))
    assert "5＝テーマ2＋単独0＋未整理3" in said
    assert "木のこと" in said


def test_who_has_no_business_there_finds_nothing(
    browser_of: Browser,
    client: FlaskClient,
    consultation: Consultation,
    theme: Theme,
    resident: Account,
    stranger: Account,
) -> None:
    theme_id = pid(theme)
    assert client.get(URL).status_code == 302
    assert browser_of(resident).get(URL).status_code == 403
    strange = browser_of(stranger)
    page(strange, status=404)
    page(strange, f"?t={theme_id}", status=404)
    for act in ("run", "file", "answer", "answers", "undo", theme_id):
        assert strange.post(f"{URL}/{act}", data={"cut": "0.7"}).status_code == 404
    assert strange.post(f"{URL}/approve", data={"seen_at": "1"}).status_code == 403
    assert queries.counts(again(consultation)).unfiled == 3


@pytest.mark.parametrize("where", ["?t=nobody", "?list=x", "?list=lone&o=nobody", "?o=nobody"])
def test_an_address_that_is_not_there(
    browser_of: Browser, officer: Account, theme: Theme, where: str
) -> None:
    page(browser_of(officer), where, status=404)


def test_reading_only_where_forms_are_posted(
    browser_of: Browser, officer: Account, theme: Theme
) -> None:
    browser = browser_of(officer)
    for act in ("run", "file", "answer", "answers", "decide", "approve", "undo", "drop"):
        assert browser.get(f"{URL}/{act}").status_code == 405


@pytest.mark.parametrize("where", ["", "?list=lone", "?list=unfiled", "?list=themes"])
def test_an_empty_consultation_says_what_to_do(
    browser_of: Browser, empty_consultation: Consultation, officer: Account, where: str
) -> None:
    answer = browser_of(officer).get(f"/desk/c/empty/themes{where}")
    assert answer.status_code == 200
    assert "テーマは、まだありません" in answer.text


@pytest.mark.parametrize(("act", "place"), [("lone", Placement.LONE), ("unfile", None)])
def test_checked_opinions_are_moved(
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    entered: list[Opinion],
    theme: Theme,
    act: str,
    place: Placement | None,
) -> None:
    chosen = {"opinions": pid(entered[1]), "act": act}
    browser_of(officer).post(f"{URL}/file?t={pid(theme)}", data=chosen)
    assert entered[1].id in {o.id for o in queries.opinions_in(again(consultation), place)}


def test_exact_copies_are_one_row_and_go_together(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[Opinion]
) -> None:
    browser = browser_of(officer)
    said = page(browser, "?list=unfiled")
    assert said.count("木を残して") == 1
    assert "同じ文 2人" in said
    chosen = {"opinions": pid(entered[0]), "act": "new", "title": "木のこと"}
    browser.post(f"{URL}/file?list=unfiled", data=chosen)
    (row,) = queries.themes_of(again(consultation))
    assert (row.theme.title, row.opinions, row.people) == ("木のこと", 2, 2)


def test_a_move_is_undone(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[Opinion]
) -> None:
    browser = browser_of(officer)
    chosen = {"opinions": pid(entered[2]), "act": "new", "title": "明かり"}
    browser.post(f"{URL}/file?list=unfiled", data=chosen)
    assert "元に戻す" in page(browser)
    browser.post(f"{URL}/undo")
    assert queries.counts(again(consultation)).unfiled == 5
    assert queries.themes_of(again(consultation)) == []
    assert browser.post(f"{URL}/undo").status_code == 404


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"act": "lone"}, "ご意見を一つ以上"),
        ({"act": "move", "opinions": "x"}, "ご意見を一つ以上"),
        ({"act": "move"}, "移す先のテーマ"),
        ({"act": "new"}, "入力してください"),
        ({"act": "new", "title": "あ" * 121}, "120文字まで"),
        ({"act": "fly"}, "することを選んで"),
    ],
)
def test_a_refused_move_keeps_what_was_checked_and_written(
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    entered: list[Opinion],
    sent: dict[str, str],
    said: str,
) -> None:
    if "ご意見" not in said:
        sent = {"opinions": pid(entered[2]), **sent}
    answer = browser_of(officer).post(
        f"{URL}/file?list=unfiled", data={"view": "書きかけの文", **sent}
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "書きかけの文" in answer.text
    if "opinions" in sent and sent["opinions"] != "x":
        assert re.search(f'value="{pid(entered[2])}"\\s+checked', answer.text)
    assert queries.counts(again(consultation)).unfiled == 5


def test_a_split_a_rename_a_heading_and_a_merge(
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    entered: list[Opinion],
    theme: Theme,
) -> None:
    browser = browser_of(officer)
    url = f"{URL}/{pid(theme)}"
    chosen = {"opinions": pid(entered[1]), "act": "new", "title": "木陰"}
    browser.post(f"{URL}/file?t={pid(theme)}", data=chosen)
    version = again(theme).version
    browser.post(url, data={"act": "rename", "title": "大きな木", "version": version})
    level1 = {"act": "chapter", "level1": "1-1 木とみどり", "version": version + 1}
    browser.post(url, data=level1)
    rows = {row.theme.title: row for row in queries.themes_of(again(consultation))}
    assert set(rows) == {"大きな木", "木陰"}
    assert rows["大きな木"].theme.level1 == "1-1 木とみどり"
    other = pid(rows["木陰"].theme)
    browser.post(url, data={"act": "merge", "into": other})
    assert [r.opinions for r in queries.themes_of(again(consultation))] == [2]
    assert "大きな木" in page(browser, f"?t={other}"), "a merged theme's address leads on"


@pytest.mark.parametrize("act", ["rename", "chapter"])
def test_a_stale_name_shows_both_on_the_desk_and_can_be_sent_again(
    browser_of: Browser, officer: Account, other_officer: Account, theme: Theme, act: str
) -> None:
    field, verb = {"rename": ("title", themes.rename), "chapter": ("level1", themes.put_under)}[act]
    verb(other_officer, theme, "先の名前", version=theme.version)
    browser, url = browser_of(officer), f"{URL}/{pid(theme)}"
    answer = browser.post(url, data={"act": act, field: "後の名前", "version": "1"})
    assert answer.status_code == 409
    assert re.search(f'name="{field}"[^>]*value="後の名前"', answer.text), "mine is in the field"
    assert re.search("いまの(名前|見出し)は「先の名前」", answer.text), "theirs beside it"
    assert 'class="col col--themes"' in answer.text
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    browser.post(url, data={"act": act, field: "後の名前", "version": version[1]})
    assert getattr(again(theme), field) == "後の名前"


def test_an_approver_who_is_late_sees_what_is_written_now(
    browser_of: Browser, officer: Account, approver: Account, theme: Theme
) -> None:
    answers.hand_in(officer, theme, GOOD, version=0)
    newer = Draft(disposition="endorsed", summary="賛成です。", view="書き直した考え")
    answers.hand_in(officer, theme, newer, version=1)
    answer = browser_of(approver).post(
        f"{URL}/decide?t={pid(theme)}", data={"act": "approve", "version": "1"}
    )
    assert answer.status_code == 409
    assert "書き直した考え" in answer.text
    assert "承認する" in answer.text
    assert state(theme) == "submitted"


def test_a_draft_is_kept_and_handed_in(browser_of: Browser, officer: Account, theme: Theme) -> None:
    browser, url = browser_of(officer), f"{URL}/answer?t={pid(theme)}"
    browser.post(url, data={"view": "書きかけ", "version": "0", "then": "save"})
    assert state(theme) == "draft"
    assert "書きかけ" in page(browser, f"?t={pid(theme)}")
    browser.post(url, data={**SENT, "version": "1", "then": "hand_in"})
    assert state(theme) == "submitted"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"view": "考え"}, "対応区分を選んで"),
        ({"disposition": "not_reflected", "view": "考え"}, "反映しない理由"),
        ({"disposition": "あ", "view": "考え"}, "対応区分を選んで"),
        ({"disposition": "endorsed", "view": "あ" * 100_000}, "4,000文字まで"),
    ],
)
def test_a_refused_answer_comes_back_filled(
    browser_of: Browser, officer: Account, theme: Theme, sent: dict[str, str], said: str
) -> None:
    answer = browser_of(officer).post(
        f"{URL}/answer?t={pid(theme)}", data={**sent, "then": "hand_in", "version": "0"}
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert sent["view"][:4000] in answer.text
    assert state(theme) == ""


def test_two_officers_at_once_the_second_sees_both_texts_and_can_go_on(
    browser_of: Browser, officer: Account, other_officer: Account, theme: Theme
) -> None:
    url = f"{URL}/answer?t={pid(theme)}"
    browser_of(officer).post(url, data={"view": "先の文", "version": "0", "then": "save"})
    second = browser_of(other_officer)
    answer = second.post(url, data={"view": "後の文", "version": "0", "then": "save"})
    assert answer.status_code == 409
    assert "先の文" in answer.text
    assert "後の文" in answer.text
    assert '<input type="hidden" name="version" value="1">' in answer.text
    second.post(url, data={"view": "後の文", "version": "1", "then": "save"})
    assert "後の文" in page(second, f"?t={pid(theme)}")


def test_one_opinion_is_answered_by_itself_and_that_taken_back(
    browser_of: Browser, officer: Account, theme: Theme, entered: list[Opinion]
) -> None:
    browser = browser_of(officer)
    where = f"t={pid(theme)}&o={pid(entered[1])}"
    browser.post(f"{URL}/answer?{where}", data={**SENT, "then": "hand_in"})
    assert (state(entered[1]), state(theme)) == ("submitted", "")
    browser.post(f"{URL}/drop?{where}", data={"version": "1"})
    assert state(entered[1]) == ""


def test_a_second_person_approves_or_sends_back(
    browser_of: Browser, officer: Account, approver: Account, theme: Theme
) -> None:
    where = f"?t={pid(theme)}"
    answers.hand_in(officer, theme, GOOD, version=0)
    boss, clerk = browser_of(approver), browser_of(officer)
    assert "承認する" not in page(clerk, where)
    assert clerk.post(f"{URL}/decide{where}", data={"act": "approve"}).status_code == 403
    assert "承認する" in page(boss, where)
    boss.post(f"{URL}/decide{where}", data={"act": "back", "version": "1", "remark": "条件を先に"})
    assert "条件を先に" in page(clerk, where)
    clerk.post(f"{URL}/answer{where}", data={**SENT, "version": "2", "then": "hand_in"})
    stale = boss.post(f"{URL}/decide{where}", data={"act": "approve", "version": "1"})
    assert stale.status_code == 409
    boss.post(f"{URL}/decide{where}", data={"act": "approve", "version": "3"})
    assert state(theme) == "approved"
    assert boss.post(f"{URL}/answer{where}", data=SENT).status_code == 403


def test_many_opinions_get_one_answer(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[Opinion]
) -> None:
    browser = browser_of(officer)
    two = {"opinions": [pid(entered[2]), pid(entered[3])]}
    browser.post(f"{URL}/answers?list=unfiled", data={**SENT, **two, "then": "hand_in"})
    assert [state(o) for o in entered] == ["", "", "submitted", "submitted", ""]
    assert queries.counts(again(consultation)).lone == 2
    browser.post(f"{URL}/answers?list=unfiled", data={**SENT, "all": "1", "then": "hand_in"})
    assert {state(o) for o in entered} == {"submitted"}


def test_many_themes_get_one_answer(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[Opinion]
) -> None:
    made = [themes.gather(officer, consultation, [o.id], o.text.body) for o in entered[2:4]]
    browser = browser_of(officer)
    chosen = {"themes": pid(made[0]), "then": "hand_in"}
    assert browser.post(f"{URL}/answers?list=themes", data=SENT).status_code == 422
    browser.post(f"{URL}/answers?list=themes", data={**SENT, **chosen})
    assert [state(t) for t in made] == ["submitted", ""]
    browser.post(f"{URL}/answers?list=themes", data={**SENT, "all": "1", "then": "hand_in"})
    assert [state(t) for t in made] == ["submitted", "submitted"]


def test_an_approver_is_told_on_the_first_page_and_approves_all(
    browser_of: Browser, officer: Account, approver: Account, theme: Theme
) -> None:
    answers.hand_in(officer, theme, GOOD, version=0)
    boss = browser_of(approver)
    assert "確認待ちの回答 1件" in boss.get("/desk").text
    seen_at = re.search(r'name="seen_at" value="([0-9.]+)"', page(boss))
    assert seen_at is not None
    boss.post(f"{URL}/approve", data={"seen_at": seen_at[1]})
    assert state(theme) == "approved"
    assert boss.post(f"{URL}/approve").status_code == 422
    assert browser_of(officer).post(f"{URL}/approve").status_code == 403


def test_the_machine_is_started_once(
    browser_of: Browser, consultation: Consultation, officer: Account, entered: list[Opinion]
) -> None:
    browser = browser_of(officer)
    for _press in range(2):
        browser.post(f"{URL}/run", data={"cut": "0.7"})
    assert [db.session().get_one(Job, i).kind for i in jobs.due()].count("analysis.group") == 1
    assert "data-job=" in page(browser)
    assert browser.post(f"{URL}/run", data={"cut": "abc"}).status_code == 422


def test_text_that_is_no_longer_counted_leaks_nowhere(
    browser_of: Browser, officer: Account, theme: Theme, entered: list[Opinion]
) -> None:
    opinions.withdraw(again(entered[1]), role="resident")
    browser, where = browser_of(officer), f"?t={pid(theme)}"
    gone = f"{where}&o={pid(entered[1])}"
    assert "木陰がほしい" not in page(browser, where)
    assert "木陰がほしい" not in page(browser, gone, status=410)


def test_the_desk_reads_a_known_number_of_statements(
    browser_of: Browser, consultation: Consultation, officer: Account, statements: list[str]
) -> None:
    browser = browser_of(officer)

    def count(where: str) -> int:
        statements.clear()
        page(browser, where)
        return len(statements)

    enter(again(consultation), *(f"意見{n}" for n in range(20)))
    few = count("?list=unfiled")
    ids = [o.id for o in enter(again(consultation), *(f"別の意見{n}" for n in range(400)))]
    assert count("?list=unfiled") == few
    made = [Proposal(f"T{n}", "", 50, tuple(ids[n : n + 2])) for n in range(0, 200, 2)]
    adoptions.adopt(officer, again(consultation), made, [])
    assert count("?list=unfiled") == few
    assert few < 30
