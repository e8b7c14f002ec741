"""Links that let somebody in: a personal one by mail, for workshops that only the invited take part
in, and the one by which helpers come.

What the ward keeps is no address: a mask to know it by and a hash so that nobody is invited twice.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from core import clock, db, i18n, mail, people
from core.errors import Conflict, Invalid, NotFound
from core.messages import _
from core.permissions import require
from realtime.models import Invite, Member, Workshop

AT_ONCE = 200  # addresses in one form
MOST = 1_000  # of one workshop


@dataclass(frozen=True)
class Invited:
    """One invitation and whether its link was taken up."""

    invite: Invite
    has_joined: bool


def invite(
    actor: Any, workshop: Workshop, addresses: Sequence[str], *, link: Callable[[str], str]
) -> int:
    """Mail a personal link to each address; returns how many are new.

    `link` makes an address of a token. Whoever was invited before gets no second mail. Raises
    `Invalid` for the first address that can not be one, before anything is sent.
    """
    require(actor, "workshops.change", workshop)
    wanted = list(dict.fromkeys(people.normal_email(one) for one in addresses if one.strip()))
    if not wanted:
        raise Invalid("addresses", _("メールアドレスを入力してください。"))
    if len(wanted) > AT_ONCE:
        raise Invalid("addresses", _("一度に送れるのは、%(limit)s人までです。", limit=AT_ONCE))
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Workshop).where(Workshop.id == workshop.id)))
        here = row.unique().one()
        if here.closed_at is not None:
            raise Conflict(_("このワークショップは終わりました。"))
        query = select(Invite).where(Invite.workshop_id == here.id)
        known = {one.address_hash: one for one in tx.scalars(query)}
        fresh = [one for one in wanted if _needs(known.get(_address_hash(here, one)))]
        if len(known) + len(fresh) > MOST:
            raise Conflict(_("招待できるのは、%(limit)s人までです。", limit=f"{MOST:,}"))
        for address in fresh:
            token = secrets.token_urlsafe(24)
            digest = _address_hash(here, address)
            one = known.get(digest) or Invite(workshop_id=here.id, address_hash=digest)
            one.masked = _masked(address)
            one.token_hash, one.invited_at, one.withdrawn_at = _hash(token), clock.now(), None
            tx.add(one)
            mail.send(
                address,
                subject=str(_("ともに：ワークショップへのご招待")),
                body=str(
                    _(
                        "「%(title)s」にご招待します。\n\n日時：%(when)s\n場所：%(place)s\n\n"
                        "次の住所（URL）は、あなた一人のものです。ここから参加してください。\n"
                        "%(link)s\n\n担当：%(department)s",
                        title=here.title,
                        when=i18n.date_and_time(here.held_at),
                        place=here.place or str(_("オンライン")),
                        link=link(token),
                        department=here.consultation.department.name,
                    )
                ),
            )
        tx.flush()
        return len(fresh)


def withdraw(actor: Any, workshop: Workshop, public_id: str) -> None:
    """Make a personal link open nothing any more; who came in by it stays."""
    require(actor, "workshops.change", workshop)
    with db.transaction() as tx:
        query = select(Invite).where(
            Invite.workshop_id == workshop.id, Invite.public_id == public_id
        )
        found = tx.scalars(db.locked(query)).one_or_none()
        if found is None:
            raise NotFound
        found.withdrawn_at = found.withdrawn_at or clock.now()


def close_helpers_link(actor: Any, workshop: Workshop) -> None:
    """Make the helpers' link open nothing any more; who came in by it stays a helper."""
    _set_helpers_key(actor, workshop, None)


def renew_helpers_link(actor: Any, workshop: Workshop) -> None:
    """Make a helpers' link; the one before it opens nothing any more."""
    _set_helpers_key(actor, workshop, db.public_id())


def holds(workshop: Workshop, token: str) -> bool:
    """Whether a token is that of an invitation to this workshop."""
    query = select(func.count()).where(
        Invite.workshop_id == workshop.id,
        Invite.token_hash == _hash(token),
        Invite.withdrawn_at.is_(None),
    )
    return bool(db.session().scalar(query))


def of(workshop: Workshop) -> list[Invited]:
    """Everybody invited, in order, and whether they came (two statements)."""
    query = select(Invite).where(Invite.workshop_id == workshop.id).order_by(Invite.id)
    joined = set(
        db.session().scalars(select(Member.token_hash).where(Member.workshop_id == workshop.id))
    )
    return [Invited(one, _seal(one.token_hash) in joined) for one in db.session().scalars(query)]


def key_of(token: str) -> str:
    """The key by which a personal link joins: its holder is one member on every device."""
    return f"invite:{_hash(token)}"


def _set_helpers_key(actor: Any, workshop: Workshop, key: str | None) -> None:
    require(actor, "workshops.lead", workshop)
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Workshop).where(Workshop.id == workshop.id)))
        here = row.unique().one()
        if here.closed_at is not None:
            raise Conflict(_("このワークショップは終わりました。"))
        here.helpers_key = key


def _seal(token_hash: str) -> str:
    return hashlib.sha256(f"join:invite:{token_hash}".encode()).hexdigest()


def _needs(found: Invite | None) -> bool:
    return found is None or found.withdrawn_at is not None


def _masked(address: str) -> str:
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"


def _address_hash(workshop: Workshop, address: str) -> str:
    key = bytes.fromhex(workshop.consultation.voice_secret)
    return hmac.new(key, f"invite:{workshop.id}:{address}".encode(), hashlib.sha256).hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(f"invite:{token}".encode()).hexdigest()
