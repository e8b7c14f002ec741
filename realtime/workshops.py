"""Workshops: opening one, setting it anew, ending it: what officers and facilitators do."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, events, record, text
from core.errors import Closed, Invalid, NotFound, Stale
from core.messages import _
from core.people import Account, Role, acting_as
from core.permissions import permits, require
from core.scopes import Scope
from ledger.models import Consultation
from realtime import boards, plans
from realtime.events import WorkshopClosed
from realtime.models import Board, Joining, Member, Workshop
from realtime.state import Effect

CAPACITY = 600
TABLES = 60
CODE_LETTERS = "23456789ACDEFGHJKMNPQRTUVWXY"  # nothing that looks or sounds like another


def open_workshop(
    actor: Any,
    consultation: Consultation,
    *,
    title: str,
    held_at: datetime,
    plan: dict[str, Any],
    key: str,
    aim: str = "",
    place: str = "",
    programme: Sequence[str] = (),
    questions: Sequence[str] = (),
    capacity: int = 60,
    joining: str = Joining.LINK,
    is_rehearsal: bool = False,
) -> Workshop:
    """Open a workshop with its board; the same form sent twice (`key`) is one workshop.

    `plan` holds phases, tables, budget, colours, rules and consent, as `plans.begun_from` does.
    """
    require(actor, "workshops.open", consultation)
    values = _accepted(title, aim, place, programme, questions, capacity, joining, plan)
    with db.transaction() as tx:
        query = select(Consultation).where(Consultation.id == consultation.id)
        tx.scalars(db.locked(query)).unique().one()
        same = select(Workshop).where(
            Workshop.consultation_id == consultation.id, Workshop.key == key
        )
        if (sent := tx.scalars(same).unique().one_or_none()) is not None:
            return sent
        workshop = Workshop(
            consultation_id=consultation.id,
            held_at=held_at,
            code=_new_code(),
            key=key,
            is_rehearsal=is_rehearsal,
            template=str(plan.get("template", ""))[:40],
            created_at=clock.now(),
            **values,
        )
        tx.add(workshop)
        tx.flush()
        tx.add(Board(workshop_id=workshop.id))
        tx.flush()
        boards.append(workshop.id, _beginning(workshop))
        record.append(
            "workshop.opened",
            f"workshop:{workshop.public_id}",
            role=acting_as(actor, Role.OFFICER),
            scope=consultation.scope,
            held_at=held_at.isoformat(),
        )
        return workshop


def change(
    actor: Any,
    workshop: Workshop,
    *,
    title: str,
    held_at: datetime,
    plan: dict[str, Any],
    version: int,
    aim: str = "",
    place: str = "",
    programme: Sequence[str] = (),
    questions: Sequence[str] = (),
    capacity: int = 60,
    joining: str = Joining.LINK,
) -> Workshop:
    """Plan a workshop anew while it is open; raises `Stale` when somebody else did so first."""
    require(actor, "workshops.change", workshop)
    values = _accepted(title, aim, place, programme, questions, capacity, joining, plan)
    values.pop("tables")  # tables are added on the board itself
    with db.transaction():
        row = _locked(workshop)
        _require_open(row)
        if row.version != version:
            raise Stale(current=row.title, yours=values["title"])
        if len(values["questions"]) < len(row.questions):
            raise Invalid("questions", _("問いは減らせません。付せんが問いに結びついています。"))
        for name, value in values.items():
            setattr(row, name, value)
        row.held_at = held_at
        row.version += 1
        db.on_commit(boards.of(row).refresh)
        return row


def close(actor: Any, workshop: Workshop) -> Workshop:
    """End a workshop: the board can only be read, and every note is in the ledger.

    What the last seconds brought is judged first; the code to join by is free again.
    """
    require(actor, "workshops.lead", workshop)
    owner = boards.of(workshop)
    state, _seq = owner.whole()
    if state["open"]:
        owner.tick()
        with db.transaction():
            row = _locked(workshop)
            if row.closed_at is None:
                row.closed_at, row.code = clock.now(), None
                state, _seq = boards.read(row.id)
                veiled = sorted(i for i, note in state["notes"].items() if note["veil"])
                boards.append(row.id, [{"op": "board.close", "unveil": veiled}])
                record.append(
                    "workshop.closed",
                    f"workshop:{row.public_id}",
                    role=acting_as(actor, Role.FACILITATOR),
                    scope=row.consultation.scope,
                    notes=len(state["notes"]),
                )
                events.emit(WorkshopClosed(row.id))
    return db.session().get_one(Workshop, workshop.id)


def by_address(public_id: str) -> Workshop:
    """The workshop at `/w/<public_id>`; raises `NotFound`."""
    query = select(Workshop).where(Workshop.public_id == public_id)
    found = db.session().scalars(query).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def by_code(code: str) -> Workshop:
    """The open workshop with this code, however it was typed; raises `NotFound`."""
    typed = "".join(ch for ch in text.folded(code).upper() if ch.isalnum())
    query = select(Workshop).where(Workshop.code == typed, Workshop.closed_at.is_(None))
    found = db.session().scalars(query).unique().one_or_none() if len(typed) == 6 else None
    if found is None:
        raise NotFound(
            _("この番号のワークショップは、いま開いていません。番号をお確かめください。")
        )
    return found


def of(consultation: Consultation) -> list[Workshop]:
    """A consultation's workshops but rehearsals, the next one first."""
    query = select(Workshop).where(
        Workshop.consultation_id == consultation.id, Workshop.is_rehearsal.is_(False)
    )
    return list(db.session().scalars(query.order_by(Workshop.held_at)).unique())


def led_by(actor: Account) -> list[Workshop]:
    """Every workshop somebody may lead, newest first."""
    query = select(Workshop).order_by(Workshop.held_at.desc(), Workshop.id.desc()).limit(500)
    found = db.session().scalars(query).unique()
    return [one for one in found if permits(actor, "workshops.lead", one)]


def members(workshop: Workshop) -> list[Member]:
    """Everybody who ever took part."""
    query = select(Member).where(Member.workshop_id == workshop.id).order_by(Member.id)
    return list(db.session().scalars(query))


def as_scopes() -> list[Scope]:
    """Every workshop as a scope of roles, within its consultation's and department's."""
    found = db.session().scalars(select(Workshop).order_by(Workshop.id.desc())).unique()
    return [
        Scope(
            one.scope,
            str(_("ワークショップ：%(title)s", title=one.title)),
            frozenset(one.consultation.scopes()),
        )
        for one in found
    ]


def _beginning(workshop: Workshop) -> list[Effect]:
    """What a new board begins with: its tables and its first phase."""
    first = workshop.phases[0]
    tables: list[Effect] = [
        {
            "op": "table.add",
            "id": f"t{n:03d}",
            "title": str(_("%(number)s班", number=n)),
            "o": f"{n:04d}",
        }
        for n in range(1, workshop.tables + 1)
        if workshop.tables > 1
    ]
    start = {"op": "phase.set", "id": first["id"], "kind": first["kind"], "timer": None}
    return [{"op": "board.open", "budget": workshop.budget}, *tables, start]


def _accepted(
    title: str,
    aim: str,
    place: str,
    programme: Sequence[str],
    questions: Sequence[str],
    capacity: int,
    joining: str,
    plan: dict[str, Any],
) -> dict[str, Any]:
    asked = [text.accepted("questions", one, limit=200) for one in questions if text.visible(one)]
    if not asked:
        raise Invalid("questions", _("問いを一つは書いてください。"))
    if len(asked) > 9:
        raise Invalid("questions", _("問いは9つまでにしてください。"))
    if not 1 <= capacity <= CAPACITY:
        raise Invalid("capacity", _("人数は1人から600人までで書いてください。"))
    if joining not in set(Joining):
        raise Invalid("joining", _("参加のしかたを選んでください。"))
    tables = plan.get("tables", 1)
    budget = plan.get("budget", 3)
    if not isinstance(tables, int) or not 1 <= tables <= TABLES:
        raise Invalid("tables", _("班の数は1から60までで書いてください。"))
    if not isinstance(budget, int) or not 1 <= budget <= 20:
        raise Invalid("budget", _("選べる数は1から20までで書いてください。"))
    lines_of = [text.accepted("programme", one, limit=200) for one in programme if one.strip()]
    rules = [text.accepted("rules", one, limit=200) for one in plan.get("rules", ()) if one.strip()]
    return {
        "title": text.accepted("title", title, limit=120),
        "aim": text.accepted("aim", aim, limit=2_000, required=False),
        "place": text.accepted("place", place, limit=120, required=False),
        "programme": lines_of[:30],
        "questions": asked,
        "capacity": capacity,
        "joining": joining,
        "phases": plans.accepted(plan.get("phases", ())),
        "tables": tables,
        "budget": budget,
        "colors": plans.accepted_colors(plan.get("colors", ())),
        "rules": rules[:20],
        "consent": text.accepted("consent", plan.get("consent", ""), limit=600, required=False),
    }


def _new_code() -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _n in range(6))
        if db.session().scalar(select(Workshop.id).where(Workshop.code == code)) is None:
            return code


def _locked(workshop: Workshop) -> Workshop:
    query = select(Workshop).where(Workshop.id == workshop.id)
    return db.session().scalars(db.locked(query)).unique().one()


def _require_open(workshop: Workshop) -> None:
    if workshop.closed_at is not None:
        raise Closed(_("このワークショップは終わりました。"))
