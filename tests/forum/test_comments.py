"""Public comment: write, check, receipt; and letters keyed in at the desk."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select
from werkzeug.test import TestResponse

from core import clock, db, mail, record
from core.errors import Closed, Forbidden, Invalid
from core.people import Account
from forum import comments, submissions
from forum.models import Comment, CommentItem, CommentPerson
from ledger import check, consultations, opinions, queries, receipts, sources, voices
from ledger.consultations import Span
from ledger.models import Channel, Consultation, Opinion, PhaseKind, Receipt

PAGE = "/c/park/comment"
DESK = "/desk/c/park/letter"


def anew(consultation: Consultation) -> Consultation:
    """The same consultation in this session: a request before may have closed its own."""
    (number,) = inspect(consultation).identity
    return db.session().get_one(Consultation, number)


def submit(consultation: Consultation, *bodies: str, key: str = "k1", **more: Any) -> Comment:
    values: dict[str, Any] = {"ties": ["在住"], "received_at": clock.now(), **more}
    return comments.submit(
        anew(consultation),
        [(None, body) for body in bodies or ("木を残してください。",)],
        key=key,
        **values,
    )


def form(*bodies: str, do: str = "check", **more: Any) -> dict[str, Any]:
    said = {f"points-{n}-body": body for n, body in enumerate(bodies or ("木を残してください。",))}
    return {"ties": ["在住"], "key": "form1", "do": do, **said, **more}


def page(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


def hidden(answer: TestResponse) -> dict[str, str]:
    """What the check page would send on."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
    return {name: unescape(value) for name, value in found}


def how_many(model: Any) -> int:
    return db.session().scalar(select(func.count()).select_from(model)) or 0


def close(
    consultation: Consultation, officer: Account, *, opens: int = -9, closes: int = -1
) -> None:
    phase = anew(consultation).phase(PhaseKind.COMMENT)
    assert phase is not None
    day = timedelta(days=1)
    now = clock.now()
    here = db.session().get_one(Account, inspect(officer).identity[0])
    consultations.change_phase(
        here, phase, opens_at=now + opens * day, closes_at=now + closes * day, reason="試験"
    )


def sound(consultation: Consultation) -> bool:
    return not [*check.conservation(anew(consultation)), *check._texts(), *check._sources()]


# ───────── the verb ─────────


def test_each_point_becomes_a_line_and_the_submission_one_receipt(
    both_engines: str, consultation: Consultation
) -> None:
    place = consultation.sections[1]
    sent = comments.submit(
        consultation,
        [(None, "木を残して。"), (place.id, "遊び場を広く。")],
        key="k1",
        received_at=clock.now(),
        ties=["在勤", "在住"],
    )
    lines = submissions.lines_of(sent)
    assert [(o.seq, o.text.body, o.section_id) for o in lines] == [
        (1, "木を残して。", None),
        (2, "遊び場を広く。", place.id),
    ]
    assert {o.source for o in lines} == {"comment_item"}
    assert sent.ties == ["在住", "在勤"]
    assert {o.voice_id for o in lines} == {voices.of(consultation, f"submission:{sent.public_id}")}
    assert receipts.has_right_check(comments.receipt_of(sent).number)
    assert sound(consultation)
    assert list(record.verify()) == []


def test_what_is_sent_is_not_public_until_a_report_covers_it(consultation: Consultation) -> None:
    (line,) = submissions.lines_of(submit(consultation))
    assert line.published_at is None
    assert not queries.may_read(None, line)


def test_a_place_is_named_only_once_the_line_is_public(
    client: FlaskClient, app: Flask, consultation: Consultation
) -> None:
    (line,) = submissions.lines_of(submit(consultation))
    with app.test_request_context():
        assert sources.url_of(line) is None
        opinions.publish([line.id])
        (line,) = submissions.lines_of(
            submissions.find(db.session().scalars(select(Comment)).one().public_id)
        )
        assert sources.url_of(line) == f"/o/{line.public_id}"


def test_who_is_signed_in_speaks_with_one_voice(
    consultation: Consultation, resident: Account
) -> None:
    first = submit(consultation, key="a", account=resident)
    second = submit(consultation, "もう一つ。", key="b", account=resident)
    said = {o.voice_id for c in (first, second) for o in submissions.lines_of(c)}
    assert said == {voices.of(consultation, f"account:{resident.public_id}")}
    assert queries.counts(consultation).people == 1


def test_a_name_is_kept_apart_and_only_when_it_is_given(consultation: Consultation) -> None:
    submit(consultation, key="a")
    assert how_many(CommentPerson) == 0
    sent = submit(consultation, key="b", name="髙﨑 緑", email="Midori@Example.jp")
    person = db.session().get_one(CommentPerson, sent.id)
    assert (person.name, person.email) == ("髙﨑 緑", "midori@example.jp")
    said = db.session().scalars(select(record.Entry)).all()
    assert not [e for e in said if "髙﨑" in str(e.detail) or "midori" in str(e.detail)]


def test_the_number_is_mailed_and_the_secret_is_not(consultation: Consultation) -> None:
    sent = submit(consultation, email="midori@example.jp", lookup_url="http://localhost/receipt")
    (letter,) = mail.newest()
    receipt = comments.receipt_of(sent)
    assert letter.to == "midori@example.jp"
    assert f"http://localhost/receipt?number={receipt.number}" in letter.body
    assert not [
        word
        for word in receipts.secret(receipt).split()
        if word in letter.body and not word.isdecimal()
    ]


def test_the_same_key_gives_the_same_receipt_even_after_the_deadline(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    first = submit(consultation)
    close(consultation, officer)
    again = submit(consultation)
    assert again.id == first.id
    assert comments.receipt_of(again).number == comments.receipt_of(first).number
    assert queries.counts(consultation).received == 1
    with pytest.raises(Closed):
        submit(consultation, key="another")
    assert sound(consultation)


def test_other_words_under_a_used_key_are_refused_not_swallowed(consultation: Consultation) -> None:
    first = submit(consultation, "木を残して。")
    with pytest.raises(comments.AlreadySent) as refused:
        submit(consultation, "木を残して。池もです。")
    assert refused.value.number == comments.receipt_of(first).number
    assert queries.counts(consultation).received == 1


def in_threads(app: Flask, jobs: list[Callable[[Consultation], Comment]]) -> list[Any]:
    """Do all jobs at the same moment, each with its own session; returns receipts or errors."""
    start = threading.Barrier(len(jobs))
    found: list[Any] = [None] * len(jobs)

    def work(number: int) -> None:
        try:
            start.wait(timeout=30)
            here = consultations.find("park")
            found[number] = comments.receipt_of(jobs[number](here)).number
        except Exception as error:
            found[number] = error
        finally:
            db.session.remove()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found


def test_twenty_at_once_lose_nothing(
    both_engines: str, app: Flask, consultation: Consultation
) -> None:
    numbers = in_threads(
        app, [lambda c, n=n: submit(c, f"{n}人目", "もう一つ", key=f"k{n}") for n in range(20)]
    )
    assert len(set(numbers)) == 20
    assert all(isinstance(number, str) for number in numbers), numbers
    counts = queries.counts(consultation)
    assert (counts.received, counts.submissions, counts.people) == (40, 20, 20)
    assert sound(consultation)
    assert list(record.verify()) == []


def test_one_key_pressed_ten_times_at_once_is_one_submission(
    both_engines: str, app: Flask, consultation: Consultation
) -> None:
    numbers = in_threads(app, [lambda c: submit(c, "ひとつ", "ふたつ")] * 10)
    assert len(set(numbers)) == 1, numbers
    assert (how_many(Comment), how_many(CommentItem), how_many(Receipt)) == (1, 2, 1)
    assert queries.counts(consultation).received == 2
    assert sound(consultation)


REFUSED: list[tuple[list[str], dict[str, Any], str]] = [
    (["　\n"], {}, "items"),
    (["あ" * 2001], {}, "items"),
    (["あ\x00い"], {}, "items"),
    (["あ"] * 21, {}, "items"),
    (["あ"], {"ties": []}, "ties"),
    (["あ"], {"ties": ["区民でない"]}, "ties"),
    (["あ"], {"name": "名" * 81}, "name"),
    (["あ"], {"email": "midori"}, "email"),
    (["あ"], {"email": "a\x00@example.jp"}, "email"),
]


def test_what_can_not_be_taken_in_leaves_nothing_behind(
    both_engines: str, consultation: Consultation
) -> None:
    for bodies, more, field in REFUSED:
        with pytest.raises(Invalid) as refused:
            submit(consultation, *bodies, **more)
        assert refused.value.field == field, (bodies, more)
        assert (how_many(Comment), how_many(Opinion), how_many(Receipt)) == (0, 0, 0)
    submit(consultation, "あ" * 2000, *["い"] * 19)
    assert how_many(Opinion) == 20


def test_a_place_of_another_draft_is_refused(
    consultation: Consultation, empty_consultation: Consultation, officer: Account, department: Any
) -> None:
    day = timedelta(days=1)
    other = consultations.open_consultation(
        officer,
        department,
        "other",
        "別の案",
        summary="別の案です。",
        phases=[Span(PhaseKind.COMMENT, "募集", clock.now() - day, clock.now() + day)],
    )
    with pytest.raises(Invalid):
        comments.submit(
            other,
            [(consultation.sections[0].id, "あ")],
            key="k",
            received_at=clock.now(),
            ties=["在住"],
        )
    with pytest.raises(Closed):
        submit(empty_consultation)


# ───────── the pages, without a script ─────────


def test_the_way_through_without_a_script(client: FlaskClient, consultation: Consultation) -> None:
    start = client.get(PAGE, query_string={"section": "2-1"})
    assert '<option selected value="2-1">' in page(start)
    more = client.post(PAGE, data=form("一つ目", do="add", **{"points-0-section": "2-1"}))
    assert "一つ目" in page(more)
    assert 'name="points-1-body"' in page(more)
    checked = client.post(
        PAGE, data=form("一つ目\n二行目", "", "三つ目", **{"points-0-section": "2-1", "name": "緑"})
    )
    assert checked.status_code == 200
    assert "2-1 遊び場（18ページ）" in page(checked)
    assert "1通　意見2件" in page(checked)
    assert how_many(Comment) == 0
    back = client.post(PAGE, data={**hidden(checked), "do": "edit"})
    assert "三つ目</textarea>" in page(back)
    assert 'value="緑"' in page(back)
    sent = client.post(PAGE, data={**hidden(checked), "do": "send"})
    assert sent.status_code == 303
    receipt = client.get(sent.location)
    (kept,) = db.session().scalars(select(Receipt))
    assert kept.number in page(receipt)
    assert receipts.secret(kept) in page(receipt)
    assert "台帳の1行目から2行目に入りました" in page(receipt)
    assert "qr__ink" in page(receipt)
    assert receipt.headers["Cache-Control"] == "no-store"
    (first, second) = db.session().scalars(select(Opinion).order_by(Opinion.seq))
    assert (first.text.body, second.text.body) == ("一つ目\n二行目", "三つ目")


def test_sending_twice_shows_the_same_receipt(
    client: FlaskClient, consultation: Consultation
) -> None:
    data = form(do="send")
    first = client.get(client.post(PAGE, data=data).location)
    again = client.get(client.post(PAGE, data=data).location)
    (kept,) = db.session().scalars(select(Receipt))
    assert kept.number in page(first)
    assert kept.number in page(again)
    assert how_many(Comment) == 1


def test_going_back_to_write_more_asks_before_it_becomes_another_submission(
    client: FlaskClient, consultation: Consultation
) -> None:
    client.post(PAGE, data=form("はじめの文", do="send"))
    answer = client.post(PAGE, data=form("はじめの文と、その続き", do="send"))
    assert answer.status_code == 409
    assert "はじめの文と、その続き" in page(answer)
    assert how_many(Comment) == 1
    assert client.post(PAGE, data={**hidden(answer), "do": "send"}).status_code == 303
    assert how_many(Comment) == 2


REFUSED_FORMS = [
    (form("　"), "ご意見を入力してください"),
    (form(ties=[]), "区との関わりを選んでください"),
    (form("長" * 2001), "2,000文字までで書いてください。いまは2,001文字です。"),
    (form(email="midori"), "メールアドレスの形をお確かめください"),
    (form(name="名" * 81), "80文字までで書いてください"),
    (form("文", **{"points-0-section": "9-9"}), "案にない場所です"),
    (form(*["文"] * 21), "20個までの欄に分けて"),
]


def test_a_refused_form_comes_back_filled(client: FlaskClient, consultation: Consultation) -> None:
    for data, sentence in REFUSED_FORMS:
        for do in ("check", "send"):
            answer = client.post(PAGE, data={**data, "do": do})
            assert (answer.status_code, sentence) == (422, sentence)
            assert sentence in page(answer)
            assert "直していただくところがあります" in page(answer)
            assert data["points-0-body"].strip() in page(answer)
    assert how_many(Comment) == 0


def test_a_paste_of_a_megabyte_comes_back_whole(
    client: FlaskClient, consultation: Consultation
) -> None:
    paste = "あ" * 350_000
    answer = client.post(PAGE, data=form(paste))
    assert answer.status_code == 422
    assert paste in page(answer)


def test_boxes_are_aimed_and_removed_without_losing_words(
    client: FlaskClient, consultation: Consultation
) -> None:
    data = form("木のこと", do="about-2-1", **{"points-0-section": "1-1"})
    aimed = page(client.post(PAGE, data=data))
    assert "木のこと</textarea>" in aimed
    assert 'name="points-1-body"' in aimed
    removed = page(client.post(PAGE, data=form("一", "二", "三", do="remove-1")))
    assert "一</textarea>" in removed
    assert "三</textarea>" in removed
    assert "二</textarea>" not in removed
    for odd in ("remove-99", "remove-x", "about-9-9", "", "dance"):
        assert client.post(PAGE, data=form("一", do=odd)).status_code == 200


def test_an_expired_form_comes_back_filled(
    client: FlaskClient, app: Flask, consultation: Consultation
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for do in ("check", "send"):
        answer = client.post(PAGE, data=form("まだ送れていない文", do=do))
        assert answer.status_code == 400
        assert "画面を開いてから時間がたった" in page(answer)
        assert "まだ送れていない文</textarea>" in page(answer)
    assert how_many(Comment) == 0
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', answer.text)
    assert token is not None
    sent = client.post(PAGE, data=form("送れる文", do="send", csrf_token=token[1]))
    assert sent.status_code == 303


def test_after_the_deadline_the_words_are_given_back(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    close(consultation, officer)
    long = "間に合わなかった文です。" * 100
    for do in ("check", "send", "add", "edit"):
        answer = client.post(PAGE, data=form(long, do=do))
        assert answer.status_code == 403
        assert "ご意見の受け付けは、終わりました" in page(answer)
        assert long in page(answer)
    answer = client.post(PAGE, data=form(long, do="send", ties=[]))
    assert (answer.status_code, long in page(answer)) == (403, True)
    assert client.get(PAGE).status_code == 403
    assert how_many(Comment) == 0


def test_before_it_opens_the_page_says_when(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    close(consultation, officer, opens=2, closes=30)
    answer = client.get(PAGE)
    assert answer.status_code == 403
    assert "これから始まります" in page(answer)


def test_what_is_not_there_is_not_found(
    client: FlaskClient, consultation: Consultation, empty_consultation: Consultation
) -> None:
    assert client.get("/c/nowhere/comment").status_code == 404
    assert client.get("/c/empty/comment").status_code == 404
    lost = client.post("/c/nowhere/comment", data=form("迷子の文"))
    assert lost.status_code == 404
    assert "迷子の文" in page(lost)
    assert client.delete(PAGE).status_code == 405
    assert client.get("/c/park/comment/receipt/forged").status_code == 404


def test_the_secret_is_shown_for_a_day_and_to_nobody_else(
    client: FlaskClient, consultation: Consultation, empty_consultation: Consultation
) -> None:
    where = client.post(PAGE, data=form("秘密の文", do="send")).location
    (kept,) = db.session().scalars(select(Receipt))
    assert receipts.secret(kept) in page(client.get(where))
    assert client.get(where.replace("/park/", "/empty/")).status_code == 404
    assert client.get(where[:-3] + "abc").status_code == 404
    with clock.at(clock.now() + timedelta(hours=25)):
        late = client.get(where)
    assert late.status_code == 410
    assert receipts.secret(kept) not in page(late)
    assert "秘密の文" not in page(late)


def test_a_withdrawn_text_is_not_shown_on_the_receipt(
    client: FlaskClient, consultation: Consultation
) -> None:
    where = client.post(PAGE, data=form("取り下げる文", do="send")).location
    assert "取り下げる文" in page(client.get(where))
    opinions.withdraw(db.session().scalars(select(Opinion)).one(), role="resident")
    assert "取り下げる文" not in page(client.get(where))


def test_markup_in_a_text_is_shown_as_typed(
    client: FlaskClient, consultation: Consultation
) -> None:
    answer = client.post(PAGE, data=form('<script>alert("1")</script>'))
    assert "<script>alert" not in answer.text
    assert '<script>alert("1")</script>' in page(answer)


def test_the_form_asks_the_database_as_often_for_many_opinions(
    client: FlaskClient, consultation: Consultation, statements: list[str]
) -> None:
    client.get(PAGE)
    statements.clear()
    client.get(PAGE)
    few = len(statements)
    for n in range(8):
        submit(consultation, *["一つ"] * 5, key=f"k{n}")
    statements.clear()
    assert client.get(PAGE).status_code == 200
    assert len(statements) == few


def test_the_home_page_can_say_what_to_do(
    client: FlaskClient, app: Flask, consultation: Consultation, officer: Account
) -> None:
    def action() -> Any:
        with app.test_request_context():
            found = sources.actions_of(consultations.find("park"), None)
            return next((a for a in found if a.url == PAGE), None)

    assert str(action().detail) == "ご意見は、まだありません"
    submit(consultation, "一つ", "二つ", key="a")
    submit(consultation, "三つ", key="b")
    assert str(action().detail) == "2人から 3件"
    assert action().is_open
    close(consultation, officer, opens=1, closes=9)
    assert not action().is_open
    close(consultation, officer)
    assert action() is None


# ───────── letters ─────────


def letter(*bodies: str, **more: Any) -> dict[str, Any]:
    day = clock.local(clock.now() - timedelta(days=2)).date().isoformat()
    return {**form(*bodies, do="save"), "ties": [], "channel": "fax", "received_on": day, **more}


def test_an_officer_keys_in_a_letter_and_prints_its_receipt(
    browser_of: Any, consultation: Consultation, officer: Account
) -> None:
    desk = browser_of(officer)
    assert desk.get(DESK).status_code == 200
    sent = desk.post(DESK, data=letter("紙の文。" * 1000, "二つ目", name="七十九歳"))
    assert sent.status_code == 303
    assert "続けて、もう一通入力する" in page(desk.get(sent.location))
    (first, second) = db.session().scalars(select(Opinion).order_by(Opinion.seq))
    assert (first.channel, second.channel) == ("fax", "fax")
    assert first.received_at < clock.now() - timedelta(days=1)
    (kept,) = db.session().scalars(select(Receipt))
    assert kept.number in page(desk.get(DESK))
    assert desk.post(DESK, data=letter("紙の文。" * 1000, "二つ目")).status_code == 303
    assert how_many(Comment) == 1
    assert sound(consultation)


def test_late_paper_is_entered_with_the_day_it_came(
    browser_of: Any, consultation: Consultation, officer: Account
) -> None:
    close(consultation, officer)
    assert browser_of(officer).post(DESK, data=letter("締め切りの前に届いた紙")).status_code == 303
    phase = consultations.find("park").phase(PhaseKind.COMMENT)
    assert phase is not None
    (line,) = db.session().scalars(select(Opinion))
    assert phase.is_open(line.received_at)


def test_every_way_on_paper_has_its_place_in_the_list(
    browser_of: Any, consultation: Consultation, officer: Account
) -> None:
    desk = browser_of(officer)
    for way in comments.PAPER:
        desk.post(DESK, data=letter("紙の文", channel=str(way), key=f"key{way}"))
    numbers = list(db.session().scalars(select(Receipt.number)))
    assert len(numbers) == 4
    assert all(number in page(desk.get(DESK)) for number in numbers)


def test_the_desk_leads_officers_of_the_department_to_it(
    browser_of: Any, consultation: Consultation, officer: Account, stranger: Account
) -> None:
    assert DESK in page(browser_of(officer).get("/desk"))
    assert DESK not in page(browser_of(stranger).get("/desk"))


REFUSED_LETTERS = [
    ({"received_on": ""}, "受け取った日を、年月日で入力してください"),
    ({"received_on": "あした"}, "受け取った日を、年月日で入力してください"),
    ({"received_on": "2020-01-01"}, "募集の期間の中の日付を入力してください"),
    ({"received_on": "2199-01-01"}, "受け取った日が、今日より先になっています"),
    ({"channel": "web"}, "届き方を選んでください"),
    ({"points-0-body": ""}, "書かれているご意見を入力してください"),
]


def test_a_refused_letter_comes_back_filled(
    browser_of: Any, consultation: Consultation, officer: Account
) -> None:
    desk = browser_of(officer)
    for more, sentence in REFUSED_LETTERS:
        answer = desk.post(DESK, data=letter("紙の文", name="緑", **more))
        assert (answer.status_code, sentence) == (422, sentence)
        assert sentence in page(answer)
        assert 'value="緑"' in page(answer)
    assert how_many(Comment) == 0


def test_only_officers_of_the_department_key_in_letters(
    client: FlaskClient,
    browser_of: Any,
    consultation: Consultation,
    resident: Account,
    stranger: Account,
) -> None:
    for who in (None, resident, stranger):
        with pytest.raises(Forbidden):
            submit(consultation, channel=Channel.FAX, actor=who)
    assert client.get(DESK).status_code == 302
    for somebody in (resident, stranger):
        assert browser_of(somebody).get(DESK).status_code == 403
        refused = browser_of(somebody).post(DESK, data=letter("紙の文"))
        assert refused.status_code == 403
    assert how_many(Comment) == 0
