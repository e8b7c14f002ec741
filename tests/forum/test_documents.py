"""What is said in rooms, as search finds it: by whom, where and when; and what it never finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from core import clock, db, files, jobs, search
from core.people import Account
from core.search import Filters
from forum import closings, documents, moves, papers, posts, rooms, topics, waiting
from forum.guests import Guest
from forum.models import Paper, Post, Room, Topic
from ledger.models import Consultation
from moderation import decisions

T = TypeVar("T")
Browser = Callable[[Account], FlaskClient]


def again(thing: T) -> T:
    """The same row in this session: a request before has closed the one it came from."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def indexed() -> None:
    """What the worker does soon."""
    documents.index_summaries()
    jobs.run_due()


def found(query: str, **filters: object) -> list[str]:
    """The kinds and titles found, in order."""
    keys = search.find(query, None, Filters(**filters)).keys  # type: ignore[arg-type]
    return [f"{one.kind} {one.title}" for one in search.documents(keys, None)]


def paper(room: Room, title: str, words: str) -> Paper:
    with db.transaction() as tx:
        file = files.store(words.encode(), "application/pdf", f"{title}.pdf")
        made = Paper(room_id=room.id, file_id=file.id, title=title, text=words, position=1)
        tx.add(made)
        tx.flush()
        search.enqueue("paper", made.id)
        return made


def second_room(officer: Account, consultation: Consultation) -> Room:
    now = clock.now()
    return rooms.open_room(
        officer,
        consultation,
        title="夜の公園を話す会議室",
        purpose="明かりについて聞きます。",
        rules=["第1条　一つの発言には一つのこと。"],
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=5),
    )


def test_rooms_papers_topics_and_posts_are_found(
    client: FlaskClient, room: Room, topic: Topic, resident: Account
) -> None:
    paper(room, "樹木調査の結果", "ケヤキは42本、うち3本が倒れるおそれがあります。")
    post = posts.reply(resident, topic, "ケヤキの木かげを残してください。")
    indexed()
    assert found("ケヤキ") == ["post 木をどう残すか　発言1", "paper 樹木調査の結果"]
    assert found("暮らしの中") == ["room 公園のこれからを話す会議室"]
    assert found("どの木を、どう残すと") == ["topic 木をどう残すか"]
    post_id, room_id = post.public_id, room.public_id
    page = unescape(client.get("/search?q=ケヤキ").text)
    assert f'href="/p/{post_id}"' in page
    assert "<mark>ケヤキ</mark>の木かげ" in page
    (link,) = (part for part in page.split('"') if part.startswith(f"/rm/{room_id}/papers/"))
    assert client.get(link).status_code == 200


def test_a_topic_is_found_before_its_posts_and_they_only_by_their_own_words(
    topic: Topic, resident: Account
) -> None:
    for number in range(3):
        posts.reply(resident, topic, f"{number}本の木です。", key=str(number))
    indexed()
    by_one = found("木")
    assert by_one[:2] == ["topic 木をどう残すか", "post 木をどう残すか　発言3"]
    assert found("どう残すか") == ["topic 木をどう残すか"]


def test_what_waits_to_be_looked_at_is_found_once_it_is_let_in(
    room: Room, topic: Topic, moderator: Account
) -> None:
    with db.transaction():
        db.session().get_one(Room, room.id).writers = "guest"
    guest = Guest("通りがかり", "a" * 40)
    held = posts.reply(None, db.session().get_one(Topic, topic.id), "ヒマラヤ杉の話", guest=guest)
    assert held.is_held
    with db.transaction():
        search.enqueue("post", held.id)  # whoever would ask for it
    indexed()
    assert found("ヒマラヤ杉") == []
    waiting.admit(moderator, held)
    indexed()
    assert found("ヒマラヤ杉") == ["post 木をどう残すか　発言1"]


def test_a_residents_topic_that_waits_is_not_found(
    room: Room, resident: Account, moderator: Account
) -> None:
    with db.transaction():
        row = db.session().get_one(Room, room.id)
        row.topics_by, row.checked = "residents", "before"
    made = topics.open_by_resident(
        resident, row, "メタセコイアの並木", "並木を残したい。", key="k", received_at=clock.now()
    )
    with db.transaction():
        search.enqueue("topic", made.id)
    indexed()
    assert found("並木") == []
    (held,) = waiting.held(moderator)
    waiting.admit(moderator, held)
    indexed()
    assert found("並木") == ["topic メタセコイアの並木", "post メタセコイアの並木　発言1"]


@pytest.mark.parametrize("how", ["hidden", "withdrawn", "hidden before the index knows"])
def test_what_is_not_shown_is_found_by_nobody(
    topic: Topic,
    resident: Account,
    moderator: Account,
    officer: Account,
    browser_of: Browser,
    how: str,
) -> None:
    post = posts.reply(resident, topic, "ここだけの秘密です。")
    indexed()
    assert len(found("秘密")) == 1
    if how == "withdrawn":
        posts.withdraw(resident, post, "まちがい")
    else:
        decisions.hide(moderator, "post", post.public_id, "第4条", "決めつけでした。")
    if "before" not in how:
        indexed()
    for who in (resident, moderator, officer):
        page = browser_of(who).get("/search?q=秘密").text
        assert "見つかりませんでした" in page
        assert "ここだけの" not in page


def test_a_merged_topic_is_found_no_more_and_its_posts_lead_on(
    room: Room, topic: Topic, officer: Account, resident: Account
) -> None:
    other = topics.open_topic(officer, room, "ケヤキの根", "根はどうしますか。")
    posts.reply(resident, other, "根を守る柵がほしい。")
    indexed()
    assert found("ケヤキの根") == ["topic ケヤキの根"]
    moves.merge(officer, other, topic, "同じ話のため")
    indexed()
    assert found("ケヤキの根") == []
    assert found("根を守る柵") == ["post 木をどう残すか　発言1"]


def test_a_topic_that_moved_is_found_in_its_new_room(
    consultation: Consultation, topic: Topic, officer: Account, resident: Account
) -> None:
    posts.reply(resident, topic, "根を守る柵がほしい。")
    there = second_room(officer, consultation)
    indexed()
    assert found("柵", room=there.public_id) == []
    moves.move(officer, topic, there, "明かりの話のため")
    indexed()
    assert found("柵", room=there.public_id) == ["post 木をどう残すか　発言1"]
    assert found("どの木", room=there.public_id) == ["topic 木をどう残すか"]


def test_a_removed_paper_is_not_found(room: Room, officer: Account) -> None:
    made = paper(room, "樹木調査の結果", "倒れるおそれがあります。")
    indexed()
    assert found("倒れるおそれ") == ["paper 樹木調査の結果"]
    papers.remove(officer, made, "まちがった版でした")
    assert found("倒れるおそれ") == []
    indexed()
    assert found("樹木調査") == []


def test_a_summary_is_found_once_its_room_has_closed_and_never_by_what_it_cites(
    room: Room, topic: Topic, officer: Account, facilitator: Account, resident: Account
) -> None:
    documents._indexed_until.clear()
    post = posts.reply(resident, topic, "言ってはならないことです。")
    body = f"三つの案にまとまりました。[言ってはならない](/p/{post.public_id})"
    closings.write_summary(facilitator, room, body, 0)
    indexed()
    assert found("三つの案") == []
    with clock.at(room.closes_at - timedelta(seconds=30)):
        indexed()
        assert found("三つの案") == []
    with clock.at(room.closes_at + timedelta(seconds=30)):
        indexed()
        assert found("三つの案") == ["room 公園のこれからを話す会議室"]
        assert found("言ってはならない") == ["post 木をどう残すか　発言1"]


def test_a_renamed_room_is_found_by_its_new_name(room: Room, officer: Account) -> None:
    rooms.change_settings(
        officer,
        room,
        title="水辺の会議室",
        purpose=room.purpose,
        rules=room.rules,
        writers=room.writers,
        checked=room.checked,
        topics_by=room.topics_by,
        has_stances=room.has_stances,
        version=room.version,
        reason="名前を短くするため",
    )
    indexed()
    assert found("水辺") == ["room 水辺の会議室"]
    assert found("これからを話す") == []


@pytest.fixture
def talk(
    consultation: Consultation,
    room: Room,
    topic: Topic,
    officer: Account,
    resident: Account,
) -> tuple[Room, Room]:
    """Two rooms where a bench is spoken of, on three days, by a resident and by the ward."""
    there = second_room(officer, consultation)
    night = topics.open_topic(officer, there, "夜の明かり", "どこが暗いですか。")
    for day, (author, where, body) in enumerate(
        [
            (resident, topic, "ベンチを木かげに置いてください。"),
            (officer, topic, "ベンチは12台置く案です。"),
            (resident, night, "ベンチの横に明かりがほしいです。"),
        ],
        start=10,
    ):
        post = posts.reply(author, where, body, key=str(day))
        with db.transaction():  # said late in the evening in Tokyo, on the day before in UTC
            row = db.session().get_one(Post, post.id)
            row.created_at = datetime(2026, 11, day, 0, 30, tzinfo=clock.TOKYO)
    indexed()
    return room, there


def hits(page: str) -> list[str]:
    return [part.split("</mark>")[1][:4] for part in page.split("<mark>ベンチ")[1:]]


def test_a_search_can_be_narrowed(client: FlaskClient, talk: tuple[Room, Room]) -> None:
    room, there = talk
    asked = {
        "": ["の横に明", "は12台", "を木かげ"],
        f"place={room.public_id}": ["は12台", "を木かげ"],
        f"place={there.public_id}": ["の横に明"],
        "place=c:park": ["の横に明", "は12台", "を木かげ"],
        "official=1": ["は12台"],
        "kind=post": ["の横に明", "は12台", "を木かげ"],
        "kind=topic": [],
        "since=2026-11-11": ["の横に明", "は12台"],
        "until=2026-11-11": ["は12台", "を木かげ"],
        "since=２０２６年１１月１１日&until=2026/11/11": ["は12台"],
        f"since=2026-11-11&place={there.public_id}&kind=post": ["の横に明"],
    }
    for address, right in asked.items():
        page = client.get(f"/search?q=ベンチ&{address}")
        assert page.status_code == 200
        assert hits(page.text) == right, address


def test_the_rooms_to_choose_from_are_grouped_by_case(
    client: FlaskClient, talk: tuple[Room, Room], empty_consultation: Consultation
) -> None:
    page = client.get(f"/search?q=ベンチ&place={talk[0].public_id}").text
    assert '<optgroup label="みどり野公園 再整備基本計画">' in page
    assert f'<option selected value="{talk[0].public_id}">公園のこれからを話す会議室' in page
    assert "図書館の夜の開館" not in page  # no rooms there


@pytest.mark.parametrize(
    ("address", "sentence", "kept"),
    [
        ("since=きのう", "日付は、2026年11月23日のように入れてください。", 'value="きのう"'),
        ("since=2026-02-30", "日付は、2026年11月23日のように", 'value="2026-02-30"'),
        (
            "since=2026-11-12&until=2026-11-11",
            "終わりの日が、はじめの日より前になっています。",
            'value="2026-11-12"',
        ),
        ("place=nowhere", "その会議室は、見つかりませんでした。", 'value="ベンチ"'),
        ("kind=secret", "種類を選びなおしてください。", 'value="ベンチ"'),
        ("until=" + "9" * 5000, "日付は、2026年11月23日のように", 'value="ベンチ"'),
        ("since=0000-00-00", "日付は、", 'value="0000-00-00"'),
    ],
)
def test_what_can_not_be_narrowed_by_is_said_and_the_form_stays_filled(
    client: FlaskClient, talk: tuple[Room, Room], address: str, sentence: str, kept: str
) -> None:
    page = client.get(f"/search?q=ベンチ&{address}")
    assert page.status_code == 400
    assert sentence in page.text
    assert kept in page.text
    assert "<mark>" not in page.text


def test_days_at_the_ends_of_time_are_days(client: FlaskClient, talk: tuple[Room, Room]) -> None:
    for address in ("since=0001-01-01", "until=9999-12-31", "since=0001-01-01&until=9999-12-31"):
        assert len(hits(client.get(f"/search?q=ベンチ&{address}").text)) == 3
    assert hits(client.get("/search?q=ベンチ&since=9999-12-31").text) == []


def test_nothing_found_in_a_room_offers_to_look_everywhere(
    client: FlaskClient, talk: tuple[Room, Room]
) -> None:
    page = unescape(client.get(f"/search?q=12台&place={talk[1].public_id}").text)
    assert "「12台」は見つかりませんでした" in page
    assert 'href="/search?q=12台"' in page.replace("%E5%8F%B0", "台")
    assert "しぼりこまずにさがす（1件）" in page


def test_the_pages_of_a_narrowed_search_stay_narrowed(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    with db.transaction():
        for number in range(51):
            posts.reply(resident, topic, f"{number}番目の池です。", key=str(number))
    indexed()
    room_id = db.session().get_one(Topic, topic.id).room.public_id
    page = unescape(client.get(f"/search?q=池&place={room_id}&kind=post&since=2020-01-01").text)
    assert "51件" in page
    (onward, *_more) = (part for part in page.split('"') if "page=2" in part)
    for part in (f"place={room_id}", "kind=post", "since=2020-01-01", "q="):
        assert part in onward
    second = client.get(onward).text
    assert second.count('class="hit hit--post"') == 1
    assert '<ol class="hits" start="51">' in second


def test_a_page_of_results_takes_the_same_statements_however_much_is_found(
    client: FlaskClient,
    consultation: Consultation,
    room: Room,
    topic: Topic,
    officer: Account,
    resident: Account,
    statements: list[str],
) -> None:
    def sent(address: str) -> int:
        client.get(address)
        statements.clear()
        assert client.get(address).status_code == 200
        return len(statements)

    posts.reply(resident, topic, "池をつくる", key="first")
    paper(room, "池の調査", "池の水は3年で入れかわります。")
    topics.open_topic(officer, room, "池の話", "池をどうしますか。")
    indexed()
    narrowed = f"/search?q=池&place={room.public_id}&official=1"
    few = sent("/search?q=池"), sent(narrowed)
    officer, consultation, resident = again(officer), again(consultation), again(resident)
    for number in range(6):
        there = second_room(officer, consultation)
        paper(there, f"池の調査{number}", "池の水は3年で入れかわります。")
        made = topics.open_topic(officer, there, f"池の話{number}", "池をどうしますか。")
        for n in range(12):
            posts.reply(resident, made, "池をつくる", key=str(n))
    indexed()
    many = sent("/search?q=池"), sent(narrowed)
    assert many == few
    assert many[0] <= 10
