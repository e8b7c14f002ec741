"""Accounts, what they may be trusted with, and the personal data that is kept apart from both.

`Account` is who speaks (a display name); `Person` is who that is (mail address, name) and can be
erased without touching what was said. One table holds every role with its scope.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db, record, text
from core.errors import Invalid
from core.messages import _
from core.permissions import require
from core.scopes import INSTALLATION as INSTALLATION

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(8))  # so that an unknown address takes as long


class Role(StrEnum):
    """What somebody may be trusted with, always within a scope."""

    FACILITATOR = "facilitator"
    MODERATOR = "moderator"
    OFFICER = "officer"
    APPROVER = "approver"
    OPERATOR = "operator"


STAFF = frozenset({Role.OFFICER, Role.APPROVER, Role.OPERATOR, Role.MODERATOR})
TIES = ("在住", "在勤", "在学", "在活動")


class Console:
    """Whoever has a shell on this machine: may do everything, and is recorded as the operator."""

    id = None
    display_name = "console"
    roles = frozenset(Role)

    def holds(self, role: Role, scopes: Collection[str]) -> bool:
        return True


CONSOLE = Console()


def acting_as(actor: object, role: Role) -> Role:
    """The role an act is recorded under: the console is the operator, whoever's place it takes."""
    return Role.OPERATOR if actor is CONSOLE else role


class Department(db.Base):
    """A department of the ward: it owns consultations and answers for them."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(40), default="")

    def scopes(self) -> set[str]:
        return {f"department:{self.slug}"}


class Account(db.Addressable, db.Base):
    """Somebody who can sign in; reading needs no account."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(String(40))
    ties: Mapped[list[str]] = mapped_column(default=list)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    is_demo: Mapped[bool] = mapped_column(default=False)

    department: Mapped[Department | None] = relationship(lazy="joined")
    grants: Mapped[list[Grant]] = relationship(
        lazy="selectin", foreign_keys="Grant.account_id", back_populates="account"
    )

    # what Flask-Login asks of an account
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.public_id

    def holds(self, role: Role, scopes: Collection[str]) -> bool:
        """Whether one of this account's grants gives `role` in any of `scopes`."""
        return any(
            g.role == role and (g.scope == INSTALLATION or g.scope in scopes) for g in self.grants
        )

    @property
    def roles(self) -> set[str]:
        return {g.role for g in self.grants}

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF)


class Person(db.Base):
    """Who an account belongs to. Never joined to what was said; seen only with a logged purpose."""

    __tablename__ = "person"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)


class Grant(db.Base):
    """One role in one scope: "department:parks", "consultation:bus", "room:…", "installation"."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("account_id", "role", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(20))
    scope: Mapped[str] = mapped_column(String(80))
    granted_at: Mapped[datetime] = mapped_column(default=clock.now)

    account: Mapped[Account] = relationship(back_populates="grants", foreign_keys=[account_id])


def normal_email(address: str) -> str:
    """The address as it is compared and stored; raises `Invalid` when it can not be one."""
    email = text.folded(address).lower()
    local, at, domain = email.rpartition("@")
    if not at or not local or "." not in domain.strip(".") or len(email) > 254 or " " in email:
        raise Invalid("email", _("メールアドレスの形をお確かめください。"))
    return email


def by_email(email: str) -> Account | None:
    """The account behind an address, for signing in only."""
    query = select(Account).join(Person, Person.account_id == Account.id)
    return db.session().scalars(query.where(Person.email == normal_email(email))).one_or_none()


def address_of(account_id: int) -> str | None:
    """Where to write to somebody; for mail only, and None once the person was erased."""
    return db.session().scalar(select(Person.email).where(Person.account_id == account_id))


def addresses_of(account_ids: Collection[int]) -> dict[int, str]:
    """Where to write to many people, by account; for mail only."""
    query = select(Person.account_id, Person.email).where(Person.account_id.in_(account_ids))
    return {row[0]: row[1] for row in db.session().execute(query)}


def by_public_id(public_id: str) -> Account | None:
    return db.session().scalars(select(Account).where(Account.public_id == public_id)).one_or_none()


def create(
    email: str,
    display_name: str,
    *,
    ties: Collection[str] = (),
    password: str | None = None,
    department: Department | None = None,
    is_demo: bool = False,
) -> Account:
    """Open an account for an address that has none yet."""
    name = text.accepted("display_name", display_name, limit=40)
    with db.transaction() as tx:
        account = Account(
            display_name=name,
            ties=[tie for tie in TIES if tie in ties],
            password_hash=_hasher.hash(password) if password else "",
            department_id=department.id if department else None,
            is_demo=is_demo,
            created_at=clock.now(),
        )
        tx.add(account)
        tx.flush()
        tx.add(Person(account_id=account.id, email=normal_email(email)))
        tx.flush()
        return account


def check_password(email: str, password: str) -> Account:
    """The account whose password this is; takes as long for an address that has none."""
    account = by_email(email)
    stored = account.password_hash if account and account.password_hash else _NOBODY
    try:
        _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        account = None
    if account is None or stored == _NOBODY:
        raise Invalid("password", _("メールアドレスかパスワードがちがいます。"))
    return account


def set_password(account: Account, password: str) -> None:
    """Give an account a password, or a new one."""
    if len(password) < 10:
        raise Invalid("password", _("パスワードは10文字以上にしてください。"))
    with db.transaction() as tx:
        tx.merge(account, load=True).password_hash = _hasher.hash(password)


def grant(actor: Account | None, account: Account, role: Role, scope: str = INSTALLATION) -> None:
    """Trust an account with a role in a scope; a role already held stays as it is."""
    require(actor, "roles.grant", None)
    entrust(account, role, scope, by="operator")


def entrust(account: Account, role: Role, scope: str, *, by: str) -> None:
    """Give a role on the word of `by`: set-up, console, demo, and verbs that asked before.

    People use `grant`, or a verb with a permission of its own, as for facilitators.
    """
    with db.transaction() as tx:
        same = select(Grant).where(
            Grant.account_id == account.id, Grant.role == role, Grant.scope == scope
        )
        if tx.scalars(same).one_or_none() is None:
            tx.add(Grant(account_id=account.id, role=role, scope=scope, granted_at=clock.now()))
            tx.flush()
            tx.expire(tx.get_one(Account, account.id), ["grants"])
            record.append(
                "role.granted", f"account:{account.public_id}", role=by, scope=scope, given=role
            )


def has_operator() -> bool:
    query = select(Grant.id).where(Grant.role == Role.OPERATOR).limit(1)
    return db.session().scalar(query) is not None


def demo_accounts() -> list[Account]:
    """The demo's people, in the order they were made."""
    return list(db.session().scalars(select(Account).where(Account.is_demo).order_by(Account.id)))
