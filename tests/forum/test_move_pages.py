"""The pages on which topics are moved, merged and split, and the links that lead on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select

from core import db
from core.people import Account
from forum import moves, posts, queries, tending, topics
from forum.models import Post, Room, Topic
from tests.forum.test_moves import fill, talk
from tests.forum.test_rooms import open_room

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def test_merging_says_how_many_posts_get_which_numbers_and_then_does_it(
    browser_of: Browser, client: FlaskClient, topic: Topic, room: Room, officer: Account
) -> None:
    other = topics.open_topic(officer, room, "遊び場をどう分けるか", "問い")
    talk(topic, officer)
    talk(again(other), officer)
    browser, at = browser_of(officer), f"/t/{again(topic).public_id}/merge"
    assert "発言6件" in browser.get(at).text
    form = {"into": again(other).public_id, "reason": "同じ話のため"}
    assert browser.post(at, data={**form, "reason": "", "step": "check"}).status_code == 422
    assert browser.post(at, data={"reason": "理由", "step": "check"}).status_code == 422
    told = browser.post(at, data={**form, "step": "check"})
    assert "新しい番号は、7から12です" in told.text
    assert again(topic).merged_into_id is None
    assert browser.post(at, data={**form, "step": "merge"}).status_code == 303
    moved = client.get(f"/t/{again(topic).public_id}")
    assert moved.status_code == 303
    assert moved.headers["Location"].startswith(f"/t/{again(other).public_id}")
    assert "#" in moved.headers["Location"]  # an old #p-3 must not hit another post
    page = client.get(f"/t/{again(other).public_id}").text
    assert "話題「木をどう残すか」をここにまとめました（いまの発言7〜12）" in page
    assert browser.get(at).status_code == 409


def test_old_addresses_of_posts_still_lead_to_them(
    client: FlaskClient, topic: Topic, room: Room, officer: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    made = moves.split(officer, topic, [said[4]], "分けた話", "", "別の話")
    old = client.get(f"/t/{again(topic).public_id}/5")
    assert old.status_code == 303
    assert old.headers["Location"] == f"/t/{again(made).public_id}#p-1"
    assert client.get(f"/p/{again(said[5]).public_id}").headers["Location"].endswith("#p-2")
    page = client.get(f"/t/{again(topic).public_id}").text
    assert "発言5からの話は、話題「分けた話」に移しました" in page
    assert client.get(f"/t/{again(topic).public_id}/99").status_code == 404


def test_splitting_is_chosen_by_boxes_and_numbers_told_and_done(
    browser_of: Browser, topic: Topic, officer: Account, resident: Account
) -> None:
    talk(topic, resident)
    browser, at = browser_of(officer), f"/t/{again(topic).public_id}/split"
    assert "五" in browser.get(at).text
    form = {"title": "分けた話", "question": "", "reason": "別の話のため", "were": ""}
    none = browser.post(at, data={**form, "step": "check"})
    assert none.status_code == 422
    assert "別の話のため" in none.text
    wrong = browser.post(at, data={**form, "numbers": "七つ", "step": "check"})
    assert wrong.status_code == 422
    assert "七つ" in wrong.text
    told = browser.post(at, data={**form, "posts": ["2"], "step": "check"})
    assert "返信も入れて2件" in told.text
    assert 'name="numbers" value="2"' in told.text
    assert db.session().scalars(select(func.count(Topic.id))).one() == 1
    sure = {**form, "were": "", "numbers": "2", "step": "split"}
    made = browser.post(at, data=sure)
    assert made.status_code == 303
    assert "話題「木をどう残すか」の発言2〜3を分けて作りました" in _plain(
        browser.get(made.headers["Location"]).text
    )
    twice = browser.post(at, data=sure)
    assert twice.status_code == 422
    assert "発言2は、この話題にありません" in twice.text


def test_boxes_of_one_page_are_kept_on_the_next(
    browser_of: Browser, topic: Topic, officer: Account, resident: Account, statements: list[str]
) -> None:
    fill(topic, resident, 120)
    browser, at = browser_of(officer), f"/t/{again(topic).public_id}/split"
    first = browser.post(at, data={"posts": ["3", "50"], "numbers": "110", "step": "2"})
    assert first.status_code == 200
    assert 'value="3, 50, 110"' in first.text
    assert 'value="51"' in first.text
    back = browser.post(at, data={"posts": ["51"], "numbers": "3, 50, 110", "step": "1"})
    assert 'value="3, 50-51, 110"' in back.text
    assert 'value="3" checked' in back.text
    assert 'name="were" type="hidden" value="3,50"' in back.text
    taken = browser.post(at, data={"were": "3,50", "posts": ["50"], "numbers": "3, 50-51, 110"})
    assert 'value="50-51, 110"' in taken.text


def test_moving_offers_the_rooms_of_the_consultation(
    browser_of: Browser, topic: Topic, officer: Account
) -> None:
    browser, at = browser_of(officer), f"/t/{again(topic).public_id}/move"
    assert "移せる会議室がありません" in browser.get(at).text
    there = open_room(officer, again(topic).room.consultation, title="となりの会議室")
    assert "となりの会議室" in browser.get(at).text
    assert browser.post(at, data={"room": "x", "reason": "理由"}).status_code == 422
    form = {"room": there.public_id, "reason": "となりの話のため"}
    assert browser.post(at, data=form).status_code == 303
    assert "から「となりの会議室」に移しました" in browser.get(f"/t/{again(topic).public_id}").text


def test_words_for_a_merged_topic_are_kept_and_sent_on(
    browser_of: Browser, topic: Topic, room: Room, officer: Account, resident: Account
) -> None:
    other = topics.open_topic(officer, room, "遊び場をどう分けるか", "問い")
    moves.merge(officer, topic, other, "同じ話")
    browser = browser_of(resident)
    answer = browser.post(f"/t/{again(topic).public_id}", data={"body": "書いた文", "key": "k"})
    assert answer.status_code == 409
    assert "書いた文" in answer.text
    assert f'action="/t/{again(other).public_id}#write"' in answer.text
    sent = browser.post(f"/t/{again(other).public_id}", data={"body": "書いた文", "key": "k"})
    assert sent.status_code == 303


def test_a_reply_to_a_post_that_went_elsewhere_is_kept_and_sent_there(
    browser_of: Browser, topic: Topic, officer: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    made = moves.split(officer, topic, [said[1]], "分けた話", "", "別の話")
    browser, parent = browser_of(resident), again(said[1]).public_id
    link = browser.get(f"/t/{again(topic).public_id}?reply_to={parent}")
    assert link.headers["Location"] == f"/t/{again(made).public_id}?reply_to={parent}#write"
    form = {"body": "返事の文", "key": "k", "parent": parent}
    answer = browser.post(f"/t/{again(topic).public_id}", data=form)
    assert answer.status_code == 409
    assert "話題「分けた話」の発言1になりました" in answer.text
    assert browser.post(f"/t/{again(made).public_id}", data=form).status_code == 303
    db.session().rollback()
    landed = db.session().scalars(select(Post).where(Post.body == "返事の文")).one()
    assert (landed.topic_id, landed.parent_id) == (again(made).id, again(said[1]).id)


def test_a_hidden_post_is_no_words_on_the_page_of_boxes(
    browser_of: Browser, topic: Topic, officer: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    posts.withdraw(resident, posts.reply(resident, topic, "取り下げた文", said[0]))
    page = browser_of(officer).get(f"/t/{again(topic).public_id}/split").text
    assert "取り下げた文" not in page
    assert "表示していない発言" in page


def test_a_topic_page_with_traces_takes_as_many_statements(
    client: FlaskClient,
    topic: Topic,
    officer: Account,
    resident: Account,
    statements: list[str],
) -> None:
    said = talk(topic, resident)
    moves.split(officer, topic, [said[4]], "分けた話", "", "別の話")
    at = f"/t/{again(topic).public_id}"
    counts = []
    for n in range(3):
        statements.clear()
        assert client.get(at).status_code == 200
        counts.append(len(statements))
        tending.rename(again(officer), again(topic), f"題{n}", "理由", former=again(topic).title)
    assert counts[1] == counts[2]


def test_the_page_of_boxes_takes_as_many_statements_for_many(
    browser_of: Browser,
    topic: Topic,
    room: Room,
    officer: Account,
    resident: Account,
    statements: list[str],
) -> None:
    other = topics.open_topic(officer, room, "多い話題", "問い")
    talk(topic, resident)
    fill(again(other), resident, 200)
    browser, counts = browser_of(officer), []
    for one in (again(topic), again(other)):
        path = f"/t/{one.public_id}/split"
        statements.clear()
        assert browser.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert queries.total(again(other)) == 200


def _plain(page: str) -> str:
    import re

    return re.sub(r"<[^>]+>", "", page)
