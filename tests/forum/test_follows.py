from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select

from core import db, jobs
from core.errors import Forbidden, Invalid, NotFound
from core.people import Account
from forum import follows, links, posts, reader_settings, topics
from forum.follows import Kind
from forum.links import Stop
from forum.models import Follow, Notice, Pace, Post, Room, Topic

Browser = Callable[[Account], FlaskClient]


def kept(account: Account) -> list[tuple[str, int, str]]:
    db.session().rollback()
    (account_id,) = inspect(account).identity  # a request before may have detached the row
    query = select(Follow).where(Follow.account_id == account_id).order_by(Follow.id)
    return [(f.kind, f.object_id, f.pace) for f in db.session().scalars(query)]


def hide(post: Post) -> None:
    from core import clock

    with db.transaction() as tx:
        tx.get_one(Post, post.id).hidden_at = clock.now()


def test_following_twice_is_following_once(
    both_engines: str, resident: Account, room: Room
) -> None:
    first = follows.follow(resident, Kind.ROOM, room)
    assert follows.follow(resident, Kind.ROOM, room).id == first.id
    assert kept(resident) == [("room", room.id, Pace.DAILY)]
    follows.follow(resident, Kind.ROOM, room, Pace.WEEKLY)
    follows.follow(resident, Kind.ROOM, room)
    assert kept(resident) == [("room", room.id, Pace.WEEKLY)]
    follows.unfollow(resident, Kind.ROOM, room)
    follows.unfollow(resident, Kind.ROOM, room)
    assert kept(resident) == []


def test_a_visitor_follows_nothing(room: Room) -> None:
    with pytest.raises(Forbidden):
        follows.follow(None, Kind.ROOM, room)


def test_a_pace_nobody_offers_is_refused(resident: Account, room: Room) -> None:
    with pytest.raises(Invalid):
        follows.follow(resident, Kind.ROOM, room, "hourly")


def test_a_hidden_post_can_not_be_followed(
    resident: Account, neighbour: Account, topic: Topic
) -> None:
    post = posts.reply(neighbour, topic, "池を残したい。")
    hide(post)
    with pytest.raises(NotFound):
        follows.follow(resident, Kind.POST, db.session().get_one(Post, post.id))


def test_nobody_changes_what_somebody_else_follows(
    resident: Account, neighbour: Account, room: Room
) -> None:
    follow = follows.follow(resident, Kind.ROOM, room)
    with pytest.raises(Forbidden):
        follows.set_pace(neighbour, follow, Pace.SITE)
    with pytest.raises(Forbidden):
        follows.end(neighbour, follow)
    with pytest.raises(NotFound):
        follows.find(neighbour, follow.id)
    follows.set_paces(neighbour, {follow.id: Pace.SITE})
    assert kept(resident) == [("room", room.id, Pace.DAILY)]
    follows.set_pace(resident, follow, Pace.SITE)
    assert kept(resident) == [("room", room.id, Pace.SITE)]


def test_who_writes_follows_the_replies_at_their_own_pace(resident: Account, topic: Topic) -> None:
    reader_settings.choose(resident, Pace.WEEKLY, follows_replies=True, mails_direct=True)
    post = posts.reply(resident, topic, "木を残したい。", key="a")
    posts.reply(resident, topic, "木を残したい。", key="a")
    assert kept(resident) == [("post", post.id, Pace.WEEKLY)]


def test_who_does_not_wish_it_follows_nothing_by_writing(resident: Account, topic: Topic) -> None:
    reader_settings.choose(resident, Pace.DAILY, follows_replies=False, mails_direct=True)
    posts.reply(resident, topic, "木を残したい。")
    assert kept(resident) == []


def test_what_is_followed_is_found_in_one_statement(
    resident: Account, topic: Topic, statements: list[str]
) -> None:
    written = [posts.reply(resident, topic, f"木{n}") for n in range(5)]
    ids = [post.id for post in written]
    statements.clear()
    found = follows.of(resident, Kind.POST, ids)
    assert len(statements) == 1
    assert set(found) == set(ids)
    assert follows.of(None, Kind.POST, ids) == {}


def test_followers_come_along_when_a_topic_is_merged(
    both_engines: str,
    resident: Account,
    neighbour: Account,
    officer: Account,
    room: Room,
    topic: Topic,
) -> None:
    """Nobody follows twice, and nobody is told twice."""
    new = topics.open_topic(officer, room, "池をどう残すか", "池のことを書いてください。")
    follows.follow(resident, Kind.TOPIC, topic, Pace.SITE)
    follows.follow(neighbour, Kind.TOPIC, topic, Pace.WEEKLY)
    stays = follows.follow(neighbour, Kind.TOPIC, new, Pace.DAILY)
    old_id, new_id, stays_id, neighbour_id = topic.id, new.id, stays.id, neighbour.id
    officer_id = officer.id
    posts.reply(officer, topic, "調べています。")
    jobs.run_due()
    with db.transaction() as tx:
        follows.moved(tx.get_one(Topic, old_id), tx.get_one(Topic, new_id))
    assert kept(resident) == [("topic", new_id, Pace.SITE)]
    assert kept(neighbour) == [("topic", new_id, Pace.DAILY)]
    query = select(Notice.follow_id).where(Notice.account_id == neighbour_id)
    assert list(db.session().scalars(query)) == [stays_id]
    with db.transaction() as tx:
        who = tx.get_one(Account, officer_id)
        posts.reply(who, tx.get_one(Topic, new_id), "こちらで話します。")
    jobs.run_due()
    counted = select(func.count()).where(Notice.account_id == neighbour_id)
    assert db.session().scalar(counted) == 2


def test_a_page_follows_and_stops_without_a_script(
    browser_of: Browser, resident: Account, room: Room
) -> None:
    room_id, public_id = room.id, room.public_id
    browser = browser_of(resident)
    sent = browser.post(f"/follow/room/{public_id}", data={"pace": "at_once"})
    assert (sent.status_code, sent.location) == (303, f"/rm/{public_id}")
    assert kept(resident) == [("room", room_id, Pace.AT_ONCE)]
    browser.post(f"/follow/room/{public_id}/end")
    assert kept(resident) == []


@pytest.mark.parametrize("path", ["/follow/room/nowhere", "/follow/house/x", "/follow/post/x/end"])
def test_what_is_not_there_can_not_be_followed(
    browser_of: Browser, resident: Account, path: str
) -> None:
    assert browser_of(resident).post(path).status_code == 404


def test_no_follow_leads_out_of_the_site(
    browser_of: Browser, resident: Account, room: Room
) -> None:
    public_id = room.public_id
    data = {"next": "https://example.com/"}
    sent = browser_of(resident).post(f"/follow/room/{public_id}", data=data)
    assert sent.location == f"/rm/{public_id}"


def test_one_press_in_a_mail_ends_a_follow_without_signing_in(
    client: FlaskClient, app: object, resident: Account, room: Room
) -> None:
    """RFC 8058: a mail program posts `List-Unsubscribe=One-Click`, with no cookie and no token."""
    client.application.config["WTF_CSRF_ENABLED"] = True
    follow = follows.follow(resident, Kind.ROOM, room)
    path = links.stop(Stop(resident.id, follow_id=follow.id)).removeprefix("http://localhost")
    asked = client.get(path)
    assert asked.status_code == 200
    assert room.title in asked.text
    assert kept(resident) != []
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert kept(resident) == []
    assert "もうお送りしません" in client.post(path).text
    assert "もうお送りしません" in client.get(path).text


def test_a_link_for_somebody_elses_follow_ends_nothing(
    client: FlaskClient, resident: Account, neighbour: Account, room: Room
) -> None:
    follow = follows.follow(resident, Kind.ROOM, room)
    path = links.stop(Stop(neighbour.id, follow_id=follow.id)).removeprefix("http://localhost")
    client.post(path)
    assert kept(resident) != []


@pytest.mark.parametrize("token", ["x", "WyJmIiwxLDFd.AAAA", "WyJmIiwxLDFd", "é"])
def test_a_link_nobody_wrote_is_refused_in_words(client: FlaskClient, token: str) -> None:
    for answer in (client.get(f"/u/{token}"), client.post(f"/u/{token}")):
        assert answer.status_code == 404
        assert "このリンクは読み取れませんでした" in answer.text


def test_one_press_ends_the_digests_and_keeps_the_follows(
    client: FlaskClient, resident: Account, room: Room, topic: Topic
) -> None:
    follows.follow(resident, Kind.ROOM, room, Pace.DAILY)
    follows.follow(resident, Kind.TOPIC, topic, Pace.AT_ONCE)
    resident_id = resident.id
    path = links.stop(Stop(resident_id, pace="daily")).removeprefix("http://localhost")
    assert client.post(path).status_code == 200
    assert [(kind, pace) for kind, _id, pace in kept(resident)] == [
        ("room", Pace.SITE),
        ("topic", Pace.AT_ONCE),
    ]
    assert reader_settings.of(resident_id).pace == Pace.SITE


def test_one_press_ends_the_mails_that_concern_one_by_name(
    client: FlaskClient, resident: Account
) -> None:
    path = links.stop(Stop(resident.id)).removeprefix("http://localhost")
    assert client.post(path).status_code == 200
    db.session().rollback()
    assert not reader_settings.of(resident.id).mails_direct


def test_the_settings_page_keeps_what_was_chosen(
    browser_of: Browser, resident: Account, room: Room, topic: Topic
) -> None:
    follow = follows.follow(resident, Kind.ROOM, room)
    browser = browser_of(resident)
    page = browser.get("/me/notices").text
    assert room.title in page
    assert browser.post("/me/notices", data={"pace": "weekly"}).status_code == 303
    chosen = reader_settings.of(resident.id)
    assert (chosen.pace, chosen.follows_replies, chosen.mails_direct) == ("weekly", False, False)
    browser.post("/me/notices/paces", data={f"pace-{follow.id}": "site", "pace-x": "daily"})
    assert kept(resident) == [("room", room.id, Pace.SITE)]
    browser.post(f"/me/notices/{follow.id}/end")
    assert kept(resident) == []
    assert "まだ何も追っていません" in browser.get("/me/notices").text
    assert browser.post("/me/notices", data={"pace": "hourly"}).status_code == 422


def test_the_settings_page_says_no_word_of_a_hidden_post(
    browser_of: Browser, resident: Account, topic: Topic, statements: list[str]
) -> None:
    hide(posts.reply(resident, topic, "この言葉は見えません。"))
    page = browser_of(resident).get("/me/notices").text
    assert "発言1" in page
    assert "この言葉は見えません" not in page


def test_the_settings_page_takes_as_many_statements_for_one_as_for_many(
    browser_of: Browser, resident: Account, topic: Topic, statements: list[str]
) -> None:
    posts.reply(resident, topic, "木")
    topic_id, who = topic.id, resident.id
    browser = browser_of(resident)
    browser.get("/me/notices")
    statements.clear()
    browser.get("/me/notices")
    one = len(statements)
    for n in range(20):
        with db.transaction() as tx:
            posts.reply(tx.get_one(Account, who), tx.get_one(Topic, topic_id), f"木{n}")
    statements.clear()
    browser.get("/me/notices")
    assert len(statements) == one
