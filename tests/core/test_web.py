from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import db, permissions, web
from core.config import Settings
from core.errors import Invalid, NotFound, Stale, TooMany
from core.factory import create_app
from core.messages import _
from core.people import Account
from core.web import permits

TYPED = "三行にわたる、\nたいせつな\n意見です。<script>"


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application of the test's own: pages are added to it."""
    app = create_app(settings)
    yield app
    db.session.remove()
    app.extensions["engine"].dispose()


@pytest.fixture
def pages(app: Flask) -> Flask:
    """The application with a few pages of the test's own."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def undeclared() -> str:
        return "nobody may see this"

    @permits("public")
    def form() -> str:
        return "taken"

    @permits("public")
    def breaks() -> str:
        raise ZeroDivisionError("a secret of the house")

    @permits("public")
    def stale() -> str:
        raise Stale(current="いまの文です。", yours=TYPED)

    @permits("roles.grant")
    def closed() -> str:
        return "for the operator"

    for view in (undeclared, form, breaks, stale, closed):
        app.add_url_rule(f"/test/{view.__name__}", view_func=view, methods=["GET", "POST"])
    return app


@pytest.fixture
def guarded(pages: Flask) -> FlaskClient:
    """A browser of an application that asks for the CSRF token."""
    return pages.test_client()


@pytest.fixture
def visitor(pages: Flask, client: FlaskClient) -> FlaskClient:
    return client


def token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found.group(1)


def test_every_page_carries_the_headers(visitor: FlaskClient) -> None:
    for address in ("/sign-in", "/nowhere", "/test/breaks", "/healthz"):
        headers = visitor.get(address).headers
        assert headers["Content-Security-Policy"] == web.CSP
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_a_signed_in_page_is_kept_by_nobody(
    browser_of: Callable[[Account], FlaskClient], officer: Account, client: FlaskClient
) -> None:
    assert browser_of(officer).get("/search").headers["Cache-Control"] == "private, no-store"
    assert client.get("/search").headers["Cache-Control"] == "private, no-cache"


def test_a_page_that_declares_nothing_is_refused(visitor: FlaskClient) -> None:
    answer = visitor.get("/test/undeclared")
    assert answer.status_code == 403
    assert "nobody may see this" not in answer.text


def test_a_visitor_is_asked_to_sign_in_and_comes_back(visitor: FlaskClient) -> None:
    answer = visitor.get("/test/closed?page=2")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/test/closed?page%3D2"


def test_who_lacks_the_permission_is_refused(
    pages: Flask,
    browser_of: Callable[[Account], FlaskClient],
    resident: Account,
    operator: Account,
) -> None:
    assert browser_of(resident).get("/test/closed").status_code == 403
    assert browser_of(operator).get("/test/closed").text == "for the operator"


def test_an_expired_form_gives_the_text_back_and_can_be_sent_again(guarded: FlaskClient) -> None:
    answer = guarded.post("/test/form", data={"body": TYPED, "key": "k1", "password": "秘密"})
    assert answer.status_code == 400
    page = answer.text
    assert "もう一度お送りください" in page
    assert TYPED in unescape(page)
    assert "<script>" not in page.replace('<script type="module"', "")
    assert "秘密" not in page
    again = {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }
    assert (again["body"], again["key"]) == (TYPED, "k1")
    sent = guarded.post("/test/form", data={**again, "csrf_token": token(page)})
    assert sent.text == "taken"


def test_a_form_from_elsewhere_is_not_taken(guarded: FlaskClient) -> None:
    assert guarded.post("/test/form", data={"csrf_token": "made up"}).status_code == 400
    assert guarded.post("/sign-out").status_code == 400


@pytest.mark.parametrize(
    ("target", "is_local"),
    [
        ("/c/park?x=1#y", True),
        ("//evil.example", False),
        ("https://evil.example/", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("/\t/evil.example", False),
        ("javascript:alert(1)", False),
        ("evil.example", False),
        ("", False),
        (None, False),
    ],
)
def test_no_address_leads_out_of_the_site(target: str | None, is_local: bool) -> None:
    assert web.local_path(target, "/home") == (target if is_local else "/home")


def test_the_language_is_kept_and_leads_nowhere_else(client: FlaskClient) -> None:
    answer = client.post("/language", data={"code": "en", "next": "//evil.example"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert 'lang="en"' in client.get("/sign-in").text
    client.post("/language", data={"code": "xx"})
    assert 'lang="en"' in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("address", "method", "status"),
    [("/nowhere", "GET", 404), ("/sign-out", "GET", 405), ("/healthz", "DELETE", 405)],
)
def test_a_wrong_address_or_way_has_a_page(
    visitor: FlaskClient, address: str, method: str, status: int
) -> None:
    answer = visitor.open(address, method=method)
    assert answer.status_code == status
    assert "<h1" in answer.text


def test_what_broke_says_so_and_nothing_of_the_house(visitor: FlaskClient) -> None:
    answer = visitor.post("/test/breaks", data={"body": TYPED})
    assert answer.status_code == 500
    assert "こちらの不具合です" in answer.text
    assert "secret of the house" not in answer.text
    assert TYPED in unescape(answer.text)


def test_two_people_at_once_lose_neither_text(visitor: FlaskClient) -> None:
    answer = visitor.post("/test/stale")
    assert answer.status_code == 409
    assert "いまの文です。" in answer.text
    assert TYPED in unescape(answer.text)


def test_too_much_at_once_has_a_page(visitor: FlaskClient) -> None:
    answer = visitor.post("/test/form", data={"body": "a" * 5_000_000})
    assert answer.status_code == 413
    assert "大きすぎて受け取れません" in answer.text
    headers = {"CONTENT_LENGTH": str(web.MAX_REQUEST + 1)}
    assert visitor.post("/test/form", environ_overrides=headers).status_code == 413


def test_a_program_gets_json(visitor: FlaskClient) -> None:
    answer = visitor.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert "error" in answer.json


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFound(), 404), (TooMany(), 429), (Invalid("body", _("入力してください。")), 422)],
)
def test_a_refusal_knows_its_status(app: Flask, error: Exception, status: int) -> None:
    app.config["WTF_CSRF_ENABLED"] = False

    @permits("public")
    def refuses() -> str:
        raise error

    app.add_url_rule("/test/refuses", view_func=refuses)
    assert app.test_client().get("/test/refuses").status_code == status


def test_an_undeclared_permission_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        permissions.permits(None, "never.declared")


def test_ready_says_whether_the_database_answers(client: FlaskClient, settings: Settings) -> None:
    assert client.get("/readyz").json == {"ok": True, "database": True}


def test_not_ready_without_tables(settings: Settings) -> None:
    empty = dataclasses.replace(settings, database_url=f"sqlite:///{settings.data_dir}/none.db")
    app = create_app(empty)
    assert app.test_client().get("/readyz").status_code == 503
    assert app.test_client().get("/healthz").status_code == 200
    app.extensions["engine"].dispose()


@pytest.fixture
def app_of(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """An application with other settings."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        app = create_app(dataclasses.replace(settings, **changes))
        app.config["WTF_CSRF_ENABLED"] = False
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["engine"].dispose()


def test_letters_are_read_only_where_nothing_is_sent(app_of: Callable[..., Flask]) -> None:
    def status(**changes: object) -> int:
        return app_of(**changes).test_client().get("/dev/letters").status_code

    assert status(environment="development") == 200
    assert status(environment="production", demo=True) == 200
    assert status(environment="production") == 404
    assert status(environment="development", mail_url="smtp://localhost") == 404
