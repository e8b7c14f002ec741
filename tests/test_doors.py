"""Doors an attacker tried: each was open once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import auth, clock, config, db, mail, people
from core.config import Settings
from core.errors import Invalid
from core.people import Account
from forum import comments
from forum.models import Topic
from ledger import answers, opinions, queries, themes
from ledger.answers import Draft
from ledger.filings import UNNAMED
from ledger.models import Answer, AnswerState, Consultation, Opinion, Theme
from tests.answered import Case, enter

FAR = "99999999999999999999999"


def test_a_misspelt_environment_is_refused() -> None:
    for said in ("prod", "Production", ""):
        with pytest.raises(config.Unsafe):
            config.from_environment({"TOMONI_ENV": said})


def test_a_demo_account_opens_nothing_outside_a_demo(app: Flask, settings: Settings) -> None:
    account = people.create("demo@example.jp", "見本", password="tomoni-demo-2026", is_demo=True)
    public_id = account.public_id
    with app.test_request_context():
        assert auth.load(public_id) is None
        with pytest.raises(Invalid):
            auth.enter(people.check_password("demo@example.jp", "tomoni-demo-2026"))
    app.config["TOMONI"] = dataclasses.replace(settings, demo=True)
    with app.test_request_context():
        assert auth.load(public_id) is not None


def test_a_new_name_reopens_an_approval(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    theme = themes.create(officer, consultation, "木を残す")
    answer = answers.save(officer, theme, Draft("reference", view="参考にします。"), version=0)
    answers.submit(officer, answer)
    answers.approve_all(approver, consultation)
    fresh = db.session().get_one(Theme, theme.id)
    themes.rename(officer, fresh, "別の名前", version=fresh.version)
    assert db.session().get_one(Answer, answer.id).state == AnswerState.DRAFT


@pytest.mark.parametrize(
    "path",
    [
        "/t/{topic}/since/" + FAR,
        "/t/{topic}/since/0?at=0001-01-01T00:00:00%2B14:00",
        "/r/{report}/" + FAR,
        "/r/{report}/" + FAR + ".csv",
        "/r/{report}?group=" + FAR,
        "/embed/r/{report}/" + FAR,
    ],
)
def test_an_endless_number_in_an_address_is_no_error_of_ours(
    client: FlaskClient,
    path: str,
    topic: Topic,
    consultation: Consultation,
    officer: Account,
    approver: Account,
) -> None:
    room = topic.public_id
    case = Case(consultation, officer, approver)
    edition = case.theme("木", enter(consultation, "木を残す", "枝を切る")).approve().publish()
    said = path.format(topic=room, report=edition.report.public_id)
    assert client.get(said).status_code in {200, 404}


def test_a_title_that_is_only_a_residents_sentence_is_not_frozen(
    client: FlaskClient, consultation: Consultation, officer: Account, approver: Account
) -> None:
    sentence = "船着き場の前の家に住んでいます"
    ids = enter(consultation, sentence, "船が見たい")
    case = Case(consultation, officer, approver).theme(UNNAMED + sentence, ids)
    public_id = case.approve().publish().report.public_id
    opinion = db.session().get_one(Opinion, ids[0])
    opinions.withhold(opinion, role="moderator", reason="第2条")
    for path in (f"/r/{public_id}", f"/r/{public_id}/1.csv", f"/r/{public_id}/1.json"):
        assert sentence not in client.get(path).text


@pytest.mark.parametrize("seen_at", ["1e30", "nan", "-1e30", "", "きのう"])
def test_a_strange_moment_approves_nothing(
    browser_of: Callable[[Account], FlaskClient],
    consultation: Consultation,
    approver: Account,
    seen_at: str,
) -> None:
    boss = browser_of(approver)
    sent = boss.post("/desk/c/park/themes/approve", data={"seen_at": seen_at})
    assert sent.status_code == 422


def test_a_heading_changed_later_reopens_an_approval(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    case = Case(consultation, officer, approver).theme("木", enter(consultation, "木を残す"))
    theme = case.approve().themes[0]
    fresh = db.session().get_one(Theme, theme.id)
    themes.put_under(case.officer, fresh, "1-1 木とみどり", version=fresh.version)
    answer = answers.of(db.session().get_one(Theme, theme.id))
    assert answer is not None
    assert answer.state == AnswerState.DRAFT


def test_a_flood_of_comments_is_counted_but_fills_nobodys_mailbox(
    consultation: Consultation,
) -> None:
    section = consultation.sections[0].id
    for number in range(comments.LETTERS_PER_HOUR + 3):
        comments.submit(
            db.session().get_one(Consultation, consultation.id),
            [(section, f"{number}つ目の意見です。")],
            key=f"flood-{number}",
            received_at=clock.now(),
            ties=["在住"],
            email="victim@example.jp",
            lookup_url="http://localhost/receipt",
        )
    since = clock.now() - timedelta(hours=1)
    assert mail.count_to("victim@example.jp", since=since) == comments.LETTERS_PER_HOUR
    assert queries.count([consultation])[consultation.id].counted == comments.LETTERS_PER_HOUR + 3


def test_the_comment_form_has_a_limit_by_address(
    client: FlaskClient, consultation: Consultation
) -> None:
    answered = [client.post("/c/park/comment", data={}).status_code for _try in range(62)]
    assert answered[0] == 422
    assert answered[-1] == 429
