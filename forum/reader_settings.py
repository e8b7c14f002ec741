"""How somebody wants to be told of what they follow, unless they say otherwise there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from core import db
from core.errors import Invalid
from core.messages import _
from core.people import Account
from core.permissions import require
from forum.models import Follow, Notice, Pace, ReaderSettings


def choose(actor: Any, pace: str, *, follows_replies: bool, mails_direct: bool) -> None:
    """Keep how somebody wants to be told of what they follow from now on."""
    require(actor, "follows.begin")
    chosen = checked(pace)
    with db.transaction():
        in_turn(actor.id)
        row = _row(actor.id)
        row.pace = chosen
        row.follows_replies, row.mails_direct = follows_replies, mails_direct


def quiet(account_id: int, pace: str) -> None:
    """End the digests of one pace on the word of a signed link; what is followed stays followed."""
    with db.transaction() as tx:
        in_turn(account_id)
        tx.execute(
            update(Follow)
            .where(Follow.account_id == account_id, Follow.pace == pace)
            .values(pace=Pace.SITE)
        )
        tx.execute(
            update(Notice)
            .where(Notice.account_id == account_id, Notice.pace == pace, Notice.mailed_at.is_(None))
            .values(pace=Pace.SITE)
        )
        chosen = of(account_id)
        if chosen.pace == pace:
            _row(account_id).pace = Pace.SITE


def stop_direct(account_id: int) -> None:
    """Mail no more of what concerns somebody by name, on the word of a signed link."""
    with db.transaction():
        in_turn(account_id)
        _row(account_id).mails_direct = False


def of(account_id: int) -> ReaderSettings:
    """How somebody wants to be told; what was never chosen is as it is for everybody."""
    found = db.session().get(ReaderSettings, account_id)
    return found or ReaderSettings(
        account_id=account_id, pace=Pace.DAILY, follows_replies=True, mails_direct=True
    )


def checked(said: str) -> str:
    if said not in set(Pace):
        raise Invalid("pace", _("受け取り方を選んでください。"))
    return said


def in_turn(account_id: int) -> None:
    """One change of somebody's follows at a time: two presses of a button are one follow."""
    db.session().scalars(db.locked(select(Account).where(Account.id == account_id))).unique().one()


def _row(account_id: int) -> ReaderSettings:
    tx = db.session()
    found = tx.get(ReaderSettings, account_id)
    if found is None:
        found = of(account_id)
        tx.add(found)
    return found
