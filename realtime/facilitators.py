"""Who leads a workshop: officers name somebody by mail address, for this one workshop."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import hosts
from core.messages import Message, _
from core.people import Account, Grant
from core.permissions import require
from realtime.models import Workshop


def name(
    actor: Any, workshop: Workshop, email: str, *, link: str, display_name: str = ""
) -> Account:
    """Trust whoever reads mail at an address with leading a workshop, and tell them by mail."""
    require(actor, "facilitators.name", workshop)
    lock = select(Workshop).where(Workshop.id == workshop.id)

    def letter(account: Account) -> tuple[Message, Message]:
        return (
            _("ともに：ワークショップの進行役をお願いします"),
            _(
                "%(name)s様\n\n「%(workshop)s」の進行役に加わりました。"
                "このメールアドレスでログインすると、ボードを進めること、班を分けること、"
                "開催報告を書くことができます。\n\nワークショップ：%(link)s\n\n担当：%(department)s",
                name=account.display_name,
                workshop=workshop.title,
                link=link,
                department=workshop.consultation.department.name,
            ),
        )

    return hosts.name(
        actor, workshop.scope, email, lock=lock, letter=letter, display_name=display_name
    )


def dismiss(actor: Any, workshop: Workshop, grant_id: int, *, link: str) -> None:
    """Take the workshop back from one of its facilitators, and tell them by mail."""
    require(actor, "facilitators.name", workshop)

    def letter(account: Account) -> tuple[Message, Message]:
        return (
            _("ともに：ワークショップの進行役を終えました"),
            _(
                "%(name)s様\n\n「%(workshop)s」の進行役の受け持ちが終わりました。"
                "ありがとうございました。\n\nワークショップ：%(link)s\n\n担当：%(department)s",
                name=account.display_name,
                workshop=workshop.title,
                link=link,
                department=workshop.consultation.department.name,
            ),
        )

    hosts.dismiss(actor, workshop.scope, grant_id, letter=letter)


def of(workshop: Workshop) -> list[tuple[Grant, Account]]:
    """Who leads a workshop, those of its whole consultation or department too."""
    return hosts.of(workshop)
