"""Who takes part: one person is one member, the last place goes to one, names mislead nobody."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select

from core import clock, db
from core.errors import Closed, Conflict, DomainError, Forbidden, Invalid, NotFound
from core.people import Account
from ledger import receipts
from ledger.models import Consultation
from realtime import boards, invites, members, plans, workshops
from realtime.models import Invite, Joining, Member, Workshop
from realtime.phases import Role

T = TypeVar("T")


@pytest.fixture
def held(officer: Account, consultation: Consultation) -> Callable[..., Workshop]:
    """`held(capacity=1)` opens a workshop with three tables."""

    def make(**more: object) -> Workshop:
        given: dict[str, object] = {
            "title": "広場の使い方",
            "questions": ["何をしたいですか"],
            **more,
        }
        return workshops.open_workshop(
            officer,
            consultation,
            held_at=clock.now() + timedelta(hours=1),
            plan=plans.begun_from("kj", consultation.department),
            key=db.public_id(),
            **given,  # type: ignore[arg-type]
        )

    return make


def at_once(acts: list[Callable[[], T]]) -> list[T | DomainError]:
    """What several people get who press in the same moment."""

    def one(act: Callable[[], T]) -> T | DomainError:
        try:
            return act()
        except DomainError as error:
            return error
        finally:
            db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(one, act) for act in acts]]


def joining(workshop: Workshop, name: str, key: str) -> Callable[[], str]:
    public_id = workshop.public_id
    return lambda: members.join(workshops.by_address(public_id), name, key=key).public_id


def test_whoever_joins_sits_at_the_emptiest_table_and_gets_a_receipt(
    held: Callable[..., Workshop],
) -> None:
    workshop = held()
    people = [members.join(workshop, f"人{n}", key=f"k{n}") for n in range(6)]
    assert [one.table_key for one in people] == ["t001", "t002", "t003"] * 2
    assert len({members.receipt(one).number for one in people}) == 6
    receipt = members.receipt(people[0])
    assert receipts.find(receipt.number, receipts.secret(receipt)).id == receipt.id


def test_the_same_form_is_one_member_and_so_is_one_account(
    both_engines: str, held: Callable[..., Workshop], resident: Account
) -> None:
    workshop = held()
    account = resident.id

    def signed_in(key: str) -> Callable[[], str]:
        public_id = workshop.public_id

        def act() -> str:
            found = db.session().get_one(Account, account)
            return members.join(
                workshops.by_address(public_id), "坂の上", account=found, key=key
            ).public_id

        return act

    assert members.join(workshop, "けやき", key="k").id == members.join(workshop, "x", key="k").id
    guests = at_once([joining(workshop, "つばめ", "same") for _press in range(4)])
    assert len(set(guests)) == 1
    accounts = at_once([signed_in(f"window-{n}") for n in range(4)])
    assert len(set(accounts)) == 1
    rows = list(db.session().scalars(select(Member.name).order_by(Member.id)))
    assert sorted(rows) == ["けやき", "つばめ", "坂の上"]


def test_the_last_place_goes_to_one(both_engines: str, held: Callable[..., Workshop]) -> None:
    workshop = held(capacity=3)
    got = at_once([joining(workshop, f"人{n}", f"k{n}") for n in range(8)])
    assert sum(isinstance(one, str) for one in got) == 3
    assert all(isinstance(one, str | Conflict) for one in got)
    assert members.count(workshop) == 3
    state, _seq = boards.of(workshop).whole()
    assert len(state["members"]) == 3
    gone = next(one for one in got if isinstance(one, str))
    members.send_away(_officer(), workshops.by_address(workshop.public_id), gone)
    assert members.join(workshop, "おそい人", key="late").name == "おそい人"


def _officer() -> Account:
    return db.session().scalars(select(Account).where(Account.display_name.contains("森川"))).one()


def test_facilitators_and_helpers_take_no_place(
    held: Callable[..., Workshop], officer: Account
) -> None:
    workshop = held(capacity=1)
    lead = members.lead(officer, workshop)
    assert members.lead(officer, workshop).id == lead.id
    members.join(workshop, "てつだい", key="h", is_helper=True)
    members.join(workshop, "けやき", key="a")
    with pytest.raises(Conflict):
        members.join(workshop, "つばめ", key="b")
    assert members.count(workshop) == 1
    assert members.counts([workshop]) == {workshop.id: 1}
    assert members.counts([]) == {}


def test_who_joined_as_somebody_else_can_still_lead(
    held: Callable[..., Workshop], officer: Account, consultation: Consultation
) -> None:
    workshop = held()
    with db.transaction() as tx:
        before = Member(
            workshop_id=workshop.id, name="広瀬", role=Role.MEMBER, token_hash="x",
            account_id=officer.id, joined_at=clock.now(),
        )  # fmt: skip
        tx.add(before)
        tx.flush()
        joins = {"op": "member.join", "id": before.public_id, "name": "広瀬", "role": "member"}
        boards.append(workshop.id, [{**joins, "table": "t001"}])
    lead = members.lead(officer, workshop)
    assert (lead.id, lead.role, lead.table_key) == (before.id, Role.LEAD, "")
    assert boards.of(workshop).role_of(lead.public_id) == Role.LEAD


def test_a_code_and_an_invitation_are_asked_for(
    held: Callable[..., Workshop], officer: Account, stranger: Account
) -> None:
    coded = held(joining=Joining.CODE)
    for code in ("", "AAAAAA", f"{coded.code}A"):
        with pytest.raises(Forbidden):
            members.join(coded, "けやき", code=code, key="a")
    assert members.join(coded, "けやき", code=f" {(coded.code or '').lower()} ", key="a")
    shut = held(joining=Joining.INVITED)
    sent: list[str] = []

    def link(token: str) -> str:
        sent.append(token)
        return f"/w/x?invite={token}"

    assert invites.invite(officer, shut, ["ann@example.jp", "ANN@example.jp"], link=link) == 1
    with pytest.raises(Forbidden):
        members.join(shut, "だれか", key="b")
    with pytest.raises(Forbidden):
        members.join(coded, "だれか", key="b", invite=sent[0])
    with pytest.raises(Forbidden):
        members.join(held(joining=Joining.INVITED), "だれか", key="b", invite=sent[0])
    ann = members.join(shut, "あん", key="b", invite=sent[0])
    assert members.join(shut, "あん2", key="c", invite=sent[0]).id == ann.id
    [row] = db.session().scalars(select(Invite))
    kept = " ".join(str(getattr(row, column.key)) for column in Invite.__table__.columns)
    assert "ann@" not in kept
    assert sent[0] not in kept
    assert [one.has_joined for one in invites.of(shut)] == [True]
    with pytest.raises(Forbidden):
        invites.invite(stranger, shut, ["x@example.jp"], link=link)
    with pytest.raises(NotFound):
        invites.withdraw(officer, coded, row.public_id)
    members.send_away(officer, shut, ann.public_id)
    with pytest.raises(Forbidden):
        members.join(shut, "あん3", key="d", invite=sent[0])


def test_who_was_sent_away_does_not_come_back_by_the_same_form(
    held: Callable[..., Workshop], officer: Account, resident: Account
) -> None:
    workshop = held()
    ann = members.join(workshop, "けやき", key="a")
    with pytest.raises(Forbidden):
        members.send_away(resident, workshop, ann.public_id)
    lead = members.lead(officer, workshop)
    members.send_away(officer, workshop, lead.public_id)
    assert members.known(workshop, lead.public_id) is not None
    members.send_away(officer, workshop, ann.public_id)
    members.send_away(officer, workshop, ann.public_id)
    assert members.known(workshop, ann.public_id) is None
    with pytest.raises(Forbidden):
        members.join(workshop, "けやき", key="a")


def test_roles_are_given_by_who_leads(
    held: Callable[..., Workshop], officer: Account, resident: Account
) -> None:
    workshop = held()
    ann = members.join(workshop, "けやき", key="a")
    assert members.trust(officer, workshop, ann.public_id, Role.HELPER).table_key == ""
    assert members.trust(officer, workshop, ann.public_id, Role.HOST).table_key == "t001"
    assert boards.of(workshop).role_of(ann.public_id) == Role.HOST
    lead = members.lead(officer, workshop)
    for public_id, role in (
        (ann.public_id, Role.LEAD),
        (ann.public_id, Role.VIEWER),
        (lead.public_id, Role.MEMBER),
        ("nobody", Role.HELPER),
    ):
        with pytest.raises(NotFound):
            members.trust(officer, workshop, public_id, role)
    with pytest.raises(Forbidden):
        members.trust(resident, workshop, ann.public_id, Role.HELPER)
    workshops.close(officer, workshop)
    with pytest.raises(Closed):
        members.trust(officer, workshop, ann.public_id, Role.HELPER)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "　",
        "職員",
        "進 行 役",
        "進\u200b行役",
        "Ｍｏｄｅｒａｔｏｒ",
        "司会の田中",
        "あ" * 21,
        "a\x00",
    ],
)
def test_names_that_mislead_or_can_not_be_shown_are_refused(
    held: Callable[..., Workshop], name: str
) -> None:
    with pytest.raises(Invalid) as refused:
        members.join(held(), name, key="a")
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["けやき", "𠮷野 髙", "Ａｎｎ", "🌱", "あ" * 20])
def test_other_names_are_shown_as_typed(held: Callable[..., Workshop], name: str) -> None:
    workshop = held()
    member = members.join(workshop, name, key="a")
    assert member.name == name
    state, _seq = boards.of(workshop).whole()
    assert state["members"][member.public_id]["name"] == name


def test_nobody_joins_what_is_over(held: Callable[..., Workshop], officer: Account) -> None:
    workshop = held()
    before = workshops.by_address(workshop.public_id)
    db.session().expunge(before)  # as a page read it before the end
    workshops.close(officer, workshops.by_address(before.public_id))
    with pytest.raises(Closed):
        members.join(before, "けやき", key="a")
    with pytest.raises(Closed):
        members.join(workshops.by_address(before.public_id), "けやき", key="b")
