"""Topics and their running summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from core import db
from core.errors import Forbidden, Invalid, Stale
from core.people import Account
from forum import posts, topics
from forum.models import Room, Topic

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def test_topics_stand_in_the_order_they_were_opened(
    both_engines: str, room: Room, officer: Account, facilitator: Account
) -> None:
    first = topics.open_topic(officer, room, "一つ目", "問い")
    second = topics.open_topic(facilitator, room, "二つ目", "問い")
    assert (first.position, second.position) == (1, 2)


def test_residents_open_no_topics(room: Room, resident: Account, stranger: Account) -> None:
    for actor in (resident, stranger, None):
        with pytest.raises(Forbidden):
            topics.open_topic(actor, room, "題", "問い")


def test_the_running_summary_is_the_facilitators(
    client: FlaskClient, topic: Topic, facilitator: Account, resident: Account
) -> None:
    topics.set_context(facilitator, topic, "- 分かれている点：便が先か", version=1)
    page = client.get(f"/t/{topic.public_id}").text
    assert "<strong>分かれている点</strong>" in page
    assert "便が先か" in page
    with pytest.raises(Forbidden):
        topics.set_context(again(resident), again(topic), "書きかえ", version=2)


def test_a_stale_summary_is_given_back_with_both_texts(
    browser_of: Browser, topic: Topic, facilitator: Account
) -> None:
    topics.set_context(facilitator, topic, "先の人の整理", version=1)
    with pytest.raises(Stale) as stale:
        topics.set_context(facilitator, topic, "あとの人の整理", version=1)
    assert (stale.value.current, stale.value.yours) == ("先の人の整理", "あとの人の整理")
    path = f"/t/{topic.public_id}/context"
    form = {"body": "あとの人の整理", "version": "1"}
    answer = browser_of(facilitator).post(path, data=form)
    assert answer.status_code == 409
    assert "先の人の整理" in answer.text
    assert "あとの人の整理" in answer.text


def test_a_topic_is_opened_from_its_room(
    browser_of: Browser, room: Room, facilitator: Account, resident: Account
) -> None:
    at = f"/rm/{room.public_id}"
    browser, path = browser_of(facilitator), f"{at}/topics/new"
    assert path in browser.get(at).text
    refused = browser.post(path, data={"title": "題", "question": ""})
    assert refused.status_code == 422
    made = browser.post(path, data={"title": "遊び場", "question": "どこ"}, follow_redirects=True)
    assert "区からの問い" in made.text
    assert browser_of(resident).get(path).status_code == 403


def test_a_question_of_a_megabyte_is_refused(room: Room, officer: Account) -> None:
    with pytest.raises(Invalid):
        topics.open_topic(officer, room, "題", "あ" * 1_000_000)


def test_a_topic_page_asks_the_database_as_often_for_10_posts_as_for_200(
    client: FlaskClient, topic: Topic, resident: Account, neighbour: Account, statements: list[str]
) -> None:
    path = f"/t/{topic.public_id}"

    def count() -> int:
        statements.clear()
        assert client.get(path).status_code == 200
        return len(statements)

    parent = None
    for number in range(10):
        parent = posts.reply((resident, neighbour)[number % 2], topic, f"発言 {number}", parent)
    with_ten = count()
    topic, resident, neighbour = again(topic), again(resident), again(neighbour)
    with db.transaction():
        for number in range(190):
            posts.reply((resident, neighbour)[number % 2], topic, f"発言 {number}")
    assert count() == with_ten
    assert with_ten <= 16
