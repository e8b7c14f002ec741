"""Saying something, saying it better, taking it back; what the ledger and the pages make of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from core import clock, db, search
from core.errors import Closed, Conflict, Forbidden, Invalid, NotFound, Stale
from core.people import Account
from forum import differences, posts, queries, topics
from forum.models import MAX_DEPTH, Post, Room, Topic
from ledger import check, opinions, parts, sources
from ledger.models import Channel, Consultation, Opinion, State
from ledger.queries import counts
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
SECRET = "ここだけの話です"
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before, or another thread, has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def laws(consultation: Consultation) -> list[check.Breach]:
    return list(check.laws())


def test_what_a_resident_says_is_a_line_of_the_ledger(
    both_engines: str, consultation: Consultation, topic: Topic, resident: Account
) -> None:
    first = posts.reply(resident, topic, "木を残してください。", key="a")
    second = posts.reply(resident, topic, "ベンチもほしいです。", first, key="b")
    assert [first.number, second.number] == [1, 2]
    (opinion,) = opinions.of_source("post", first.id)
    assert (opinion.channel, opinion.state) == (Channel.ROOM, State.COUNTED)
    assert opinion.published_at is not None
    assert opinion.context == topic.title
    assert sources.url_of(opinion) == f"/p/{first.public_id}"
    assert (counts(consultation).people, counts(consultation).counted) == (1, 2)
    assert laws(consultation) == []


def test_official_and_facilitating_words_are_no_opinions(
    consultation: Consultation,
    topic: Topic,
    officer: Account,
    facilitator: Account,
    stranger: Account,
) -> None:
    official = posts.reply(officer, topic, "資料3に載せました。")
    hosting = posts.reply(facilitator, topic, "話題4に写しました。")
    private = posts.reply(stranger, topic, "道路課の者ですが、一人の住民として書きます。")
    assert official.is_official
    assert official.department_id == consultation.department_id
    assert (hosting.role, private.role) == ("facilitator", "resident")
    assert counts(consultation).received == 1
    assert laws(consultation) == []


def test_the_same_form_sent_twice_is_one_post(
    both_engines: str, topic: Topic, resident: Account, neighbour: Account
) -> None:
    first = posts.reply(resident, topic, "一度だけ", key="same")
    assert posts.reply(resident, topic, "一度だけ", key="same").id == first.id
    assert queries.total(topic) == 1
    with pytest.raises(Conflict):
        posts.reply(neighbour, topic, "ほかの人", key="same")


def test_numbers_have_no_gaps_when_many_write_at_once(
    both_engines: str, topic: Topic, resident: Account, neighbour: Account
) -> None:
    start = Barrier(4)

    def write(author: Account) -> None:
        start.wait()
        try:
            for _ in range(3):
                posts.reply(again(author), again(topic), "同時に")
        finally:
            db.session.remove()

    threads = [Thread(target=write, args=(a,)) for a in (resident, neighbour) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = db.session().scalars(select(Post.number).order_by(Post.number)).all()
    assert list(numbers) == list(range(1, 13))


def test_replies_stand_under_what_they_answer(topic: Topic, resident: Account) -> None:
    one = posts.reply(resident, topic, "1")
    posts.reply(resident, topic, "2")
    three = posts.reply(resident, topic, "3", one)
    posts.reply(resident, topic, "4", one)
    posts.reply(resident, topic, "5", three)
    assert [post.number for post in queries.thread(topic)] == [1, 3, 5, 4, 2]


def test_the_deepest_replies_stand_beside_each_other(topic: Topic, resident: Account) -> None:
    parent: Post | None = None
    for number in range(MAX_DEPTH + 4):
        parent = posts.reply(resident, topic, str(number), parent)
    found = queries.thread(topic)
    assert [post.number for post in found] == list(range(1, MAX_DEPTH + 5))
    assert max(post.depth for post in found) == MAX_DEPTH


def test_a_room_takes_posts_while_it_is_open(topic: Topic, room: Room, resident: Account) -> None:
    second = timedelta(seconds=1)
    posts.reply(resident, topic, "はじまり", received_at=room.opens_at)
    posts.reply(resident, topic, "まにあった", received_at=room.closes_at - second)
    for at in (room.opens_at - second, room.closes_at):
        with pytest.raises(Closed):
            posts.reply(resident, topic, "おそい", received_at=at)


def test_what_is_not_a_post_is_refused(
    topic: Topic, room: Room, resident: Account, officer: Account
) -> None:
    for body in ("", "　\n", "あ" * 801, "\x00", "\ud800", "あ" * 1_000_000):
        with pytest.raises(Invalid):
            posts.reply(resident, topic, body)
    with pytest.raises(Forbidden):
        posts.reply(None, topic, "だれでもない")
    elsewhere = posts.reply(resident, topics.open_topic(officer, room, "別", "別"), "別の話題")
    with pytest.raises(NotFound):
        posts.reply(resident, topic, "よその発言へ", elsewhere)
    assert posts.reply(resident, topic, "髙﨑𠮷😊").body == "髙﨑𠮷😊"


def test_an_edit_keeps_the_old_words_and_supersedes_in_the_ledger(
    both_engines: str,
    client: FlaskClient,
    consultation: Consultation,
    topic: Topic,
    resident: Account,
) -> None:
    post = posts.reply(resident, topic, "木を3本残してほしい。")
    posts.edit(resident, post, "木を5本残してほしい。", version=1)
    assert (counts(consultation).counted, counts(consultation).superseded) == (1, 1)
    assert laws(consultation) == []
    history = client.get(f"/p/{post.public_id}/history").text
    assert "<del>3</del><ins>5</ins>" in history
    assert "はじめの文" in history


def test_a_stale_edit_gets_both_texts_back(
    browser_of: Browser, topic: Topic, resident: Account
) -> None:
    post = posts.reply(resident, topic, "はじめ")
    posts.edit(resident, post, "別の窓で書いた文", version=1)
    with pytest.raises(Stale):
        posts.edit(resident, post, "この窓で書いた文", version=1)
    posts.edit(resident, post, "別の窓で書いた文", version=1)  # sent twice: nothing to do
    path = f"/p/{post.public_id}/edit"
    browser = browser_of(resident)
    answer = browser.post(path, data={"body": "この窓で書いた文", "version": "1"})
    assert answer.status_code == 409
    assert "別の窓で書いた文" in answer.text
    assert "この窓で書いた文" in answer.text
    assert 'name="version" type="hidden" value="2"' in answer.text
    again = browser.post(path, data={"body": "この窓で書いた文", "version": "2"})
    assert again.status_code == 303


def test_only_the_author_edits_and_withdraws(
    browser_of: Browser, topic: Topic, resident: Account, neighbour: Account, officer: Account
) -> None:
    post = posts.reply(resident, topic, "わたしの文")
    for actor in (neighbour, officer, None):
        with pytest.raises(Forbidden):
            posts.edit(actor, post, "かきかえ", version=1)
        with pytest.raises(Forbidden):
            posts.withdraw(actor, post)
    paths = [f"/p/{post.public_id}/edit", f"/p/{post.public_id}/withdraw"]
    for path in paths:
        assert browser_of(neighbour).get(path).status_code == 403
        assert browser_of(resident).get(path).status_code == 200


def test_a_closed_room_takes_no_edit_but_a_withdrawal(
    topic: Topic, room: Room, resident: Account
) -> None:
    post = posts.reply(resident, topic, "書いた")
    with clock.at(room.closes_at):
        with pytest.raises(Closed):
            posts.edit(resident, post, "書き直し", version=1)
        posts.withdraw(resident, post)
    assert queries.post(post.public_id).withdrawn_at is not None


def places(topic: Topic, post: Post) -> tuple[str, ...]:
    """Every address that might show a post."""
    return (
        f"/t/{topic.public_id}",
        f"/t/{topic.public_id}?reply_to={post.public_id}",
        f"/p/{post.public_id}/fragment",
        f"/p/{post.public_id}/history",
        f"/rm/{topic.room.public_id}",
        f"/t/{topic.public_id}/since/0",
        "/rooms",
        "/moderation",
        f"/p/{post.public_id}",
    )


def everywhere(browser: FlaskClient, paths: tuple[str, ...]) -> str:
    return "".join(browser.get(path).text for path in paths)


@pytest.mark.parametrize("how", ["withdrawn", "hidden"])
def test_a_tombstone_leaks_no_word(
    how: str,
    browser_of: Browser,
    client: FlaskClient,
    consultation: Consultation,
    topic: Topic,
    resident: Account,
    neighbour: Account,
    moderator: Account,
) -> None:
    post = posts.reply(resident, topic, f"{SECRET}の一")
    posts.edit(resident, post, f"{SECRET}の二", version=1)
    reply = posts.reply(neighbour, topic, "返信は残ります", post)
    paths, ids = places(topic, post), (post.id, reply.id)
    assert SECRET in everywhere(client, paths)
    post, consultation = again(post), again(consultation)
    if how == "withdrawn":
        posts.withdraw(again(resident), post, "まちがいがあったため")
    else:
        decisions.hide(again(moderator), "post", post.public_id, "第4条", "決めつけでした。")
    for browser in (client, browser_of(neighbour), browser_of(resident), browser_of(moderator)):
        said = everywhere(browser, paths)
        assert SECRET not in said
        assert "返信は残ります" in said
        assert ("まちがいがあったため" if how == "withdrawn" else "第4条") in said
    assert client.get(paths[3]).status_code == 404
    consultation = again(consultation)
    assert (counts(consultation).withdrawn, counts(consultation).withheld) == (
        (1, 0) if how == "withdrawn" else (0, 1)
    )
    assert search._kinds["post"].load(ids[0]) is None
    assert search._kinds["post"].load(ids[1]) is not None
    assert laws(consultation) == []


def test_what_is_not_shown_is_neither_edited_nor_withdrawn(
    topic: Topic, resident: Account, moderator: Account
) -> None:
    post = posts.reply(resident, topic, "ことば")
    decisions.hide(moderator, "post", post.public_id, "第4条", "決めつけでした。")
    with pytest.raises(Conflict):
        posts.edit(resident, post, "べつのことば", version=1)
    with pytest.raises(Conflict):
        posts.withdraw(resident, post)


def test_a_permalink_leads_to_the_right_page(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    with db.transaction():
        many = [posts.reply(resident, topic, f"発言{n}") for n in range(queries.PER_PAGE + 2)]
    written = [post.public_id for post in many]
    at = f"/t/{topic.public_id}"
    answer = client.get(f"/p/{written[-1]}")
    assert answer.location.endswith(f"{at}?page=2#p-{queries.PER_PAGE + 2}")
    assert f'id="p-{queries.PER_PAGE + 2}"' in client.get(answer.location).text
    assert client.get(f"/p/{written[0]}").location.endswith(f"{at}#p-1")
    assert client.get("/p/nowhere").status_code == 404


def test_writing_on_the_page_needs_no_script(
    browser_of: Browser, topic: Topic, resident: Account, neighbour: Account
) -> None:
    post = posts.reply(neighbour, topic, "停留所が遠いです。")
    path, quoted = f"/t/{topic.public_id}", post.public_id
    browser = browser_of(resident)
    page = browser.get(f"{path}?reply_to={quoted}").text
    assert "発言1への返信" in page
    assert f'value="{quoted}"' in page
    form = {"body": "うちもです。", "parent": quoted, "key": "k1"}
    answer = browser.post(path, data=form)
    assert answer.status_code == 303
    assert answer.location.endswith("#p-2")
    assert browser.post(path, data=form).location == answer.location
    shown = browser.get(answer.location).text
    assert "うちもです。" in shown
    assert "data-draft-sent" in shown
    assert queries.total(again(topic)) == 2


def test_a_refused_post_comes_back_filled(
    browser_of: Browser, topic: Topic, room: Room, resident: Account
) -> None:
    path, closes_at = f"/t/{topic.public_id}", room.closes_at
    browser = browser_of(resident)
    answer = browser.post(path, data={"body": "長い" * 401, "key": "k"})
    assert answer.status_code == 422
    assert "長い" * 401 in answer.text
    assert "800文字までで" in answer.text
    assert browser.post(path, data={"body": "", "key": "k"}).status_code == 422
    with clock.at(closes_at):
        late = browser.post(path, data={"body": "おそかった文", "key": "k"})
        assert "おそかった文" in late.text
        assert "この会議室は終わりました" in late.text
        assert 'name="body"' not in late.text


def test_a_visitor_reads_and_is_asked_to_sign_in_for_writing(
    client: FlaskClient, topic: Topic
) -> None:
    path = f"/t/{topic.public_id}"
    page = client.get(path).text
    assert "ログインして書く" in page
    assert f"/sign-in?next={path}%23write" in page
    answer = client.post(path, data={"body": "書いた文"})
    assert answer.status_code == 403
    assert "書いた文" in answer.text


def test_catching_up_names_what_is_new_and_what_changed(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    first, second = (posts.reply(resident, topic, body) for body in ("一", "二"))
    path, ids = f"/t/{topic.public_id}/since", [first.public_id, second.public_id]
    assert client.get(f"{path}/1").json["ids"] == ids[1:]
    caught_up = client.get(f"{path}/2", query_string={"at": clock.now().isoformat()}).json
    assert caught_up["ids"] == []
    posts.edit(again(resident), again(first), "一の二", version=1)
    later = client.get(f"{path}/2", query_string={"at": caught_up["at"]}).json
    assert later["ids"] == ids[:1]
    assert client.get(f"{path}/2?at=きのう").json["ids"] == []


def test_the_wrong_method_and_strange_addresses_are_refused(
    browser_of: Browser, topic: Topic, resident: Account
) -> None:
    post = posts.reply(resident, topic, "ことば")
    at, there = f"/t/{topic.public_id}", f"/p/{post.public_id}"
    browser = browser_of(resident)
    assert browser.post(there).status_code == 405
    assert browser.post(f"{at}/since/0").status_code == 405
    assert browser.get("/t/nowhere").status_code == 404
    assert browser.post("/t/nowhere", data={"body": "a"}).status_code == 404
    assert browser.get(f"{at}?reply_to=nowhere").status_code == 404
    assert browser.get(f"{at}?page=999").status_code == 200
    assert browser.get(f"{at}?page=x").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/p/%00", "/t/%00", "/rm/%00", "/t/{topic}?reply_to=%00", "/t/{topic}?quote=%00",
        "/p/%00/fragment", "/rm/%00/feed.atom", "/rm/%00/papers/%00/a.pdf", "/moderation?rule=%00",
        "/c/%00", "/o/%00", "/p/{post}/images/99999999999999999999",
    ],
)  # fmt: skip
def test_an_address_that_no_column_can_hold_is_nobodys_fault(
    both_engines: str, client: FlaskClient, topic: Topic, resident: Account, path: str
) -> None:
    post = posts.reply(resident, topic, "一")
    answer = client.get(path.format(topic=topic.public_id, post=post.public_id))
    assert answer.status_code in (200, 400, 404)


def test_a_key_that_no_column_can_hold_gives_the_words_back(
    both_engines: str, browser_of: Browser, topic: Topic, resident: Account
) -> None:
    path = f"/t/{topic.public_id}"
    answer = browser_of(resident).post(path, data={"body": "木を残したい。", "key": "\0"})
    assert answer.status_code in (303, 400)
    assert answer.status_code == 303 or "木を残したい。" in answer.text


def test_markup_in_a_post_is_text(client: FlaskClient, topic: Topic, resident: Account) -> None:
    posts.reply(resident, topic, "<script>alert(1)</script><b>太い</b> [a](javascript:alert(1))")
    page = client.get(f"/t/{topic.public_id}").text
    assert "<script>alert" not in page
    assert "<b>太い" not in page
    assert 'href="javascript' not in page


def test_a_split_opinion_is_superseded_as_a_whole(
    topic: Topic, resident: Account, officer: Account
) -> None:
    post = posts.reply(resident, topic, "木を残す。ベンチがほしい。")
    (whole,) = opinions.of_source("post", post.id)
    parts.split(officer, whole, [5])
    posts.edit(resident, post, "木を残す。", version=1)
    live = db.session().scalars(select(Opinion).where(Opinion.state == State.COUNTED)).all()
    assert [one.text.body for one in live] == ["木を残す。"]
    assert list(check.laws()) == []


def test_hiding_and_taking_back_a_post_that_was_split_concerns_each_part(
    topic: Topic, resident: Account, officer: Account, moderator: Account
) -> None:
    post = posts.reply(resident, topic, "木を残す。ベンチがほしい。")
    (whole,) = opinions.of_source("post", post.id)
    made = parts.split(officer, whole, [5])
    acts = {
        State.WITHHELD: lambda: decisions.hide(moderator, "post", post.public_id, "第4条", "名前"),
        State.COUNTED: lambda: decisions.restore(moderator, "post", post.public_id, "見直し"),
        State.WITHDRAWN: lambda: posts.withdraw(resident, again(post)),
    }
    for state, act in acts.items():
        act()
        db.session().expire_all()
        assert {db.session().get_one(Opinion, one.id).state for one in made} == {state}
        assert list(check.laws()) == []


@pytest.mark.parametrize(
    ("before", "after", "runs"),
    [
        ("同じ", "同じ", [("keep", "同じ")]),
        ("木を3本", "木を5本", [("keep", "木を"), ("out", "3"), ("in", "5"), ("keep", "本")]),
        ("", "新しい", [("in", "新しい")]),
        ("消す", "", [("out", "消す")]),
    ],
)
def test_differences_are_runs(before: str, after: str, runs: list[tuple[str, str]]) -> None:
    found = differences.between(before, after)
    assert [(run.kind, run.text) for run in found] == runs
    assert "".join(r.text for r in found if r.kind != "in") == before
    assert "".join(r.text for r in found if r.kind != "out") == after
