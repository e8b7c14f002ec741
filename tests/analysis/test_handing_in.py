"""Handing in goes on to the next theme without an answer, down the list and then from its top."""

from __future__ import annotations

from analysis import desks
from core.people import Account
from ledger.models import Consultation
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
