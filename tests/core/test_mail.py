from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core import clock, db, jobs, mail, smtp
from core.errors import Forbidden
from core.jobs import Job, State
from core.mail import Letter, Words
from core.people import Account

pytestmark = pytest.mark.usefixtures("database")


class Box:
    """A mail server's handler that keeps what it is given, or is out of order."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.is_broken = False
        self.refuses_address = ""
        self.waits = 0.0

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refuses_address:
            return f"{self.refuses_address} <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.waits)
        if self.is_broken:
            return "451 try again later"
        self.raw.append(envelope.content)
        self.letters.append(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[Box]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Box()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        controller = Controller(box, hostname="127.0.0.1", port=port)
        controller.start()
    mail.configure(f"smtp://127.0.0.1:{port}", "ともに区 <tomoni@example.jp>")
    yield box
    controller.stop()
    controller.loop.close() if not controller.loop.is_closed() else None
    asyncio.set_event_loop(None)


def letter() -> Letter:
    db.session().rollback()
    found = db.session().scalars(select(Letter)).one()
    db.session().refresh(found)
    return found


def test_a_mail_arrives_as_it_was_written(box: Box) -> None:
    mail.send("keyaki@example.jp", subject="ともに：お知らせ", body="髙木さんへ\n池の件です。😊")
    assert letter().sent_at is None
    jobs.run_due()
    (arrived,) = box.letters
    assert (arrived["To"], arrived["Subject"]) == ("keyaki@example.jp", "ともに：お知らせ")
    assert arrived.get_content().split() == ["髙木さんへ", "池の件です。😊"]
    assert arrived["Message-ID"].endswith("@example.jp>")
    assert letter().sent_at is not None


def test_a_mail_of_an_act_that_failed_does_not_leave(box: Box) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        mail.send("keyaki@example.jp", subject="x", body="x")
        _ = 1 / 0
    jobs.run_due()
    assert box.letters == []


def test_a_server_out_of_order_is_tried_again(box: Box) -> None:
    box.is_broken = True
    mail.send("keyaki@example.jp", subject="x", body="x")
    jobs.run_due()
    assert letter().sent_at is None
    box.is_broken = False
    with db.transaction() as tx:
        tx.scalars(select(Job)).one().run_after = clock.now()
    jobs.run_due()
    assert len(box.letters) == 1


def test_a_mail_already_sent_is_not_sent_again(box: Box) -> None:
    mail.send("keyaki@example.jp", subject="x", body="x")
    jobs.run_due()
    with db.transaction() as tx:
        tx.scalars(select(Job)).one().state = State.QUEUED
    jobs.run_due()
    assert len(box.letters) == 1


@pytest.mark.parametrize("subject", ["お知らせ\nBcc: all@example.jp", "a\r\nX: y"])
def test_a_subject_can_not_add_a_header(box: Box, subject: str) -> None:
    mail.send("keyaki@example.jp", subject=subject, body="x")
    jobs.run_due()
    (arrived,) = box.letters
    assert arrived["Bcc"] is None
    assert arrived["X"] is None


def test_without_a_server_mails_stay_here() -> None:
    mail.send("keyaki@example.jp", subject="x", body="x")
    jobs.run_due()
    assert letter().sent_at is not None
    assert [one.to for one in mail.newest()] == ["keyaki@example.jp"]


TOKEN = "https://tomoni.city.midorino.example.jp/u/" + "WyJmIiwxMjM0NSw2Nzg5MF0." + "a" * 43


def run_at(moment: Any) -> None:
    """The worker at a later moment: the sweep would wake what is due by then."""
    with clock.at(moment):
        jobs.run_due()


def state() -> str:
    db.session().rollback()
    return db.session().scalars(select(Job.state)).one()


def test_headers_for_machines_arrive_unfolded_and_unencoded(box: Box) -> None:
    headers = {
        "List-Unsubscribe": f"<{TOKEN}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    subject = "［みんなの会議室］" + "木をどう残すか" * 8
    mail.send("keyaki@example.jp", subject=subject, body="x", headers=headers)
    jobs.run_due()
    assert f"List-Unsubscribe: <{TOKEN}>\r\n".encode() in box.raw[0]
    (arrived,) = box.letters
    assert arrived["Subject"] == subject
    assert arrived["Auto-Submitted"] == "auto-generated"


def test_a_header_can_not_add_a_header(box: Box) -> None:
    mail.send("keyaki@example.jp", subject="x", body="x", headers={"List-Id": "a\r\nBcc: b@c.jp"})
    jobs.run_due()
    assert box.letters == []
    assert letter().failed_at is not None


def test_a_server_that_says_later_gets_it_later_with_growing_patience(box: Box) -> None:
    box.is_broken = True
    now = clock.now()
    mail.send("keyaki@example.jp", subject="x", body="x")
    run_at(now + timedelta(seconds=1))
    assert (letter().tries, letter().failed_at, state()) == (1, None, State.QUEUED)
    assert letter().error.startswith("later:451")
    run_at(now + timedelta(seconds=50))
    assert letter().tries == 1
    run_at(now + timedelta(seconds=62))
    assert letter().tries == 2
    run_at(now + timedelta(minutes=3))
    assert letter().tries == 2
    box.is_broken = False
    run_at(now + timedelta(minutes=7))
    assert len(box.letters) == 1
    assert state() == State.DONE


def test_a_server_out_of_order_for_a_day_is_given_up(box: Box) -> None:
    box.is_broken = True
    moment = clock.now()
    mail.send("keyaki@example.jp", subject="x", body="x")
    for delay in (timedelta(seconds=1), *mail.DELAYS):
        assert letter().failed_at is None
        moment += delay + timedelta(seconds=1)
        run_at(moment)
    assert letter().tries == len(mail.DELAYS) + 1
    assert letter().failed_at is not None
    assert state() == State.DONE
    assert timedelta(hours=20) < sum(mail.DELAYS, timedelta()) < timedelta(hours=26)


def test_what_the_server_refuses_for_good_is_not_tried_again(box: Box) -> None:
    box.refuses_address = "550"
    mail.send("nobody@example.jp", subject="x", body="x")
    jobs.run_due()
    assert letter().failed_at is not None
    assert letter().error.startswith("refused:550")
    assert "nobody@example.jp" not in letter().error
    box.refuses_address = ""
    run_at(clock.now() + timedelta(days=2))
    assert box.letters == []


def test_an_address_the_server_can_not_take_now_is_tried_again(box: Box) -> None:
    box.refuses_address = "450"
    mail.send("keyaki@example.jp", subject="x", body="x")
    jobs.run_due()
    box.refuses_address = ""
    run_at(clock.now() + timedelta(minutes=2))
    assert len(box.letters) == 1


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mail.configure(f"smtp://127.0.0.1:{port}", "ward@example.jp")
    mail.send("keyaki@example.jp", subject="x", body="x")
    jobs.run_due()
    assert (letter().error, letter().failed_at) == ("unreachable:", None)


def test_a_server_that_does_not_answer_holds_nobody_up(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    box.waits = 1.0
    mail.send("keyaki@example.jp", subject="x", body="x")
    jobs.run_due()
    assert (letter().error, letter().failed_at) == ("slow:", None)
    box.waits = 0.0
    run_at(clock.now() + timedelta(minutes=2))
    ids = {one["Message-ID"] for one in box.letters}
    assert len(ids) == 1  # taken twice or not, it is the same mail


def test_many_letters_are_written_in_a_known_number_of_statements(
    box: Box, statements: list[str]
) -> None:
    counts = []
    for many in (2, 200):
        statements.clear()
        with db.transaction():
            mail.send_about("test.news", [(f"{n}@example.jp", "x", {"n": n}) for n in range(many)])
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert db.session().scalar(select(func.count(Job.id))) == 202


@mail.composer("test.news")
def composed(about: dict[str, Any]) -> Words | None:
    return Words("知らせ", f"{about['n']}番目です。") if about["n"] else None


def test_a_composed_letter_gets_its_words_when_it_leaves(box: Box) -> None:
    """And nothing of them is kept; one with nothing left to say is forgotten."""
    mail.send_about("test.news", [("a@example.jp", "x", {"n": 0}), ("b@example.jp", "x", {"n": 1})])
    jobs.run_due()
    (arrived,) = box.letters
    assert arrived["Subject"] == "知らせ"
    assert arrived.get_content().strip() == "1番目です。"
    assert (letter().to, letter().body) == ("b@example.jp", "")


def test_the_operator_sees_why_and_decides(
    box: Box,
    browser_of: Callable[[Account], FlaskClient],
    operator: Account,
    resident: Account,
) -> None:
    box.refuses_address = "550"
    mail.send("keyaki@example.jp", subject="ともに：お知らせ", body="ひみつの本文")
    jobs.run_due()
    letter_id = letter().id
    desk = browser_of(db.session().merge(operator))
    assert "送れなかったメール" in desk.get("/desk").text
    page = desk.get("/desk/mail").text
    assert "k***@example.jp" in page
    assert "メールサーバーが断りました" in page
    assert "keyaki@example.jp" not in page
    assert "ひみつの本文" not in page
    box.refuses_address = ""
    assert desk.post(f"/desk/mail/{letter_id}/again").status_code == 303
    jobs.run_due()
    assert len(box.letters) == 1
    assert "送れなかったメールはありません" in desk.get("/desk/mail").text
    assert "送れなかったメール</h2>" not in desk.get("/desk").text
    assert desk.post("/desk/mail/99/again").status_code == 404


def test_the_operator_hurries_or_gives_up_what_waits(
    box: Box, browser_of: Callable[[Account], FlaskClient], operator: Account
) -> None:
    box.is_broken = True
    mail.send("keyaki@example.jp", subject="一通目", body="x")
    jobs.run_due()
    first = letter().id
    desk = browser_of(db.session().merge(operator))
    assert "一通目" in desk.get("/desk/mail").text
    box.is_broken = False
    desk.post(f"/desk/mail/{first}/again")
    jobs.run_due()
    assert len(box.letters) == 1
    box.is_broken = True
    mail.send("keyaki@example.jp", subject="二通目", body="x")
    jobs.run_due()
    desk.post(f"/desk/mail/{first + 1}/drop")
    assert "二通目" not in desk.get("/desk/mail").text
    box.is_broken = False
    run_at(clock.now() + timedelta(days=1))
    assert len(box.letters) == 1


def test_only_the_operator_sees_mail(
    browser_of: Callable[[Account], FlaskClient], officer: Account, client: FlaskClient
) -> None:
    mail.send("keyaki@example.jp", subject="x", body="x")
    written = letter()
    with pytest.raises(Forbidden):
        mail.send_again(officer, written)
    with pytest.raises(Forbidden):
        mail.drop(officer, written)
    assert browser_of(db.session().merge(officer)).get("/desk/mail").status_code == 403
    assert client.get("/desk/mail").status_code == 302
