"""Rooms that look first: what waits, who may let it in, what leaks meanwhile (nothing)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from core import clock, db, events, search
from core.errors import Closed, Conflict, DomainError, Forbidden, NotFound, Stale
from core.jobs import Job
from core.people import Account
from forum import posts, queries, waiting
from forum.events import PostChanged, PostHeld, PostPublished
from forum.models import Checked, Post, PostRevision, Room, Topic
from ledger import check, opinions
from ledger.models import Consultation, Opinion, State
from ledger.queries import counts
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
SECRET = "まだ見ていない話です"
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before, or another thread, has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


@pytest.fixture
def looking(room: Room, topic: Topic) -> Topic:
    """A topic of a room in which what residents say is looked at first."""
    with db.transaction() as tx:
        tx.get_one(Room, room.id).checked = Checked.BEFORE
    return topic


@pytest.fixture
def told() -> list[object]:
    """The events that anybody is told of, in order."""
    heard: list[object] = []
    for kind in (PostPublished, PostHeld, PostChanged):
        events.subscribe(kind)(heard.append)
    yield heard
    for kind in (PostPublished, PostHeld, PostChanged):
        events._subscribers[kind].remove(heard.append)


def states(post: Post) -> list[str]:
    query = select(Opinion).where(Opinion.source == "post", Opinion.source_id == post.id)
    return [one.state for one in db.session().scalars(query.order_by(Opinion.seq))]


def lawful() -> bool:
    return list(check.laws()) == []


def refuse(moderator: Account, post: Post) -> None:
    decisions.hide(moderator, "post", post.public_id, "第4条", "決めつけでした。")


def test_what_a_resident_says_waits_where_it_is_looked_at_first(
    both_engines: str,
    consultation: Consultation,
    looking: Topic,
    resident: Account,
    told: list[object],
) -> None:
    first, second = (posts.reply(resident, looking, body) for body in ("一", "二"))
    assert (first.number, second.number, first.is_held) == (-1, -2, True)
    assert (looking.post_count, looking.held_count, looking.last_post_at) == (0, 2, None)
    (line,) = opinions.of_source("post", first.id)
    assert (line.state, line.published_at) == (State.HELD, None)
    assert (counts(consultation).held, counts(consultation).counted) == (2, 0)
    assert told == [PostHeld(looking.id, first.id), PostHeld(looking.id, second.id)]
    assert search._kinds["post"].load(first.id) is None
    assert lawful()


def test_officers_and_facilitators_are_not_looked_at_first(
    looking: Topic, officer: Account, facilitator: Account
) -> None:
    said = [posts.reply(who, looking, "お知らせします。") for who in (officer, facilitator)]
    assert [post.number for post in said] == [1, 2]
    assert not any(post.is_held for post in said)


def test_what_is_let_in_gets_its_place_and_is_counted(
    both_engines: str,
    consultation: Consultation,
    looking: Topic,
    resident: Account,
    officer: Account,
    facilitator: Account,
    moderator: Account,
    told: list[object],
) -> None:
    root = posts.reply(officer, looking, "区から")
    said = [posts.reply(resident, looking, f"{n}", root) for n in range(3)]
    told.clear()
    for who, post in zip((moderator, officer, facilitator), reversed(said), strict=True):
        waiting.admit(who, post, post.version)
    assert [post.number for post in said] == [4, 3, 2]
    assert [post.number for post in queries.thread(looking)] == [1, 2, 3, 4]
    assert all(post.path.startswith(root.path) and post.depth == 1 for post in said)
    assert not any(post.is_held for post in said)
    (line,) = opinions.of_source("post", said[0].id)
    db.session().refresh(line)
    assert line.state == State.COUNTED
    assert line.published_at is not None
    assert counts(consultation).counted == 3
    assert told == [PostPublished(looking.id, post.id) for post in reversed(said)]
    assert search._kinds["post"].load(said[0].id) is not None
    assert lawful()


def test_the_author_is_told_and_whoever_follows(
    looking: Topic, resident: Account, moderator: Account
) -> None:
    post = posts.reply(resident, looking, SECRET)
    waiting.admit(moderator, post)
    queued = db.session().scalars(select(Job.key).where(Job.key.contains(f"post:{post.id}"))).all()
    assert any(key.endswith(f"post:{post.id}:admitted") for key in queued)


def test_a_reply_stands_under_a_tombstone_too(
    looking: Topic, resident: Account, officer: Account, moderator: Account
) -> None:
    root = posts.reply(officer, looking, "区から")
    post = posts.reply(resident, looking, "返信", root)
    refuse(moderator, root)
    waiting.admit(moderator, post)
    assert [one.number for one in queries.thread(looking)] == [1, 2]
    assert post.path == "000001000002"


def test_what_waits_is_answered_by_nobody(
    looking: Topic, resident: Account, neighbour: Account
) -> None:
    post = posts.reply(resident, looking, "待っている")
    for author in (resident, neighbour):
        with pytest.raises(NotFound):
            posts.reply(author, looking, "返信", post)


@pytest.mark.parametrize("how", ["waits", "refused", "withdrawn"])
def test_what_waits_leaks_no_word(
    how: str,
    browser_of: Browser,
    client: FlaskClient,
    looking: Topic,
    resident: Account,
    neighbour: Account,
    officer: Account,
    moderator: Account,
) -> None:
    shown = posts.reply(officer, looking, "区からの発言は見えます")
    post = posts.reply(resident, looking, SECRET, shown)
    if how == "refused":
        refuse(moderator, post)
    if how == "withdrawn":
        posts.withdraw(resident, post)
    path, at = f"/t/{looking.public_id}", f"/p/{post.public_id}"
    around = (
        path, f"{path}/since/0", f"{at}/fragment", f"{at}/history", f"/rm/{looking.room.public_id}",
        "/rooms", "/moderation", "/desk/waiting", f"{path}?reply_to={post.public_id}",
        f"/search?q={SECRET}", f"/c/{looking.room.consultation.slug}/ledger",
    )  # fmt: skip
    for browser in (client, browser_of(neighbour)):
        for place in around:
            text = browser.get(place, follow_redirects=True).text
            assert SECRET not in text or place.startswith("/search"), place
            assert post.public_id in place or post.public_id not in text or how == "refused"
        assert browser.get(at).status_code == (410 if how == "refused" else 404)
        assert browser.get(f"{at}/fragment").status_code == 404
        assert browser.get(f"{at}/history").status_code == 404
    topic = again(looking)
    assert (topic.post_count, queries.total(topic)) == (1, 1)
    assert lawful()


def test_its_author_sees_what_waits_and_what_was_refused(
    looking: Topic, resident: Account, neighbour: Account, moderator: Account
) -> None:
    first, second, third = (posts.reply(resident, looking, body) for body in ("一", "二", "三"))
    refuse(moderator, first)
    posts.withdraw(resident, second)
    assert waiting.own(resident, looking) == [first, third]
    assert waiting.own(neighbour, looking) == []
    assert waiting.own(None, looking) == []
    waiting.admit(moderator, third)
    assert waiting.own(resident, looking) == [first]


def test_who_may_look_sees_what_waits_oldest_first(
    looking: Topic,
    resident: Account,
    officer: Account,
    facilitator: Account,
    moderator: Account,
    approver: Account,
    stranger: Account,
) -> None:
    said = [posts.reply(resident, looking, str(n)) for n in range(3)]
    refuse(moderator, said[1])
    for who in (officer, facilitator, moderator):
        assert waiting.held(who) == [said[0], said[2]]
        assert waiting.count_for(who) == 2
    for other in (resident, stranger, approver, None):
        assert waiting.count_for(other) == 0
        with pytest.raises(Forbidden):
            waiting.admit(other, said[0])


def test_nobody_lets_in_what_they_said_themselves(looking: Topic, moderator: Account) -> None:
    post = posts.reply(moderator, looking, "一人の住民として")
    assert post.is_held
    assert waiting.held(moderator) == []
    with pytest.raises(Forbidden):
        waiting.admit(moderator, post)


def test_what_was_reworded_meanwhile_is_looked_at_again(
    both_engines: str, looking: Topic, resident: Account, moderator: Account
) -> None:
    post = posts.reply(resident, looking, "読んだ文")
    posts.edit(resident, post, "読んでいない文", version=1)
    with pytest.raises(Conflict):
        waiting.admit(moderator, post, version=1)
    assert states(post) == [State.WITHDRAWN, State.HELD]
    assert lawful()
    waiting.admit(moderator, post, version=2)
    assert states(post) == [State.WITHDRAWN, State.COUNTED]
    assert post.edited_at is None
    assert db.session().scalars(select(PostRevision)).all() == []
    assert lawful()


def test_a_stale_edit_of_what_waits_gets_both_texts_back(looking: Topic, resident: Account) -> None:
    post = posts.reply(resident, looking, "はじめ")
    posts.edit(resident, post, "別の窓", version=1)
    with pytest.raises(Stale):
        posts.edit(resident, post, "この窓", version=1)


def test_what_was_looked_at_keeps_its_words(
    browser_of: Browser, looking: Topic, resident: Account, moderator: Account
) -> None:
    post = posts.reply(resident, looking, "確かめた文")
    waiting.admit(moderator, post)
    with pytest.raises(Closed):
        posts.edit(resident, post, "確かめていない文", version=post.version)
    path = f"/p/{post.public_id}/edit"
    assert "取り下げてから新しく" in browser_of(resident).get(path).text


def test_a_refusal_is_public_and_the_text_is_not(
    both_engines: str,
    client: FlaskClient,
    consultation: Consultation,
    looking: Topic,
    resident: Account,
    moderator: Account,
) -> None:
    post = posts.reply(resident, looking, SECRET)
    refuse(moderator, post)
    assert states(post) == [State.WITHHELD]
    assert (post.number, looking.post_count) == (-1, 0)
    with pytest.raises(Conflict):
        waiting.admit(moderator, post)
    log = client.get("/moderation").text
    assert "公開の前の発言" in log
    assert "決めつけでした" in log
    assert SECRET not in log
    assert lawful()


def test_a_refusal_taken_back_lets_the_post_in(
    both_engines: str, looking: Topic, resident: Account, moderator: Account
) -> None:
    post = posts.reply(resident, looking, "考え直した")
    refuse(moderator, post)
    decisions.restore(moderator, "post", post.public_id, "きまりに触れません。")
    assert (post.number, post.is_shown) == (1, True)
    assert states(post) == [State.COUNTED]
    (line,) = opinions.of_source("post", post.id)
    db.session().refresh(line)
    assert line.published_at is not None
    assert lawful()


def test_taking_back_what_waits_leaves_no_tombstone(
    both_engines: str,
    looking: Topic,
    resident: Account,
    moderator: Account,
    told: list[object],
) -> None:
    post = posts.reply(resident, looking, "やめます")
    posts.withdraw(resident, post)
    assert states(post) == [State.WITHDRAWN]
    assert queries.thread(looking) == []
    assert [event for event in told if not isinstance(event, PostHeld)] == []
    for late in (lambda: waiting.admit(moderator, post), lambda: refuse(moderator, post)):
        with pytest.raises(Conflict):
            late()
    assert lawful()


def test_what_came_in_time_is_let_in_after_the_close(
    looking: Topic, room: Room, resident: Account, moderator: Account
) -> None:
    post = posts.reply(resident, looking, "まにあった")
    with clock.at(room.closes_at + timedelta(days=1)):
        with pytest.raises(Closed):
            posts.edit(resident, post, "おそい", version=1)
        waiting.admit(moderator, post)
    assert post.number == 1
    assert post.created_at < room.closes_at
    assert looking.last_post_at == room.closes_at + timedelta(days=1)


@pytest.mark.parametrize("other", ["admit", "refuse", "withdraw"])
def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(
    both_engines: str,
    other: str,
    looking: Topic,
    resident: Account,
    officer: Account,
    moderator: Account,
) -> None:
    post = posts.reply(resident, looking, "どちらが先か")
    acts: dict[str, Callable[[], object]] = {
        "admit": lambda: waiting.admit(again(moderator), again(post)),
        "refuse": lambda: refuse(again(moderator), again(post)),
        "withdraw": lambda: posts.withdraw(again(resident), again(post)),
    }
    start, refused = Barrier(2), []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except DomainError as error:
            refused.append(error)
        finally:
            db.session.remove()

    both = (lambda: waiting.admit(again(officer), again(post)), acts[other])
    threads = [Thread(target=run, args=(act,)) for act in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session().expire_all()
    post = again(post)
    assert lawful()
    if other == "admit":  # the second is told that somebody was faster
        assert [type(error) for error in refused] == [Conflict]
        assert (post.number, post.is_shown) == (1, True)
    else:  # who says no has the last word: let in first, it is hidden or taken back after
        assert not post.is_shown
        assert len(refused) == (1 if post.number < 0 else 0)


def test_several_are_let_in_with_one_button(
    browser_of: Browser, looking: Topic, resident: Account, moderator: Account, officer: Account
) -> None:
    said = [posts.reply(resident, looking, f"発言{n}") for n in range(4)]
    ticked = [f"{post.public_id}:{post.version}" for post in said]
    ids = [post.id for post in said]
    posts.edit(resident, said[1], "書き直した", version=1)
    waiting.admit(officer, said[2])
    browser = browser_of(moderator)
    page = browser.get("/desk/waiting").text
    assert page.index("発言0") < page.index("書き直した") < page.index("発言3")
    answer = browser.post("/desk/waiting", data={"admit": ticked}, follow_redirects=True)
    assert "2件の発言を公開しました" in answer.text
    assert "もう一度お読みください" in answer.text
    assert "先に公開しました" in answer.text
    shown = [db.session().get_one(Post, id_).is_shown for id_ in ids]
    assert shown == [True, False, True, True]
    one = {"one": f"{ticked[1].partition(':')[0]}:2"}
    assert (
        "1件の発言を公開しました"
        in browser.post("/desk/waiting", data=one, follow_redirects=True).text
    )
    assert "選んでください" in browser.post("/desk/waiting", follow_redirects=True).text
    for wrong in ("", "x", "x:y", f"{'9' * 99}:{'9' * 99}"):
        assert browser.post("/desk/waiting", data={"one": wrong}).status_code == 303
    assert lawful()


def test_the_queue_is_for_those_who_look(
    browser_of: Browser,
    client: FlaskClient,
    looking: Topic,
    resident: Account,
    facilitator: Account,
    stranger: Account,
    moderator: Account,
) -> None:
    post = posts.reply(resident, looking, SECRET)
    named, path = f"{post.public_id}:1", "/desk/waiting"
    assert client.get(path).status_code == 302
    assert browser_of(resident).get(path).status_code == 403
    page = browser_of(facilitator).get(path)
    assert SECRET in page.text
    assert "きまりに照らす" not in page.text
    assert "きまりに照らす" in browser_of(moderator).get(path).text
    assert SECRET not in browser_of(stranger).get(path).text
    browser_of(stranger).post(path, data={"one": named})
    assert again(post).is_held
    assert "公開を待っている発言" in browser_of(moderator).get("/desk").text
    at = f"/p/{again(post).public_id}"
    assert "/desk/waiting#w-" in browser_of(facilitator).get(at).location
    assert browser_of(resident).get(at).location.endswith("#waiting")


def test_on_the_page_what_was_sent_waits_and_is_seen_by_its_author(
    browser_of: Browser, client: FlaskClient, looking: Topic, resident: Account
) -> None:
    path = f"/t/{looking.public_id}"
    browser = browser_of(resident)
    answer = browser.post(path, data={"body": SECRET, "key": "k"})
    assert answer.status_code == 303
    assert answer.location.endswith("#waiting")
    page = browser.get(answer.location).text
    assert SECRET in page
    assert 'id="waiting"' in page
    assert SECRET not in client.get(path).text
    (post,) = db.session().scalars(select(Post))
    edit = f"/p/{post.public_id}/edit"
    assert SECRET in browser.get(edit).text
    assert browser.post(edit, data={"body": "新しい文", "version": "1"}).status_code == 303
    withdrawal = browser.post(f"/p/{post.public_id}/withdraw", data={"reason": ""})
    assert withdrawal.status_code == 303
    assert SECRET not in browser.get(path).text
    assert lawful()


def test_the_queue_asks_the_database_as_often_for_many(
    browser_of: Browser,
    looking: Topic,
    resident: Account,
    neighbour: Account,
    officer: Account,
    moderator: Account,
    statements: list[str],
) -> None:
    root = posts.reply(officer, looking, "区から")
    posts.reply(resident, looking, "一つ", root)
    browser = browser_of(moderator)
    browser.get("/desk/waiting")
    statements.clear()
    browser.get("/desk/waiting")
    one = len(statements)
    for n in range(12):
        posts.reply(again(neighbour), again(looking), f"たくさん{n}", again(root))
    statements.clear()
    browser.get("/desk/waiting")
    assert len(statements) == one <= 12


@pytest.mark.parametrize("mark", ["hidden_at", "withdrawn_at", "held_at"])
def test_a_post_that_stands_otherwise_than_its_line_is_a_breach(
    mark: str, topic: Topic, resident: Account
) -> None:
    post = posts.reply(resident, topic, "ことば")
    assert lawful()
    with db.transaction() as tx:
        setattr(tx.get_one(Post, post.id), mark, clock.now())
    (breach,) = check.laws()
    assert (breach.law, breach.where) == ("source", f"post {post.id}")
