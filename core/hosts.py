"""Who leads a room or a workshop: named by mail address, told by mail, thanked when it is over.

Packages ask for the permission and write the letters; here is what is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import lazyload

from core import db, mail, people, record
from core.errors import Invalid, NotFound
from core.messages import Message, _
from core.people import Account, Grant, Role, acting_as


class Place(Protocol):
    """What somebody leads: the scopes it lies in."""

    def scopes(self) -> set[str]: ...


Letter = Callable[[Account], tuple[Message, Message]]  # subject and words for one account


def name(
    actor: Any,
    scope: str,
    email: str,
    *,
    lock: Select[Any],
    letter: Letter,
    display_name: str = "",
) -> Account:
    """Trust whoever reads mail at an address with leading `scope`, and tell them by mail.

    An address without an account gets one under `display_name`; its owner signs in by a code.
    Somebody who leads it already is told nothing again. `lock` selects the row of the place.
    """
    address = people.normal_email(email)
    try:
        return _name(actor, scope, address, lock, letter, display_name)
    except IntegrityError:  # somebody opened an account for the same address just now
        return _name(actor, scope, address, lock, letter, display_name)


def dismiss(actor: Any, scope: str, grant_id: int, *, letter: Letter) -> None:
    """Take a place back from one of its facilitators, and tell them by mail."""
    with db.transaction() as tx:
        query = select(Grant).where(
            Grant.id == grant_id, Grant.role == Role.FACILITATOR, Grant.scope == scope
        )
        found = tx.scalars(db.locked(query)).one_or_none()
        if found is None:
            raise NotFound
        account = tx.get_one(Account, found.account_id)
        record.append(
            "role.withdrawn",
            f"account:{account.public_id}",
            role=acting_as(actor, Role.OFFICER),
            scope=found.scope,
            taken=found.role,
        )
        tx.delete(found)
        tx.flush()
        tx.expire(account, ["grants"])
        _tell(account, letter)


def of(place: Place) -> list[tuple[Grant, Account]]:
    """Who leads a place, those of its whole consultation or department too (one statement).

    Never with a mail address.
    """
    query = (
        select(Grant, Account)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.role == Role.FACILITATOR, Grant.scope.in_(place.scopes()))
        .options(lazyload(Account.grants), lazyload(Account.department), lazyload(Grant.account))
        .order_by(Grant.id)
    )
    return [(row[0], row[1]) for row in db.session().execute(query)]


def _name(
    actor: Any, scope: str, address: str, lock: Select[Any], letter: Letter, display_name: str
) -> Account:
    with db.transaction() as tx:
        tx.scalars(db.locked(lock)).unique().one()
        account = people.by_email(address) or _new(address, display_name)
        held = select(Grant.id).where(
            Grant.account_id == account.id, Grant.role == Role.FACILITATOR, Grant.scope == scope
        )
        if tx.scalar(held) is not None:
            return account
        people.entrust(account, Role.FACILITATOR, scope, by=acting_as(actor, Role.OFFICER))
        _tell(account, letter)
        return account


def _new(address: str, display_name: str) -> Account:
    if not display_name.strip():
        raise Invalid(
            "display_name",
            _(
                "このメールアドレスには、まだ登録がありません。"
                "表示する名前を入力すると、登録して進行役に加えます。"
            ),
        )
    return people.create(address, display_name)


def _tell(account: Account, letter: Letter) -> None:
    address = people.address_of(account.id)
    if address is not None:
        subject, body = letter(account)
        mail.send(address, subject=str(subject), body=str(body))
