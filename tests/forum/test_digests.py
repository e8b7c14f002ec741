"""A digest that is right: everything new, grouped, once, whatever dies when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core import clock, db, jobs, mail, plain
from core.jobs import Job, State
from core.mail import Letter
from core.people import Account
from forum import digests, follows, links, notices, posts, reader_settings, topics
from forum.links import Stop
from forum.models import Follow, Notice, Pace, Post, Question, Room, Topic

MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=clock.TOKYO)
SEVEN = MONDAY.replace(hour=7)


@pytest.fixture
def at(
    resident: Account, neighbour: Account, officer: Account, room: Room, topic: Topic
) -> SimpleNamespace:
    other = topics.open_topic(officer, room, "池をどう残すか", "池のことを書いてください。")
    with db.transaction() as tx:
        row = tx.get_one(Room, room.id)
        row.opens_at, row.closes_at = MONDAY - timedelta(days=30), MONDAY + timedelta(days=30)
    made = SimpleNamespace(
        resident=resident.id,
        neighbour=neighbour.id,
        officer=officer.id,
        room=room.id,
        topic=topic.id,
        other=other.id,
    )
    jobs.run_due()  # nobody follows anything yet
    return made


def get(model: Any, id_: int) -> Any:
    return db.session().get_one(model, id_)


def follow(account_id: int, kind: str, id_: int, pace: str) -> int:
    model = {"room": Room, "topic": Topic, "post": Post}[kind]
    return follows.follow(get(Account, account_id), kind, get(model, id_), pace).id


def say(account_id: int, topic_id: int, body: str, parent: int | None = None) -> int:
    above = get(Post, parent) if parent else None
    return posts.reply(get(Account, account_id), get(Topic, topic_id), body, above).id


def letters() -> list[Letter]:
    db.session().rollback()
    return list(db.session().scalars(select(Letter).order_by(Letter.id)))


def morning(moment: datetime) -> list[Letter]:
    """The worker's minute at `moment`, and everything it started; the letters there are now."""
    with clock.at(moment):
        jobs.run_due()
        digests.enqueue_due()
        jobs.run_due()
    return letters()


@pytest.mark.parametrize(
    ("pace", "at", "due"),
    [
        (Pace.DAILY, "2026-11-30T06:59:59+09:00", "2026-11-29T07:00+09:00"),
        (Pace.DAILY, "2026-11-30T07:00:00+09:00", "2026-11-30T07:00+09:00"),
        (Pace.DAILY, "2026-11-29T22:00:00+00:00", "2026-11-30T07:00+09:00"),
        (Pace.WEEKLY, "2026-11-30T06:59:59+09:00", "2026-11-23T07:00+09:00"),
        (Pace.WEEKLY, "2026-11-30T07:00:00+09:00", "2026-11-30T07:00+09:00"),
        (Pace.WEEKLY, "2026-12-06T23:59:59+09:00", "2026-11-30T07:00+09:00"),
        (Pace.WEEKLY, "2027-01-01T00:00:00+09:00", "2026-12-28T07:00+09:00"),
    ],
)
def test_mails_are_due_at_seven_in_tokyo(pace: str, at: str, due: str) -> None:
    assert digests.boundary(pace, datetime.fromisoformat(at)) == datetime.fromisoformat(due)


def test_a_digest_comes_once_in_the_morning(both_engines: str, at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY - timedelta(hours=8)):
        say(at.neighbour, at.topic, "池を残したい。")
        jobs.run_due()
    assert morning(SEVEN - timedelta(minutes=1)) == []
    (letter,) = morning(SEVEN)
    assert "池を残したい。" in letter.body
    for minutes in (1, 60, 24 * 60, 48 * 60):
        assert len(morning(SEVEN + timedelta(minutes=minutes))) == 1


def test_nothing_new_is_no_mail(at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    assert morning(SEVEN) == []


def test_what_was_read_on_the_site_is_not_mailed(at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY):
        say(at.neighbour, at.topic, "池を残したい。")
        jobs.run_due()
    notices.read_all(get(Account, at.resident))
    assert morning(SEVEN) == []


def test_a_week_is_told_on_monday(at: Any) -> None:
    follow(at.resident, "room", at.room, Pace.WEEKLY)
    for days in (5, 3, 1):
        with clock.at(MONDAY - timedelta(days=days)):
            say(at.neighbour, at.topic, f"{days}日前")
            jobs.run_due()
        assert morning(SEVEN - timedelta(days=days - 1, minutes=1)) == []
    (letter,) = morning(SEVEN)
    assert all(f"{days}日前" in letter.body for days in (5, 3, 1))
    assert "今週のまとめ" in letter.subject


def test_a_worker_that_slept_sends_when_it_wakes(at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY):
        say(at.neighbour, at.topic, "池を残したい。")
        jobs.run_due()
    with clock.at(SEVEN + timedelta(minutes=5)):
        say(at.neighbour, at.topic, "あとの発言です。")
        jobs.run_due()
    (letter,) = morning(SEVEN + timedelta(hours=9))
    assert "池を残したい。" in letter.body
    assert "あとの発言です。" not in letter.body
    assert "あとの発言です。" in morning(SEVEN + timedelta(days=1))[1].body


def test_a_digest_is_grouped_and_answers_come_first(at: Any) -> None:
    room = follow(at.resident, "room", at.room, Pace.DAILY)
    with clock.at(MONDAY):
        for n in range(8):
            say(at.neighbour, at.topic, f"木の{n}番目")
        question = say(at.resident, at.other, "いつ決まりますか。")
        say(at.neighbour, at.other, "わたしも知りたい。", question)
        with db.transaction() as tx:
            answer = say(at.officer, at.other, "12月に決まります。", question)
            topic = tx.get_one(Topic, at.other)
            tx.add(
                Question(
                    post_id=question,
                    department_id=topic.room.consultation.department_id,
                    asked_at=MONDAY,
                    due_at=MONDAY,
                    answer_id=answer,
                    answered_at=MONDAY,
                )
            )
        reader = get(Account, at.resident)
        reader_settings.choose(reader, Pace.DAILY, follows_replies=True, mails_direct=False)
        jobs.run_due()
    (letter,) = morning(SEVEN)
    body = letter.body
    unbroken = body.replace("\n", "")
    order = ["■ 公園のこれから", "◇ 池をどう残すか", "12月に", "わたしも", "◇ 木をどう残すか"]
    places = [body.index(words) for words in order]
    assert places == sorted(places)
    assert "10件の新しいこと" in unbroken
    assert "1件は、質問への区の回答" in unbroken
    assert "ほか3件" in body
    assert "木の4番目" in body
    assert "木の5番目" not in body
    assert f"http://localhost/p/{get(Post, answer).public_id}" in body
    replies = select(Follow.id).where(Follow.kind == "post", Follow.account_id == at.resident)
    for follow_id in (room, db.session().scalars(replies).one()):
        assert links.stop(Stop(at.resident, follow_id=follow_id)) in body
    assert "digest" in letter.headers["List-Id"]
    assert letter.headers["List-Unsubscribe"][1:-1] in body
    assert max(plain.width(x) for x in body.split("\n") if "http" not in x) <= 70


def test_a_digest_says_nothing_of_a_post_hidden_before_it_left(at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY):
        hidden = say(at.neighbour, at.topic, "この言葉は見えません。")
        say(at.neighbour, at.topic, "この言葉は見えます。")
        jobs.run_due()
    with db.transaction() as tx:
        tx.get_one(Post, hidden).hidden_at = MONDAY
    (letter,) = morning(SEVEN)
    assert "見えません" not in letter.body
    assert "見えます" in letter.body


def test_a_digest_whose_every_post_was_hidden_is_not_sent(at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY):
        hidden = say(at.neighbour, at.topic, "この言葉は見えません。")
        jobs.run_due()
    with clock.at(SEVEN):
        digests.enqueue_due()
        jobs.run(db.session().scalars(select(Job.id).where(Job.kind == "forum.digest")).one())
        assert len(letters()) == 1
        with db.transaction() as tx:
            tx.get_one(Post, hidden).hidden_at = clock.now()
        jobs.run_due()
    assert letters() == []


def test_a_changed_pace_takes_along_what_waits(at: Any) -> None:
    kept = follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY - timedelta(days=1)):
        say(at.neighbour, at.topic, "池を残したい。")
        jobs.run_due()
        follows.set_pace(get(Account, at.resident), get(Follow, kept), Pace.WEEKLY)
    assert morning(SEVEN - timedelta(hours=1)) == []
    assert len(morning(SEVEN)) == 1


class Dead(BaseException):
    """The process was killed: nothing after this line ran."""


POINTS = ["never", "before the letter", "after the letter", "before the job is over", "in the mail"]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_neither_loses_nor_doubles_a_digest(
    at: Any, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(at.resident, "topic", at.topic, Pace.DAILY)
    with clock.at(MONDAY):
        say(at.neighbour, at.topic, "池を残したい。")
        jobs.run_due()
    _die_at(point, monkeypatch)
    with clock.at(SEVEN):
        _minute()
    monkeypatch.undo()
    for minutes in (2, 4, 6):
        with clock.at(SEVEN + timedelta(minutes=minutes)):
            _minute()
    sent = [letter for letter in letters() if letter.sent_at is not None]
    assert len(sent) == len(letters()) == 1
    assert sent[0].body.count("池を残したい。") == 1


def _die_at(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: object, **_options: object) -> None:
        raise Dead

    if point == "before the letter":
        monkeypatch.setattr(mail, "send_about", die)
    elif point == "after the letter":
        write = mail.send_about

        def write_and_die(*args: Any) -> None:
            write(*args)
            raise Dead

        monkeypatch.setattr(mail, "send_about", write_and_die)
    elif point == "before the job is over":
        change = jobs.Running.change

        def die_at_the_end(self: jobs.Running, **values: Any) -> bool:
            if values.get("state") == State.DONE:
                raise Dead
            return change(self, **values)

        monkeypatch.setattr(jobs.Running, "change", die_at_the_end)
    elif point == "in the mail":
        monkeypatch.setattr(mail, "_words", die)


def _minute() -> None:
    """A worker's minute: the sweep, the chores and the jobs; a death ends it at once."""
    try:
        jobs.sweep()
        digests.enqueue_due()
        jobs.run_due()
    except Dead:
        pass
    finally:
        db.session().rollback()
        db.session().info.pop("unit", None)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    acts=st.lists(
        st.one_of(
            st.tuples(st.just("say"), st.integers(0, 1)),
            st.tuples(st.just("hours"), st.integers(1, 30)),
            st.tuples(st.just("pace"), st.sampled_from([Pace.DAILY, Pace.WEEKLY, Pace.AT_ONCE])),
            st.tuples(st.just("die"), st.sampled_from(POINTS)),
        ),
        max_size=10,
    )
)
@example(acts=[("say", 0), ("hours", 1), ("say", 0), ("die", "before the letter")])
def test_each_notice_is_in_exactly_one_mail(
    at: Any, acts: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is said, whenever paces change and workers die, each post is mailed once."""
    with db.transaction() as tx:
        for model in (Notice, Follow, Letter, Job):
            tx.execute(delete(model))
    kept = follow(at.resident, "room", at.room, Pace.DAILY)
    now, said = MONDAY - timedelta(days=20), []
    for act, value in acts:
        with clock.at(now):
            if act == "say":
                words = f"発言その{len(said)}。"
                said.append(words)
                say(at.neighbour, [at.topic, at.other][value], words)
            elif act == "pace":
                follows.set_pace(get(Account, at.resident), get(Follow, kept), value)
            elif act == "die":
                with monkeypatch.context() as killing:
                    _die_at(value, killing)
                    _minute()
            else:
                now += timedelta(hours=value)
                _minute()
    for days in range(1, 9):
        with clock.at(now + timedelta(days=days)):
            _minute()
    bodies = [letter.body for letter in letters() if letter.sent_at is not None]
    for words in said:
        counted = sum(body.count(words) for body in bodies)
        assert counted == 1, (words, counted)
    assert all(when.tzinfo is UTC for when in db.session().scalars(select(Notice.mailed_at)))
