"""Handing one mail to the server, and what its refusal means: again later, or never."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import EmailPolicy
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


class Trouble(StrEnum):
    """Why a mail did not leave; what is left is the server's own sentence."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    LOGIN = "login"
    LATER = "later"
    REFUSED = "refused"
    UNWRITABLE = "unwritable"


@dataclass(frozen=True)
class Refusal:
    """What went wrong, with the server's code and words; `is_final` when waiting does not help."""

    trouble: Trouble
    said: str = ""

    @property
    def is_final(self) -> bool:
        return self.trouble in {Trouble.REFUSED, Trouble.UNWRITABLE}

    def __str__(self) -> str:
        """As it is kept beside the letter: without any address."""
        return f"{self.trouble}:{_ADDRESS.sub('…', self.said)}"[:400]


class _Policy(EmailPolicy):
    """Headers for machines stay on one line: folded, a long List-Unsubscribe would be encoded."""

    _whole = frozenset({"list-unsubscribe", "list-id", "references", "in-reply-to"})

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in self._whole:
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in self._whole:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


def message(
    sender: str, to: str, subject: str, body: str, headers: Mapping[str, str], message_id: str
) -> EmailMessage:
    """A mail in plain text; raises ValueError for a header that holds a line end."""
    made = EmailMessage(policy=_Policy(linesep="\r\n"))
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = message_id
    for name, value in headers.items():
        made[name] = value
    made.set_content(body)
    return made


def submit(url: str, mail: EmailMessage) -> Refusal | None:
    """Give a mail to the server at `url`; returns why when it was not taken."""
    try:
        _hand_over(url, mail)
    except smtplib.SMTPAuthenticationError as error:
        return Refusal(Trouble.LOGIN, _words(error))
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        return Refusal(Trouble.LATER, _words(error))
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _judged(code, said)
    except smtplib.SMTPResponseException as error:
        return _judged(error.smtp_code, error.smtp_error)
    except TimeoutError:
        return Refusal(Trouble.SLOW)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        slow = isinstance(error.__context__, TimeoutError)
        return Refusal(Trouble.SLOW if slow else Trouble.UNREACHABLE)
    except (smtplib.SMTPException, ValueError) as error:
        return Refusal(Trouble.UNWRITABLE, type(error).__name__)
    return None


def _hand_over(url: str, mail: EmailMessage) -> None:
    parts = urlsplit(url)
    kind: Callable[..., smtplib.SMTP] = (
        smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    )
    with kind(parts.hostname or "localhost", parts.port or 25, timeout=TIMEOUT) as server:
        if parts.username:
            server.starttls() if parts.scheme == "smtp" else None
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _judged(code: int, said: bytes | str) -> Refusal:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return Refusal(Trouble.REFUSED if code >= 500 else Trouble.LATER, f"{code} {words}")


def _words(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{error.smtp_code} {words}"
