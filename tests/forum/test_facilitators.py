"""Naming who leads a room, and taking the room back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db, people, record, scopes
from core.errors import Forbidden, Invalid, NotFound
from core.mail import Letter
from core.people import Account, Grant, Role
from core.permissions import permits
from forum import facilitators, rooms
from forum.models import Room
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]
LINK = "http://localhost/rm/x"


def name(actor: Account | None, room: Room, email: str = "host@example.jp", **more: str) -> Account:
    return facilitators.name(actor, room, email, link=LINK, **more)


def letters() -> list[Letter]:
    return list(db.session().scalars(select(Letter).order_by(Letter.id)))


def test_somebody_new_is_named_and_told(room: Room, officer: Account) -> None:
    host = name(officer, room, " Host@Example.jp", display_name="進行 はな")
    assert host.holds(Role.FACILITATOR, {f"room:{room.public_id}"})
    assert not host.holds(Role.FACILITATOR, {room.consultation.scope})
    assert permits(host, "topics.sum_up", room)
    (letter,) = letters()
    assert letter.to == "host@example.jp"
    assert room.title in letter.body
    assert LINK in letter.body
    kinds = db.session().scalars(select(record.Entry.kind)).all()
    assert "role.granted" in kinds


def test_somebody_known_keeps_their_name(room: Room, officer: Account, resident: Account) -> None:
    address = people.address_of(resident.id)
    assert address is not None
    assert name(officer, room, address, display_name="ほかの名前").id == resident.id
    assert resident.display_name == "けやき坂の住人"


def test_naming_twice_tells_once(room: Room, officer: Account, other_officer: Account) -> None:
    name(officer, room, display_name="進行 はな")
    name(other_officer, room)
    assert len(letters()) == 1
    assert len(facilitators.of(room)) == 1


def test_an_unknown_address_needs_a_name(room: Room, officer: Account) -> None:
    with pytest.raises(Invalid) as refused:
        name(officer, room)
    assert refused.value.field == "display_name"
    with pytest.raises(Invalid) as refused:
        name(officer, room, "nobody")
    assert refused.value.field == "email"
    assert letters() == []


def test_only_officers_of_the_department_name_and_dismiss(
    room: Room, officer: Account, stranger: Account, resident: Account, facilitator: Account
) -> None:
    name(officer, room, display_name="進行 はな")
    grant = next(g for g, _account in facilitators.of(room) if g.scope.startswith("room:"))
    for actor in (stranger, resident, facilitator, None):
        with pytest.raises(Forbidden):
            name(actor, room, "other@example.jp", display_name="他")
        with pytest.raises(Forbidden):
            facilitators.dismiss(actor, room, grant.id, link=LINK)


def test_who_is_dismissed_leads_no_more_and_is_told(room: Room, officer: Account) -> None:
    host = name(officer, room, display_name="進行 はな")
    ((grant, _account),) = facilitators.of(room)
    facilitators.dismiss(officer, room, grant.id, link=LINK)
    assert facilitators.of(room) == []
    assert not permits(db.session().get_one(Account, host.id), "topics.sum_up", room)
    assert len(letters()) == 2
    with pytest.raises(NotFound):
        facilitators.dismiss(officer, room, grant.id, link=LINK)


def test_an_officer_takes_no_role_that_is_not_the_rooms(
    room: Room, officer: Account, approver: Account, facilitator: Account
) -> None:
    others = [
        grant
        for grant in db.session().scalars(select(Grant))
        if grant.account_id in {officer.id, approver.id, facilitator.id}
    ]
    assert others
    for grant in others:
        with pytest.raises(NotFound):
            facilitators.dismiss(officer, room, grant.id, link=LINK)


def test_a_room_is_a_scope_with_a_name(room: Room) -> None:
    address = f"room:{room.public_id}"
    assert scopes.label_of(address) == f"会議室：{room.title}"
    assert scopes.around(address) == {address, *room.consultation.scopes()}
    assert rooms.as_scopes()[0] in scopes.known()


def test_facilitators_are_named_and_dismissed_on_a_page(
    room: Room, officer: Account, browser_of: Browser
) -> None:
    path = f"/rm/{room.public_id}/facilitators"
    visitor = Visitor(browser_of(officer)).open(path)
    assert "まだ進行役がいません" in visitor.text
    assert visitor.press("進行役を加える", email="host@example.jp").status == 422
    visitor.press("進行役を加える", email="host@example.jp", display_name="進行 はな")
    assert "進行はなさんを進行役に加え" in visitor.text
    assert "host@example.jp" not in visitor.html
    assert path.removesuffix("/facilitators") in letters()[0].body
    visitor.press("受け持ちを終える")
    assert "まだ進行役がいません" in visitor.text
