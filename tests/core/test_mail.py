from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from core import clock, db, jobs, mail
from core.jobs import Job, State
from core.mail import Letter

pytestmark = pytest.mark.usefixtures("database")


class Box:
    """A mail server's handler that keeps what it is given, or is out of order."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.is_broken = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.is_broken:
            return "451 try again later"
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
