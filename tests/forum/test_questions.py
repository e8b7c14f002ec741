"""Questions to the ward: the clock, what stops it, and the desk it stays on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, update

from core import business_days, clock, db
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.people import Account
from forum import asked, posts, questions, standing
from forum.models import Post, Question, Room, Topic
from ledger import check
from moderation import decisions
from tests.forum.test_moves import run_together

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def question_of(post: Post) -> Question:
    found: Question = db.session().get_one(Question, post.id, populate_existing=True)
    return found


def answer(
    officer: Account, topic: Topic, parent: Post, kind: str = "answer", promised: date | None = None
) -> Post:
    settles = questions.settlement(officer, parent, kind, promised)
    return posts.reply(officer, topic, "資料3に載せました。", parent, settles=settles)


@pytest.fixture
def post(topic: Topic, resident: Account) -> Post:
    """A resident's question to the ward."""
    return posts.reply(resident, topic, "19時台は、何人が使っていましたか。", asks=True)


def next_day(count: int = 5) -> date:
    return business_days.add(business_days.today(), count)


def test_a_question_is_due_at_the_end_of_the_tenth_business_day(
    topic: Topic, room: Room, resident: Account
) -> None:
    with db.transaction() as tx:
        long = {"opens_at": datetime(2026, 1, 1, tzinfo=UTC)}
        tx.execute(update(Room).values(**long, closes_at=datetime(2027, 12, 1, tzinfo=UTC)))
    asked_at = datetime(2026, 11, 5, 13, 31, tzinfo=UTC)  # 22:31 in the ward
    with clock.at(asked_at):
        found = question_of(posts.reply(resident, again(topic), "何人ですか。", asks=True))
        assert found.due_at == datetime(2026, 11, 19, 15, tzinfo=UTC)
        assert str(questions.due_words(found)) == "あと10開庁日"
        assert found.state(clock.now()) == "open"
    for moment, words in [
        (datetime(2026, 11, 18, 3, tzinfo=UTC), "あと1開庁日"),
        (datetime(2026, 11, 19, 14, 59, tzinfo=UTC), "きょうまで"),
        (datetime(2026, 11, 19, 15, tzinfo=UTC), "1開庁日過ぎました"),
        (datetime(2026, 11, 24, 3, tzinfo=UTC), "2開庁日過ぎました"),
    ]:
        with clock.at(moment):
            assert str(questions.due_words(found)) == words
            assert (found.state(moment) == "late") == (moment >= found.due_at)


def test_only_residents_ask_the_ward(
    topic: Topic, resident: Account, officer: Account, facilitator: Account
) -> None:
    theirs = [
        posts.reply(officer, topic, "どう思いますか。", asks=True),
        posts.reply(facilitator, topic, "どう思いますか。", asks=True),
        posts.reply(resident, topic, "ひとりごとです。"),
    ]
    assert questions.of(theirs) == {}


def test_an_official_answer_stops_the_clock(
    both_engines: str, topic: Topic, post: Post, officer: Account
) -> None:
    assert [q.post_id for q in asked.open_for(officer)] == [post.id]
    reply = answer(officer, topic, post)
    found = question_of(post)
    assert (found.is_answered, found.answer_id) == (True, reply.id)
    assert asked.open_for(officer) == []
    assert [q.post_id for q in asked.answered_lately(officer)] == [post.id]
    assert questions.answered_by([reply, post])[reply.id].post_id == post.id
    assert found.post.changed_at is not None  # open pages fetch it anew
    assert list(check.laws()) == []


def test_an_answer_deeper_down_answers_the_question_above(
    topic: Topic, post: Post, neighbour: Account, officer: Account
) -> None:
    below = posts.reply(neighbour, topic, "わたしも知りたいです。", post)
    answer(officer, topic, posts.reply(neighbour, topic, "つづき", below))
    assert question_of(post).is_answered
    aside = posts.reply(neighbour, topic, "別の話です。")
    assert questions.asked_above(aside) is None
    assert questions.asked_above(None) is None
    with pytest.raises(Conflict):
        answer(officer, topic, aside)


def test_an_interim_reply_promises_a_day_and_keeps_the_question_open(
    both_engines: str, topic: Topic, post: Post, officer: Account
) -> None:
    reply = answer(officer, topic, post, "interim", next_day())
    found = question_of(post)
    assert found.state(clock.now()) == "interim"
    assert found.until == business_days.end_of(next_day())
    assert [q.post_id for q in asked.open_for(officer)] == [post.id]
    with clock.at(found.until):
        assert found.state(clock.now()) == "late"
    final = answer(officer, topic, reply)
    found = question_of(post)
    assert found.state(clock.now()) == "answered"
    assert set(questions.answered_by([reply, final])) == {reply.id, final.id}


def test_a_promise_is_a_business_day_to_come(topic: Topic, post: Post, officer: Account) -> None:
    today = business_days.today()
    sunday = today + timedelta(days=7 + (6 - today.weekday()))
    for day in (None, today, today - timedelta(days=1), sunday, today + timedelta(days=400)):
        with pytest.raises(Invalid) as refused:
            answer(officer, topic, post, "interim", day)
        assert refused.value.field == "promised"
    assert question_of(post).state(clock.now()) == "open"


def test_nobody_else_answers_for_the_ward(
    topic: Topic, post: Post, resident: Account, facilitator: Account, stranger: Account
) -> None:
    for actor in (resident, facilitator, stranger):
        with pytest.raises(Forbidden):
            answer(actor, topic, post)
    forged = posts.reply(resident, topic, "区の者です。", post)
    with pytest.raises(Forbidden):
        questions.answered(forged, question_of(post))
    assert not question_of(post).is_answered


def test_of_two_answers_at_once_the_first_is_the_answer(
    both_engines: str, topic: Topic, post: Post, officer: Account, other_officer: Account
) -> None:
    mine = questions.settlement(officer, post, "answer", None)
    theirs = questions.settlement(other_officer, post, "answer", None)
    first = posts.reply(officer, topic, "一人目", post, key="a", settles=mine)
    with pytest.raises(Conflict):
        posts.reply(other_officer, topic, "二人目", post, key="b", settles=theirs)
    assert question_of(post).answer_id == first.id
    assert posts.reply(officer, topic, "一人目", post, key="a", settles=mine).id == first.id
    assert first.topic.post_count == 2


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_an_answer_that_goes_opens_the_question_again(
    how: str, topic: Topic, post: Post, officer: Account, moderator: Account
) -> None:
    reply = answer(officer, topic, post)
    if how == "withdrawn":
        posts.withdraw(officer, reply)
    else:
        decisions.hide(moderator, "post", reply.public_id, "第4条", "別の方の名前がありました。")
    assert question_of(post).state(clock.now()) == "open"
    assert [q.post_id for q in asked.open_for(officer)] == [post.id]
    if how == "hidden":
        decisions.restore(moderator, "post", reply.public_id, "名前はありませんでした。")
        assert question_of(post).answer_id == reply.id
        assert question_of(post).is_answered
    else:
        second = answer(officer, topic, post)
        assert question_of(post).answer_id == second.id


def test_a_hidden_promise_is_no_promise(
    topic: Topic, post: Post, officer: Account, moderator: Account
) -> None:
    reply = answer(officer, topic, post, "interim", next_day(20))
    due_at = question_of(post).due_at
    decisions.hide(moderator, "post", reply.public_id, "第4条", "まちがいでした。")
    assert question_of(post).until == due_at
    decisions.restore(moderator, "post", reply.public_id, "まちがいではありませんでした。")
    assert question_of(post).until == business_days.end_of(next_day(20))


def test_a_question_that_is_not_shown_waits_for_nobody(
    topic: Topic, post: Post, resident: Account, officer: Account, moderator: Account
) -> None:
    decisions.hide(moderator, "post", post.public_id, "第4条", "決めつけでした。")
    assert asked.open_for(officer) == []
    assert questions.open_in(topic.room) == []
    decisions.restore(moderator, "post", post.public_id, "決めつけではありませんでした。")
    assert [q.post_id for q in questions.open_in(topic.room)] == [post.id]
    posts.withdraw(resident, post)
    assert asked.open_for(officer) == []


def test_what_is_looked_at_first_starts_its_clock_when_it_is_let_in(
    both_engines: str, topic: Topic, resident: Account, officer: Account, moderator: Account
) -> None:
    with db.transaction() as tx:
        tx.execute(update(Room).values(checked="before"))
    long_ago = clock.now() - timedelta(days=6)
    held = posts.reply(resident, again(topic), "何人ですか。", asks=True, received_at=long_ago)
    assert held.is_held
    assert asked.open_for(officer) == []
    with db.transaction():
        standing.admitted(posts.places.lock(held), role="moderator")
    (found,) = asked.open_for(officer)
    assert found.due_at == questions.due(clock.now())
    assert found.asked_at > long_ago


def test_the_facilitator_marks_what_asks_the_ward_and_takes_the_mark_off(
    browser_of: Browser,
    client: FlaskClient,
    topic: Topic,
    resident: Account,
    facilitator: Account,
    officer: Account,
) -> None:
    post = posts.reply(resident, topic, "何人が使っていましたか。")
    with pytest.raises(Forbidden):
        questions.mark(resident, post)
    path = f"/p/{post.public_id}/question"
    browser = browser_of(facilitator)
    assert browser_of(resident).get(path).status_code == 403
    assert "区への質問にする" in browser.get(path).text
    assert browser.post(path).status_code == 303
    (found,) = asked.open_for(again(officer))
    assert found.post_id == inspect(post).identity[0]
    assert "印を外す" in browser.get(path).text
    assert browser.post(path, data={"reason": " "}).status_code == 422
    assert browser.post(path, data={"reason": "感想のため"}).status_code == 303
    assert asked.open_for(again(officer)) == []
    page = client.get(f"/t/{again(topic).public_id}").text
    assert "区への質問の印を外しました" in page
    assert "感想のため" in page
    assert browser.post(path).status_code == 303  # and on again
    assert question_of(again(post)).is_marked


def test_only_a_residents_shown_post_is_marked_and_no_answered_one_unmarked(
    topic: Topic, post: Post, officer: Account, facilitator: Account
) -> None:
    hosting = posts.reply(facilitator, topic, "まとめます。")
    with pytest.raises(Conflict):
        questions.mark(officer, hosting)
    assert questions.mark(officer, post).post_id == post.id  # it is one already
    answer(officer, topic, post)
    with pytest.raises(Conflict):
        questions.unmark(officer, again(post), "もう答えたため")
    assert question_of(post).is_marked


def test_an_answer_and_a_mark_taken_off_at_once_are_one_of_both(
    both_engines: str, topic: Topic, post: Post, officer: Account, facilitator: Account
) -> None:
    refused = run_together(
        lambda: answer(again(officer), again(topic), again(post)),
        lambda: questions.unmark(again(facilitator), again(post), "感想のため"),
    )
    assert [type(error) for error in refused] == [Conflict]
    question = question_of(post)
    assert question.is_answered == question.is_marked


def test_what_is_no_question_any_more_is_not_answered_unseen(
    topic: Topic, post: Post, officer: Account, facilitator: Account
) -> None:
    settles = questions.settlement(officer, post, "answer", None)
    questions.unmark(facilitator, post, "感想のため")
    with pytest.raises(Conflict, match="印が外されました"):
        posts.reply(officer, again(topic), "お答えします。", again(post), settles=settles)
    assert again(topic).post_count == 1


def test_the_desk_shows_what_its_departments_owe_overdue_first(
    browser_of: Browser,
    topic: Topic,
    post: Post,
    resident: Account,
    officer: Account,
    stranger: Account,
) -> None:
    late, public_id = posts.reply(resident, topic, "先月の質問です。", asks=True), post.public_id
    with db.transaction():
        question_of(late).due_at = clock.now() - timedelta(days=30)
    desk = browser_of(officer).get("/desk").text
    assert "回答の約束" in desk
    assert desk.index("先月の質問です。") < desk.index("19時台は")
    assert "開庁日過ぎました" in desk
    listed = browser_of(officer).get("/desk/questions").text
    assert f"reply_to={public_id}" in listed
    for page in ("/desk", "/desk/questions"):
        others = browser_of(stranger).get(page).text
        assert "先月の質問です。" not in others
        assert "答えを待っている質問" in others
    assert browser_of(resident).get("/desk/questions").status_code == 403


def test_the_desk_takes_as_many_statements_for_ten_questions_as_for_one(
    browser_of: Browser,
    topic: Topic,
    post: Post,
    resident: Account,
    officer: Account,
    statements: list[str],
) -> None:
    answer(officer, topic, posts.reply(resident, topic, "質問", asks=True))

    def cost() -> int:
        browser = browser_of(officer)
        statements.clear()
        assert browser.get("/desk/questions").status_code == 200
        return len(statements)

    one = cost()
    topic, resident, officer = again(topic), again(resident), again(officer)
    for number in range(5):
        mine = posts.reply(resident, topic, f"質問{number}", asks=True)
        if number > 2:
            answer(officer, topic, mine)
    assert cost() == one


def test_an_officer_says_on_the_page_what_their_reply_is(
    browser_of: Browser, client: FlaskClient, topic: Topic, post: Post, officer: Account
) -> None:
    path, parent = f"/t/{topic.public_id}", post.public_id
    browser = browser_of(officer)
    page = browser.get(f"{path}?reply_to={parent}").text
    assert "質問への回答です" in page
    assert "いつまでに答えるか" in page
    form = {"body": "調べています。", "parent": parent, "key": "k"}
    refused = browser.post(path, data=form)
    assert refused.status_code == 422
    assert "回答か、中間の返事かを選んでください" in refused.text
    assert "調べています。" in refused.text
    interim = {**form, "settles": "interim", "promised": "きのう"}
    assert "のように書いてください" in browser.post(path, data=interim).text
    assert browser.post(path, data={**interim, "promised": ""}).status_code == 422
    done = browser.post(path, data={**interim, "promised": next_day().isoformat()})
    assert done.status_code == 303
    assert "中間の返事あり" in client.get(path).text
    final = {"body": "3.8人でした。", "parent": parent, "key": "k2", "settles": "answer"}
    done = browser.post(path, data=final)
    assert done.status_code == 303
    assert browser.post(path, data=final).location == done.location  # sent twice
    page = client.get(path).text
    assert "回答あり（発言3）" in page
    assert "までに回答" in page
    late = browser.post(path, data={**final, "key": "k3"})
    assert late.status_code == 409
    assert "3.8人でした。" in late.text


def test_an_officer_may_ask_back_without_stopping_the_clock(
    browser_of: Browser, topic: Topic, post: Post, officer: Account
) -> None:
    form = {"body": "何曜日ですか。", "parent": post.public_id, "settles": "neither", "key": "k"}
    path = f"/t/{topic.public_id}"
    assert browser_of(officer).post(path, data=form).status_code == 303
    assert question_of(again(post)).state(clock.now()) == "open"


def test_the_ward_answers_what_it_owes_after_the_room_closed(
    browser_of: Browser, topic: Topic, room: Room, post: Post, officer: Account, resident: Account
) -> None:
    path, parent = f"/t/{topic.public_id}", post.public_id
    form = {"body": "3.8人でした。", "parent": parent, "settles": "answer", "key": "k"}
    with clock.at(room.closes_at + timedelta(hours=1)):
        shown = browser_of(officer).get(f"{path}?reply_to={parent}").text
        assert "いまからでも答えられます" in shown
        assert 'name="body"' not in browser_of(resident).get(f"{path}?reply_to={parent}").text
        late = browser_of(resident).post(path, data={"body": "まだ言いたい", "key": "r"})
        assert late.status_code in (403, 422)
        assert browser_of(officer).post(path, data=form).status_code == 303
        assert question_of(again(post)).is_answered
        more = {**form, "key": "k2", "settles": "neither"}
        assert browser_of(officer).post(path, data=more).status_code in (403, 422)


def test_a_resident_ticks_the_box_and_reads_the_clock(
    browser_of: Browser, client: FlaskClient, topic: Topic, resident: Account
) -> None:
    path = f"/t/{topic.public_id}"
    browser = browser_of(resident)
    assert "区に答えてほしい質問です" in browser.get(path).text
    refused = browser.post(path, data={"body": "", "asks": "y"}).text
    assert (
        "checked" in refused[refused.index('name="asks"') - 60 : refused.index('name="asks"') + 60]
    )
    browser.post(path, data={"body": "何人ですか。", "asks": "y", "key": "k"})
    page = client.get(path).text
    assert "までに区が答えます" in page
    assert "回答はまだです" in page
    assert "何人ですか。" in client.get(f"{path}?sort=asked").text


def test_a_page_with_questions_takes_as_many_statements_as_one_without(
    client: FlaskClient, topic: Topic, resident: Account, officer: Account, statements: list[str]
) -> None:
    path = f"/t/{topic.public_id}"
    posts.reply(resident, topic, "質問ではありません。")
    mine = posts.reply(resident, topic, "質問", asks=True)
    answer(officer, topic, mine)

    def cost() -> int:
        client.get(path)  # what all readers share is drawn
        statements.clear()
        client.get(path)
        return len(statements)

    few = cost()
    topic, resident, officer = again(topic), again(resident), again(officer)
    for number in range(6):
        mine = posts.reply(resident, topic, f"質問{number}", asks=True)
        if number % 2:
            answer(officer, topic, mine)
    assert cost() == few


def test_marking_what_nobody_may_see_is_not_found(
    browser_of: Browser, topic: Topic, post: Post, facilitator: Account, resident: Account
) -> None:
    path = f"/p/{post.public_id}/question"
    posts.withdraw(resident, post)
    assert browser_of(facilitator).get(path).status_code == 404
    with pytest.raises((Conflict, NotFound)):
        questions.mark(again(facilitator), again(post))
