"""The page of a topic: as fast when it is long, right for each reader, calm about what is new."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Select, insert, inspect

from core import clock, db
from core.people import Account
from forum import fragments, posts, queries, readings, threads, topics
from forum.fragments import Fragments
from forum.models import Post, Room, Topic
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")
SECRET = "ここだけの話です"


@pytest.fixture(autouse=True)
def _nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with nothing kept from pages before."""
    monkeypatch.setattr(fragments, "kept", Fragments())


def again(thing: T) -> T:
    return db.session().get_one(type(thing), inspect(thing).identity[0])


def filled(topic: Topic, author: Account, count: int) -> None:
    """Many posts at once, each third an answer to the one before; without ledger and notices."""
    now, rows, paths = clock.now(), [], {0: ""}
    for number in range(1, count + 1):
        parent = number - 1 if number % 3 == 0 else 0
        paths[number] = f"{paths[parent]}{number:06d}"
        rows.append(
            {
                "public_id": db.public_id(),
                "topic_id": topic.id,
                "number": number,
                "path": paths[number],
                "depth": 1 if parent else 0,
                "author_id": author.id,
                "role": "resident",
                "body": f"発言{number}",
                "body_html": f"<p>ことば{number}。</p>",
                "renderer": "1",
                "key": str(number),
                "created_at": now,
            }
        )
    with db.transaction() as tx:
        tx.execute(insert(Post), rows)
        row = tx.get_one(Topic, topic.id)
        row.post_count, row.people_count, row.last_post_at = count, 1, now


def numbers(page: str) -> list[int]:
    """The posts of a page in the order they stand there."""
    return [int(n) for n in re.findall(r'<li class="said[^>]*data-number="(\d+)"', page)]


def unread_on(page: str) -> list[int]:
    found = re.findall(r'<li class="said[^"]*is-unread"[^>]*data-number="(\d+)"', page)
    return [int(n) for n in found]


def test_a_page_takes_as_many_statements_when_the_topic_is_long(
    browser_of: Browser,
    client: FlaskClient,
    room: Room,
    officer: Account,
    resident: Account,
    neighbour: Account,
    statements: list[str],
) -> None:
    taken: dict[str, set[int]] = {}
    for count in (120, 3_000):
        topic = topics.open_topic(again(officer), again(room), f"{count}の発言", "どうですか。")
        filled(topic, again(resident), count)
        readings.mark(again(neighbour), again(topic), [[1, count - 20]])
        post = db.session().query(Post).filter_by(topic_id=topic.id, number=count // 2).one()
        path, last = f"/t/{topic.public_id}", -(-count // queries.PER_PAGE)
        visits = {
            "first": path,
            "middle": f"{path}?page={last // 2}",
            "last": f"{path}?page={last}",
            "newest": f"{path}?sort=new&page={last // 2}",
            "permalink": f"/p/{post.public_id}",
            "fragment": f"/p/{post.public_id}/fragment",
            "unread": f"{path}/unread?read=1-{count - 20}",
        }
        for who, browser in (("visitor", client), ("reader", browser_of(again(neighbour)))):
            for name, url in visits.items():
                browser.get(url)
                statements.clear()
                assert browser.get(url).status_code in (200, 303)
                taken.setdefault(f"{who}, {name}", set()).add(len(statements))
    assert {name: many for name, many in taken.items() if len(many) > 1} == {}
    pages = [name for name in taken if name.endswith(("first", "middle", "last"))]
    assert len({tuple(taken[name]) for name in pages if name.startswith("visitor")}) == 1
    assert len({tuple(taken[name]) for name in pages if name.startswith("reader")}) == 1
    assert max(taken["visitor, first"]) <= 10
    assert max(taken["reader, first"]) <= 22


def test_each_page_shows_its_part_in_reading_order(
    both_engines: str, client: FlaskClient, topic: Topic, resident: Account
) -> None:
    filled(topic, resident, 170)
    path = f"/t/{topic.public_id}"
    whole = [post.number for post in queries.thread(again(topic), limit=1000)]
    assert len(whole) == 170
    found = [numbers(client.get(f"{path}?page={n}").text) for n in (1, 2, 3, 4)]
    assert [len(part) for part in found] == [50, 50, 50, 20]
    assert [number for part in found for number in part] == whole
    db.session.remove()
    for number in (1, 50, 51, 52, 100, 169, 170):
        post = db.session().query(Post).filter_by(number=number).one()
        at = queries.page_of(post)
        assert number in found[at - 1]


def test_the_newest_first_and_the_questions_that_wait(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    filled(topic, resident, 70)
    with db.transaction():
        again(topic).gone = [[60, 64]]
        for post in db.session().query(Post).filter(Post.number.between(60, 64)):
            post.topic_id = topics_elsewhere(topic).id
    path = f"/t/{topic.public_id}"
    first = client.get(f"{path}?sort=new").text
    assert numbers(first) == [*range(70, 64, -1), *range(59, 15, -1)]
    assert "said--1" not in first
    assert 'aria-current="true">新しい順' in first
    second = client.get(f"{path}?sort=new&page=2").text
    assert numbers(second) == list(range(15, 0, -1))
    assert "sort=new" in second
    asked = posts.reply(again(resident), again(topic), "いつ決まりますか。", asks=True)
    shown = client.get(f"{path}?sort=asked").text
    assert numbers(shown) == [asked.number]
    posts.withdraw(again(resident), again(asked))
    assert "区の答えを待っている質問は、いまありません。" in client.get(f"{path}?sort=asked").text
    assert client.get(f"{path}?sort=popular").status_code == 200


def topics_elsewhere(topic: Topic) -> Topic:
    found = db.session().query(Topic).filter(Topic.id != topic.id).first()
    if found is None:
        found = Topic(room_id=topic.room_id, title="別", post_count=100)
        db.session().add(found)
        db.session().flush()
    return found


def test_new_posts_are_marked_where_one_left_off(
    browser_of: Browser, topic: Topic, resident: Account, neighbour: Account
) -> None:
    filled(topic, resident, 80)
    browser, path = browser_of(neighbour), f"/t/{topic.public_id}"
    first_visit = browser.get(path).text
    assert 'class="unread"' not in first_visit
    assert unread_on(first_visit) == []
    readings.mark(again(neighbour), again(topic), [[1, 60]])
    one, two = (browser.get(f"{path}?page={n}").text for n in (1, 2))
    assert "新しい発言 20件" in one
    assert 'id="unread"' not in one
    assert unread_on(one) == []
    link = re.search(r'data-to-unread href="(/t/\w+/\d+)"', one)
    assert link
    assert browser.get(link[1]).location.endswith("?page=2#p-61")
    assert "ここから新しい発言（20）" in two
    assert 'data-to-unread href="#unread"' in two
    assert two.index('id="unread"') < two.index('id="p-61"')
    assert two.index('id="p-60"') < two.index('id="unread"')
    assert unread_on(two) == numbers(two)[numbers(two).index(61) :]
    readings.mark_all(again(neighbour), again(topic))
    done = browser.get(path).text
    assert "80件すべて読みました" in done
    assert "ここまで読んだことにする" not in done


def test_what_happened_since_is_told_on_return_and_only_then(
    browser_of: Browser,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    officer: Account,
) -> None:
    first = posts.reply(resident, topic, "はじめの発言")
    readings.mark(neighbour, again(topic), [1])
    browser, path = browser_of(neighbour), f"/t/{topic.public_id}"
    assert "前に読んでから" not in browser.get(path).text
    with clock.at(clock.now() + timedelta(hours=3)):
        answer = posts.reply(again(officer), again(topic), "お答えします。")
        posts.edit(again(resident), again(first), "書き直し", version=1)
        topics.set_context(again(officer), again(topic), "まとめ", again(topic).version)
        page = browser.get(path).text
        assert "前に読んでから" in page
        assert "うち区の回答 1件" in page
        assert answer.public_id in page
        assert "発言1（書き直し）" in page
        assert "「いまの整理」が書きかえられました" in page
        browser.post(f"{path}/read", data={"read": ""})
        assert "前に読んでから" not in browser.get(path).text


def test_a_hidden_text_is_not_kept_alive_by_pieces_drawn_before(
    browser_of: Browser,
    client: FlaskClient,
    topic: Topic,
    resident: Account,
    moderator: Account,
) -> None:
    post = posts.reply(resident, topic, SECRET)
    paths = (
        f"/t/{topic.public_id}",
        f"/t/{topic.public_id}?sort=new",
        f"/p/{post.public_id}/fragment",
    )
    readers = (client, browser_of(resident), browser_of(moderator))

    def shown() -> list[bool]:
        return [SECRET in reader.get(path).text for reader in readers for path in paths]

    assert all(shown())
    decisions.hide(again(moderator), "post", post.public_id, "第4条", "決めつけでした。")
    assert not any(shown())
    decisions.restore(again(moderator), "post", post.public_id, "考え直しました。")
    assert all(shown())
    posts.edit(again(resident), again(post), "書き直した文です。", version=again(post).version)
    assert not any(shown())
    posts.withdraw(again(resident), again(post))
    assert not any(shown())


def test_a_new_name_is_shown_at_once(client: FlaskClient, topic: Topic, resident: Account) -> None:
    posts.reply(resident, topic, "ことば")
    path = f"/t/{topic.public_id}"
    assert "けやき坂の住人" in client.get(path).text
    with db.transaction():
        again(resident).display_name = "消去した名前"
    assert "けやき坂の住人" not in client.get(path).text


def test_a_drawn_post_costs_no_text_the_second_time(
    client: FlaskClient, topic: Topic, resident: Account, statements: list[str]
) -> None:
    filled(topic, resident, 60)
    path = f"/t/{topic.public_id}"
    fresh = client.get(path).text
    statements.clear()
    assert client.get(path).text.count("ことば") == fresh.count("ことば") == 50
    assert not [said for said in statements if "post.body_html" in said]


def test_a_form_drawn_for_one_reader_never_carries_another_s_token(
    browser_of: Browser, topic: Topic, resident: Account, neighbour: Account, officer: Account
) -> None:
    posts.reply(resident, topic, "ことば")
    path, browsers = f"/t/{topic.public_id}", (browser_of(neighbour), browser_of(officer))
    tokens = []
    for browser in (*browsers, browsers[0]):
        page = browser.get(path).text
        found = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page))
        assert len(found) == 1, found
        assert "csrf-stand-in" not in page
        tokens.append(found)
    assert not tokens[0] & tokens[1]
    assert not tokens[1] & tokens[2]


def test_each_reader_is_offered_what_they_may_do(
    browser_of: Browser,
    client: FlaskClient,
    topic: Topic,
    room: Room,
    resident: Account,
    neighbour: Account,
    officer: Account,
    moderator: Account,
) -> None:
    post = posts.reply(resident, topic, "ことば")
    path, closes_at = f"/t/{topic.public_id}", room.closes_at
    acts = {
        "reply": f"?reply_to={post.public_id}",
        "edit": f"/p/{post.public_id}/edit",
        "withdraw": f"/p/{post.public_id}/withdraw",
        "decide": f"/moderation/post/{post.public_id}",
        "follow": f"/follow/post/{post.public_id}",
        "mark": f"/p/{post.public_id}/question",
    }

    def offered(browser: FlaskClient) -> set[str]:
        page = browser.get(path).text
        return {name for name, url in acts.items() if url in page}

    assert offered(client) == set()
    assert offered(browser_of(neighbour)) == {"reply", "follow"}
    assert offered(browser_of(resident)) == {"reply", "follow", "edit", "withdraw"}
    assert offered(browser_of(officer)) == {"reply", "follow", "mark"}
    assert offered(browser_of(moderator)) == {"reply", "follow", "decide"}
    with clock.at(closes_at):
        assert offered(browser_of(resident)) == {"follow", "withdraw"}


def test_pieces_unused_longest_are_let_go() -> None:
    kept = Fragments(most=2)
    kept.put("a", "1")
    kept.put("b", "2")
    assert kept.get("a") == "1"
    kept.put("c", "3")
    assert (kept.get("a"), kept.get("b"), kept.get("c"), len(kept)) == ("1", None, "3", 2)


def test_a_merged_topic_leads_to_where_it_is_read_on(
    client: FlaskClient, topic: Topic, room: Room, officer: Account
) -> None:
    target = topics.open_topic(officer, room, "まとめた先", "どうですか。")
    with db.transaction():
        again(topic).merged_into_id = target.id
    path, there = f"/t/{topic.public_id}", f"/t/{target.public_id}"
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.location.partition("#")[0] == there


def test_a_topic_that_waits_is_there_for_who_opened_it_only(
    browser_of: Browser, client: FlaskClient, topic: Topic, resident: Account, neighbour: Account
) -> None:
    with db.transaction():
        row = again(topic)
        row.held_at, row.opened_by_id = clock.now(), resident.id
    path = f"/t/{topic.public_id}"
    for address in (path, f"{path}/unread", f"{path}/since/0", f"{path}/1"):
        assert client.get(address).status_code == 404
        assert browser_of(again(neighbour)).get(address).status_code == 404
    assert "公開の前です" in browser_of(again(resident)).get(path).text


def test_a_locked_and_pinned_topic_says_so(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    posts.reply(resident, topic, "ことば")
    with db.transaction():
        row = again(topic)
        row.pinned_at = row.locked_at = clock.now()
        row.locked_reason = "別の話題で続けます。"
    page = client.get(f"/t/{topic.public_id}").text
    assert "書きこみを止めています" in page
    assert "別の話題で続けます。" in page
    assert "はじめに読む話題" in page


def test_the_index_of_places_alone_finds_a_page(topic: Topic, resident: Account) -> None:
    """On SQLite: no row of the other pages is read to find a page's posts."""
    filled(topic, resident, 300)
    plan = planned(queries.places(Post.path), topic=topic.id, number_1=0, offset=100, limit=50)
    assert any("COVERING INDEX ix_post_path" in step for step in plan), plan


def test_posts_of_a_page_are_fetched_one_by_one_and_changes_by_their_own_index(
    topic: Topic, resident: Account
) -> None:
    filled(topic, resident, 300)
    page = threads._statement(threads._Which.FORTH)
    plan = planned(page, topic=topic.id, offset=100, limit=50)
    assert "topic_id=? AND number=?" in plan[0], plan
    plan = planned(readings._changes(), topic=topic.id, up_to=300, reader=0)
    assert any("ix_post_changed" in step for step in plan), plan


def planned(query: Select[Any], **values: object) -> list[str]:
    """How SQLite goes about a statement, step by step."""
    session = db.session()
    compiled: Any = query.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    plan = session.connection().exec_driver_sql(
        f"EXPLAIN QUERY PLAN {compiled}",
        tuple(values.get(name, 0) for name in compiled.positiontup),
    )
    return [str(row[-1]) for row in plan]
