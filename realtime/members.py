"""Who takes part in a workshop: joining with a name to show, leading it, being sent away."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

from sqlalchemy import func, select

from core import clock, db, text
from core.errors import Closed, Conflict, Forbidden, Invalid
from core.messages import _
from core.people import Account
from core.permissions import permits, require
from forum import guests
from ledger import receipts
from ledger.models import Receipt
from realtime import boards
from realtime.boards import Answer, Ask
from realtime.models import Joining, Member, Workshop
from realtime.phases import Role

NAME_LIMIT = 20


def join(
    workshop: Workshop,
    name: str,
    *,
    code: str = "",
    account: Account | None = None,
    key: str = "",
    is_helper: bool = False,
) -> Member:
    """Let somebody take part under the name they want to be shown by; no account is needed.

    They get the table with the fewest people and a receipt for what they will say. Somebody signed
    in is one member however many windows they open. Raises `Closed`, `Forbidden` for a wrong code,
    `Conflict` when it is full.
    """
    if workshop.closed_at is not None:
        raise Closed(_("このワークショップは終わりました。記録を読むことはできます。"))
    leads = account is not None and permits(account, "workshops.lead", workshop)
    if account is not None and (found := of_account(workshop, account)) is not None:
        return found
    if key and (found := _sent_already(workshop, key)) is not None:
        return found
    if workshop.joining == Joining.CODE and not leads and not _fits(workshop, code):
        raise Forbidden(_("番号がちがいます。会場の画面か、お知らせの番号をお確かめください。"))
    shown = accepted_name(name)
    if not leads and count(workshop) >= workshop.capacity:
        raise Conflict(_("申し訳ありません。定員になりました。"))
    role = Role.LEAD if leads else Role.HELPER if is_helper else Role.MEMBER
    return _enter(workshop, shown, role, account, key)


def lead(actor: Account, workshop: Workshop) -> Member:
    """Take the facilitator's place at the board."""
    require(actor, "workshops.lead", workshop)
    found = of_account(workshop, actor)
    if found is not None:
        return found
    return _enter(workshop, actor.display_name[:NAME_LIMIT], Role.LEAD, actor, "")


def of_account(workshop: Workshop, account: Account) -> Member | None:
    """The place somebody signed in has here."""
    query = select(Member).where(
        Member.workshop_id == workshop.id,
        Member.account_id == account.id,
        Member.gone_at.is_(None),
    )
    return db.session().scalars(query.order_by(Member.id)).first()


def known(workshop: Workshop, public_id: str) -> Member | None:
    """The member a browser says it is (its cookie is signed), unless they were sent away."""
    query = select(Member).where(
        Member.workshop_id == workshop.id,
        Member.public_id == public_id,
        Member.gone_at.is_(None),
    )
    return db.session().scalars(query).one_or_none() if public_id else None


def receipt(member: Member) -> Receipt:
    """The receipt of all one member says."""
    return receipts.of(f"member:{member.public_id}")


def count(workshop: Workshop) -> int:
    """How many take part, without those who lead."""
    query = select(func.count()).where(
        Member.workshop_id == workshop.id, Member.gone_at.is_(None), Member.role != Role.LEAD
    )
    return int(db.session().scalar(query) or 0)


def accepted_name(name: str) -> str:
    """A name to be shown by; raises `Invalid` for one that others would take for the ward's."""
    shown = " ".join(text.accepted("name", name, limit=NAME_LIMIT).split())
    kept = unicodedata.normalize("NFKC", shown)
    bare = "".join(c for c in kept if unicodedata.category(c)[0] not in "CZ").casefold()
    if any(word in bare for word in guests.OFFICIAL):
        raise Invalid(
            "name", _("区の職員や進行役とまちがえられる名前です。ほかの名前にしてください。")
        )
    return shown


def _enter(workshop: Workshop, name: str, role: Role, account: Account | None, key: str) -> Member:
    """Make a member in the tick that tells the board of them."""
    public_id = db.public_id()
    owner = boards.of(workshop)
    table = "" if role in (Role.LEAD, Role.HELPER) else _emptiest(owner)
    token = _hash(key) if key else secrets.token_hex(32)
    account_id = account.id if account is not None else None

    def write() -> None:
        tx = db.session()
        here = tx.get_one(Workshop, workshop.id)
        tx.add(
            Member(
                public_id=public_id,
                workshop_id=here.id,
                name=name,
                role=role,
                table_key=table,
                token_hash=token,
                account_id=account_id,
                joined_at=clock.now(),
            )
        )
        tx.flush()
        receipts.issue(here.consultation, f"member:{public_id}", at=clock.now())

    effect = {"op": "member.join", "id": public_id, "name": name, "role": role, "table": table}
    said: list[Answer] = []
    owner.do([Ask("", f"join-{public_id}", 1, effect, said.append, effect=effect, write=write)])
    if not said or said[0].row is None:
        raise Conflict(_("いま混み合っています。もう一度お試しください。"))
    return db.session().scalars(select(Member).where(Member.public_id == public_id)).one()


def _emptiest(owner: boards.Owner) -> str:
    state, _seq = owner.whole()
    if not state["tables"]:
        return ""
    size = dict.fromkeys(state["tables"], 0)
    for member in state["members"].values():
        if member["table"] in size:
            size[member["table"]] += 1
    least: str = min(size, key=lambda table: (size[table], state["tables"][table]["o"]))
    return least


def _sent_already(workshop: Workshop, key: str) -> Member | None:
    query = select(Member).where(Member.workshop_id == workshop.id, Member.token_hash == _hash(key))
    return db.session().scalars(query).one_or_none()


def _hash(key: str) -> str:
    return hashlib.sha256(f"join:{key}".encode()).hexdigest()


def _fits(workshop: Workshop, code: str) -> bool:
    typed = "".join(ch for ch in text.folded(code).upper() if ch.isalnum())
    return workshop.code is not None and secrets.compare_digest(
        typed.encode(), workshop.code.encode()
    )
