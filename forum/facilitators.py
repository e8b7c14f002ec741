"""Who leads the talk in a room: the officers of its department name somebody by mail address."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import lazyload

from core import db, mail, people, record
from core.errors import Invalid, NotFound
from core.messages import Message, _
from core.people import Account, Grant, Role, acting_as
from core.permissions import require
from forum.models import Room


def name(actor: Any, room: Room, email: str, *, link: str, display_name: str = "") -> Account:
    """Trust whoever reads mail at an address with leading a room, and tell them by mail.

    An address without an account gets one under `display_name`; its owner signs in by a code.
    Somebody who leads the room already is told nothing again.
    """
    require(actor, "facilitators.name", room)
    address = people.normal_email(email)
    try:
        return _name(actor, room, address, link, display_name)
    except IntegrityError:  # somebody opened an account for the same address just now
        return _name(actor, room, address, link, display_name)


def _name(actor: Any, room: Room, address: str, link: str, display_name: str) -> Account:
    scope = f"room:{room.public_id}"
    with db.transaction() as tx:
        tx.scalars(db.locked(select(Room).where(Room.id == room.id))).unique().one()
        account = people.by_email(address) or _new(address, display_name)
        held = select(Grant.id).where(
            Grant.account_id == account.id, Grant.role == Role.FACILITATOR, Grant.scope == scope
        )
        if tx.scalar(held) is not None:
            return account
        people.entrust(account, Role.FACILITATOR, scope, by=acting_as(actor, Role.OFFICER))
        _tell(
            account,
            _("ともに：会議室の進行役をお願いします"),
            _(
                "%(name)s様\n\n「%(room)s」の進行役に加わりました。"
                "このメールアドレスでログインすると、話題を加えること、資料を置くこと、"
                "いまの整理とまとめを書くことができます。\n\n会議室：%(link)s\n\n"
                "担当：%(department)s",
                name=account.display_name,
                room=room.title,
                link=link,
                department=room.consultation.department.name,
            ),
        )
        return account


def dismiss(actor: Any, room: Room, grant_id: int, *, link: str) -> None:
    """Take the room back from one of its facilitators, and tell them by mail."""
    require(actor, "facilitators.name", room)
    with db.transaction() as tx:
        query = select(Grant).where(
            Grant.id == grant_id,
            Grant.role == Role.FACILITATOR,
            Grant.scope == f"room:{room.public_id}",
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
        _tell(
            account,
            _("ともに：会議室の進行役を終えました"),
            _(
                "%(name)s様\n\n「%(room)s」の進行役の受け持ちが終わりました。"
                "ありがとうございました。会議室は、これからも読めます。\n\n会議室：%(link)s\n\n"
                "担当：%(department)s",
                name=account.display_name,
                room=room.title,
                link=link,
                department=room.consultation.department.name,
            ),
        )


def of(room: Room) -> list[tuple[Grant, Account]]:
    """Who leads a room, those of its whole consultation or department too (one statement).

    Never with a mail address.
    """
    query = (
        select(Grant, Account)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.role == Role.FACILITATOR, Grant.scope.in_(room.scopes()))
        .options(lazyload(Account.grants), lazyload(Account.department), lazyload(Grant.account))
        .order_by(Grant.id)
    )
    return [(row[0], row[1]) for row in db.session().execute(query)]


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


def _tell(account: Account, subject: Message, body: Message) -> None:
    address = people.address_of(account.id)
    if address is not None:
        mail.send(address, subject=str(subject), body=str(body))
