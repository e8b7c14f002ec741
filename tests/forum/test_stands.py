"""Under a post one sees one's own choice and never a number; the room decides whether it asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from core import clock, db, events, people
from core.errors import Closed, Conflict, Forbidden
from core.people import Account, Role
from forum import posts, queries, stands, topics
from forum.events import StanceTaken
from forum.models import Room, Topic
from forum.stands import Stand
from ledger import opinions, stances
from ledger.models import Choice
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
AGREE = Choice.AGREE


def test_a_reader_sees_their_own_choice_and_nobody_elses(
    topic: Topic, resident: Account, neighbour: Account, stranger: Account
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    stands.take(neighbour, post, AGREE)
    (line,) = opinions.of_source("post", post.id)
    assert stands.of([post], neighbour) == {post.id: Stand(line.public_id, "agree", False, True)}
    assert stands.of([post], stranger)[post.id].choice == ""
    assert stands.of([post], resident) == {}  # their own
    assert stands.of([post], None) == {}


def test_the_wards_and_the_facilitators_words_are_not_asked_about(
    topic: Topic, officer: Account, facilitator: Account, resident: Account
) -> None:
    said = [posts.reply(who, topic, "お答えします。") for who in (officer, facilitator)]
    assert stands.of(said, resident) == {}
    for post in said:
        with pytest.raises(Closed):
            stands.take(resident, post, AGREE)
    theirs = posts.reply(resident, topic, "木を残してください。")
    for actor in (officer, facilitator, None):
        with pytest.raises(Forbidden):
            stands.take(actor, theirs, AGREE)
        assert stands.of([theirs], actor) == {}


def test_a_room_can_do_without_stances(
    topic: Topic, room: Room, resident: Account, neighbour: Account
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    with db.transaction() as tx:
        tx.get_one(Room, room.id).has_stances = False
    post = queries.post(post.public_id)
    assert stands.of([post], neighbour) == {}
    with pytest.raises(Closed):
        stands.take(neighbour, post, AGREE)


def test_a_choice_stays_seen_after_the_end_and_cannot_be_changed(
    topic: Topic, room: Room, resident: Account, neighbour: Account
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    stands.take(neighbour, post, AGREE)
    with clock.at(room.closes_at):
        assert stands.of([post], neighbour)[post.id].choice == "agree"
        assert not stands.of([post], neighbour)[post.id].is_open
        for choice in (Choice.DISAGREE, None):
            with pytest.raises(Closed):
                stands.take(neighbour, post, choice)


def test_a_locked_topic_takes_no_stances(
    topic: Topic, resident: Account, neighbour: Account
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    with db.transaction() as tx:
        tx.get_one(Topic, topic.id).locked_at = clock.now()
    with pytest.raises(Closed):
        stands.take(neighbour, queries.post(post.public_id), AGREE)


def test_reworded_posts_ask_those_again_who_had_chosen(
    both_engines: str, topic: Topic, resident: Account, neighbour: Account, stranger: Account
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    stands.take(neighbour, post, AGREE)
    read = stands.of([post], neighbour)[post.id].opinion
    post = posts.edit(resident, post, "木を3本残してください。", version=1)
    now = stands.of([post], neighbour)[post.id]
    assert (now.choice, now.must_take_again) == ("", True)
    assert not stands.of([post], stranger)[post.id].must_take_again
    with pytest.raises(Conflict):
        stands.take(neighbour, post, AGREE, opinion=read)
    stands.take(neighbour, post, AGREE, opinion=now.opinion)
    assert not stands.of([post], neighbour)[post.id].must_take_again
    stands.take(neighbour, post, None)
    assert stands.of([post], neighbour)[post.id] == Stand(now.opinion, "", False, True)


def test_what_is_hidden_or_withdrawn_has_no_stance(
    topic: Topic, resident: Account, neighbour: Account, moderator: Account
) -> None:
    hidden = posts.reply(resident, topic, "ここだけの話です")
    gone = posts.reply(resident, topic, "取り下げます")
    for post in (hidden, gone):
        stands.take(neighbour, post, AGREE)
    rule = topic.room.rules[1]
    decisions.hide(moderator, "post", hidden.public_id, rule, "決めつけています")
    posts.withdraw(resident, gone)
    for post in (hidden, gone):
        again = queries.post(post.public_id)
        assert stands.of([again], neighbour) == {}
        with pytest.raises(Conflict):
            stands.take(neighbour, again, AGREE)
    decisions.restore(moderator, "post", hidden.public_id, "見直しました")
    assert stands.of([queries.post(hidden.public_id)], neighbour)[hidden.id].choice == "agree"


def test_a_change_is_told_once_and_names_no_choice(
    topic: Topic, resident: Account, neighbour: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setitem(events._subscribers, StanceTaken, [told.append])
    post = posts.reply(resident, topic, "木を残してください。")
    stands.take(neighbour, post, AGREE)
    stands.take(neighbour, post, AGREE)
    assert told == [StanceTaken(topic.id, post.id, neighbour.id)]


def test_a_page_of_posts_is_one_statement(
    topic: Topic,
    resident: Account,
    neighbour: Account,
    statements: list[str],
) -> None:
    for number in range(8):
        posts.reply(resident, topic, f"発言{number}")
    said = queries.thread(queries.topic(topic.public_id))
    assert neighbour.roles == set()  # who is signed in is known before a page is drawn
    statements.clear()
    assert len(stands.of(said, neighbour)) == 8
    assert len(statements) == 1
    statements.clear()
    assert stands.of(said, None) == {}
    assert statements == []


def test_the_buttons_work_as_a_form_and_for_the_script(
    topic: Topic, resident: Account, neighbour: Account, browser_of: Browser
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    url, browser = f"/p/{post.public_id}/stance", browser_of(neighbour)
    answer = browser.post(url, data={"choice": "agree"})
    assert (answer.status_code, answer.location) == (303, f"/p/{post.public_id}")
    json = {"Accept": "application/json"}
    answer = browser.post(url, data={"choice": "pass"}, headers=json)
    assert answer.get_json() == {"choice": "pass", "said": "「わからない」を選びました。"}
    assert browser.post(url, data={"choice": ""}, headers=json).get_json()["choice"] == ""
    refused = browser.post(url, data={"choice": "よい"}, headers=json)
    assert (refused.status_code, list(refused.get_json())) == (422, ["error"])


def test_a_visitor_and_the_author_are_refused_kindly(
    topic: Topic, resident: Account, client: FlaskClient, browser_of: Browser
) -> None:
    post = posts.reply(resident, topic, "木を残してください。")
    url = f"/p/{post.public_id}/stance"
    assert client.post(url, data={"choice": "agree"}).status_code == 403
    own = browser_of(resident).post(
        url, data={"choice": "agree"}, headers={"Accept": "application/json"}
    )
    assert own.status_code == 403
    assert "ご自分の発言" in own.get_json()["error"]


def test_a_facilitator_of_the_room_alone_takes_none(
    topic: Topic, resident: Account, neighbour: Account
) -> None:
    with db.transaction():
        people.entrust(neighbour, Role.FACILITATOR, f"room:{topic.room.public_id}", by="test")
    post = posts.reply(resident, topic, "木を残してください。")
    assert topics.role_in(neighbour, topic.room) == "facilitator"
    with pytest.raises(Forbidden):
        stands.take(neighbour, post, AGREE)
    assert stances.spread([line.id for line in opinions.of_source("post", post.id)]) == {}
