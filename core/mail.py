"""Mail leaves by a job, never inside a request: `send` writes a letter and its job together.

Without a mail server (development, demo) letters stay in the table and can be read at a page.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db, jobs


class Letter(db.Base):
    """A mail to be sent or sent. Holds an address: personal data, erased with the person."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tries: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


@dataclass(frozen=True)
class Server:
    """Where mail goes: `smtp://user:password@host:port` or `smtps://…`; "" keeps it here."""

    url: str
    sender: str


_server: list[Server] = [Server("", "tomoni@localhost")]


def configure(url: str, sender: str) -> None:
    _server[:] = [Server(url, sender)]


def send(to: str, *, subject: str, body: str) -> None:
    """Write a letter in the current transaction; it leaves after the commit."""
    with db.transaction() as tx:
        line = " ".join(subject.split())[:200]  # a title may hold line ends; a header may not
        letter = Letter(to=to, subject=line, body=body, created_at=clock.now())
        tx.add(letter)
        tx.flush()
        jobs.enqueue("mail.send", {"letter_id": letter.id}, key=f"mail:{letter.id}")


@jobs.handler("mail.send")
def deliver(running: jobs.Running) -> None:
    """Hand one letter to the server; a letter already sent is left alone."""
    letter = db.session().get_one(Letter, running.args["letter_id"])
    server = _server[0]
    if letter.sent_at is not None:
        return
    if server.url:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            server.sender,
            letter.to,
            letter.subject,
        )
        message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2])
        message.set_content(letter.body)
        db.session().rollback()  # nothing is held while the network is waited for
        _submit(server.url, message)
    with db.transaction() as tx:
        tx.get_one(Letter, running.args["letter_id"]).sent_at = clock.now()


def _submit(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    kind: Callable[..., smtplib.SMTP] = (
        smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    )
    with kind(parts.hostname or "localhost", parts.port or 25, timeout=20) as server:
        if parts.username:
            server.starttls() if parts.scheme == "smtp" else None
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def count_to(address: str, *, since: datetime) -> int:
    """How many letters were written to an address lately."""
    query = select(func.count()).where(Letter.to == address, Letter.created_at > since)
    return db.session().scalar(query) or 0


def newest(count: int = 50) -> list[Letter]:
    """The latest letters, for the development page."""
    return list(db.session().scalars(select(Letter).order_by(Letter.id.desc()).limit(count)))
