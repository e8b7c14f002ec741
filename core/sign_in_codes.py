"""Codes by mail: signing in without a password. Only their hashes are kept, for a quarter hour."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db, mail, text
from core.errors import Invalid, TooMany
from core.messages import _
from core.people import normal_email

CODE_LIFE = timedelta(minutes=15)
CODE_TRIES = 5
CODES_PER_HOUR = 6


class SignInCode(db.Base):
    """A six-digit code that was mailed; only its hash is kept."""

    __tablename__ = "sign_in_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


def request(email: str) -> None:
    """Mail a one-time code to an address, known or not: both get the same answer."""
    address = normal_email(email)
    code = f"{secrets.randbelow(10**6):06d}"
    with db.transaction() as tx:
        recent = select(func.count()).where(
            SignInCode.email == address, SignInCode.created_at > clock.now() - timedelta(hours=1)
        )
        if (tx.scalar(recent) or 0) >= CODES_PER_HOUR:
            raise TooMany
        tx.add(
            SignInCode(email=address, code_hash=_code_hash(address, code), created_at=clock.now())
        )
        mail.send(
            address,
            subject=str(_("ともに：ログインの番号は %(code)s です", code=code)),
            body=str(
                _(
                    "ログインの番号は %(code)s です。15分のあいだ使えます。\n\n"
                    "心当たりがないときは、このメールを消してください。何も起こりません。",
                    code=code,
                )
            ),
        )


def redeem(email: str, code: str) -> str:
    """Use up a mailed code and return the address it proves; raises `Invalid` otherwise."""
    address = normal_email(email)
    digits = "".join(ch for ch in text.folded(code) if ch.isdigit())
    with db.transaction() as tx:
        query = select(SignInCode).where(
            SignInCode.email == address,
            SignInCode.used_at.is_(None),
            SignInCode.created_at > clock.now() - CODE_LIFE,
        )
        sent = tx.scalars(db.locked(query.order_by(SignInCode.id.desc()).limit(1))).one_or_none()
        right = (
            sent is not None
            and sent.tries < CODE_TRIES
            and hmac.compare_digest(sent.code_hash, _code_hash(address, digits))
        )
        if sent is not None:
            sent.tries += 1
            if right:
                sent.used_at = clock.now()
    if not right:
        raise Invalid("code", _("番号がちがうか、時間が過ぎています。新しい番号をお取りください。"))
    return address


def _code_hash(email: str, code: str) -> str:
    return hashlib.sha256(f"{email}\0{code}".encode()).hexdigest()
