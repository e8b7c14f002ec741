"""Hiding and restoring in public: rule, reason, record, letter, log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from core import db, people, record
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.mail import Letter
from core.people import Account, Role
from forum import posts
from forum.models import Post, Topic
from ledger import check, opinions
from ledger.models import Consultation, State
from moderation import decisions, subjects
from moderation.models import Decision

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")
SECRET = "あの人はどうせ分かっていない"
WHY = "決めつける言い方でした。"


def again(thing: T) -> T:
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


@pytest.fixture
def post(topic: Topic, resident: Account) -> Post:
    return posts.reply(resident, topic, SECRET)


def letters() -> list[Letter]:
    return list(db.session().scalars(select(Letter).order_by(Letter.id)))


def test_a_hidden_post_is_withheld_recorded_and_told(
    both_engines: str, post: Post, topic: Topic, moderator: Account, resident: Account
) -> None:
    decision = decisions.hide(moderator, "post", post.public_id, "第4条", WHY)
    assert decision.rule == "第4条　人を決めつけません。"
    assert decision.place.endswith("発言1")
    (opinion,) = opinions.of_source("post", post.id)
    assert opinion.state == State.WITHHELD
    entry = (
        db.session()
        .scalars(select(record.Entry).where(record.Entry.kind == "moderation.hide"))
        .one()
    )
    assert entry.object == f"post:{post.public_id}"
    assert (entry.detail["rule"], entry.detail["reason"]) == (decision.rule, WHY)
    (letter,) = letters()
    assert letter.to == people.address_of(resident.id)
    for said in (decision.rule, WHY, f"/p/{post.public_id}"):
        assert said in letter.body
    assert SECRET not in letter.body + letter.subject + str(entry.detail) + decision.place
    assert list(check.laws()) == []
    assert list(record.verify()) == []


def test_a_restored_post_counts_again(
    both_engines: str, post: Post, consultation: Consultation, moderator: Account
) -> None:
    decisions.hide(moderator, "post", post.public_id, "第4条", WHY)
    decision = decisions.restore(moderator, "post", post.public_id, "意見の範囲でした。")
    assert (decision.act, decision.rule) == ("restore", "第4条　人を決めつけません。")
    assert again(post).is_shown
    (opinion,) = opinions.of_source("post", post.id)
    assert opinion.state == State.COUNTED
    assert [letter.subject for letter in letters()][1].endswith("ふたたび表示しました")
    assert list(check.laws()) == []


def test_an_official_post_can_be_hidden_too(
    topic: Topic, officer: Account, moderator: Account
) -> None:
    post = posts.reply(officer, topic, "まちがえて個人のお名前を書きました。")
    decisions.hide(moderator, "post", post.public_id, "第4条", WHY)
    assert not again(post).is_shown


def test_only_moderators_decide(
    post: Post,
    topic: Topic,
    resident: Account,
    officer: Account,
    facilitator: Account,
    consultation: Consultation,
    neighbour: Account,
) -> None:
    for actor in (None, resident, officer, facilitator):
        with pytest.raises(Forbidden):
            decisions.hide(actor, "post", post.public_id, "第4条", WHY)
        with pytest.raises(Forbidden):
            decisions.preview(actor, "post", post.public_id, "第4条", WHY)
    people.entrust(neighbour, Role.MODERATOR, "consultation:elsewhere", by="test")
    with pytest.raises(Forbidden):
        decisions.hide(again(neighbour), "post", post.public_id, "第4条", WHY)
    people.entrust(neighbour, Role.MODERATOR, consultation.scope, by="test")
    decisions.hide(again(neighbour), "post", post.public_id, "第4条", WHY)


def test_a_decision_names_a_rule_of_the_place_and_a_reason(post: Post, moderator: Account) -> None:
    for rule, reason, field in (
        ("第9条", WHY, "rule"),
        ("", WHY, "rule"),
        ("第4条", "　", "reason"),
        ("第4条", "あ" * 401, "reason"),
    ):
        with pytest.raises(Invalid) as refused:
            decisions.hide(moderator, "post", post.public_id, rule, reason)
        assert refused.value.field == field
    assert again(post).is_shown
    assert letters() == []


def test_the_same_decision_sent_twice_is_one(post: Post, moderator: Account) -> None:
    first = decisions.hide(moderator, "post", post.public_id, "第4条", WHY)
    assert decisions.hide(moderator, "post", post.public_id, "第4条", WHY).id == first.id
    with pytest.raises(Conflict):
        decisions.hide(moderator, "post", post.public_id, "第1条", WHY)
    decisions.restore(moderator, "post", post.public_id, "範囲でした。")
    with pytest.raises(Conflict):
        decisions.restore(moderator, "post", post.public_id, "範囲でした。")
    assert len(letters()) == 2


def test_what_was_withdrawn_or_never_was_is_not_hidden(
    post: Post, moderator: Account, resident: Account
) -> None:
    posts.withdraw(resident, post)
    with pytest.raises(Conflict):
        decisions.hide(moderator, "post", post.public_id, "第4条", WHY)
    for kind, public_id in (("post", "nowhere"), ("planet", post.public_id)):
        with pytest.raises(NotFound):
            decisions.hide(moderator, kind, public_id, "第4条", WHY)


def test_the_public_log_has_rules_and_reasons_but_no_hidden_word(
    client: FlaskClient, post: Post, moderator: Account
) -> None:
    at = f"/p/{post.public_id}"
    assert "まだありません" in client.get("/moderation").text
    decisions.hide(again(moderator), "post", again(post).public_id, "第4条", WHY)
    page = client.get("/moderation").text
    for said in (WHY, "第4条", at, "運営委員"):
        assert said in page
    assert SECRET not in page
    assert "けやき坂の住人" not in page
    other = client.get("/moderation", query_string={"rule": "第9条"})
    assert other.status_code == 200
    assert WHY not in other.text


def test_the_log_is_paged_in_a_fixed_number_of_statements(
    client: FlaskClient, consultation: Consultation, moderator: Account, statements: list[str]
) -> None:
    with db.transaction() as tx:
        for number in range(decisions.PER_PAGE + 5):
            tx.add(
                Decision(
                    subject=f"post:{number}",
                    consultation_id=consultation.id,
                    place="会議室",
                    act="hide",
                    rule="第4条　ことば",
                    reason=f"理由{number}",
                    role="moderator",
                    decided_by_id=moderator.id,
                )
            )
    statements.clear()
    page = client.get("/moderation").text
    assert len(statements) <= 3
    assert f"理由{decisions.PER_PAGE + 4}" in page
    assert "理由3<" not in page
    assert "理由3<" in client.get("/moderation?page=2").text


def test_deciding_shows_the_letter_first_and_changes_nothing(
    browser_of: Browser, post: Post, moderator: Account
) -> None:
    path, browser = f"/moderation/post/{post.public_id}", browser_of(moderator)
    assert SECRET in browser.get(path).text
    refused = browser.post(path, data={"reason": WHY, "act": "preview"})
    assert refused.status_code == 422
    assert WHY in refused.text
    assert "どのきまりによるかを選んでください。" in refused.text
    form = {"rule": "第4条　人を決めつけません。", "reason": WHY}
    preview = browser.post(path, data={**form, "act": "preview"})
    assert preview.status_code == 200
    assert "書いた方に届くメール" in preview.text
    assert again(post).is_shown
    assert browser.post(path, data={**form, "act": "decide"}).status_code == 303
    assert not again(post).is_shown
    assert "表示に戻す" in browser.get(path).text
    assert browser.post(path, data={"reason": "範囲でした。", "act": "decide"}).status_code == 303
    assert again(post).is_shown


def test_the_decision_page_is_for_moderators(
    client: FlaskClient, browser_of: Browser, post: Post, resident: Account, officer: Account
) -> None:
    path = f"/moderation/post/{post.public_id}"
    assert client.get(path).status_code == 302
    for actor in (resident, officer):
        answer = browser_of(actor).get(path)
        assert answer.status_code == 403
        assert SECRET not in answer.text


def test_what_was_withdrawn_is_read_by_no_moderator(
    browser_of: Browser, post: Post, moderator: Account, resident: Account
) -> None:
    path = f"/moderation/post/{post.public_id}"
    posts.withdraw(resident, post)
    page = browser_of(moderator).get(path)
    assert page.status_code == 200
    assert SECRET not in page.text


def test_strange_addresses_are_not_found(browser_of: Browser, moderator: Account) -> None:
    browser = browser_of(moderator)
    assert browser.get("/moderation/post/nowhere").status_code == 404
    assert browser.get("/moderation/planet/x").status_code == 404
    assert browser.post("/moderation").status_code == 405
    assert subjects.path_of("planet:x") is None
