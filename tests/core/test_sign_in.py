from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core import clock, db, mail, people, setups, sign_in_codes
from core.auth import open_account
from core.config import Settings
from core.errors import Conflict, Invalid, TooMany
from core.factory import create_app
from core.people import Account, Person

MAIL = "keyaki@example.jp"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed with the least work: what is tested is not argon2."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people, "_hasher", quick)
    monkeypatch.setattr(people, "_NOBODY", quick.hash("nobody"))


def newest_code() -> str:
    db.session().rollback()
    found = re.search(r"\d{6}", mail.newest(1)[0].subject)
    assert found
    return found.group()


def who(client: FlaskClient) -> str | None:
    with client.session_transaction() as kept:
        return kept.get("_user_id")


def ask(client: FlaskClient, email: str = MAIL, target: str = "") -> str:
    answer = client.post("/sign-in", data={"email": email, "next": target})
    assert answer.status_code == 303, answer.text
    return answer.location


def member(email: str = MAIL, password: str | None = None) -> Account:
    return people.create(email, "けやき坂の住人", password=password)


def test_a_resident_signs_in_with_the_mailed_code(client: FlaskClient) -> None:
    name = member().public_id
    assert ask(client, " ＫＥＹＡＫＩ@example.jp ", "/c/park?x=1") == "/sign-in/code"
    code = newest_code()
    wide = code.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    answer = client.post("/sign-in/code", data={"code": f"{wide[:3]} {wide[3:]}"})
    assert (answer.status_code, answer.location) == (303, "/c/park?x=1")
    assert who(client) == name


@pytest.mark.parametrize("address", ["/sign-in", "/sign-in/password"])
def test_known_and_unknown_addresses_get_the_same_answer(client: FlaskClient, address: str) -> None:
    member()
    pages = []
    for email in (MAIL, "new@example.jp"):
        form = {"email": email, "password": "wrong" * 3}
        page = client.post(address, data=form, follow_redirects=True).text
        pages.append(re.sub(r'(name="csrf_token"[^>]*value=)"[^"]+"', "", page).replace(email, "x"))
    assert pages[0] == pages[1]


def test_a_newcomer_is_asked_for_a_name_and_nothing_else(client: FlaskClient) -> None:
    ask(client, "new@example.jp", "/rooms")
    assert client.post("/sign-in/code", data={"code": newest_code()}).location == "/sign-in/name"
    assert who(client) is None
    page = client.post("/sign-in/name", data={"display_name": "　", "ties": ["在学"]})
    assert page.status_code == 422
    assert re.search(r'<input[^>]*checked[^>]*value="在学"', page.text)
    form = {"display_name": "北の坂", "ties": ["在学", "在勤", "火星"]}
    assert client.post("/sign-in/name", data=form).status_code == 422
    form["ties"] = ["在学", "在勤"]
    assert client.post("/sign-in/name", data=form).location == "/rooms"
    account = people.by_email("new@example.jp")
    assert account is not None
    assert (account.display_name, account.ties) == ("北の坂", ["在勤", "在学"])
    assert who(client) == account.public_id


def test_a_name_pressed_twice_is_one_account(both_engines: str, app: Flask) -> None:
    first = open_account(MAIL, "北の坂", ["在住"])
    assert open_account(MAIL, "北の坂", ["在住"]).id == first.id
    assert db.session().scalar(select(func.count(Person.account_id))) == 1


def test_a_name_is_not_asked_of_who_proved_nothing(client: FlaskClient) -> None:
    assert client.get("/sign-in/name").location == "/sign-in"
    assert client.post("/sign-in/name", data={"display_name": "x"}).location == "/sign-in"
    ask(client)
    assert client.post("/sign-in/name", data={"display_name": "x"}).location == "/sign-in"
    assert db.session().scalar(select(func.count(Account.id))) == 0


def test_a_proof_grows_old(client: FlaskClient) -> None:
    ask(client)
    client.post("/sign-in/code", data={"code": newest_code()})
    with clock.at(clock.now() + timedelta(minutes=31)):
        assert client.get("/sign-in/name").location == "/sign-in"


def test_a_wrong_code_is_refused_and_five_use_it_up(client: FlaskClient) -> None:
    member()
    ask(client)
    code = newest_code()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(sign_in_codes.CODE_TRIES):
        assert client.post("/sign-in/code", data={"code": wrong}).status_code == 422
    assert client.post("/sign-in/code", data={"code": code}).status_code == 422
    assert who(client) is None


def test_a_code_is_used_once_and_for_fifteen_minutes(database: Flask) -> None:
    sign_in_codes.request(MAIL)
    code = newest_code()
    with clock.at(clock.now() + timedelta(minutes=16)), pytest.raises(Invalid):
        sign_in_codes.redeem(MAIL, code)
    assert sign_in_codes.redeem(MAIL, code) == MAIL
    with pytest.raises(Invalid):
        sign_in_codes.redeem(MAIL, code)


def test_a_code_of_somebody_else_opens_nothing(database: Flask) -> None:
    sign_in_codes.request(MAIL)
    with pytest.raises(Invalid):
        sign_in_codes.redeem("other@example.jp", newest_code())


def test_an_address_is_mailed_only_so_often(client: FlaskClient) -> None:
    for _ in range(sign_in_codes.CODES_PER_HOUR):
        ask(client)
    refused = client.post("/sign-in", data={"email": MAIL})
    assert refused.status_code == 422
    assert "短い時間に何度も" in refused.text
    assert f'value="{MAIL}"' in refused.text
    with pytest.raises(TooMany):
        sign_in_codes.request(MAIL.upper())


def test_one_account_is_tried_only_so_often_and_others_still_can(client: FlaskClient) -> None:
    account = member("other@example.jp", password="correct horse battery")
    for _ in range(10):
        client.post("/sign-in/password", data={"email": MAIL, "password": "wrong" * 3})
    refused = client.post("/sign-in/password", data={"email": f" {MAIL.upper()}", "password": "x"})
    assert refused.status_code == 429
    assert "少し待って" in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    form = {"email": "other@example.jp", "password": "correct horse battery"}
    assert client.post("/sign-in/password", data=form).status_code == 303
    assert who(client) == account.public_id


def test_a_password_signs_in_and_a_wrong_one_does_not(client: FlaskClient) -> None:
    account = member(password="correct horse battery")
    form = {"email": MAIL, "password": "correct horse", "next": "/rooms"}
    refused = client.post("/sign-in/password", data=form)
    assert refused.status_code == 422
    assert "correct horse" not in refused.text
    assert '<details class="fold entry__fold" open>' in refused.text
    assert who(client) is None
    form["password"] = "correct horse battery"
    assert client.post("/sign-in/password", data=form).location == "/rooms"
    assert who(client) == account.public_id


def test_an_account_without_a_password_has_none_to_guess(database: Flask) -> None:
    member()
    for guess in ("", " ", "None"):
        with pytest.raises(Invalid):
            people.check_password(MAIL, guess)


def test_a_planted_session_is_not_carried_into_the_account(client: FlaskClient) -> None:
    member(password="correct horse battery")
    client.get("/sign-in")  # the page's CSRF secret is in the session now
    with client.session_transaction() as kept:
        kept["planted"] = "by somebody"
        planted = kept.get("csrf_token")
    form = {"email": MAIL, "password": "correct horse battery"}
    client.post("/sign-in/password", data=form)
    with client.session_transaction() as kept:
        assert "planted" not in kept
        assert planted is None or kept.get("csrf_token") != planted


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(client: FlaskClient, target: str) -> None:
    member()
    ask(client, target=target)
    assert client.post("/sign-in/code", data={"code": newest_code()}).location == "/"
    assert client.get("/sign-in", query_string={"next": target}).location == "/"


def test_staff_begin_at_their_desk(client: FlaskClient, officer: Account) -> None:
    people.set_password(officer, "correct horse battery")
    email = people.address_of(officer.id)
    form = {"email": email, "password": "correct horse battery"}
    assert client.post("/sign-in/password", data=form).location == "/desk"


def test_signing_out_leaves_nothing(client: FlaskClient) -> None:
    member(password="correct horse battery")
    client.post("/sign-in/password", data={"email": MAIL, "password": "correct horse battery"})
    assert client.get("/sign-out").status_code == 405
    assert who(client) is not None
    assert client.post("/sign-out").status_code == 303
    assert who(client) is None


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a b@c.jp", "あ" * 300 + "@a.jp", "a" * 1_000_000]
)
def test_what_is_no_address_comes_back_in_the_form(client: FlaskClient, email: str) -> None:
    answer = client.post("/sign-in", data={"email": email})
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert db.session().scalar(select(func.count(mail.Letter.id))) == 0


@pytest.fixture
def demo(settings: Settings) -> Iterator[Flask]:
    app = create_app(dataclasses.replace(settings, demo=True))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    db.session.remove()
    app.extensions["engine"].dispose()


def test_a_demo_lets_a_visitor_be_anybody_of_it_and_nobody_else(demo: Flask) -> None:
    acted = people.create("officer@example.jp", "デモの職員", is_demo=True)
    real = member()
    browser = demo.test_client()
    page = browser.get("/sign-in").text
    assert "デモの職員" in page
    assert "けやき坂の住人" not in page
    assert browser.post("/sign-in/demo", data={"public_id": real.public_id}).status_code == 404
    assert browser.post("/sign-in/demo", data={"public_id": "nobody"}).status_code == 404
    form = {"public_id": acted.public_id, "next": "//evil.example"}
    assert browser.post("/sign-in/demo", data=form).location == "/"
    assert who(browser) == acted.public_id


def test_outside_a_demo_there_are_no_such_buttons(client: FlaskClient) -> None:
    acted = people.create("officer@example.jp", "デモの職員", is_demo=True)
    assert "デモの職員" not in client.get("/sign-in").text
    assert client.post("/sign-in/demo", data={"public_id": acted.public_id}).status_code == 404


def test_the_first_operator_signs_up_once(client: FlaskClient, app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["setup-token"]).stdout
    address = urlsplit(printed.strip()).path
    form = {"email": MAIL, "display_name": "区民参加課 木村", "password": "short"}
    refused = client.post(address, data=form)
    assert refused.status_code == 422
    assert "short" not in refused.text.replace("input--short", "")
    form["password"] = "correct horse battery"
    assert client.post(address, data=form).location == "/desk/people"
    assert client.get("/desk/people").status_code == 200
    assert client.get(address).status_code == 404
    assert app.test_client().post(address, data={**form, "email": "x@y.jp"}).status_code == 404
    with pytest.raises(Conflict):
        setups.issue_token()


def test_a_made_up_setup_address_is_not_there(client: FlaskClient) -> None:
    assert client.get("/setup/made-up").status_code == 404
