"""Who is trusted with what: the operator appoints staff, facilitators and moderators."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from core import db, mail, people, record, scopes, text
from core.errors import Conflict, Invalid, NotFound
from core.messages import _
from core.people import Account, Department, Grant, Role
from core.permissions import require
from core.scopes import INSTALLATION, Scope

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NARROW = frozenset({Role.OPERATOR})  # roles that only the whole installation can give


def _departments() -> list[Scope]:
    rows = db.session().scalars(select(Department).order_by(Department.id))
    return [Scope(f"department:{d.slug}", d.name) for d in rows]


scopes.offer(INSTALLATION, lambda: [Scope(INSTALLATION, str(_("区のすべて")))], order=90)
scopes.offer("department", _departments, order=20)


def appoint(actor: Any, email: str, role: Role, scope: str, *, display_name: str = "") -> Account:
    """Trust whoever reads mail at an address with a role, and tell them by mail.

    An address without an account gets one under `display_name`; its owner signs in by a code.
    """
    require(actor, "roles.grant", None)
    place = next((s for s in scopes.known() if s.address == scope), None)
    if place is None:
        raise Invalid("scope", _("受け持ちを選んでください。"))
    if role in NARROW and scope != INSTALLATION:
        raise Invalid("scope", _("この役割の受け持ちは「区のすべて」だけです。"))
    with db.transaction() as tx:
        account = people.by_email(email) or _new(email, display_name)
        if account.department_id is None and scope.startswith("department:"):
            slug = scope.partition(":")[2]
            account.department_id = tx.scalar(select(Department.id).where(Department.slug == slug))
        people.grant(actor, account, role, scope)
        mail.send(
            people.normal_email(email),
            subject=str(_("ともに：受け持ちのお知らせ")),
            body=str(
                _(
                    "%(name)s様\n\n「%(place)s」の受け持ちに加わりました。"
                    "このメールアドレスでログインすると、職員のページが開きます。",
                    name=account.display_name,
                    place=place.label,
                )
            ),
        )
        return account


def _new(email: str, display_name: str) -> Account:
    if not display_name.strip():
        raise Invalid(
            "display_name",
            _(
                "このメールアドレスには、まだ登録がありません。名前を入力すると、登録して役割を付けます。"
            ),
        )
    return people.create(email, display_name)


def dismiss(actor: Any, grant_id: int) -> None:
    """Take a role back; the installation always keeps one operator."""
    require(actor, "roles.grant", None)
    with db.transaction() as tx:
        grants = list(tx.scalars(db.locked(select(Grant).order_by(Grant.id))))
        found = next((g for g in grants if g.id == grant_id), None)
        if found is None:
            raise NotFound
        if found.role == Role.OPERATOR and sum(g.role == Role.OPERATOR for g in grants) == 1:
            raise Conflict(
                _("システム管理者は、いつも一人は要ります。先に次の方を加えてください。")
            )
        account = tx.get_one(Account, found.account_id)
        record.append(
            "role.withdrawn",
            f"account:{account.public_id}",
            role="operator",
            scope=found.scope,
            taken=found.role,
        )
        tx.delete(found)
        tx.flush()
        tx.expire(account, ["grants"])


def add_department(actor: Any, slug: str, name: str, *, phone: str = "") -> Department:
    """Make a department known, so that it can own consultations."""
    require(actor, "operate", None)
    if not _SLUG.fullmatch(slug) or len(slug) > 40:
        raise Invalid("slug", _("住所に使う名前は、英小文字と数字とハイフンで書いてください。"))
    with db.transaction() as tx:
        if tx.scalars(select(Department).where(Department.slug == slug)).one_or_none():
            raise Invalid("slug", _("この名前の部署が、もうあります。"))
        department = Department(
            slug=slug,
            name=text.accepted("name", name, limit=80),
            phone=text.accepted("phone", phone, limit=40, required=False),
        )
        tx.add(department)
        tx.flush()
        record.append(
            "department.added", f"department:{slug}", role="operator", name=department.name
        )
        return department


def listed() -> list[tuple[Grant, Account]]:
    """Every role somebody holds, by name: never with a mail address."""
    query = select(Grant, Account).join(Account, Account.id == Grant.account_id)
    rows = db.session().execute(query.order_by(Grant.scope, Account.display_name, Grant.id))
    return [(row[0], row[1]) for row in rows]
