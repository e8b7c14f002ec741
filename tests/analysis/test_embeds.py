"""The card in somebody else's page: no cookie, no script, its own policy, nothing unpublished."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis import reports
from core import db
from core.people import Account
from ledger import opinions
from ledger.models import Consultation, Edition, Opinion
from tests.answered import YES, Case, again, enter


@pytest.fixture
def case(consultation: Consultation, officer: Account, approver: Account) -> Case:
    return Case(consultation, officer, approver)


@pytest.fixture
def edition(case: Case) -> Edition:
    with db.transaction():
        one, two = enter(case.consultation, "池を残して", "木を残して")
        return case.theme("水と木", [one, two]).approve().publish()


def addresses(edition: Edition) -> list[str]:
    return ["/embed/c/park", f"/embed/r/{again(edition).report.public_id}/1"]


def test_an_embed_sets_no_cookie_and_varies_by_none(
    client: FlaskClient, edition: Edition, resident: Account
) -> None:
    name = resident.display_name
    with client.session_transaction() as kept:
        kept["_user_id"] = again(resident).public_id
    client.set_cookie("lang", "en")
    for url in [*addresses(edition), "/embed/c/nothing", "/embed/r/nothing/1"]:
        answer = client.get(url)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert name not in answer.text
        assert 'lang="ja"' in answer.text  # the cookie of the site is not read


def test_an_embed_says_itself_who_may_frame_it(app: Flask, edition: Edition) -> None:
    browser = app.test_client()
    for url in addresses(edition):
        headers = browser.get(url).headers
        policy = headers["Content-Security-Policy"]
        assert f"frame-ancestors {app.config['TOMONI'].frame_ancestors}" in policy
        assert "script-src" not in policy
        assert "default-src 'none'" in policy
        assert "X-Frame-Options" not in headers
        assert headers["Cache-Control"] == "public, max-age=300"
    assert "frame-ancestors 'none'" in browser.get("/reports").headers["Content-Security-Policy"]


def test_an_embed_needs_no_script_and_leads_out_of_the_frame(
    client: FlaskClient, edition: Edition
) -> None:
    for url in addresses(edition):
        page = client.get(url).text
        assert "<script" not in page
        links = re.findall(r"<a [^>]*>", page)
        assert links
        for link in links:
            assert 'href="http://localhost/' in link
            assert 'target="_blank"' in link
            assert 'rel="noopener"' in link
        assert "<form" not in page


def test_an_embed_is_only_read(client: FlaskClient, edition: Edition) -> None:
    for url in addresses(edition):
        assert client.post(url).status_code == 405


def test_before_publication_the_card_says_so_calmly(client: FlaskClient, case: Case) -> None:
    (one,) = enter(case.consultation, "ひみつの文")
    case.theme("まだ見せないテーマ", [one]).approve().submit()
    answer = client.get("/embed/c/park")
    assert answer.status_code == 200
    assert "準備しています" in answer.text
    assert "まだ見せないテーマ" not in answer.text
    assert "ひみつの文" not in answer.text


def test_a_pinned_card_stays_and_says_that_there_is_a_newer_one(
    client: FlaskClient, case: Case, edition: Edition
) -> None:
    pinned = addresses(edition)[1]
    assert "新しい版" not in client.get(pinned).text
    second = db.session().scalars(select(Opinion).where(Opinion.seq == 2)).one()
    opinions.withdraw(second, role="resident")
    case.answer(case.themes[0], YES).approve()
    reports.correct(case.approver, again(edition).report, "取り下げのため")
    page = client.get(pinned).text
    assert "2<small>件" in page
    assert "新しい版があります" in page
    newest = client.get("/embed/c/park").text
    assert "1<small>件" in newest
    assert "第2版" in newest


def test_a_wrong_address_is_told_in_the_card(client: FlaskClient, case: Case) -> None:
    for url in ("/embed/c/nothing", "/embed/r/nothing/1", "/embed/c/" + "a" * 300):
        answer = client.get(url)
        assert answer.status_code == 404
        assert 'class="embed"' in answer.text


def test_the_language_is_in_the_address(client: FlaskClient, edition: Edition) -> None:
    assert '<html lang="en">' in client.get("/embed/c/park?lang=en").text
    assert '<html lang="ja">' in client.get("/embed/c/park?lang=xx").text
