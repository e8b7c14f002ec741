"""How views are spread and how a room is doing: figures, never a ranking, never what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, inspect

from core import clock, db, people
from core.errors import Forbidden
from core.people import Account
from forum import overviews, posts, queries, spreads, stands, topics
from forum.models import Post, Question, Room, Topic
from forum.overviews import Band
from ledger.models import Choice
from ledger.stances import Spread
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
DAY = timedelta(days=1)
SECRET = "ここだけの話です"


@pytest.fixture
def readers(room: Room) -> list[Account]:
    return [people.create(f"{n}@example.jp", f"読み手{n}") for n in range(4)]


def take(post: Post, readers: list[Account], *choices: str) -> None:
    for reader, choice in zip(readers, choices, strict=False):
        stands.take(reader, post, Choice(choice))


def test_opinions_stand_in_the_order_they_are_read_whatever_was_chosen(
    topic: Topic, resident: Account, neighbour: Account, officer: Account, readers: list[Account]
) -> None:
    one = posts.reply(resident, topic, "木を残してください。")
    two = posts.reply(neighbour, topic, "見通しもほしいです。")
    posts.reply(officer, topic, "お答えします。")
    take(one, readers, "agree")
    take(two, readers, "agree", "agree", "disagree", "pass")
    rows = spreads.rows(topic)
    assert [row.post.number for row in rows] == [1, 2]
    assert rows[1].spread == Spread(2, 1, 1)
    assert rows[0].spread.is_few
    assert spreads.total(topic) == spreads.Sum(opinions=2, chosen=2, people=4)


def test_hidden_withdrawn_and_reworded_words_are_absent_from_the_spread(
    topic: Topic,
    resident: Account,
    moderator: Account,
    readers: list[Account],
    client: FlaskClient,
) -> None:
    said = [posts.reply(resident, topic, body) for body in (SECRET, "取り下げます", "書き直します")]
    for post in said:
        take(post, readers, "agree", "agree", "agree")
    decisions.hide(moderator, "post", said[0].public_id, topic.room.rules[1], "決めつけています")
    posts.withdraw(resident, said[1])
    posts.edit(resident, said[2], "書き直しました", version=1)
    (row,) = spreads.rows(topic)
    assert (row.opinion.text.body, row.spread) == ("書き直しました", Spread())
    page = client.get(f"/t/{topic.public_id}/overview").get_data(as_text=True)
    assert SECRET not in page
    assert "まだ少ないため示しません" in page


def test_the_spread_page_is_public_and_says_it_is_no_vote(
    topic: Topic, resident: Account, readers: list[Account], client: FlaskClient
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    take(post, readers, "agree", "disagree", "pass")
    page = client.get(f"/t/{topic.public_id}/overview").get_data(as_text=True)
    assert "多数決ではありません" in page
    assert page.count("1人") >= 3
    assert "3人" in page
    assert "読み手0" not in page


def test_a_room_without_stances_has_no_spread_page(
    topic: Topic, room: Room, client: FlaskClient
) -> None:
    with db.transaction() as tx:
        tx.get_one(Room, room.id).has_stances = False
    assert client.get(f"/t/{topic.public_id}/overview").status_code == 404


def test_an_empty_topic_says_what_will_stand_here(topic: Topic, client: FlaskClient) -> None:
    page = client.get(f"/t/{topic.public_id}/overview").get_data(as_text=True)
    assert "まだ意見がありません" in page


def test_who_leads_a_room_sees_how_it_is_doing(
    room: Room,
    officer: Account,
    facilitator: Account,
    moderator: Account,
    resident: Account,
    stranger: Account,
) -> None:
    for actor in (officer, facilitator, moderator):
        assert overviews.of(actor, room).posts == 0
    for actor in (resident, stranger, None):
        with pytest.raises(Forbidden):
            overviews.of(actor, room)


def test_people_words_and_days_are_counted(
    both_engines: str,
    room: Room,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    facilitator: Account,
    moderator: Account,
) -> None:
    noon = clock.local(clock.now() - 2 * DAY).replace(hour=12, minute=0, second=0, microsecond=0)
    with clock.at(noon):
        first = posts.reply(resident, topic, "あ" * 30)
    late = noon.replace(hour=23, minute=50)
    with clock.at(late):
        posts.reply(facilitator, topic, "い" * 20, first)
    with clock.at(late + timedelta(hours=10)):  # the next day in Tokyo, and in UTC
        posts.reply(neighbour, topic, "う" * 50)
        hidden = posts.reply(neighbour, topic, SECRET)
    decisions.hide(moderator, "post", hidden.public_id, room.rules[1], "決めつけています")
    seen = overviews.of(facilitator, room)
    assert (seen.people, seen.residents.posts, seen.facilitators.posts) == (2, 2, 1)
    assert seen.host_share == 20
    assert seen.top_share is None  # of two people one does not say who talks most
    assert [(day.day, day.residents, day.hosts) for day in seen.days] == [
        (noon.date(), 1, 1),
        (noon.date() + DAY, 1, 0),
    ]
    assert [post.number for post in seen.unanswered] == [3]


def test_concentration_is_told_in_bands_without_names() -> None:
    assert overviews.bands([1, 1, 3, 12, 40]) == [
        Band(1, 1, 2, 2),
        Band(2, 4, 1, 3),
        Band(5, 9, 0, 0),
        Band(10, 19, 1, 12),
        Band(20, None, 1, 40),
    ]
    assert overviews.percent(1, 0) == 0


def test_what_waits_is_listed(
    both_engines: str, room: Room, topic: Topic, officer: Account, resident: Account
) -> None:
    asked = posts.reply(resident, topic, "いつ決まりますか。")
    late = posts.reply(resident, topic, "どこに書けばよいですか。")
    done = posts.reply(resident, topic, "資料はありますか。")
    now = clock.now()
    with db.transaction() as tx:
        for post, due in ((asked, now + DAY), (late, now - DAY), (done, now)):
            tx.add(
                Question(
                    post_id=post.id,
                    department_id=room.consultation.department_id,
                    asked_at=now,
                    due_at=due,
                    answered_at=now if post is done else None,
                )
            )
    quiet = topics.open_topic(officer, room, "遊び場", "どう分けますか。")
    with clock.at(now + 4 * DAY):
        seen = overviews.of(officer, room)
        assert [q.post.number for q in seen.questions] == [2, 1]
        assert seen.questions_count == 2
        assert [(q.topic.id, q.days, q.is_silent) for q in seen.quiet] == [
            (topic.id, 4, False),
            (quiet.id, None, True),
        ]


def test_waiting_posts_are_a_number_only(
    room: Room, topic: Topic, resident: Account, facilitator: Account, browser_of: Browser
) -> None:
    posts.reply(resident, topic, "木を残してください。")
    with db.transaction() as tx:
        tx.execute(insert(Post).values(**held(topic, resident)))
    seen = overviews.of(facilitator, room)
    assert (seen.held_count, seen.residents.posts) == (1, 1)
    page = browser_of(facilitator).get(f"/rm/{room.public_id}/overview").get_data(as_text=True)
    assert "確認を待つ発言" in page
    assert SECRET not in page


def held(topic: Topic, author: Account) -> dict[str, Any]:
    return {
        "public_id": db.public_id(),
        "topic_id": topic.id,
        "number": -1,
        "path": "-000001",
        "author_id": author.id,
        "body": SECRET,
        "body_html": SECRET,
        "renderer": "1",
        "key": db.public_id(),
        "created_at": clock.now(),
        "held_at": clock.now(),
        "version": 1,
        "depth": 0,
        "role": "resident",
        "guest_name": "",
        "guest_hash": "",
        "withdrawn_reason": "",
        "hidden_rule": "",
        "hidden_reason": "",
    }


def test_both_pages_take_as_many_statements_for_many_posts_as_for_few(
    room: Room,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    officer: Account,
    readers: list[Account],
    browser_of: Browser,
    statements: list[str],
) -> None:
    urls = [f"/t/{topic.public_id}/overview", f"/rm/{room.public_id}/overview"]
    (author_id,), topic_key = inspect(neighbour).identity, inspect(topic).identity
    reader_ids = [inspect(reader).identity[0] for reader in readers]
    posts.reply(resident, topic, "はじめ")
    browser = browser_of(officer)

    def counted() -> list[int]:
        found = []
        for url in urls:
            statements.clear()
            assert browser.get(url).status_code == 200
            found.append(len(statements))
        return found

    few = counted()
    for n in range(6):
        here = db.session().get_one(Topic, topic_key)
        post = posts.reply(db.session().get_one(Account, author_id), here, f"発言{n}")
        reading = [db.session().get_one(Account, one) for one in reader_ids]
        take(post, reading, "agree", "pass", "agree")
    assert counted() == few
    assert queries.total(db.session().get_one(Topic, topic_key)) == 7
