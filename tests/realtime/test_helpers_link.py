"""The helpers' link: it makes a helper of whoever has it, until the lead takes it back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from core.errors import Conflict, Forbidden
from core.people import Account
from ledger.models import Consultation
from realtime import invites, members, workshops
from realtime.models import Joining, Workshop
from realtime.phases import Role
from tests.answered import again
from tests.realtime.hands import open_workshop
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return open_workshop(officer, consultation, joining=Joining.CODE)


def link(chair: Visitor, workshop: Workshop) -> str:
    """The link as the page of a workshop's people shows it; "" when there is none."""
    chair.open(f"/w/{again(workshop).public_id}/people")
    found = re.search(r"/w/[a-z0-9]+\?as=[^<\s]+", chair.text)
    return found[0] if found else ""


def roles(workshop: Workshop) -> list[str]:
    return [one.role for one in members.here(again(workshop))]


def test_whoever_has_the_link_is_a_helper_without_a_code(
    workshop: Workshop, client: FlaskClient, browser_of: Browser, facilitator: Account
) -> None:
    chair = Visitor(browser_of(facilitator))
    helper = Visitor(client).open(link(chair, workshop))
    assert "助手として参加する" in helper.text
    helper.press("参加する", name="てつだい")
    assert roles(workshop) == [Role.HELPER]


def test_a_link_that_was_taken_back_makes_nobody_a_helper(
    workshop: Workshop,
    client: FlaskClient,
    browser_of: Browser,
    facilitator: Account,
    resident: Account,
) -> None:
    chair = Visitor(browser_of(facilitator))
    old = link(chair, workshop)
    early, late = Visitor(client).open(old), Visitor(browser_of(resident))
    chair.press("リンクを使えなくする")
    assert link(chair, workshop) == ""
    assert "いまは、助手のリンクがありません" in chair.text
    late.open(old)
    assert "助手のリンクは、使えなくなりました" in late.text
    assert "助手として参加する" not in late.text
    early.press("参加する", name="てつだい")  # the page was open before
    assert early.status == 403
    assert "助手のリンクは、使えなくなりました" in early.text
    assert roles(workshop) == []
    early.press("参加する", name="てつだい", code=again(workshop).code or "")
    assert roles(workshop) == [Role.MEMBER]


def test_a_new_link_works_and_the_old_one_does_not(
    workshop: Workshop,
    client: FlaskClient,
    browser_of: Browser,
    facilitator: Account,
    resident: Account,
) -> None:
    chair, second = Visitor(browser_of(facilitator)), Visitor(browser_of(resident))
    old = link(chair, workshop)
    first = Visitor(client).open(old)
    first.press("参加する", name="さきの人")
    chair.open(f"/w/{again(workshop).public_id}/people").press("新しいリンクに替える")
    new = link(chair, workshop)
    assert new != old
    assert "助手として参加する" in second.open(new).text
    assert "使えなくなりました" in second.open(old).text
    assert roles(workshop) == [Role.HELPER]  # who came by it stays


def test_only_who_leads_takes_the_link_back_and_only_while_it_is_open(
    workshop: Workshop, officer: Account, stranger: Account, browser_of: Browser
) -> None:
    key, url = workshop.helpers_key, f"/w/{workshop.public_id}/people/helpers-link"
    for act in (invites.close_helpers_link, invites.renew_helpers_link):
        with pytest.raises(Forbidden):
            act(stranger, workshop)
    refused = browser_of(stranger).post(url)
    assert refused.status_code == 403
    assert again(workshop).helpers_key == key
    workshops.close(again(officer), again(workshop))
    with pytest.raises(Conflict):
        invites.close_helpers_link(again(officer), again(workshop))


def test_the_link_of_one_workshop_opens_no_other(
    workshop: Workshop,
    officer: Account,
    consultation: Consultation,
    client: FlaskClient,
    browser_of: Browser,
    facilitator: Account,
) -> None:
    other = open_workshop(officer, again(consultation), key="w-2")
    token = link(Visitor(browser_of(facilitator)), workshop).partition("as=")[2]
    page = Visitor(client).open(f"/w/{again(other).public_id}?as={token}")
    assert "助手として参加する" not in page.text
