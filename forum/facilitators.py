"""Who leads the talk in a room: the officers of its department name somebody by mail address."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import hosts
from core.messages import Message, _
from core.people import Account, Grant
from core.permissions import require
from forum.models import Room


def name(actor: Any, room: Room, email: str, *, link: str, display_name: str = "") -> Account:
    """Trust whoever reads mail at an address with leading a room, and tell them by mail.

    An address without an account gets one under `display_name`; its owner signs in by a code.
    Somebody who leads the room already is told nothing again.
    """
    require(actor, "facilitators.name", room)
    lock = select(Room).where(Room.id == room.id)

    def letter(account: Account) -> tuple[Message, Message]:
        return (
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

    return hosts.name(
        actor, _scope(room), email, lock=lock, letter=letter, display_name=display_name
    )


def dismiss(actor: Any, room: Room, grant_id: int, *, link: str) -> None:
    """Take the room back from one of its facilitators, and tell them by mail."""
    require(actor, "facilitators.name", room)

    def letter(account: Account) -> tuple[Message, Message]:
        return (
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

    hosts.dismiss(actor, _scope(room), grant_id, letter=letter)


def of(room: Room) -> list[tuple[Grant, Account]]:
    """Who leads a room, those of its whole consultation or department too (one statement).

    Never with a mail address.
    """
    return hosts.of(room)


def _scope(room: Room) -> str:
    return f"room:{room.public_id}"
