"""Who is told of what, once, and never of anything that is not shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update

from core import clock, db, jobs, plain
from core.jobs import Job, State
from core.mail import Letter
from core.people import Account, Person
from forum import follows, notices, posts, reader_settings, readings, tellings, topics
from forum.models import Follow, Mention, Notice, Pace, Post, Question, Room, Topic

Browser = Callable[[Account], FlaskClient]


@pytest.fixture
def at(
    resident: Account, neighbour: Account, officer: Account, room: Room, topic: Topic
) -> SimpleNamespace:
    """The ids of the people and places at hand: jobs and requests detach rows."""
    made = SimpleNamespace(
        resident=resident.id,
        neighbour=neighbour.id,
        officer=officer.id,
        room=room.id,
        topic=topic.id,
        topic_url=topic.public_id,
    )
    jobs.run_due()  # nobody follows anything yet
    return made


def get(model: Any, id_: int) -> Any:
    return db.session().get_one(model, id_)


def follow(account_id: int, kind: str, id_: int, pace: str = Pace.SITE) -> int:
    model = {"room": Room, "topic": Topic, "post": Post}[kind]
    return follows.follow(get(Account, account_id), kind, get(model, id_), pace).id


def say(account_id: int, at: Any, body: str, parent: int | None = None) -> int:
    above = get(Post, parent) if parent else None
    return posts.reply(get(Account, account_id), get(Topic, at.topic), body, above).id


def told(account_id: int) -> list[tuple[str, str]]:
    db.session().rollback()
    query = select(Notice).where(Notice.account_id == account_id).order_by(Notice.id)
    return [(n.kind, n.pace) for n in db.session().scalars(query)]


def letters() -> list[Letter]:
    db.session().rollback()
    return list(db.session().scalars(select(Letter).order_by(Letter.id)))


def run_the_telling() -> None:
    """The job that finds whom to tell, without the mails it starts."""
    telling = (Job.kind == "forum.tell") & (Job.state == State.QUEUED)
    jobs.run(db.session().scalars(select(Job.id).where(telling)).one())


def hide(post_id: int) -> None:
    with db.transaction() as tx:
        tx.get_one(Post, post_id).hidden_at = clock.now()


def settled(post_id: int, question_id: int, *, interim: bool = False) -> None:
    """Make an official post the answer to a question, as `questions` does."""
    with db.transaction() as tx:
        question = tx.get(Question, question_id)
        if question is None:
            now = clock.now()
            department = tx.get_one(Post, question_id).topic.room.consultation.department_id
            question = Question(
                post_id=question_id, department_id=department, asked_at=now, due_at=now
            )
            tx.add(question)
        if interim:
            question.interim_id, question.interim_at = post_id, clock.now()
        else:
            question.answer_id, question.answered_at = post_id, clock.now()
        tx.flush()
        notices.answer_published(tx.get_one(Post, post_id), question)


def test_each_follower_is_told_once_and_never_the_author(both_engines: str, at: Any) -> None:
    for kind, id_ in (("room", at.room), ("topic", at.topic)):
        follow(at.resident, kind, id_)
        follow(at.neighbour, kind, id_)
    say(at.neighbour, at, "池を残したい。")
    jobs.run_due()
    assert told(at.resident) == [("post", Pace.SITE)]
    assert told(at.neighbour) == []


def test_the_job_run_twice_tells_once(both_engines: str, at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    say(at.neighbour, at, "池を残したい。")
    jobs.run_due()
    with db.transaction() as tx:
        tx.execute(update(Job).where(Job.kind == "forum.tell").values(state=State.QUEUED))
    jobs.run_due()
    assert told(at.resident) == [("post", Pace.AT_ONCE)]
    assert len(letters()) == 1


def test_an_act_that_failed_tells_nobody(at: Any) -> None:
    follow(at.resident, "topic", at.topic)
    with pytest.raises(ZeroDivisionError), db.transaction():
        say(at.neighbour, at, "池を残したい。")
        _ = 1 / 0
    jobs.run_due()
    assert told(at.resident) == []


def test_the_strongest_reason_counts_at_the_fastest_pace(at: Any) -> None:
    """Whose post is answered hears of a reply, as fast as they wanted to hear of the topic."""
    first = say(at.resident, at, "木を残したい。")
    follow(at.resident, "room", at.room, Pace.WEEKLY)
    wanted = follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    say(at.neighbour, at, "同じです。", first)
    jobs.run_due()
    assert told(at.resident) == [("reply", Pace.AT_ONCE)]
    (notice,) = db.session().scalars(select(Notice))
    assert notice.follow_id == wanted


def test_who_is_spoken_to_is_told_at_once_unless_they_wished_otherwise(at: Any) -> None:
    for mails_direct in (True, False):
        who = get(Account, at.resident)
        reader_settings.choose(who, "daily", follows_replies=True, mails_direct=mails_direct)
        with db.transaction() as tx:
            tx.add(Mention(post_id=say(at.neighbour, at, "やあ"), account_id=at.resident))
        jobs.run_due()
    assert told(at.resident) == [("mention", Pace.AT_ONCE), ("mention", Pace.SITE)]


def test_who_asked_is_told_of_the_answer_at_once(at: Any) -> None:
    reader = follow(at.neighbour, "topic", at.topic, Pace.DAILY)
    question = say(at.resident, at, "いつ決まりますか。")
    with db.transaction():
        answer = say(at.officer, at, "12月に決まります。", question)
        settled(answer, question)
    jobs.run_due()
    assert told(at.resident) == [("answer", Pace.AT_ONCE)]
    assert told(at.neighbour) == [("post", Pace.DAILY), ("post", Pace.DAILY)]
    assert reader
    (letter,) = letters()
    assert "あなたの質問に、区が回答しました" in letter.body
    assert "区の回答：" in letter.subject


def test_a_post_that_becomes_the_answer_is_told_again_as_the_answer(at: Any) -> None:
    question = say(at.resident, at, "いつ決まりますか。")
    answer = say(at.officer, at, "12月に決まります。", question)
    jobs.run_due()
    assert told(at.resident) == [("reply", Pace.DAILY)]
    settled(answer, question)
    jobs.run_due()
    assert told(at.resident) == [("answer", Pace.AT_ONCE)]
    settled(answer, question)
    jobs.run_due()
    assert len(letters()) == 1


def test_an_interim_reply_is_told_as_such(at: Any) -> None:
    question = say(at.resident, at, "いつ決まりますか。")
    with db.transaction():
        settled(say(at.officer, at, "調べています。", question), question, interim=True)
    jobs.run_due()
    assert told(at.resident) == [("interim", Pace.AT_ONCE)]


@pytest.mark.parametrize("column", ["hidden_at", "withdrawn_at", "held_at"])
def test_nobody_is_told_of_what_is_not_shown_any_more(at: Any, column: str) -> None:
    follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    post = say(at.neighbour, at, "この言葉は見えません。")
    with db.transaction() as tx:
        setattr(tx.get_one(Post, post), column, clock.now())
    jobs.run_due()
    assert told(at.resident) == []
    assert letters() == []


def test_a_post_hidden_while_its_letter_waits_is_not_sent(at: Any) -> None:
    """The words are read when the letter leaves; then there is nothing left to say."""
    follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    post = say(at.neighbour, at, "この言葉は見えません。")
    run_the_telling()
    (letter,) = letters()
    assert "この言葉は見えません" not in letter.body + letter.subject
    hide(post)
    jobs.run_due()
    assert letters() == []


def test_a_follow_that_ended_while_its_letter_waits_sends_nothing(at: Any) -> None:
    ended = follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    say(at.neighbour, at, "池を残したい。")
    run_the_telling()
    follows.end_by_mail(ended, at.resident)
    jobs.run_due()
    assert letters() == []
    assert told(at.resident) == [("post", Pace.AT_ONCE)]


def test_the_letter_says_what_why_and_how_to_stop(at: Any) -> None:
    first = say(at.resident, at, "木を残したい。")
    follow(at.resident, "post", first, Pace.AT_ONCE)
    said = "> 木を残したい。\n\n" + "わたしもそう思います。" * 40
    reply = say(at.neighbour, at, said, first)
    jobs.run_due()
    (letter,) = letters()
    body = letter.body
    url = get(Post, reply).public_id
    assert letter.subject == "［みんなの会議室］木をどう残すか"
    assert "坂の上さんが、あなたの発言1に返信しました（発言2）。" in body
    assert f"http://localhost/p/{url}" in body
    assert "http://localhost/me/notices" in body
    assert letter.headers["List-Unsubscribe"][1:-1] in body
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert letter.headers["References"] == letter.headers["In-Reply-To"]
    assert "> 木を残したい" not in body
    quoted = "".join(line.strip() for line in body.split("\n") if line.startswith("  "))
    assert 250 < len(quoted) <= 300
    assert max(plain.width(x) for x in body.split("\n") if "http" not in x) <= 70


def test_an_erased_person_gets_no_letter(at: Any) -> None:
    follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    with db.transaction() as tx:
        tx.delete(tx.get_one(Person, at.resident))
    say(at.neighbour, at, "池を残したい。")
    jobs.run_due()
    assert told(at.resident) == [("post", Pace.AT_ONCE)]
    assert letters() == []


def test_ten_thousand_followers_are_told_in_batches_of_the_same_statements(
    at: Any, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many statements for each batch, however many people are in it."""

    def followers(count: int) -> None:
        now = clock.now()
        with db.transaction() as tx:
            rows = [{"display_name": f"{n}", "created_at": now} for n in range(count)]
            ids = list(tx.scalars(insert(Account).returning(Account.id), rows))
            tx.execute(insert(Person), [{"account_id": i, "email": f"{i}@example.jp"} for i in ids])
            tx.execute(
                insert(Follow),
                [
                    {"account_id": i, "kind": "topic", "object_id": at.topic, "pace": "at_once"}
                    for i in ids
                ],
            )

    counts = []
    monkeypatch.setattr(tellings, "BATCH", 100)
    for extra, batches in ((50, 1), (900, 10)):
        followers(extra)
        say(at.neighbour, at, f"{extra}人に")
        job = (
            db.session()
            .scalars(select(Job.id).where(Job.kind == "forum.tell", Job.state == State.QUEUED))
            .one()
        )
        statements.clear()
        jobs.run(job)
        counts.append(len(statements) / batches)
    assert db.session().scalar(select(func.count(Notice.id))) == 50 + 950
    assert db.session().scalar(select(func.count(Letter.id))) == 50 + 950
    assert counts[1] <= counts[0]


def test_a_new_summary_is_told_once_a_day(at: Any, officer: Account, facilitator: Account) -> None:
    follow(at.resident, "topic", at.topic)
    for words in ("はじめの整理です。", "つぎの整理です。"):
        topic = get(Topic, at.topic)
        topics.set_context(get(Account, at.officer), topic, words, topic.version)
        jobs.run_due()
    assert told(at.resident) == [("context", Pace.SITE)]
    assert told(at.officer) == []
    (news,) = notices.listed(get(Account, at.resident))
    assert news.excerpt(80) == "つぎの整理です。"


def test_a_rooms_followers_hear_of_topics_dates_and_the_summary(at: Any) -> None:
    follow(at.resident, "room", at.room)
    with db.transaction() as tx:
        room = tx.get_one(Room, at.room)
        notices.topic_opened(tx.get_one(Topic, at.topic))
        notices.room_changed(room, "extended")
        notices.room_changed(room, "extended")
        notices.room_changed(room, "settings")
        notices.summary_published(room)
        closes_at = room.closes_at
    jobs.run_due()
    assert [kind for kind, _pace in told(at.resident)] == ["topic", "room_extended"]
    with clock.at(closes_at + timedelta(minutes=1)):
        jobs.run_due()
    assert [kind for kind, _pace in told(at.resident)] == ["topic", "room_extended", "summary"]


def test_who_waited_is_told_that_their_post_is_shown(at: Any) -> None:
    post = say(at.resident, at, "木を残したい。")
    with db.transaction() as tx:
        notices.admitted(tx.get_one(Post, post))
    jobs.run_due()
    assert told(at.resident) == [("admitted", Pace.AT_ONCE)]
    assert "あなたの発言1を公開しました" in letters()[0].body


def test_the_list_shows_nothing_of_a_post_hidden_later(browser_of: Browser, at: Any) -> None:
    follow(at.resident, "topic", at.topic)
    post = say(at.neighbour, at, "この言葉は見えません。")
    jobs.run_due()
    browser = browser_of(get(Account, at.resident))
    assert "この言葉は見えません" in browser.get("/notices").text
    hide(post)
    page = browser.get("/notices").text
    assert "この言葉は見えません" not in page
    assert "木をどう残すか" not in page
    assert notices.unread_count(get(Account, at.resident)) == 0


def test_opening_a_notice_marks_it_read_and_leads_to_the_post(browser_of: Browser, at: Any) -> None:
    follow(at.resident, "topic", at.topic)
    post = say(at.neighbour, at, "池を残したい。")
    url = get(Post, post).public_id
    jobs.run_due()
    notice = db.session().scalars(select(Notice.public_id)).one()
    browser, other = (
        browser_of(get(Account, at.resident)),
        browser_of(get(Account, at.neighbour)),
    )
    browser.get("/notices")
    assert notices.unread_count(get(Account, at.resident)) == 1
    assert other.post(f"/notices/{notice}").status_code == 404
    assert notices.unread_count(get(Account, at.resident)) == 1
    opened = browser.post(f"/notices/{notice}")
    assert (opened.status_code, opened.location) == (303, f"/p/{url}")
    assert notices.unread_count(get(Account, at.resident)) == 0


def test_reading_the_post_in_its_topic_reads_the_notice(at: Any) -> None:
    follow(at.resident, "topic", at.topic)
    first, second = say(at.neighbour, at, "一つ目"), say(at.neighbour, at, "二つ目")
    jobs.run_due()
    notices.read_posts(get(Account, at.resident), [first])
    notices.read_posts(None, [second])
    assert notices.unread_count(get(Account, at.resident)) == 1
    notices.read_all(get(Account, at.resident))
    assert notices.unread_count(get(Account, at.resident)) == 0


def test_the_bell_is_one_statement_and_only_for_who_is_signed_in(
    client: FlaskClient, at: Any, statements: list[str]
) -> None:
    follow(at.resident, "topic", at.topic)
    for n in range(3):
        say(at.neighbour, at, f"池{n}")
    jobs.run_due()
    account = get(Account, at.resident)
    assert account.id
    statements.clear()
    assert notices.unread_count(account) == 3
    assert len(statements) == 1
    assert "/notices" not in client.get("/rooms").text


def test_the_header_says_how_much_is_new(browser_of: Browser, at: Any) -> None:
    follow(at.resident, "topic", at.topic)
    for n in range(3):
        say(at.neighbour, at, f"池{n}")
    jobs.run_due()
    page = browser_of(get(Account, at.resident)).get("/rooms").text
    assert 'href="/notices"' in page
    assert '<span class="badge__n">3' in page


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_takes_the_same_statements_for_one_as_for_many(
    browser_of: Browser, at: Any, statements: list[str], count: int
) -> None:
    follow(at.resident, "topic", at.topic)
    for n in range(count):
        say(at.neighbour, at, f"池{n}")
    jobs.run_due()
    browser = browser_of(get(Account, at.resident))
    browser.get("/notices")
    statements.clear()
    page = browser.get("/notices").text
    assert page.count("told__one") == count
    assert len(statements) <= 9


def test_an_empty_list_says_what_to_do(browser_of: Browser, at: Any) -> None:
    browser = browser_of(get(Account, at.resident))
    assert "まだお知らせはありません" in browser.get("/notices").text
    follow(at.resident, "topic", at.topic)
    assert "お知らせはありません" in browser.get("/notices").text


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    for path in ("/notices", "/me/notices"):
        assert "/sign-in" in client.get(path).location


def test_a_moved_post_is_told_where_it_stands_now(at: Any, officer: Account, room: Room) -> None:
    new = topics.open_topic(officer, room, "池をどう残すか", "池のことを書いてください。").id
    follow(at.resident, "topic", at.topic)
    post = say(at.neighbour, at, "池を残したい。")
    jobs.run_due()
    with db.transaction() as tx:
        row = tx.get_one(Post, post)
        row.topic_id, row.number = new, 77
    (news,) = notices.listed(get(Account, at.resident))
    assert news.topic is not None
    assert news.topic.title == "池をどう残すか"


def test_who_saw_it_arrive_has_no_news_and_no_mail(at: Any) -> None:
    """The page was open: the post was read before the job came to tell of it."""
    follow(at.resident, "topic", at.topic, Pace.AT_ONCE)
    say(at.neighbour, at, "池を残したい。")
    readings.mark(get(Account, at.resident), get(Topic, at.topic), [1])
    jobs.run_due()
    assert notices.unread_count(get(Account, at.resident)) == 0
    assert letters() == []


def test_reading_on_the_page_reads_the_notices(at: Any) -> None:
    follow(at.resident, "topic", at.topic)
    for n in range(3):
        say(at.neighbour, at, f"池{n}")
    jobs.run_due()
    readings.mark(get(Account, at.resident), get(Topic, at.topic), [1, 2])
    assert notices.unread_count(get(Account, at.resident)) == 1


def test_a_new_topic_is_told_to_the_rooms_followers(at: Any) -> None:
    follow(at.resident, "room", at.room)
    follow(at.officer, "room", at.room)
    topics.open_topic(get(Account, at.officer), get(Room, at.room), "池", "池はどうしますか。")
    jobs.run_due()
    assert told(at.resident) == [("topic", Pace.SITE)]
    assert told(at.officer) == []
