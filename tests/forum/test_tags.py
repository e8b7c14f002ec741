"""One list of tags for each consultation; topics choose from it, rooms are narrowed by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from core import db
from core.errors import Forbidden, Invalid
from core.people import Account
from forum import queries, tags, tending, topics
from forum.models import Room, Topic
from ledger.models import Consultation

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def names(consultation: Consultation) -> list[str]:
    return [tag.name for tag in tags.choices(consultation)]


def test_officers_keep_the_list_and_nobody_else(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    facilitator: Account,
    resident: Account,
    stranger: Account,
) -> None:
    for actor in (facilitator, resident, stranger, None):
        with pytest.raises(Forbidden):
            tags.add(actor, consultation, "木")
    for name in ("木", "遊び場", "夜"):
        tags.add(officer, consultation, name)
    assert names(consultation) == ["木", "遊び場", "夜"]
    tags.shift(officer, consultation, tags.choices(consultation)[2], -1)
    assert names(consultation) == ["木", "夜", "遊び場"]


def test_the_same_word_is_one_tag(consultation: Consultation, officer: Account) -> None:
    first = tags.add(officer, consultation, "ベンチ")
    assert tags.add(officer, consultation, "ﾍﾞﾝﾁ ").id == first.id
    other = tags.add(officer, consultation, "木")
    with pytest.raises(Invalid):
        tags.rename(officer, consultation, other, "ベンチ")
    with pytest.raises(Invalid):
        tags.add(officer, consultation, "あ" * 31)


def test_a_retired_tag_stays_where_it_was_put_and_can_return(
    consultation: Consultation, topic: Topic, officer: Account, facilitator: Account
) -> None:
    tag = tags.add(officer, consultation, "木")
    tending.choose_tags(facilitator, topic, [tag])
    tags.retire(officer, consultation, again(tag))
    assert names(consultation) == []
    assert [t.name for t in tags.of([topic])[topic.id]] == ["木"]
    tending.choose_tags(facilitator, again(topic), [again(tag)])  # its own it may keep
    other = topics.open_topic(officer, again(topic.room), "別", "問い")
    with pytest.raises(Invalid):
        tending.choose_tags(facilitator, other, [again(tag)])
    assert tags.add(officer, consultation, "木").id == tag.id
    assert names(consultation) == ["木"]


def test_a_topic_has_few_tags_and_only_of_its_own_list(
    consultation: Consultation,
    empty_consultation: Consultation,
    topic: Topic,
    officer: Account,
) -> None:
    foreign = tags.add(officer, empty_consultation, "よそ")
    with pytest.raises(Invalid):
        tending.choose_tags(officer, topic, [foreign])
    many = [tags.add(officer, consultation, f"{n}") for n in range(tags.PER_TOPIC + 1)]
    with pytest.raises(Invalid):
        tending.choose_tags(officer, topic, many)
    tending.choose_tags(officer, topic, many[1:])
    assert len(tags.of([topic])[topic.id]) == tags.PER_TOPIC


def test_the_room_is_narrowed_by_a_tag(
    client: FlaskClient,
    room: Room,
    topic: Topic,
    consultation: Consultation,
    officer: Account,
    statements: list[str],
) -> None:
    tag = tags.add(officer, consultation, "木")
    other = topics.open_topic(officer, room, "遊び場の話題", "問い", tags=[])
    tending.choose_tags(officer, topic, [tag])
    assert [t.id for t, _talk in queries.topics(room, tag=tag)] == [topic.id]
    page = client.get(f"/rm/{room.public_id}", query_string={"tag": "木"}).text
    assert again(topic).title in page
    assert again(other).title not in page
    statements.clear()
    tags.of([again(topic), again(other)])
    assert len([s for s in statements if "topic_tag" in s]) == 1


def test_the_list_is_kept_on_one_page(
    browser_of: Browser, consultation: Consultation, officer: Account, facilitator: Account
) -> None:
    at, browser = f"/desk/c/{consultation.slug}/tags", browser_of(officer)
    assert "タグは、まだありません" in browser.get(at).text
    assert browser_of(facilitator).get(at).status_code == 403
    assert browser.post(at, data={"name": ""}).status_code == 422
    for name in ("木", "夜"):
        assert browser.post(at, data={"name": name}).status_code == 303
    tree, night = tags.choices(again(consultation))
    assert browser.post(f"{at}/{night.id}", data={"act": "up"}).status_code == 303
    refused = browser.post(f"{at}/{tree.id}", data={"act": "rename", "name": "夜"})
    assert refused.status_code == 422
    assert "もうあります" in refused.text
    browser.post(f"{at}/{tree.id}", data={"act": "rename", "name": "大きな木"})
    browser.post(f"{at}/{night.id}", data={"act": "retire"})
    db.session().rollback()
    assert names(again(consultation)) == ["大きな木"]
    assert "一覧に戻す" in browser.get(at).text
    assert browser.post(f"{at}/999", data={"act": "up"}).status_code == 404


def test_topics_are_tagged_where_they_are_opened_and_tended(
    browser_of: Browser, room: Room, consultation: Consultation, officer: Account
) -> None:
    tag = tags.add(officer, consultation, "木")
    new = f"/rm/{again(room).public_id}/topics/new"
    browser = browser_of(officer)
    assert "木" in browser.get(new).text
    form = {"title": "枝の話", "question": "どうですか。", "tags": [str(inspect(tag).identity[0])]}
    made = browser.post(new, data=form)
    path = made.headers["Location"].partition("?")[0]
    assert "木" in browser.get(path).text
    assert browser.post(f"{path}/tags", data={"csrf_token": ""}).status_code == 303
    assert "タグを外しました" in browser.get(path).text
    assert browser.post(f"{path}/tags", data={"tags": ["999"]}).status_code == 422
