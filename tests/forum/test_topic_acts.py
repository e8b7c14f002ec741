"""Opening topics as a resident, and tending them: pin, lock, rename, tags; each leaves a trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select

from core import clock, db, findables
from core.errors import Closed, Conflict, Forbidden, Invalid, NotFound, Stale
from core.people import Account
from forum import moves, posts, queries, tending, topics, traces, waiting
from forum.models import Post, Room, Topic, TopicTrace
from ledger import check, opinions
from ledger.models import State
from moderation import decisions
from tests.forum.test_moves import run_together

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def set_room(room: Room, **changes: object) -> Room:
    with db.transaction() as tx:
        row = tx.get_one(Room, room.id)
        for name, value in changes.items():
            setattr(row, name, value)
    return again(room)


def open_own(resident: Account, room: Room, key: str = "k", title: str = "夜の便") -> Topic:
    return topics.open_by_resident(
        resident, room, title, "夜のバスがほしいです。", key=key, received_at=clock.now()
    )


@pytest.fixture
def free_room(room: Room) -> Room:
    """A room in which residents open topics."""
    return set_room(room, topics_by="residents")


def test_a_resident_opens_a_topic_with_its_first_post_in_the_ledger(
    both_engines: str, free_room: Room, resident: Account
) -> None:
    made = open_own(resident, free_room)
    (first,) = queries.thread(made)
    (line,) = opinions.of_source("post", first.id)
    assert (made.role, made.opened_by_id, made.question, made.held_at) == (
        "resident",
        resident.id,
        "",
        None,
    )
    assert (line.state, first.number) == (State.COUNTED, 1)
    assert list(check.laws()) == []


def test_the_same_form_sent_twice_opens_one_topic(
    both_engines: str, free_room: Room, resident: Account
) -> None:
    assert open_own(resident, free_room).id == open_own(again(resident), again(free_room)).id
    assert db.session().scalars(select(func.count(Post.id))).one() == 1


def test_topics_are_opened_while_others_reply(
    both_engines: str, free_room: Room, topic: Topic, resident: Account, neighbour: Account
) -> None:
    for turn in range(4):
        refused = run_together(
            *[
                partial(lambda key: open_own(again(resident), again(free_room), key), f"{turn}-{n}")
                for n in range(3)
            ],
            *[lambda: posts.reply(again(neighbour), again(topic), "続けます。")] * 5,
        )
        assert refused == []
    assert again(topic).post_count == 20
    assert db.session().scalars(select(func.count(Topic.id))).one() == 13
    assert list(check.laws()) == []


def test_residents_open_none_where_the_ward_does_or_when_it_is_closed(
    room: Room, resident: Account
) -> None:
    with pytest.raises(Forbidden):
        open_own(resident, room)
    now = clock.now()
    past = set_room(room, topics_by="residents", closes_at=now - timedelta(minutes=1))
    with pytest.raises(Closed):
        open_own(again(resident), past)
    with pytest.raises(Forbidden):
        open_own(None, past)  # type: ignore[arg-type]
    assert db.session().scalars(select(func.count(Topic.id))).one() == 0


def test_a_topic_without_a_title_or_words_is_refused_whole(
    free_room: Room, resident: Account
) -> None:
    for title, body in (("", "文"), ("題", ""), ("題", "あ" * 801), ("あ" * 121, "文")):
        with pytest.raises(Invalid):
            topics.open_by_resident(
                resident, free_room, title, body, key="k", received_at=clock.now()
            )
    assert db.session().scalars(select(func.count(Topic.id))).one() == 0


def test_a_topic_that_waits_is_seen_by_its_author_alone(
    browser_of: Browser,
    client: FlaskClient,
    free_room: Room,
    resident: Account,
    neighbour: Account,
) -> None:
    made = open_own(resident, set_room(free_room, checked="before"), title="まだ見えない話題")
    assert made.held_at is not None
    with pytest.raises(Closed):
        posts.reply(resident, made, "続き")
    with pytest.raises(NotFound):
        queries.topic(made.public_id, neighbour)
    path, room_path = f"/t/{made.public_id}", f"/rm/{free_room.public_id}"
    assert client.get(path).status_code == 404
    assert "まだ見えない話題" not in client.get(room_path).text
    assert browser_of(neighbour).get(path).status_code == 404
    assert browser_of(resident).get(path).status_code == 200
    assert "まだ見えない話題" in browser_of(resident).get(room_path).text
    assert list(findables.registered["topic"].all_ids()) == []


def test_a_topic_is_shown_with_its_first_post(
    both_engines: str, free_room: Room, resident: Account, moderator: Account
) -> None:
    made = open_own(resident, set_room(free_room, checked="before"))
    (post,) = db.session().scalars(select(Post)).all()
    waiting.admit(moderator, post)
    assert again(made).held_at is None
    assert [t.id for t, _talk in queries.topics(again(free_room))] == [made.id]
    assert list(check.laws()) == []


def test_acts_leave_a_trace_with_role_and_reason_and_no_name(
    both_engines: str,
    topic: Topic,
    facilitator: Account,
    moderator: Account,
    officer: Account,
) -> None:
    tending.pin(officer, topic)
    tending.lock(moderator, topic, "熱くなったので、少し休みます。")
    tending.unlock(facilitator, topic)
    tending.rename(facilitator, topic, "木をどう残しますか", "問いの形に", former="木をどう残すか")
    kept = [(t.kind, t.role, t.reason) for t in traces.of(again(topic))]
    assert kept == [
        ("renamed", "facilitator", "問いの形に"),
        ("unlocked", "facilitator", ""),
        ("locked", "moderator", "熱くなったので、少し休みます。"),
        ("pinned", "officer", ""),
    ]


def test_an_act_done_already_leaves_no_second_trace(topic: Topic, facilitator: Account) -> None:
    for _ in range(2):
        tending.pin(facilitator, again(topic))
        tending.lock(facilitator, again(topic), "理由")
    assert len(traces.of(again(topic))) == 2


def test_residents_and_strangers_tend_nothing(
    topic: Topic, resident: Account, stranger: Account
) -> None:
    for actor in (resident, stranger, None):
        for act in (
            lambda who: tending.pin(who, topic),
            lambda who: tending.lock(who, topic, "理由"),
            lambda who: tending.rename(who, topic, "題", "理由", former=topic.title),
            lambda who: tending.choose_tags(who, topic, []),
        ):
            with pytest.raises(Forbidden):
                act(actor)


def test_a_moderator_neither_pins_nor_tags(topic: Topic, moderator: Account) -> None:
    with pytest.raises(Forbidden):
        tending.pin(moderator, topic)
    with pytest.raises(Forbidden):
        tending.choose_tags(moderator, topic, [])


def test_a_locked_topic_takes_nothing_and_gives_the_words_back(
    browser_of: Browser, topic: Topic, facilitator: Account, resident: Account
) -> None:
    with pytest.raises(Invalid):
        tending.lock(facilitator, topic, "")
    tending.lock(facilitator, topic, "少し休みます。")
    with pytest.raises(Closed):
        posts.reply(resident, again(topic), "書きたいこと")
    answer = browser_of(resident).post(
        f"/t/{topic.public_id}", data={"body": "書きたいこと", "key": "k"}
    )
    assert answer.status_code == 403
    assert "書きたいこと" in answer.text
    assert "少し休みます。" in answer.text


def test_pinned_topics_stand_first(room: Room, officer: Account, facilitator: Account) -> None:
    made = [topics.open_topic(officer, room, f"{n}つ目", "問い") for n in range(3)]
    tending.pin(facilitator, made[2])
    listed = [t.id for t, _talk in queries.topics(room)]
    assert listed == [made[2].id, made[0].id, made[1].id]


def test_two_who_rename_at_once_are_told(topic: Topic, facilitator: Account) -> None:
    tending.rename(facilitator, topic, "先の名前", "理由", former="木をどう残すか")
    with pytest.raises(Stale) as stale:
        tending.rename(facilitator, again(topic), "後の名前", "理由", former="木をどう残すか")
    assert (stale.value.current, stale.value.yours) == ("先の名前", "後の名前")


def test_a_title_that_must_not_be_read_is_in_no_trace(
    client: FlaskClient, topic: Topic, facilitator: Account, moderator: Account
) -> None:
    tending.rename(facilitator, topic, "山田さんの木", "理由", former="木をどう残すか")
    tending.rename(
        moderator,
        again(topic),
        "坂の木",
        "人が分かるため",
        former="山田さんの木",
        keeps_former=False,
    )
    assert "山田" not in client.get(f"/t/{topic.public_id}").text
    details = db.session().scalars(select(TopicTrace.detail)).all()
    assert "山田" not in str(details)


def test_a_title_that_must_not_be_read_stands_beside_no_line_and_in_no_decision(
    client: FlaskClient,
    browser_of: Browser,
    topic: Topic,
    officer: Account,
    resident: Account,
    moderator: Account,
) -> None:
    tending.rename(officer, topic, "山田さんの 木", "理由", former="木をどう残すか")
    said = [posts.reply(resident, again(topic), body) for body in ("一", "二")]
    decisions.hide(moderator, "post", said[0].public_id, "第4条", "決めつけです。")
    moves.split(officer, again(topic), [again(said[1])], "分けた話", "", "別の話")
    last = {"former": "山田さんの 木", "keeps_former": False}
    tending.rename(moderator, again(topic), "坂の木", "人が分かるため", **last)
    log, desk = (
        client.get("/moderation").text,
        browser_of(officer).get("/desk/c/park/opinions").text,
    )
    assert "坂の木" in log
    assert "坂の木" in desk
    assert "山田" not in log + desk


def test_a_topic_that_was_refused_is_named_nowhere(
    client: FlaskClient, free_room: Room, resident: Account, moderator: Account
) -> None:
    made = open_own(resident, set_room(free_room, checked="before"), title="山田さんの家")
    (post,) = db.session().scalars(select(Post)).all()
    decisions.hide(moderator, "post", post.public_id, "第4条", "人が分かるため")
    log = client.get("/moderation").text
    assert "公開の前の発言" in log
    assert "山田" not in log
    decisions.restore(again(moderator), "post", again(post).public_id, "本人の家でした。")
    assert "山田さんの家" in client.get("/moderation").text
    assert again(made).held_at is None


def test_the_summary_says_by_whom_and_keeps_its_wordings(
    client: FlaskClient, topic: Topic, facilitator: Account, officer: Account
) -> None:
    topics.set_context(facilitator, topic, "便が先か、停留所が先か", version=1)
    topics.set_context(officer, again(topic), "便が先か、値段が先か", version=2)
    assert again(topic).context_role == "officer"
    page = client.get(f"/t/{topic.public_id}/summaries").text
    assert "<del>停留所</del><ins>値段</ins>" in page
    assert "進行役" in page
    assert "公園みどり課" in page


def test_tended_pages_say_what_happens_and_do_it(
    browser_of: Browser, topic: Topic, facilitator: Account, resident: Account
) -> None:
    at, browser = f"/t/{topic.public_id}", browser_of(facilitator)
    assert "話題の手入れ" in browser.get(at).text
    assert "話題の手入れ" not in browser_of(resident).get(at).text
    for page in ("lock", "rename", "tags", "move", "merge", "split"):
        assert browser.get(f"{at}/{page}").status_code == 200, page
        assert browser_of(resident).get(f"{at}/{page}").status_code == 403, page
    assert browser.post(f"{at}/pin", data={"pinned": "1"}).status_code == 303
    assert browser.post(f"{at}/lock", data={"reason": ""}).status_code == 422
    assert browser.post(f"{at}/lock", data={"reason": "少し休みます。"}).status_code == 303
    assert "また書けるようにする" in browser.get(f"{at}/lock").text
    former = {"title": "新しい名前", "reason": "短く", "former": "木をどう残すか"}
    assert browser.post(f"{at}/rename", data=former).status_code == 303
    said = browser.get(at).text
    assert "「木をどう残すか」から「新しい名前」に変えました" in said
    assert "少し休みます。" in said


def test_a_resident_opens_a_topic_from_the_room(
    browser_of: Browser, client: FlaskClient, free_room: Room, resident: Account
) -> None:
    at = f"/rm/{free_room.public_id}"
    browser, path = browser_of(resident), f"{at}/topics/new"
    assert client.get(path).status_code == 302
    assert path in browser.get(at).text
    refused = browser.post(path, data={"title": "", "body": "残る文", "key": "k"})
    assert refused.status_code == 422
    assert "残る文" in refused.text
    made = browser.post(path, data={"title": "夜の便", "body": "ほしいです。", "key": "k"})
    assert made.status_code == 303
    page = browser.get(made.headers["Location"]).text
    assert "ほしいです。" in page
    assert "区からの問い" not in page
    twice = browser.post(path, data={"title": "夜の便", "body": "ほしいです。", "key": "k"})
    assert twice.headers["Location"] == made.headers["Location"]


def test_a_merged_topic_is_not_tended_but_for_a_name_that_must_not_be_read(
    client: FlaskClient, topic: Topic, room: Room, officer: Account, facilitator: Account
) -> None:
    other = topics.open_topic(officer, room, "別の話題", "問い")
    moves.merge(facilitator, topic, other, "同じ話")
    with pytest.raises(Conflict):
        tending.pin(facilitator, again(topic))
    with pytest.raises(Conflict):
        tending.rename(facilitator, again(topic), "題", "理由", former="木をどう残すか")
    tending.rename(
        facilitator, again(topic), "題", "理由", former="木をどう残すか", keeps_former=False
    )
    assert "「題」をここにまとめました" in client.get(f"/t/{other.public_id}").text
