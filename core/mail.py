"""Mail leaves by a job, never inside a request: `send` writes a letter and its job together.

A letter that carries ids instead of words (`about`) is composed when it leaves, so that it says
nothing that was hidden while it waited. A server out of order is tried again for about a day; what
never left is on the operator's page. Without a server (development, demo) letters stay in the
table and can be read at a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Text, and_, func, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db, jobs, smtp
from core.permissions import require
from core.smtp import Refusal

_minutes = (1, 5, 15, 30, 60, 120, 240, 480, 480)
DELAYS = tuple(timedelta(minutes=n) for n in _minutes)  # a little under a day in all
LATE = timedelta(minutes=5)  # what has waited longer is shown to the operator
DROPPED = "dropped"


class Letter(db.Base):
    """A mail to be sent or sent. Holds an address: personal data, erased with the person."""

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_unsent", "sent_at", "failed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tries: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")

    @property
    def masked(self) -> str:
        """The address for somebody who is not its owner: a***@example.jp."""
        name, _at, domain = self.to.rpartition("@")
        return f"{name[:1]}***@{domain}"


@dataclass(frozen=True)
class Server:
    """Where mail goes: `smtp://user:password@host:port` or `smtps://…`; "" keeps it here."""

    url: str
    sender: str


@dataclass(frozen=True)
class Words:
    """A letter as it leaves."""

    subject: str
    body: str
    headers: dict[str, Any] = field(default_factory=dict)


Composer = Callable[[dict[str, Any]], Words | None]
_server: list[Server] = [Server("", "tomoni@localhost")]
_composers: dict[str, Composer] = {}


def configure(url: str, sender: str) -> None:
    _server[:] = [Server(url, sender)]


def domain() -> str:
    """What the addresses of this installation's mails end in."""
    return parseaddr(_server[0].sender)[1].rpartition("@")[2] or "localhost"


def composer(kind: str) -> Callable[[Composer], Composer]:
    """Register what puts letters about `kind` into words; None when nothing is left to say."""

    def register(function: Composer) -> Composer:
        _composers[kind] = function
        return function

    return register


def send(to: str, *, subject: str, body: str, headers: Mapping[str, str] | None = None) -> None:
    """Write a letter in the current transaction; it leaves after the commit."""
    with db.transaction() as tx:
        letter = Letter(
            to=to,
            subject=_one_line(subject),
            body=body,
            headers=dict(headers or {}),
            created_at=clock.now(),
        )
        tx.add(letter)
        tx.flush()
        jobs.enqueue("mail.send", {"letter_id": letter.id}, key=_key(letter.id))


def send_about(kind: str, letters: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
    """Write letters that are composed when they leave: (address, subject, what about)."""
    now = clock.now()
    rows = [
        {
            "to": to,
            "subject": _one_line(subject),
            "body": "",
            "about": {"kind": kind, **about},
            "created_at": now,
        }
        for to, subject, about in letters
    ]
    if not rows:
        return
    with db.transaction() as tx:
        ids = list(tx.scalars(insert(Letter).returning(Letter.id), rows))
        jobs.enqueue_all("mail.send", {_key(i): {"letter_id": i} for i in ids})


@jobs.handler("mail.send")
def deliver(running: jobs.Running) -> None:
    """Hand one letter to the server; one that was sent or given up is left alone."""
    letter = db.session().get(Letter, running.args["letter_id"])
    if letter is None or letter.sent_at is not None or letter.failed_at is not None:
        return
    words = _words(letter)
    if words is None:
        with db.transaction() as tx:
            tx.delete(tx.get_one(Letter, running.args["letter_id"]))
        return
    server = _server[0]
    refusal = _submit(server, letter, words) if server.url else None
    if refusal is not None:
        _put_off(running.args["letter_id"], refusal)
        return
    with db.transaction() as tx:
        row = tx.get_one(Letter, running.args["letter_id"])
        row.sent_at = clock.now()
        if not server.url:  # to be read at the development page
            row.subject, row.body, row.headers = words.subject, words.body, words.headers


def _words(letter: Letter) -> Words | None:
    if not letter.about:
        return Words(letter.subject, letter.body, letter.headers)
    return _composers[letter.about["kind"]](letter.about)


def _submit(server: Server, letter: Letter, words: Words) -> Refusal | None:
    """Send it with an id of its own: a server that took it before can see that it is the same."""
    message_id = f"<letter.{letter.id}.{int(letter.created_at.timestamp())}@{domain()}>"
    to, subject = letter.to, _one_line(words.subject)
    db.session().rollback()  # nothing is held while the network is waited for
    try:
        made = smtp.message(server.sender, to, subject, words.body, words.headers, message_id)
    except ValueError:
        return Refusal(smtp.Trouble.UNWRITABLE)
    return smtp.submit(server.url, made)


def _put_off(letter_id: int, refusal: Refusal) -> None:
    with db.transaction() as tx:
        row = tx.get_one(Letter, letter_id)
        row.tries += 1
        row.error = str(refusal)
        tries = row.tries
        if is_over := refusal.is_final or tries > len(DELAYS):
            row.failed_at = clock.now()
    if not is_over:
        raise jobs.Later(DELAYS[tries - 1])


def send_again(actor: Any, letter: Letter) -> None:
    """Try a letter that failed or waits once more, now, with all its tries before it."""
    require(actor, "operate")
    with db.transaction() as tx:
        row = tx.get_one(Letter, letter.id)
        if row.sent_at is not None:
            return
        row.failed_at, row.tries = None, 0
        jobs.enqueue("mail.send", {"letter_id": row.id}, key=_key(row.id))
        jobs.hasten(_key(row.id))


def drop(actor: Any, letter: Letter) -> None:
    """Decide that a letter which has not left never will."""
    require(actor, "operate")
    with db.transaction() as tx:
        row = tx.get_one(Letter, letter.id)
        if row.sent_at is None:
            row.failed_at, row.error = clock.now(), DROPPED


def unsent(limit: int = 100) -> tuple[list[Letter], list[Letter]]:
    """For the operator: the letters that failed, and those that wait longer than they should."""
    newest = select(Letter).order_by(Letter.id.desc()).limit(limit)
    late = Letter.created_at < clock.now() - LATE
    waiting = newest.where(_unsent(), Letter.failed_at.is_(None), or_(Letter.tries > 0, late))
    return (
        list(db.session().scalars(newest.where(_failed()))),
        list(db.session().scalars(waiting)),
    )


def failed_count() -> int:
    """How many letters did not leave and wait for the operator's decision."""
    return db.session().scalar(select(func.count()).select_from(Letter).where(_failed())) or 0


def find(letter_id: int) -> Letter | None:
    return db.session().get(Letter, letter_id)


def count_to(address: str, *, since: datetime) -> int:
    """How many letters were written to an address lately."""
    query = select(func.count()).where(Letter.to == address, Letter.created_at > since)
    return db.session().scalar(query) or 0


def newest(count: int = 50) -> list[Letter]:
    """The latest letters, for the development page."""
    return list(db.session().scalars(select(Letter).order_by(Letter.id.desc()).limit(count)))


def _unsent() -> ColumnElement[bool]:
    return Letter.sent_at.is_(None)


def _failed() -> ColumnElement[bool]:
    return and_(_unsent(), Letter.failed_at.is_not(None), Letter.error != DROPPED)


def _key(letter_id: int) -> str:
    return f"mail:{letter_id}"


def _one_line(subject: str) -> str:
    return " ".join(subject.split())[:200]  # a title may hold line ends; a header may not
