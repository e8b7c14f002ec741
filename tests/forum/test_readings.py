"""How far somebody has read: unread, where it begins, what happened meanwhile; and the tallies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select

from core import clock, db
from core.errors import Forbidden
from core.people import Account
from forum import posts, queries, readings, spans, tallies, topics
from forum.models import Post, Reading, Room, Topic
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before, or another thread, has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])


def talk(topic: Topic, author: Account, count: int) -> list[Post]:
    with db.transaction():
        return [posts.reply(author, topic, f"発言{n}です。") for n in range(1, count + 1)]


def unread(account: Account, topic: Topic) -> int:
    topic = again(topic)
    return readings.unread_by_topic(account, [topic])[topic.id]


def seen(account: Account, topic: Topic) -> spans.Spans:
    found = readings.of(account, topic)
    return found.spans if found else []


def recounted(topic: Topic) -> tuple[int, int]:
    """Posts that are shown and people who speak in them, counted the slow way."""
    who = func.coalesce(Post.guest_hash.op("||")(""), "")
    query = select(Post.author_id, who).where(
        Post.topic_id == topic.id, queries.placed(), queries.shown()
    )
    rows = db.session().execute(query).all()
    return len(rows), len({(row[0], row[1]) for row in rows})


def tallied(topic: Topic) -> tuple[int, int]:
    kept = queries.talk_of(again(topic))
    return kept.posts, kept.people


def test_what_was_seen_is_not_new(
    both_engines: str, topic: Topic, resident: Account, neighbour: Account
) -> None:
    talk(topic, resident, 10)
    assert readings.of(neighbour, topic) is None
    assert unread(neighbour, topic) == 10
    readings.mark(neighbour, again(topic), [1, 2, 3, 7, 99, -1])
    assert seen(neighbour, topic) == [[1, 3], [7, 7]]
    readings.mark(neighbour, again(topic), [[3, 5]])
    assert seen(neighbour, topic) == [[1, 5], [7, 7]]
    assert unread(neighbour, topic) == 4
    readings.mark_all(neighbour, again(topic))
    assert unread(neighbour, topic) == 0


def test_everything_was_read_up_to_what_the_page_showed(
    topic: Topic, resident: Account, neighbour: Account
) -> None:
    talk(topic, resident, 5)
    readings.mark_all(neighbour, again(topic), up_to=3)
    assert unread(neighbour, topic) == 2
    assert unread(resident, topic) == 0


def test_reading_is_only_kept_for_people_with_an_account(topic: Topic, resident: Account) -> None:
    talk(topic, resident, 1)
    with pytest.raises(Forbidden):
        readings.mark(None, topic, [1])
    with pytest.raises(Forbidden):
        readings.mark_all(None, topic)
    assert readings.unread_by_topic(None, [topic]) == {}


def test_who_writes_has_read_their_own_words_only(
    topic: Topic, resident: Account, neighbour: Account
) -> None:
    posts.reply(resident, topic, "はじめまして。")
    posts.reply(neighbour, again(topic), "こんにちは。")
    assert seen(neighbour, topic) == [[2, 2]]
    assert unread(neighbour, topic) == 1


def test_a_tombstone_is_nothing_new_and_what_is_shown_again_is(
    both_engines: str,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    moderator: Account,
) -> None:
    first, second, _third = talk(topic, resident, 3)
    readings.mark(neighbour, again(topic), [3])
    posts.withdraw(again(resident), again(first))
    decisions.hide(moderator, "post", second.public_id, "第4条", "決めつけでした。")
    assert again(topic).silent == [[1, 2]]
    assert unread(neighbour, topic) == 0
    assert readings.unread(again(topic), seen(neighbour, topic)) == []
    assert readings.first_unread(again(topic), []) is None
    decisions.restore(again(moderator), "post", second.public_id, "考え直しました。")
    assert again(topic).silent == [[1, 1]]
    assert unread(neighbour, topic) == 1


def test_the_first_unread_is_the_first_as_one_reads(
    both_engines: str,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, _two, three, _four = talk(topic, resident, 4)
    five = posts.reply(resident, again(topic), "1への返信", one)
    topic = again(topic)
    monkeypatch.setattr(readings, "FEW", 200)
    assert readings.first_unread(topic, readings.unread(topic, [])) == one.number
    for few, ranges in ((200, 32), (0, 32), (0, 0)):  # by number, by ranges, along the places
        monkeypatch.setattr(readings, "FEW", few)
        monkeypatch.setattr(readings, "RANGES", ranges)
        for read, first in (([[1, 2]], five), ([[1, 2], [5, 5]], three), ([[1, 5]], None)):
            new = readings.unread(topic, read)
            assert readings.first_unread(topic, new) == (first and first.number)
    assert neighbour.id


def test_two_tabs_at_once_are_one_reading(
    both_engines: str, topic: Topic, resident: Account, neighbour: Account
) -> None:
    talk(topic, resident, 8)
    start, failed = Barrier(4), []

    def read(number: int) -> None:
        start.wait()
        try:
            readings.mark(again(neighbour), again(topic), [number, number + 4])
        except Exception as error:
            failed.append(error)
        finally:
            db.session.remove()

    threads = [Thread(target=read, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session().rollback()  # look anew
    assert failed == []
    assert seen(again(neighbour), topic) == [[1, 8]]


def test_the_same_again_writes_nothing(
    topic: Topic, resident: Account, neighbour: Account, statements: list[str]
) -> None:
    talk(topic, resident, 3)
    readings.mark(neighbour, again(topic), [1, 2])
    statements.clear()
    readings.mark(neighbour, again(topic), [2])
    assert not [said for said in statements if said.startswith(("INSERT", "UPDATE"))]
    with clock.at(clock.now() + timedelta(minutes=2)):
        readings.mark(neighbour, again(topic), [])  # they were here: what happened since is told
    assert [said for said in statements if said.startswith("UPDATE")]


def test_what_happened_since_is_counted_without_one_s_own(
    both_engines: str,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    officer: Account,
    moderator: Account,
) -> None:
    first, second, third, fourth = talk(topic, resident, 4)
    readings.mark(neighbour, again(topic), [1])
    readings.mark(neighbour, again(topic), [2, 3, 4])
    own = posts.reply(neighbour, again(topic), "わたしの発言")
    before = readings.of(neighbour, topic)
    assert before is not None
    with clock.at(clock.now() + timedelta(hours=1)):
        posts.reply(resident, again(topic), "あとの発言")
        answer = posts.reply(officer, again(topic), "区の回答です。")
        posts.edit(resident, first, "書き直しました。", version=1)
        posts.withdraw(resident, second)
        decisions.hide(moderator, "post", third.public_id, "第4条", "決めつけでした。")
        posts.edit(neighbour, own, "自分で書き直しました。", version=1)
        since = readings.since(again(topic), again_reading(neighbour, topic))
    assert (since.new, since.answers, since.first_answer) == (2, 1, answer.public_id)
    assert since.changed == 3
    assert {(c.number, c.how) for c in since.changes} == {
        (1, "edited"),
        (2, "withdrawn"),
        (3, "hidden"),
    }
    assert fourth.number == 4
    readings.mark(neighbour, again(topic), [])
    with clock.at(clock.now() + timedelta(hours=2)):
        readings.mark(neighbour, again(topic), [])
        assert readings.since(again(topic), again_reading(neighbour, topic)).is_quiet


def again_reading(account: Account, topic: Topic) -> Reading:
    return db.session().get_one(Reading, (account.id, topic.id))


def test_what_was_read_is_read_where_it_was_moved(
    topic: Topic, room: Room, officer: Account, resident: Account, neighbour: Account
) -> None:
    talk(topic, resident, 6)
    target = topics.open_topic(officer, room, "別の話題", "どう思いますか。")
    readings.mark(neighbour, again(topic), [2, 3, 5])
    readings.mark(resident, again(topic), [6])
    with db.transaction():
        again(target).post_count = 3
        readings.moved(topic.id, target.id, {2: 1, 3: 2, 4: 3})
    assert seen(neighbour, target) == [[1, 2]]
    assert seen(resident, target) == [[1, 3]]


def test_the_tallies_are_what_counting_gives_after_each_act(
    both_engines: str,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    officer: Account,
    moderator: Account,
) -> None:
    one = posts.reply(resident, topic, "一")
    two = posts.reply(resident, topic, "二")
    three = posts.reply(neighbour, topic, "三", one)
    posts.reply(officer, topic, "四")

    def check(expected: tuple[int, int]) -> None:
        assert tallied(topic) == recounted(topic) == expected

    check((4, 3))
    posts.edit(resident, again(one), "一の二", version=1)
    check((4, 3))
    posts.withdraw(again(neighbour), again(three))
    check((3, 2))
    decisions.hide(again(moderator), "post", one.public_id, "第4条", "決めつけでした。")
    check((2, 2))
    decisions.hide(again(moderator), "post", two.public_id, "第4条", "決めつけでした。")
    check((1, 1))
    decisions.restore(again(moderator), "post", one.public_id, "考え直しました。")
    check((2, 2))
    kept = (again(topic).silent, again(topic).people_count)
    with db.transaction():
        tallies.recount(again(topic))
    assert (again(topic).silent, again(topic).people_count) == kept


def test_the_page_writes_down_what_it_is_told_and_nothing_else(
    browser_of: Browser, client: FlaskClient, topic: Topic, resident: Account, neighbour: Account
) -> None:
    talk(topic, resident, 4)
    path, browser = f"/t/{topic.public_id}", browser_of(neighbour)
    for _ in range(2):
        browser.get(path)
    assert seen(neighbour, topic) == []
    json = {"Accept": "application/json"}
    assert browser.post(f"{path}/read", data={"read": "1-2,9"}, headers=json).status_code == 204
    assert seen(neighbour, topic) == [[1, 2]]
    answer = browser.post(f"{path}/read", data={"all": "3", "page": "1"})
    assert answer.status_code == 303
    assert seen(neighbour, topic) == [[1, 3]]
    assert browser.get(f"{path}/read").status_code == 405
    assert client.post(f"{path}/read", data={"read": "1"}).status_code == 403


def test_a_browser_that_keeps_its_own_record_is_told_where_to_go_on(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    third = talk(topic, resident, 5)[2].public_id
    base = f"/t/{topic.public_id}"
    path = f"{base}/unread"
    told = client.get(f"{path}?read=1-2,5").json
    assert told == {"count": 2, "shown": 5, "first": 3, "url": f"{base}/3"}
    assert client.get(f"{base}/3").location == client.get(f"/p/{third}").location
    assert client.get(f"{path}?read=1-9").get_json()["first"] is None
    assert client.get(f"{path}?read={'1,' * 50_000}").get_json()["count"] == 4
    assert client.get("/t/nowhere/unread").status_code == 404
