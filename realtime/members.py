"""Who takes part in a workshop: joining with a name to show, leading it, being sent away."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from core import clock, db, text
from core.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from core.messages import Message, _
from core.people import Account
from core.permissions import permits, require
from forum import guests
from ledger import receipts
from ledger.models import Receipt
from realtime import boards, invites
from realtime.asks import Answer, Ask
from realtime.models import Joining, Member, Workshop
from realtime.phases import Role
from realtime.refusals import Refused
from realtime.state import Effect, State

NAME_LIMIT = 20
STAFFING = frozenset({Role.LEAD, Role.HELPER})  # sit at no table, take nobody's place
TRUSTED = frozenset({Role.HELPER, Role.HOST, Role.MEMBER})


def join(
    workshop: Workshop,
    name: str,
    *,
    code: str = "",
    account: Account | None = None,
    key: str = "",
    invite: str = "",
    is_helper: bool = False,
) -> Member:
    """Let somebody take part under the name they want to be shown by; no account is needed.

    They get the table with the fewest people and a receipt for what they will say. Somebody signed
    in is one member however many windows they open, and so is a personal link (`invite`). Raises
    `Closed`, `Forbidden` for a wrong code or link, `Conflict` when it is full. `is_helper` is for
    whom a facilitator gave the helpers' link.
    """
    if workshop.closed_at is not None:
        raise Closed(_("このワークショップは終わりました。記録を読むことはできます。"))
    leads = account is not None and permits(account, "workshops.lead", workshop)
    if workshop.joining == Joining.INVITED and not (leads or is_helper):
        if not (invite and invites.holds(workshop, invite)):
            raise Forbidden(_("招待された方だけが参加できます。招待のメールから開いてください。"))
        key = invites.key_of(invite)
    if account is not None and (found := of_account(workshop, account)) is not None:
        return found
    if key and (found := _sent_already(workshop, key)) is not None:
        return found
    if workshop.joining == Joining.CODE and not (leads or is_helper) and not _fits(workshop, code):
        raise Forbidden(_("番号がちがいます。会場の画面か、お知らせの番号をお確かめください。"))
    role = Role.LEAD if leads else Role.HELPER if is_helper else Role.MEMBER
    return _enter(workshop, accepted_name(name), role, account, key)


def lead(actor: Account, workshop: Workshop) -> Member:
    """Take the facilitator's place at the board."""
    require(actor, "workshops.lead", workshop)
    found = of_account(workshop, actor)
    if found is None:
        return _enter(workshop, actor.display_name[:NAME_LIMIT], Role.LEAD, actor, "")
    return found if found.role == Role.LEAD else _become(workshop, found, Role.LEAD)


def trust(actor: Any, workshop: Workshop, public_id: str, role: Role) -> Member:
    """Let somebody who takes part help, host a table, or take part as everybody does.

    Raises `NotFound` for who is not there, `Closed` when it is over.
    """
    require(actor, "workshops.lead", workshop)
    found = known(workshop, public_id)
    if found is None or found.role == Role.LEAD or role not in TRUSTED:
        raise NotFound
    return found if found.role == role else _become(workshop, found, role)


def send_away(actor: Any, workshop: Workshop, public_id: str) -> None:
    """End somebody's part; what they wrote stays. Somebody who is gone already is left so."""
    require(actor, "workshops.lead", workshop)
    found = known(workshop, public_id)
    if found is None or found.role == Role.LEAD:
        return
    effect = {"op": "member.gone", "id": public_id}
    _done(workshop, Ask("", f"gone-{public_id}", 1, effect, lambda _answer: None, effect=effect))


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
    """How many take part, without those who lead or help."""
    query = select(func.count()).where(
        Member.workshop_id == workshop.id,
        Member.gone_at.is_(None),
        Member.role.not_in(STAFFING),
    )
    return int(db.session().scalar(query) or 0)


def counts(found: Sequence[Workshop]) -> dict[int, int]:
    """The same for many workshops, by their id (one statement)."""
    query = select(Member.workshop_id, func.count()).where(
        Member.workshop_id.in_([one.id for one in found]),
        Member.gone_at.is_(None),
        Member.role.not_in(STAFFING),
    )
    rows = db.session().execute(query.group_by(Member.workshop_id))
    said: dict[int, int] = {row[0]: row[1] for row in rows}
    return {one.id: said.get(one.id, 0) for one in found}


def here(workshop: Workshop) -> list[Member]:
    """Who takes part now, those who lead first, then by when they came."""
    query = select(Member).where(Member.workshop_id == workshop.id, Member.gone_at.is_(None))
    found = db.session().scalars(query.order_by(Member.id))
    return sorted(found, key=lambda one: (one.role != Role.LEAD, one.id))


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
    """Make a member in the tick that tells the board of them.

    Whether there is room, and which table has the fewest, is judged at that moment: two who press
    at once are two members or one, never one too many.
    """
    public_id = db.public_id()
    token = _hash(key) if key else secrets.token_hex(32)
    account_id = account.id if account is not None else None
    sender, n = _sender(workshop, account, key)
    effect: Effect = {"op": "member.join", "id": public_id, "name": name, "role": role}

    def judge(state: State) -> Effect:
        if not state["open"]:
            raise Refused("closed")
        if account is not None and of_account(workshop, account) is not None:
            raise Refused("exists")  # another window was written between our look and our turn
        taking = [one for one in state["members"].values() if one["role"] not in STAFFING]
        if role not in STAFFING and len(taking) >= workshop.capacity:
            raise Refused("full", _("申し訳ありません。定員になりました。"))
        effect["table"] = "" if role in STAFFING else _emptiest(state)
        return effect

    def write() -> None:
        tx = db.session()
        here = tx.get_one(Workshop, workshop.id)
        tx.add(
            Member(
                public_id=public_id,
                workshop_id=here.id,
                name=name,
                role=role,
                table_key=effect["table"],
                home_key=effect["table"],
                token_hash=token,
                account_id=account_id,
                joined_at=clock.now(),
            )
        )
        tx.flush()
        receipts.issue(here.consultation, f"member:{public_id}", at=clock.now())

    ask = Ask("", sender, n, effect, lambda _answer: None, effect=judge, write=write)
    if not _done(workshop, ask):
        with db.transaction():  # the other press has just been written: look anew
            found = of_account(workshop, account) if account else _sent_already(workshop, key)
        if found is None:
            raise Conflict(_("いま混み合っています。もう一度お試しください。"))
        return found
    return db.session().scalars(select(Member).where(Member.public_id == public_id)).one()


def _become(workshop: Workshop, member: Member, role: Role) -> Member:
    """Give somebody another role; the board hears of it as of somebody who joins."""
    effect: Effect = {"op": "member.join", "id": member.public_id, "name": member.name}
    effect["again"] = True  # nobody new has come

    def judge(state: State) -> Effect:
        if not state["open"]:
            raise Refused("closed")
        if member.public_id not in state["members"]:
            raise Refused("gone")
        seat = state["members"][member.public_id]["table"]
        seat = "" if role in STAFFING else seat or _emptiest(state)
        return {**effect, "role": role, "table": seat}

    sender = f"role-{secrets.token_hex(8)}"
    _done(workshop, Ask("", sender, 1, effect, lambda _answer: None, effect=judge))
    return db.session().scalars(select(Member).where(Member.id == member.id)).one()


def _done(workshop: Workshop, ask: Ask) -> bool:
    """Have the board do something for a verb; False when the same was done before."""
    said: list[Answer] = []
    ask.answer = said.append
    boards.of(workshop).do([ask])
    answer = said[0]
    if answer.code == "closed":
        raise Closed(_("このワークショップは終わりました。記録を読むことはできます。"))
    if answer.code and answer.code != "exists":
        raise Conflict(answer.said if isinstance(answer.said, Message) else None)
    return answer.row is not None


def _sender(workshop: Workshop, account: Account | None, key: str) -> tuple[str, int]:
    """Under which name and number somebody joins: the same twice is one member."""
    if account is None:
        return f"join-{_hash(key)[:34] if key else secrets.token_hex(17)}", 1
    query = select(func.count()).where(
        Member.workshop_id == workshop.id, Member.account_id == account.id
    )
    before = int(db.session().scalar(query) or 0)
    return f"join-{_hash(f'account:{account.public_id}')[:34]}", before + 1


def _emptiest(state: State) -> str:
    if not state["tables"]:
        return ""
    size = dict.fromkeys(state["tables"], 0)
    for member in state["members"].values():
        if member["table"] in size:
            size[member["table"]] += 1
    least: str = min(size, key=lambda table: (size[table], state["tables"][table]["o"]))
    return least


def _sent_already(workshop: Workshop, key: str) -> Member | None:
    """Whom the same form or link made; raises `Forbidden` when they were sent away since."""
    query = select(Member).where(Member.workshop_id == workshop.id, Member.token_hash == _hash(key))
    found = db.session().scalars(query).one_or_none()
    if found is not None and found.gone_at is not None:
        raise Forbidden(_("進行役が、この参加を終わらせました。会場の係におたずねください。"))
    return found


def _hash(key: str) -> str:
    return hashlib.sha256(f"join:{key}".encode()).hexdigest()


def _fits(workshop: Workshop, code: str) -> bool:
    typed = "".join(ch for ch in text.folded(code).upper() if ch.isalnum())
    return workshop.code is not None and secrets.compare_digest(
        typed.encode(), workshop.code.encode()
    )
