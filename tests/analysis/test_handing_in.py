"""Handing in goes on to the next theme without an answer, down the list and then from its top."""

from __future__ import annotations

from analysis import desks
from core import db
from core.people import Account
from ledger.models import Consultation, Opinion
from tests.analysis.test_runs import enter
from tests.analysis.test_themes_desk import SENT, URL, Browser, pid, state


def test_handing_in_goes_on_and_stays_when_all_are_answered(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abc")
    made = [desks.gather(officer, consultation, ids[n : n + 1], None, f"T{n}") for n in range(3)]
    browser = browser_of(officer)

    def hand_in(number: int) -> str:
        url = f"{URL}/answer?t={pid(made[number])}"
        return browser.post(url, data={**SENT, "then": "next"}).headers["Location"]

    assert hand_in(1).endswith(f"t={pid(made[2])}")
    assert hand_in(2).endswith(f"t={pid(made[0])}")
    assert hand_in(0).endswith(f"t={pid(made[0])}")
    assert [state(theme) for theme in made] == ["submitted"] * 3


def test_a_refused_answer_does_not_go_on(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    made = [desks.gather(officer, consultation, ids[n : n + 1], None, f"T{n}") for n in range(2)]
    sent = {"view": "書きかけ", "version": "0", "then": "next"}
    answer = browser_of(officer).post(f"{URL}/answer?t={pid(made[0])}", data=sent)
    assert answer.status_code == 422
    assert "書きかけ" in answer.text


def test_an_answer_that_came_back_is_told_counted_and_met_last(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abc")
    made = [desks.gather(officer, consultation, ids[n : n + 1], None, f"T{n}") for n in range(3)]
    browser = browser_of(officer)
    for theme in made[:2]:
        browser.post(f"{URL}/answer?t={pid(theme)}", data={**SENT, "then": "next"})
    told = "確認に出した回答が下書きに戻りました"
    with db.transaction() as tx:
        moved = tx.get_one(Opinion, ids[2]).public_id
    sent = {"act": "move", "opinions": moved, "to": pid(made[0])}
    answer = browser.post(f"{URL}/file?t={pid(made[2])}", data=sent, follow_redirects=True)
    assert told in answer.text
    assert "下書き 1" in answer.text
    assert state(made[0]) == "draft"
    page = browser.get(f"{URL}?t={pid(made[1])}").text
    assert told not in page
    assert "次の下書き" in page, "the one that is left has no opinions"


def test_moving_what_nobody_has_answered_tells_of_no_draft(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    made = [desks.gather(officer, consultation, ids[n : n + 1], None, f"T{n}") for n in range(2)]
    with db.transaction() as tx:
        moved = tx.get_one(Opinion, ids[1]).public_id
    sent = {"act": "move", "opinions": moved, "to": pid(made[0])}
    url = f"{URL}/file?t={pid(made[1])}"
    answer = browser_of(officer).post(url, data=sent, follow_redirects=True)
    assert "移しました" in answer.text
    assert "下書きに戻りました" not in answer.text


def test_approving_goes_on_to_the_next_that_waits(
    browser_of: Browser, consultation: Consultation, officer: Account, approver: Account
) -> None:
    ids = enter(consultation, *"abc")
    made = [desks.gather(officer, consultation, ids[n : n + 1], None, f"T{n}") for n in range(3)]
    for theme in (made[0], made[2]):
        browser_of(officer).post(f"{URL}/answer?t={pid(theme)}", data={**SENT, "then": "hand_in"})
    boss = browser_of(approver)

    def approve(number: int) -> str:
        url = f"{URL}/decide?t={pid(made[number])}"
        return boss.post(url, data={"act": "next", "version": "1"}).headers["Location"]

    assert "承認して次へ" in boss.get(f"{URL}?t={pid(made[2])}").text
    assert approve(2).endswith(f"t={pid(made[0])}")
    assert "承認して次へ" not in boss.get(f"{URL}?t={pid(made[0])}").text
    assert approve(0).endswith(f"t={pid(made[0])}")
    assert [state(theme) for theme in made[::2]] == ["approved"] * 2
    assert "data-keys" in boss.get(URL).text, "letter keys can be switched off"
