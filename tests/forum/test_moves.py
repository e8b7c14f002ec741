"""Topics moved, merged and split: nothing said is lost, and old numbers still lead to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, inspect, select

from core import clock, db, record
from core.errors import Closed, Conflict, DomainError, Forbidden, Invalid, NotFound
from core.people import Account
from forum import (
    departures,
    moves,
    posts,
    queries,
    questions,
    readings,
    stands,
    tags,
    tending,
    topics,
    traces,
)
from forum.models import Post, Room, Topic
from ledger import check
from ledger.models import Choice, Consultation, Opinion
from tests.forum.test_rooms import open_room

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request or a thread before has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def numbers(topic: Topic) -> list[int]:
    return [post.number for post in queries.thread(again(topic))]


def talk(topic: Topic, *authors: Account) -> list[Post]:
    """Posts 1 … 6: 2 and 4 answer 1, 3 answers 2, 6 answers 5."""
    one = posts.reply(authors[0], topic, "一")
    two = posts.reply(authors[-1], topic, "二", one)
    three = posts.reply(authors[0], topic, "三", two)
    four = posts.reply(authors[-1], topic, "四", one)
    five = posts.reply(authors[0], topic, "五")
    six = posts.reply(authors[-1], topic, "六", five)
    return [one, two, three, four, five, six]


@pytest.fixture
def other(room: Room, officer: Account) -> Topic:
    return topics.open_topic(officer, room, "遊び場をどう分けるか", "どう分けるとよいですか。")


def test_merged_posts_stand_behind_the_others_each_reply_under_what_it_answers(
    both_engines: str, topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    there = talk(other, resident)
    came = talk(topic, resident)
    before = db.session().scalars(select(func.count(Opinion.id))).one()
    moves.merge(facilitator, topic, other, "同じことを話しているため")
    assert numbers(topic) == []
    assert numbers(other) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert [p.body for p in queries.thread(again(other))][6:] == list("一二三四五六")
    assert again(came[2]).parent_id == came[1].id
    assert (again(other).post_count, again(topic).merged_into_id) == (12, other.id)
    assert again(there[0]).number == 1
    assert db.session().scalars(select(func.count(Opinion.id))).one() == before
    assert list(check.laws()) == []


def test_an_old_number_leads_to_its_post_through_several_moves(
    both_engines: str, topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    talk(other, resident)
    came = talk(topic, resident)
    made = moves.split(facilitator, topic, [came[1]], "分けた話", "", "別の話なので")
    moves.merge(facilitator, again(made), again(other), "やはり同じなので")
    assert departures.place(topic, 2).id == came[1].id  # where it was first
    assert departures.place(made, 1).id == came[1].id  # where it was next
    assert departures.place(other, again(came[1]).number).id == came[1].id
    with pytest.raises(NotFound):
        departures.place(topic, 99)


def test_a_split_takes_the_replies_along_and_numbers_from_one(
    both_engines: str, topic: Topic, facilitator: Account, resident: Account, neighbour: Account
) -> None:
    said = talk(topic, resident, neighbour)
    made = moves.split(facilitator, topic, [said[1], said[4]], "分けた話", "どうでしょう。", "別")
    assert numbers(topic) == [1, 4]
    assert [(p.number, p.body, p.depth) for p in queries.thread(made)] == [
        (1, "二", 0),
        (2, "三", 1),
        (3, "五", 0),
        (4, "六", 1),
    ]
    assert again(said[1]).parent_id is None
    row = again(topic)
    assert (row.gone, row.post_count) == ([[2, 3], [5, 6]], 6)
    assert again(made).post_count == 4
    assert posts.reply(again(resident), row, "七").number == 7
    assert list(check.laws()) == []


def test_a_split_of_everything_or_nothing_is_refused(
    topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    with pytest.raises(Invalid):
        moves.split(facilitator, topic, [said[0], said[4]], "全部", "", "理由")
    with pytest.raises(Invalid):
        moves.split(facilitator, topic, [], "なし", "", "理由")
    with pytest.raises(Conflict):
        moves.split(facilitator, other, [said[0]], "よその発言", "", "理由")
    assert numbers(topic) == [1, 2, 3, 4, 5, 6]


def test_a_topic_moves_among_the_rooms_of_its_consultation_only(
    both_engines: str,
    topic: Topic,
    officer: Account,
    facilitator: Account,
    empty_consultation: object,
) -> None:
    there = open_room(officer, topic.room.consultation, title="となりの会議室")
    moved = moves.move(facilitator, topic, there, "となりで話しているため")
    assert moved.room_id == there.id
    assert [t.id for t, _said in queries.topics(there)] == [topic.id]
    (trace,) = traces.of(again(topic))
    assert (trace.kind, trace.role, trace.reason) == (
        "moved",
        "facilitator",
        "となりで話しているため",
    )
    kinds = db.session().scalars(select(record.Entry.kind)).all()
    assert "topic.moved" in kinds


def test_a_topic_of_another_consultation_is_refused_with_the_reason(
    topic: Topic, other: Topic, officer: Account, room: Room
) -> None:
    elsewhere = other_consultation(officer)
    with pytest.raises(Invalid) as refused:
        moves.move(officer, topic, elsewhere, "移したい")
    assert "公開台帳" in str(refused.value.message)
    foreign = topics.open_topic(officer, elsewhere, "よその話題", "問い")
    with pytest.raises(Invalid):
        moves.merge(officer, topic, foreign, "まとめたい")


def other_consultation(officer: Account) -> Room:
    from datetime import timedelta

    from core.people import Department
    from ledger import consultations
    from ledger.consultations import Span
    from ledger.models import PhaseKind

    now, day = clock.now(), timedelta(days=1)
    parks = db.session().scalars(select(Department).where(Department.slug == "parks")).one()
    made = consultations.open_consultation(
        officer,
        parks,
        "library",
        "図書館",
        summary="夜の図書館。",
        phases=[Span(PhaseKind.DISCUSS, "話す", now - 2 * day, now + 2 * day)],
    )
    return open_room(officer, made)


def test_residents_and_strangers_move_nothing(
    topic: Topic, other: Topic, resident: Account, stranger: Account, moderator: Account
) -> None:
    (one, *_rest) = talk(topic, resident)
    for actor in (resident, stranger, moderator, None):
        with pytest.raises(Forbidden):
            moves.merge(actor, topic, other, "理由")
        with pytest.raises(Forbidden):
            moves.split(actor, topic, [one], "題", "", "理由")
        with pytest.raises(Forbidden):
            moves.move(actor, topic, topic.room, "理由")


def test_topics_of_a_room_that_ended_stay_as_they_are(
    topic: Topic, other: Topic, room: Room, facilitator: Account, resident: Account
) -> None:
    (one, *_rest) = talk(topic, resident)
    with db.transaction() as tx:
        tx.get_one(Room, room.id).closes_at = clock.now()
    for act in (
        lambda: moves.merge(facilitator, again(topic), again(other), "理由"),
        lambda: moves.split(facilitator, again(topic), [one], "題", "", "理由"),
    ):
        with pytest.raises(Closed):
            act()


def test_forms_of_both_topics_with_the_same_key_stay_two_posts(
    topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    here = posts.reply(resident, topic, "こちら", key="same")
    there = posts.reply(resident, other, "あちら", key="same")
    moves.merge(facilitator, topic, other, "同じ話")
    assert {again(here).topic_id, again(there).topic_id} == {other.id}
    assert again(here).key != again(there).key == "same"


def test_a_form_sent_again_after_a_split_is_the_post_that_was_split_off(
    both_engines: str, topic: Topic, facilitator: Account, resident: Account
) -> None:
    posts.reply(resident, topic, "残る")
    sent = posts.reply(resident, topic, "分かれる", key="same")
    moves.split(facilitator, again(topic), [again(sent)], "分けた話", "", "別の話")
    assert posts.reply(again(resident), again(topic), "分かれる", key="same").id == sent.id
    assert again(sent).topic.post_count == 1


def test_a_split_keeps_tags_that_were_taken_off_the_list(
    topic: Topic,
    consultation: Consultation,
    officer: Account,
    resident: Account,
) -> None:
    tag = tags.add(officer, consultation, "みどり")
    tending.choose_tags(officer, topic, [tag])
    tags.retire(officer, consultation, tag)
    said = talk(again(topic), resident)
    made = moves.split(officer, again(topic), [again(said[4])], "分けた話", "", "別の話")
    assert [one.name for one in made.tags] == ["みどり"]


def test_a_merged_topic_takes_no_posts_and_is_in_no_list(
    topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    moves.merge(facilitator, topic, other, "同じ話")
    with pytest.raises(Closed):
        posts.reply(resident, again(topic), "まだ書けますか")
    assert [t.id for t, _said in queries.topics(again(topic.room))] == [other.id]
    with pytest.raises(Conflict):
        moves.merge(facilitator, again(other), again(topic), "逆に")
    with pytest.raises(Conflict):
        moves.merge(facilitator, again(topic), again(other), "もう一度")


def test_the_traces_of_a_merged_topic_are_read_where_it_went(
    topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    made = moves.split(facilitator, topic, [said[4]], "分けた話", "", "別の話")
    moves.merge(facilitator, again(topic), again(other), "同じ話")
    assert [t.kind for t in traces.of(again(other))] == ["joined", "split"]
    (founded,) = traces.of(again(made))
    assert (founded.kind, founded.other_id) == ("founded", topic.id)


def test_what_went_away_leaves_a_line_where_it_stood(
    topic: Topic, facilitator: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    made = moves.split(facilitator, topic, [said[1], said[3]], "分けた話", "", "別の話")
    (line,) = departures.between(again(topic), "000001", "000005000006")
    assert (line.numbers, line.post.topic_id) == ("2,4", made.id)
    assert line.path == "000001000002"
    assert departures.between(again(made), "000001", "000003") == []


def test_neighbours_with_somebody_between_are_two_lines(
    topic: Topic, facilitator: Account, resident: Account
) -> None:
    said = [posts.reply(resident, topic, str(n)) for n in range(5)]
    moves.split(facilitator, topic, [said[0], said[2], said[3]], "分けた話", "", "別の話")
    found = departures.between(again(topic), "000002", "000005")
    assert [line.numbers for line in found] == ["1", "3-4"]


def test_who_had_read_posts_has_read_them_where_they_went(
    topic: Topic, other: Topic, facilitator: Account, resident: Account, neighbour: Account
) -> None:
    talk(topic, resident)
    talk(other, resident)
    readings.mark(neighbour, again(topic), [[1, 4]])
    moves.merge(facilitator, again(topic), again(other), "同じ話")
    assert readings.unread_by_topic(neighbour, [again(other)])[other.id] == 8


def test_a_held_post_goes_along_with_what_it_answers(
    topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    one, two, *_rest = talk(topic, resident)
    held_one, held_two = hold(topic, one, resident), hold(topic, two, resident)
    made = moves.split(facilitator, again(topic), [two], "分けた話", "", "別の話")
    assert (again(held_one).topic_id, again(held_two).topic_id) == (topic.id, made.id)
    moves.merge(facilitator, again(topic), again(other), "同じ話")
    row = again(held_one)
    assert (row.topic_id, row.number, again(other).held_count) == (other.id, -1, 1)


def hold(topic: Topic, parent: Post, author: Account) -> Post:
    """A post that waits, as a room that looks first makes it."""
    with db.transaction() as tx:
        tx.get_one(Room, topic.room_id).checked = "before"
    made = posts.reply(again(author), again(topic), "見てください", again(parent))
    with db.transaction() as tx:
        tx.get_one(Room, topic.room_id).checked = "after"
    assert made.number < 0
    return made


def test_ten_thousand_posts_are_merged_as_rows_not_one_by_one(
    both_engines: str, topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    posts.reply(resident, other, "もとからある発言")
    fill(topic, resident, 10_000)
    began = time.process_time()  # others may be at work on this machine
    moves.merge(facilitator, again(topic), again(other), "同じ話")
    assert time.process_time() - began < 10
    assert again(other).post_count == 10_001
    last = queries.thread(again(other), offset=10_000)
    assert (last[0].number, last[0].path) == (10_001, "010001")


def fill(topic: Topic, author: Account, count: int) -> None:
    """Many posts at once, in the table; their lines in the ledger do not matter here."""
    now = clock.now()
    with db.transaction() as tx:
        tx.execute(
            insert(Post.__table__),  # type: ignore[arg-type]
            [
                {
                    "public_id": db.public_id(),
                    "topic_id": topic.id,
                    "number": n,
                    "path": f"{n:06d}",
                    "depth": 0,
                    "author_id": author.id,
                    "guest_name": "",
                    "guest_hash": "",
                    "role": "resident",
                    "body": "発言",
                    "body_html": "<p>発言</p>",
                    "renderer": "1",
                    "key": f"k{n}",
                    "created_at": now,
                    "version": 1,
                    "withdrawn_reason": "",
                    "hidden_rule": "",
                    "hidden_reason": "",
                }
                for n in range(1, count + 1)
            ],
        )
        tx.get_one(Topic, topic.id).post_count = count


def run_together(*acts: Callable[[], object]) -> list[BaseException]:
    """Let all of these begin at one moment; what they were refused with."""
    start, refused = Barrier(len(acts)), []

    def one(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except DomainError as error:
            refused.append(error)
        finally:
            db.session.remove()

    threads = [Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session().rollback()  # what was read before is read anew
    db.session().expire_all()
    return refused


def test_a_reply_lands_before_a_merge_or_is_refused_with_words(
    both_engines: str, topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    talk(topic, resident)
    sent = [f"同時に{n}" for n in range(8)]
    acts: list[Callable[[], object]] = [
        lambda said=said: posts.reply(again(resident), again(topic), said)  # type: ignore[misc]
        for said in sent
    ]
    acts.insert(4, lambda: moves.merge(again(facilitator), again(topic), again(other), "同じ話"))
    refused = run_together(*acts)
    assert all(isinstance(error, Closed) for error in refused)
    kept = db.session().scalars(select(Post.body).where(Post.body.in_(sent))).all()
    assert len(kept) + len(refused) == len(sent)
    everything = db.session().scalars(select(Post.topic_id).distinct()).all()
    assert list(everything) == [other.id]
    assert numbers(other) == list(range(1, again(other).post_count + 1))
    assert list(check.laws()) == []


def test_replies_and_a_split_at_once_lose_nothing(
    both_engines: str, topic: Topic, facilitator: Account, resident: Account
) -> None:
    said = talk(topic, resident)
    acts: list[Callable[[], object]] = [
        lambda n=n: posts.reply(again(resident), again(topic), f"同時に{n}", again(said[1]))  # type: ignore[misc]
        for n in range(6)
    ]
    acts.insert(
        3,
        lambda: moves.split(
            again(facilitator), again(topic), [again(said[1])], "分けた話", "", "別"
        ),
    )
    refused = run_together(*acts)
    total = db.session().scalars(select(func.count(Post.id))).one()
    assert total + len(refused) == 12
    made = again(said[1]).topic
    landed = db.session().scalars(select(Post).where(Post.parent_id == said[1].id)).all()
    assert {post.topic_id for post in landed} == {made.id}
    assert list(check.laws()) == []


def test_two_merges_against_each_other_end_with_one(
    both_engines: str, topic: Topic, other: Topic, facilitator: Account, resident: Account
) -> None:
    talk(topic, resident)
    talk(other, resident)
    refused = run_together(
        lambda: moves.merge(again(facilitator), again(topic), again(other), "一方"),
        lambda: moves.merge(again(facilitator), again(other), again(topic), "他方"),
    )
    assert [type(error) for error in refused] == [Conflict]
    left = db.session().scalars(select(Topic).where(Topic.merged_into_id.is_(None))).all()
    assert [t.post_count for t in left] == [12]


def test_who_waits_while_a_topic_is_moved_finds_it_in_its_new_room(
    both_engines: str,
    topic: Topic,
    room: Room,
    consultation: Consultation,
    officer: Account,
    resident: Account,
) -> None:
    there = open_room(officer, consultation, title="もう一つの会議室")
    for to in (there, room) * 6:
        refused = run_together(
            partial(lambda to: moves.move(again(officer), again(topic), again(to), "場所"), to),
            *[lambda: posts.reply(again(resident), again(topic), "同時に")] * 3,
        )
        assert refused == []
        assert again(topic).room_id == to.id
    assert again(topic).post_count == 36


def test_a_stance_and_a_mark_follow_a_post_that_is_moved_meanwhile(
    both_engines: str,
    topic: Topic,
    other: Topic,
    facilitator: Account,
    resident: Account,
    neighbour: Account,
) -> None:
    posts.reply(resident, topic, "ここに残る。")

    def leave(said: Post) -> None:
        moves.split(again(facilitator), again(topic), [again(said)], "分けた話", "", "別")

    def choose(said: Post) -> None:
        stands.take(again(neighbour), again(said), Choice.AGREE)

    def mark(said: Post) -> None:
        questions.mark(again(facilitator), again(said))

    for _turn in range(6):
        said = posts.reply(again(resident), again(topic), "木を残したい。")
        assert run_together(*(partial(act, said) for act in (leave, choose, mark))) == []
        assert again(said).topic_id != topic.id
