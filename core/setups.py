"""Setting up an installation: the console's one-time token opens the first operator's account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db
from core.errors import Conflict, Invalid
from core.messages import _
from core.people import INSTALLATION, Account, Role, create, entrust, has_operator


class SetupToken(db.Base):
    """The one-time token by which the first operator signs in; printed on the console."""

    __tablename__ = "setup_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]


def issue_token() -> str:
    """A one-time token for the first operator; raises `Conflict` once there is one."""
    if has_operator():
        raise Conflict(_("システム管理者は、もう登録されています。"))
    token = secrets.token_urlsafe(24)
    with db.transaction() as tx:
        tx.add(SetupToken(token_hash=_hash(token), created_at=clock.now()))
    return token


def awaits_operator(token: str) -> bool:
    """Whether this one-time token still opens the first operator's account."""
    query = select(SetupToken.id).where(
        SetupToken.token_hash == _hash(token), SetupToken.used_at.is_(None)
    )
    return db.session().scalar(query) is not None and not has_operator()


def setup_operator(token: str, email: str, display_name: str, password: str) -> Account:
    """Use up the console's token and open the first operator's account."""
    if len(password) < 10:
        raise Invalid("password", _("パスワードは10文字以上にしてください。"))
    with db.transaction() as tx:
        query = select(SetupToken).where(
            SetupToken.token_hash == _hash(token), SetupToken.used_at.is_(None)
        )
        found = tx.scalars(db.locked(query)).one_or_none()
        if found is None or has_operator():
            raise Conflict(_("この登録用の住所は、もう使われています。"))
        found.used_at = clock.now()
        account = create(email, display_name, password=password)
        entrust(account, Role.OPERATOR, INSTALLATION, by="console")
        return account


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
