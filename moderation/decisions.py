"""Hiding and restoring: public, with a rule and a reason, and the author is told (law 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from core import clock, db, mail, people, record, text
from core.errors import Conflict, Invalid
from core.messages import Message, _
from core.permissions import require
from ledger.models import Consultation
from moderation import subjects
from moderation.models import Decision
from moderation.subjects import Kind

REASON_LIMIT = 400
HIDE, RESTORE = "hide", "restore"
ROLE = "moderator"
PER_PAGE = 50


def hide(actor: Any, kind: str, public_id: str, rule: str, reason: str) -> Decision:
    """Hide something that breaks a rule of its place; the same decision sent twice is one."""
    of = subjects.kind(kind)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        thing = subjects.find(kind, public_id, lock=True)
        require(actor, "moderation.decide", thing)
        broken = named_rule(of.rules(thing), rule)
        if thing.hidden_at is not None:
            if (thing.hidden_rule, thing.hidden_reason) == (broken, why):
                return _newest(kind, public_id)
            raise Conflict(_("この発言は、もう非公開になっています。"))
        thing.hidden_at, thing.hidden_rule, thing.hidden_reason = clock.now(), broken, why
        of.on_hide(thing, why)
        return _decide(actor, of, kind, thing, HIDE, broken, why)


def restore(actor: Any, kind: str, public_id: str, reason: str) -> Decision:
    """Show something again that a decision had hidden; the rule it was hidden by is named."""
    of = subjects.kind(kind)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        thing = subjects.find(kind, public_id, lock=True)
        require(actor, "moderation.decide", thing)
        if thing.hidden_at is None:
            raise Conflict(_("この発言は、いま表示しています。"))
        rule = thing.hidden_rule
        thing.hidden_at, thing.hidden_rule, thing.hidden_reason = None, "", ""
        of.on_restore(thing, why)
        return _decide(actor, of, kind, thing, RESTORE, rule, why)


def named_rule(rules: Sequence[str], wanted: str) -> str:
    """The rule that `wanted` names, in full or by its number (「第4条」); raises `Invalid`."""
    for rule in rules:
        if wanted and wanted in (rule, short(rule)):
            return rule
    raise Invalid("rule", _("どのきまりによるかを選んでください。"))


def short(rule: str) -> str:
    """The rule's number, as lists show it: 「第4条　人や町を…」 is 第4条."""
    return rule.split("　", 1)[0] if "　" in rule else text.excerpt(rule, 16)


def newest_first(*, rule: str = "", offset: int = 0, limit: int = PER_PAGE) -> list[Decision]:
    """The public log, or its lines by one rule. No decision holds a hidden text."""
    query = select(Decision).order_by(Decision.decided_at.desc(), Decision.id.desc())
    if rule:
        query = query.where(Decision.rule == rule)
    return list(db.session().scalars(query.offset(offset).limit(limit)))


def by_rule_and_act() -> list[tuple[str, str, int]]:
    """How many decisions there are: rule, act, count."""
    query = select(Decision.rule, Decision.act, func.count()).group_by(Decision.rule, Decision.act)
    return [(row[0], row[1], row[2]) for row in db.session().execute(query.order_by(Decision.rule))]


def letter(act: str, place: str, rule: str, reason: str, link: str) -> tuple[Message, Message]:
    """Subject and body of what the author is told; it repeats no hidden text."""
    values = {"place": place, "rule": rule, "reason": reason, "link": link}
    if act == RESTORE:
        return _("ともに：あなたの発言を、ふたたび表示しました"), _(
            "%(place)sのあなたの発言を、ふたたび表示しました。\n\n理由：%(reason)s\n\n%(link)s\n",
            **values,
        )
    return _("ともに：あなたの発言を、非公開にしました"), _(
        "%(place)sのあなたの発言を、会議室のきまりにより非公開にしました。\n\n"
        "きまり：%(rule)s\n理由：%(reason)s\n\n"
        "発言のあった場所：%(link)s\n\n"
        "同じお考えを、別の書き方でもう一度書くことができます。\n"
        "納得できないときは、このメールを添えて区民参加の担当へお知らせください。"
        "判断した者とは別の者が、もう一度考えます。\n",
        **values,
    )


def forget(consultation_id: int, former: str, named: str) -> None:
    """Name a place otherwise in the log: its former name must not be read any more."""
    before, after = (f" {' '.join(name.split())} " for name in (former, named))
    query = select(Decision).where(
        Decision.consultation_id == consultation_id,
        Decision.place.contains(before, autoescape=True),
    )
    with db.transaction() as tx:
        for decision in tx.scalars(query):
            decision.place = text.excerpt(decision.place.replace(before, after), 200)


def preview(
    actor: Any, kind: str, public_id: str, rule: str, reason: str
) -> tuple[Message, Message]:
    """The letter a decision would send; refuses what the decision would refuse, changes nothing."""
    of, thing = subjects.kind(kind), subjects.find(kind, public_id)
    require(actor, "moderation.decide", thing)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    link = of.link(thing.public_id)
    if thing.hidden_at is not None:
        return letter(RESTORE, of.place(thing), thing.hidden_rule, why, link)
    return letter(HIDE, of.place(thing), named_rule(of.rules(thing), rule), why, link)


def set_down(
    subject: str,
    consultation: Consultation,
    *,
    place: str,
    act: str,
    rule: str,
    reason: str,
    role: str,
    decided_by_id: int,
) -> Decision:
    """Write an act of moderation into the public log and the record, in the current transaction.

    For channels where somebody else than a moderator decides on the spot; no text is in it.
    """
    decision = Decision(
        subject=subject,
        consultation_id=consultation.id,
        place=text.excerpt(place, 200),
        act=act,
        rule=rule,
        reason=reason,
        role=role,
        decided_by_id=decided_by_id,
        decided_at=clock.now(),
    )
    with db.transaction() as tx:
        tx.add(decision)
        tx.flush()
        scope = consultation.scope
        record.append(
            f"moderation.{act}", subject, role=role, scope=scope, rule=rule, reason=reason
        )
    return decision


def newest(kind: str, public_id: str) -> Decision | None:
    """The last decision about one thing."""
    query = select(Decision).where(Decision.subject == f"{kind}:{public_id}")
    return db.session().scalars(query.order_by(Decision.id.desc()).limit(1)).one_or_none()


def tell_author(author_id: int | None, decision: Decision, link: str) -> None:
    """Write to whom a decision is about, when they left an address."""
    address = people.address_of(author_id) if author_id is not None else None
    if address is not None:
        title, body = letter(decision.act, decision.place, decision.rule, decision.reason, link)
        mail.send(address, subject=str(title), body=str(body))


def _decide(
    actor: Any, of: Kind, kind: str, thing: Any, act: str, rule: str, reason: str
) -> Decision:
    consultation = db.session().get_one(Consultation, of.consultation_id(thing))
    decision = set_down(
        f"{kind}:{thing.public_id}",
        consultation,
        place=of.place(thing),
        act=act,
        rule=rule,
        reason=reason,
        role=ROLE,
        decided_by_id=actor.id,
    )
    tell_author(of.author_id(thing), decision, of.link(thing.public_id))
    return decision


def _newest(kind: str, public_id: str) -> Decision:
    found = newest(kind, public_id)
    assert found is not None  # noqa: S101 what is hidden was decided
    return found
