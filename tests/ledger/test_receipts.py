"""Receipts: number and secret, what became of mine, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from core import clock, db
from core.errors import Conflict, NotFound
from core.people import Account
from ledger import answers, check, editions, opinions, queries, receipts, themes, voices
from ledger.answers import Draft
from ledger.models import (
    Channel,
    Consultation,
    Opinion,
    Receipt,
    Report,
    ReportState,
    State,
)
from ledger.opinions import Said

T = TypeVar("T", bound=db.Base)
Browser = Callable[[Account], FlaskClient]
TEXT = "塾の帰りに通る南側の園路が真っ暗です。"
VIEW = "足元灯を18基加えます。"
REFUSED = "受付番号と照会番号の組が見つかりません"


def here(thing: T) -> T:
    """The same row in the session of now: a request ends the session it had."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])


def send(
    consultation: Consultation,
    *texts: str,
    submission: str = "comment:one",
    voice: str | None = None,
    channel: Channel = Channel.WEB,
    state: State = State.COUNTED,
) -> Receipt:
    """One submission of some points, with its receipt."""
    place = here(consultation)
    start = queries.counts(place).received * 100 + place.id * 100_000
    said = [
        Said(
            "test_row", start + n, channel, text, submission, voice, clock.now(), clock.now(),
            state=state,
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    with db.transaction():
        opinions.enter_all(place, said, role="resident")
        return receipts.issue(here(consultation), submission, at=clock.now())


def numbers(receipt: Receipt) -> dict[str, str]:
    found = here(receipt)
    return {"number": found.number, "secret": receipts.secret(found)}


def said_in(receipt: Receipt) -> list[Opinion]:
    query = db.session().query(Opinion).filter_by(submission=here(receipt).submission)
    return list(query.order_by(Opinion.seq))


def publish(consultation: Consultation, members: list[Opinion], approver: Account) -> None:
    place = here(consultation)
    group = editions.Group(
        "夜の園路を明るくする", "reflected", VIEW, tuple(o.id for o in members), 1,
        place="4-3（23ページ）", after="南側園路に足元灯を18基設けます。",
    )  # fmt: skip
    with db.transaction() as tx:
        report = Report(consultation_id=place.id, title="区の考え方", cutoff_seq=place.last_seq)
        tx.add(report)
        tx.flush()
        editions.freeze(
            report, [group], figures={"counted": len(members)}, at=clock.now(),
            approver_id=here(approver).id,
        )  # fmt: skip


# ── the two numbers ──


def test_a_receipt_is_found_by_what_people_type(
    both_engines: str, consultation: Consultation
) -> None:
    receipt = send(consultation, TEXT)
    number, secret = receipt.number, receipts.secret(receipt)
    wide = number.translate(str.maketrans("0123456789-", "０１２３４５６７８９ー"))
    katakana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in secret)
    for typed in (number, wide, number.replace("-", ""), f" {number} "):
        for word in (secret, secret.replace(" ", ""), secret.replace(" ", "　"), katakana):
            assert receipts.find(typed, word).submission == "comment:one"
    assert receipts.has_right_check(wide)


def test_the_same_submission_gets_the_same_receipt(consultation: Consultation) -> None:
    first = send(consultation, TEXT)
    again = receipts.issue(here(consultation), "comment:one", at=clock.now())
    assert (again.number, receipts.secret(again)) == (first.number, receipts.secret(first))


def test_a_slip_in_the_number_is_noticed(consultation: Consultation) -> None:
    digits = send(consultation, TEXT).number.replace("-", "")
    for place in range(9):
        wrong = str((int(digits[place]) + 3) % 10)
        assert not receipts.has_right_check(digits[:place] + wrong + digits[place + 1 :])


@pytest.mark.parametrize("number", ["", "1", "くけこ", "9" * 200_000, "1-2345-6789-0"])
def test_no_number_is_no_receipt(consultation: Consultation, number: str) -> None:
    with pytest.raises(NotFound):
        receipts.find(number, "けやき 37 つばめ 52")


def test_wrong_secrets_shut_a_number_for_an_hour_without_saying_that_it_exists(
    both_engines: str, consultation: Consultation
) -> None:
    receipt = send(consultation, TEXT)
    for _try in range(receipts.TRIES):
        with pytest.raises(NotFound):
            receipts.find(receipt.number, "ちがう 11 ことば 22")
    right = receipts.secret(here(receipt))
    with pytest.raises(NotFound):
        receipts.find(here(receipt).number, right)
    with clock.at(clock.now() + receipts.TRIES_WITHIN + timedelta(seconds=1)):
        assert receipts.find(here(receipt).number, right)


# ── the page ──


def test_the_form_takes_the_number_from_the_address(client: FlaskClient) -> None:
    page = client.get("/receipt?number=8-0412-0118").text
    assert 'value="8-0412-0118"' in page


def test_wrong_number_and_wrong_secret_get_the_same_answer_and_stay_filled(
    client: FlaskClient, consultation: Consultation
) -> None:
    right = numbers(send(consultation, TEXT))
    wrong_secret = client.post("/receipt", data={**right, "secret": "ちがう"})
    wrong_number = client.post("/receipt", data={**right, "number": "8-0412-0118"})
    for page, typed in ((wrong_secret, right["number"]), (wrong_number, "8-0412-0118")):
        assert page.status_code == 422
        assert REFUSED in page.text
        assert f'value="{typed}"' in page.text
        assert TEXT not in page.text


def test_empty_and_endless_numbers_are_refused_kindly(client: FlaskClient) -> None:
    assert "受付番号を入力してください。" in client.post("/receipt", data={}).text
    page = client.post("/receipt", data={"number": "1" * 1_000_000, "secret": "あ" * 300_000})
    assert page.status_code == 422
    assert client.put("/receipt").status_code == 405


def test_a_shut_number_gets_the_same_answer_as_one_that_is_not_there(
    client: FlaskClient, consultation: Consultation
) -> None:
    right = numbers(send(consultation, TEXT))
    for _try in range(receipts.TRIES):
        with pytest.raises(NotFound):
            receipts.find(right["number"], "x")
    shut = client.post("/receipt", data=right)
    absent = client.post("/receipt", data={**right, "number": "8-0412-0118"})
    assert (shut.status_code, absent.status_code) == (422, 422)
    assert REFUSED in shut.text
    assert "1時間" in shut.text
    assert TEXT not in shut.text


def test_a_receipt_shows_its_own_points_only(
    client: FlaskClient, consultation: Consultation
) -> None:
    right = numbers(send(consultation, TEXT, "二つめの点です"))
    send(consultation, "ほかの人の文", submission="comment:two")
    page = client.post("/receipt", data=right).text
    assert TEXT in page
    assert "二つめの点です" in page
    assert "ほかの人の文" not in page


def test_an_answer_is_shown_with_its_edition_and_never_before(
    client: FlaskClient, consultation: Consultation, officer: Account, approver: Account
) -> None:
    receipt = send(consultation, TEXT)
    right = numbers(receipt)
    theme = themes.create(here(officer), here(consultation), "まだ公表しない名前")
    ids = [o.id for o in said_in(receipt)]
    themes.move(here(officer), here(consultation), ids, here(theme))
    draft = Draft(disposition="reflected", view=VIEW, place="4-3")
    answer = answers.save(here(officer), here(theme), draft, version=0)
    answers.submit(here(officer), here(answer))
    answers.approve(here(approver), here(answer), version=here(answer).version)
    page = client.post("/receipt", data=right).text
    assert VIEW not in page
    assert "まだ公表しない名前" not in page
    assert "答えを準備しています" in page
    assert page.count("これから") == 1  # three of four steps are done
    publish(consultation, said_in(receipt), approver)
    page = client.post("/receipt", data=right).text
    assert VIEW in page
    assert "chip--reflected" in page
    assert "案を直した所" in page
    assert "これから" not in page


def test_a_hidden_opinion_says_why_and_has_no_answer(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    receipt = send(consultation, TEXT)
    publish(consultation, said_in(receipt), approver)
    opinions.withhold(said_in(receipt)[0], role="moderator", reason="きまり4による")
    page = client.post("/receipt", data=numbers(receipt)).text
    assert "きまり4による" in page
    assert VIEW not in page


# ── taking back ──


def test_a_point_is_taken_back_after_being_asked(
    both_engines: str, client: FlaskClient, consultation: Consultation
) -> None:
    receipt = send(consultation, TEXT, "残す点です")
    right = numbers(receipt)
    form = {**right, "opinion": said_in(receipt)[0].public_id}
    asked = client.post("/receipt/withdraw", data=form)
    assert asked.status_code == 200
    assert "取り下げますか" in asked.text
    assert said_in(receipt)[0].state == State.COUNTED
    for _twice in range(2):
        done = client.post("/receipt/withdraw", data={**form, "sure": "yes"})
        assert done.status_code == 200
    assert TEXT not in done.text
    assert "残す点です" in done.text
    assert [o.state for o in said_in(receipt)] == [State.WITHDRAWN, State.COUNTED]
    assert list(check.conservation(here(consultation))) == []


def test_nobody_takes_back_what_others_said(
    client: FlaskClient, consultation: Consultation
) -> None:
    mine, other = send(consultation, TEXT), send(consultation, "ほか", submission="comment:two")
    form = {**numbers(mine), "opinion": said_in(other)[0].public_id}
    assert client.post("/receipt/withdraw", data=form).status_code == 404
    assert client.post("/receipt/withdraw", data={**form, "sure": "yes"}).status_code == 404
    wrong = {**numbers(other), "secret": "x", "opinion": form["opinion"], "sure": "yes"}
    assert client.post("/receipt/withdraw", data=wrong).status_code == 422
    assert client.get("/receipt/withdraw").status_code == 405
    assert said_in(other)[0].state == State.COUNTED


def test_it_is_too_late_once_a_report_covers_it(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    receipt = send(consultation, TEXT)
    assert receipts.withdrawable(said_in(receipt))
    with db.transaction() as tx:
        report = Report(
            consultation_id=here(consultation).id, title="区の考え方", cutoff_seq=1,
            state=ReportState.SUBMITTED,
        )  # fmt: skip
        tx.add(report)
    later = send(consultation, "締め切ったあとの声", submission="comment:later")
    assert receipts.withdrawable(said_in(receipt)) == set()
    assert receipts.withdrawable(said_in(later))
    with pytest.raises(Conflict):
        receipts.withdraw(here(receipt), said_in(receipt)[0].public_id)
    right = numbers(receipt)
    page = client.post("/receipt", data=right)
    assert "この意見を取り下げる" not in page.text
    form = {**right, "opinion": said_in(receipt)[0].public_id, "sure": "yes"}
    assert client.post("/receipt/withdraw", data=form).status_code == 409
    assert said_in(receipt)[0].state == State.COUNTED


@pytest.mark.parametrize("state", [State.HELD, State.COUNTED])
def test_what_is_held_can_be_taken_back_too(consultation: Consultation, state: State) -> None:
    receipt = send(consultation, TEXT, state=state)
    receipts.withdraw(receipt, said_in(receipt)[0].public_id)
    assert said_in(receipt)[0].state == State.WITHDRAWN


@pytest.mark.parametrize("to", [State.WITHHELD, State.SUPERSEDED])
def test_what_is_not_counted_can_not_be_taken_back(consultation: Consultation, to: State) -> None:
    receipt = send(consultation, TEXT)
    opinions.change_state(said_in(receipt)[0], to, role="moderator", reason="…")
    with pytest.raises(Conflict):
        receipts.withdraw(here(receipt), said_in(receipt)[0].public_id)


def test_what_was_said_in_a_room_is_taken_back_there(consultation: Consultation) -> None:
    receipt = send(consultation, TEXT, channel=Channel.ROOM)
    assert receipts.withdrawable(said_in(receipt)) == set()


# ── signed in ──


def voice_of(consultation: Consultation, account: Account) -> str:
    return voices.of(here(consultation), f"account:{here(account).public_id}")


def test_my_opinions_of_all_consultations_are_together_and_nobody_elses(
    both_engines: str, browser_of: Browser, consultation: Consultation,
    empty_consultation: Consultation, resident: Account, neighbour: Account,
) -> None:  # fmt: skip
    for place, submission in ((consultation, "comment:a"), (empty_consultation, "comment:b")):
        send(
            place,
            f"{submission} わたしの声",
            submission=submission,
            voice=voice_of(place, resident),
        )
    send(
        consultation, "となりの声", submission="comment:c", voice=voice_of(consultation, neighbour)
    )
    page = browser_of(here(resident)).get("/mine").text
    assert "comment:a わたしの声" in page
    assert "comment:b わたしの声" in page
    assert "となりの声" not in page
    assert "となりの声" in browser_of(here(neighbour)).get("/mine").text


def test_my_page_is_mine_only(
    client: FlaskClient, browser_of: Browser, consultation: Consultation, resident: Account
) -> None:
    assert client.get("/mine").status_code == 302
    assert "まだご意見を出していません" in browser_of(resident).get("/mine").text


def test_my_page_takes_the_same_statements_for_any_number_of_consultations(
    browser_of: Browser, statements: list[str], consultation: Consultation,
    empty_consultation: Consultation, resident: Account,
) -> None:  # fmt: skip
    def counted() -> int:
        browser = browser_of(here(resident))
        db.session.remove()
        statements.clear()
        assert browser.get("/mine").status_code == 200
        return len(statements)

    send(consultation, "一", submission="comment:1", voice=voice_of(consultation, resident))
    few = counted()
    for n in range(2, 30):
        place = consultation if n % 2 else empty_consultation
        send(place, "声", submission=f"comment:{n}", voice=voice_of(place, resident))
    assert counted() == few
