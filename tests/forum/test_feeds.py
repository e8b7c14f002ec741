from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.http import http_date

from core import clock, db
from core.people import Account
from forum import posts, topics, waiting
from forum.models import Post, Question, Room, Topic

A = "{http://www.w3.org/2005/Atom}"
Paths = Callable[[], tuple[str, str]]


def read(client: FlaskClient, path: str) -> ElementTree.Element:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.data)


def titles(feed: ElementTree.Element) -> list[str]:
    return [entry.findtext(f"{A}title") or "" for entry in feed.iter(f"{A}entry")]


@pytest.fixture
def at(room: Room, topic: Topic) -> dict[str, Any]:
    return {
        "room": f"/rm/{room.public_id}/feed.atom",
        "topic": f"/t/{topic.public_id}/feed.atom",
        "topic_id": topic.id,
        "room_id": room.id,
    }


def test_a_feed_is_what_rfc_4287_asks_for(
    client: FlaskClient, resident: Account, topic: Topic, at: dict[str, Any]
) -> None:
    body = "<b>木</b> & 池\n\nhttps://example.jp/?a=1&b=2"
    url = posts.reply(resident, topic, body).public_id
    for path in (at["topic"], at["room"]):
        feed = read(client, path)
        assert feed.tag == f"{A}feed"
        for name in ("id", "title", "updated"):
            assert feed.findtext(f"{A}{name}")
        links = {link.get("rel"): link.get("href") for link in feed.findall(f"{A}link")}
        assert links["self"] == f"http://localhost{path}"
        assert links["alternate"] == f"http://localhost{path.removesuffix('/feed.atom')}"
        (entry,) = feed.findall(f"{A}entry")
        assert (entry.findtext(f"{A}id") or "").endswith(f":post/{url}")
        assert (entry.findtext(f"{A}id") or "").startswith("tag:localhost,")
        assert entry.findtext(f"{A}author/{A}name") == "けやき坂の住人"
        link = entry.find(f"{A}link")
        assert link is not None
        assert link.get("href") == f"http://localhost/p/{url}"
        content = entry.find(f"{A}content")
        assert content is not None
        assert content.get("type") == "html"
        assert "&lt;b&gt;木" in (content.text or "")
        assert "<script" not in (content.text or "")
        for moment in feed.iter(f"{A}updated"):
            assert (moment.text or "").endswith("+00:00")


@pytest.mark.parametrize("column", ["hidden_at", "withdrawn_at", "held_at"])
def test_what_is_not_shown_is_in_no_feed(
    client: FlaskClient, resident: Account, topic: Topic, at: dict[str, Any], column: str
) -> None:
    post_id = posts.reply(resident, topic, "この言葉は見えません。").id
    old = client.get(at["topic"])
    with db.transaction() as tx:
        post = tx.get_one(Post, post_id)
        setattr(post, column, clock.now())
        post.changed_at = clock.now()
    for path in (at["topic"], at["room"]):
        assert "見えません" not in client.get(path).text
    assert titles(read(client, at["topic"])) == []
    again = client.get(at["topic"], headers={"If-None-Match": old.headers["ETag"]})
    assert again.status_code == 200


def test_a_topic_that_waits_has_no_feed(client: FlaskClient, at: dict[str, Any]) -> None:
    with db.transaction() as tx:
        tx.get_one(Topic, at["topic_id"]).held_at = clock.now()
    assert client.get(at["topic"]).status_code == 404
    assert client.get("/t/nowhere/feed.atom").status_code == 404


def test_who_has_the_newest_feed_is_sent_nothing(
    client: FlaskClient, resident: Account, topic: Topic, at: dict[str, Any]
) -> None:
    posts.reply(resident, topic, "木を残したい。")
    first = client.get(at["room"])
    assert "Set-Cookie" not in first.headers
    again = client.get(at["room"], headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_time_alone_is_no_reason_to_send_nothing(
    client: FlaskClient,
    room: Room,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    moderator: Account,
    at: dict[str, Any],
) -> None:
    with db.transaction() as tx:
        tx.get_one(Room, room.id).checked = "before"
    early, late = (posts.reply(who, topic, "木を残したい。") for who in (resident, neighbour))
    early_id, moderator_id = early.id, moderator.id
    waiting.admit(moderator, late)
    since = {"If-Modified-Since": http_date(clock.now())}
    assert len(titles(read(client, at["topic"]))) == 1
    who = db.session().get_one(Account, moderator_id)
    waiting.admit(who, db.session().get_one(Post, early_id))  # written before, let in now
    for path in (at["topic"], at["room"]):
        assert client.get(path, headers=since).status_code == 200
        assert len(titles(read(client, path))) == 2


def test_fifty_posts_and_no_more_in_the_same_statements(
    client: FlaskClient,
    resident: Account,
    topic: Topic,
    at: dict[str, Any],
    statements: list[str],
) -> None:
    posts.reply(resident, topic, "発言その一")
    client.get(at["room"])
    counts = []
    for more in (0, 59):
        for n in range(more):
            with db.transaction() as tx:
                account = tx.scalars(
                    select(Account).where(Account.display_name == "けやき坂の住人")
                ).one()
                posts.reply(account, tx.get_one(Topic, at["topic_id"]), f"発言{n}")
        statements.clear()
        feeds = [read(client, at[name]) for name in ("topic", "room")]
        counts.append(len(statements))
    assert [len(titles(feed)) for feed in feeds] == [50, 50]
    assert counts[0] == counts[1] <= 10


def test_the_wards_answers_and_the_summary_say_what_they_are(
    client: FlaskClient, resident: Account, officer: Account, topic: Topic, at: dict[str, Any]
) -> None:
    question = posts.reply(resident, topic, "いつ決まりますか。")
    answer = posts.reply(officer, topic, "12月に決まります。", question)
    department_id = topic.room.consultation.department_id
    with db.transaction() as tx:
        now = clock.now()
        moments = {"asked_at": now, "due_at": now, "answered_at": now}
        tx.add(
            Question(
                post_id=question.id, department_id=department_id, answer_id=answer.id, **moments
            )
        )
    topics.set_context(officer, topic, "共通していること：木を残す。", topic.version)
    feed = read(client, at["topic"])
    terms = {
        entry.findtext(f"{A}title"): [c.get("term") for c in entry.findall(f"{A}category")]
        for entry in feed.iter(f"{A}entry")
    }
    assert terms["発言2　公園みどり課"] == ["answer", "official"]
    assert terms["発言1　けやき坂の住人"] == []
    assert terms["いまの整理　木をどう残すか"] == ["context"]


def test_a_character_no_xml_may_hold_does_not_break_a_feed(
    client: FlaskClient, resident: Account, topic: Topic, at: dict[str, Any]
) -> None:
    posts.reply(resident, topic, "木\ufffeと\uffff池😊")
    (entry,) = read(client, at["topic"]).findall(f"{A}entry")
    assert "木と池😊" in (entry.findtext(f"{A}content") or "")


def test_links_in_a_feed_are_absolute(
    client: FlaskClient, resident: Account, topic: Topic, at: dict[str, Any]
) -> None:
    first = posts.reply(resident, topic, "木を残したい。").id
    with db.transaction() as tx:
        tx.get_one(Post, first).body_html = '<p><a href="/p/x">発言</a></p>'
    (entry,) = read(client, at["topic"]).findall(f"{A}entry")
    assert 'href="http://localhost/p/x"' in (entry.findtext(f"{A}content") or "")
