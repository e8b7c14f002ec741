"""A room's summary cites what was said in it, and nothing can be changed once the room is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from core import clock, db, record
from core.errors import Closed, Forbidden, Invalid, Stale
from core.people import Account
from forum import closings, posts, queries, rooms, stands, tending, topics
from forum.models import Post, Room, Topic
from ledger.models import Choice, Consultation
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
SECRET = "ここだけの話です"


@pytest.fixture
def address(room: Room) -> str:
    """Read once: requests detach the rows of a test."""
    return f"/rm/{room.public_id}/summary"


@pytest.fixture
def post(topic: Topic, resident: Account) -> Post:
    return posts.reply(resident, topic, "大きな木は、夏の日かげになります。")


def fresh(room: Room) -> Room:
    (room_id,) = inspect(room).identity
    return db.session().get_one(Room, room_id, populate_existing=True)


def citing(*said: Post) -> str:
    return "## わかったこと\n\n" + "\n".join(f"- 日かげ {closings.citation(one)}" for one in said)


def test_a_summary_is_recorded_and_public_when_the_room_has_closed(
    both_engines: str,
    room: Room,
    post: Post,
    facilitator: Account,
    client: FlaskClient,
    address: str,
) -> None:
    closes_at, cited, post_id = room.closes_at, f'href="/p/{post.public_id}"', post.id
    room = closings.write_summary(facilitator, room, citing(post), version=0)
    assert room.summary_version == 1
    acts = db.session().scalars(select(record.Entry).where(record.Entry.kind == "room.summed_up"))
    assert [(act.actor_role, act.detail["is_public"]) for act in acts] == [("facilitator", False)]
    assert closings.published(room) is None
    assert client.get(address).status_code == 404
    with clock.at(closes_at):
        found = closings.published(fresh(room))
        assert found is not None
        assert cited in found.body
        assert [one.id for one in found.cited] == [post_id]
        page = client.get(address).get_data(as_text=True)
    assert "わかったこと" in page
    assert "引用した発言" in page


def test_headings_begin_under_the_pages_own(room: Room, facilitator: Account) -> None:
    written = closings.write_summary(facilitator, room, "## 一\n\n### 二", version=0)
    assert written.summary_html == "<h3>一</h3>\n<h4>二</h4>\n"
    written = closings.write_summary(facilitator, room, "# 一\n\n## 二", version=1)
    assert written.summary_html == "<h3>一</h3>\n<h4>二</h4>\n"


def test_who_leads_the_room_reads_the_draft_before(
    room: Room, facilitator: Account, resident: Account, browser_of: Browser, address: str
) -> None:
    closings.write_summary(facilitator, room, "まだ下書きです。", version=0)
    assert "まだ公開していません" in browser_of(facilitator).get(address).get_data(as_text=True)
    assert browser_of(resident).get(address).status_code == 404


def test_only_facilitators_and_officers_of_the_room_sum_up(
    room: Room, officer: Account, resident: Account, stranger: Account
) -> None:
    for actor in (resident, stranger, None):
        with pytest.raises(Forbidden):
            closings.write_summary(actor, room, "まとめ", version=0)
    assert closings.write_summary(officer, room, "まとめ", version=0).summary == "まとめ"


def test_the_second_to_save_gets_both_texts(
    both_engines: str, room: Room, facilitator: Account, officer: Account
) -> None:
    closings.write_summary(facilitator, room, "はじめの文", version=0)
    with pytest.raises(Stale) as refused:
        closings.write_summary(officer, room, "あとの文", version=0)
    assert (refused.value.current, refused.value.yours) == ("はじめの文", "あとの文")
    assert closings.write_summary(officer, room, "はじめの文", version=0).summary_version == 1


def test_a_summary_cites_only_what_can_be_read_in_its_room(
    room: Room,
    post: Post,
    topic: Topic,
    consultation: Consultation,
    officer: Account,
    resident: Account,
    moderator: Account,
) -> None:
    now, day = clock.now(), timedelta(days=1)
    other = rooms.open_room(
        officer, consultation, "別の会議室", "別のこと", ["第1条　一つ"], now - day, now + day
    )
    elsewhere = posts.reply(
        resident, topics.open_topic(officer, other, "別の話題", "別の問い"), "よその発言"
    )
    hidden = posts.reply(resident, topic, SECRET)
    decisions.hide(moderator, "post", hidden.public_id, room.rules[1], "決めつけています")
    for target in (
        f"/p/{elsewhere.public_id}",
        f"http://localhost/p/{elsewhere.public_id}",
        f"/p/{hidden.public_id}",
        f"/p/{db.public_id()}",
        "/p/none",
    ):
        with pytest.raises(Invalid) as refused:
            closings.write_summary(officer, room, f"[ここ]({target})", version=0)
        assert "「ここ」" in str(refused.value.message)
    kept = f"[資料](https://example.jp/p/1) [発言1](http://localhost/p/{post.public_id})"
    room = closings.write_summary(officer, room, kept, version=0)
    found = closings.summary(room)
    assert found is not None
    assert 'href="https://example.jp/p/1"' in found.body
    assert f'<a class="cite" href="/p/{post.public_id}">' in found.body


def test_a_cited_post_that_is_hidden_later_leaves_neither_word_nor_link(
    room: Room, topic: Topic, resident: Account, facilitator: Account, moderator: Account
) -> None:
    said = posts.reply(resident, topic, SECRET)
    gone = posts.reply(resident, topic, "取り下げます")
    body = f"[{SECRET}](/p/{said.public_id}) と {closings.citation(gone)}"
    room = closings.write_summary(facilitator, room, body, version=0)
    decisions.hide(moderator, "post", said.public_id, room.rules[1], "決めつけています")
    posts.withdraw(resident, gone)
    found = closings.summary(fresh(room))
    assert found is not None
    assert SECRET not in found.body
    assert "/p/" not in found.body
    assert "（発言2は、いま表示していません）" in found.body


def test_a_long_or_empty_summary_is_refused_with_its_words(
    room: Room, facilitator: Account, browser_of: Browser, address: str
) -> None:
    browser, url = browser_of(facilitator), f"{address}/write"
    answer = browser.post(url, data={"body": "あ" * 6001, "version": "0"})
    assert answer.status_code == 422
    assert "6,000文字まで" in answer.get_data(as_text=True)
    assert "あ" * 6001 in answer.get_data(as_text=True)
    assert browser.post(url, data={"body": " ", "version": "0"}).status_code == 422


def test_looking_for_a_post_keeps_what_is_written_and_saves_nothing(
    room: Room,
    post: Post,
    topic: Topic,
    facilitator: Account,
    resident: Account,
    browser_of: Browser,
    address: str,
) -> None:
    mark = closings.citation(post)
    posts.reply(resident, topic, "ベンチがほしいです。")
    browser, url = browser_of(facilitator), f"{address}/write"
    data = {"body": "書きかけの文", "version": "0", "do": "find", "words": "日かげ", "topic": ""}
    page = browser.post(url, data=data).get_data(as_text=True)
    assert "書きかけの文" in page
    assert mark in page
    assert "ベンチがほしい" not in page
    assert fresh(room).summary == ""
    found = browser.get(f"{address}/posts?words=ベンチ").get_data(as_text=True)
    assert "ベンチがほしい" in found
    assert "[発言2](/p/" in found


def test_the_page_shows_both_texts_when_another_saved_first(
    room: Room, facilitator: Account, officer: Account, browser_of: Browser, address: str
) -> None:
    closings.write_summary(officer, room, "はじめの文", version=0)
    browser, url = browser_of(facilitator), f"{address}/write"
    answer = browser.post(url, data={"body": "あとの文", "version": "0"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "はじめの文" in page
    assert "あとの文" in page
    assert browser.post(url, data={"body": "あとの文", "version": "1"}).status_code == 303


def test_nothing_is_written_in_a_room_that_is_over_but_all_can_be_taken_back(
    room: Room, topic: Topic, post: Post, resident: Account, neighbour: Account, officer: Account
) -> None:
    with clock.at(room.closes_at):
        with pytest.raises(Closed):
            posts.reply(neighbour, topic, "おそい発言")
        with pytest.raises(Closed):
            posts.edit(resident, post, "おそい書き直し", version=1)
        with pytest.raises(Closed):
            stands.take(neighbour, post, Choice.AGREE)
        with pytest.raises(Closed):
            topics.open_topic(officer, room, "おそい話題", "おそい問い")
        with pytest.raises(Closed):
            topics.set_context(officer, topic, "おそい整理", topic.version)
        for act in (tending.pin, tending.unpin):
            with pytest.raises(Closed):
                act(officer, topic)
        with pytest.raises(Closed):
            tending.lock(officer, topic, "終わったので")
        posts.withdraw(resident, post)
    assert queries.post(post.public_id).withdrawn_at is not None
