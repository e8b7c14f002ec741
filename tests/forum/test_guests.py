"""Writing without an account: a name, a receipt, and what becomes of the post."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from core import clock, db
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.mail import Letter
from core.people import Account, Department
from forum import guests, posts, queries, tending, waiting
from forum.guests import Guest
from forum.models import Post, Room, Topic, Writers
from ledger import check, opinions, receipts
from ledger.models import Consultation, Opinion, Receipt, State
from ledger.queries import counts
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
SECRET = "登録しないで書きました"
T = TypeVar("T")


def again(thing: T) -> T:
    """The same row in this session: a request before, or another thread, has another one."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


@pytest.fixture
def welcome(room: Room, topic: Topic) -> Topic:
    """A topic of a room in which guests write."""
    with db.transaction() as tx:
        tx.get_one(Room, room.id).writers = Writers.GUEST
    return topic


@pytest.fixture
def guest() -> Guest:
    return Guest("通りすがりの者", guests.new_token())


@pytest.fixture
def another() -> Guest:
    return Guest("夕方パパ", guests.new_token())


@pytest.fixture(autouse=True)
def _laws(app: object) -> Iterator[None]:
    """Whatever a test here does, the laws hold after it."""
    yield
    db.session.remove()
    assert list(check.laws()) == []


def line_of(post: Post) -> Opinion:
    (line,) = opinions.of_source("post", post.id)
    db.session().refresh(line)
    return line


def form(body: str = SECRET, name: str = "通りすがりの者", key: str = "k") -> dict[str, str]:
    return {"body": body, "guest_name": name, "key": key}


def numbers(page: str) -> tuple[str, str]:
    """Number and secret as the receipt prints them."""
    number, secret = re.findall(r'<dd class="mono">([^<]+)</dd>', page)
    return number, secret


def test_a_guests_post_waits_whatever_the_room_does(
    both_engines: str, consultation: Consultation, welcome: Topic, guest: Guest
) -> None:
    post = posts.reply(None, welcome, SECRET, key="a", guest=guest)
    assert (post.is_held, post.number, post.author_id) == (True, -1, None)
    assert (post.speaker, post.role) == ("通りすがりの者", "resident")
    assert guest.token not in (post.guest_hash, post.body)
    assert line_of(post).state == State.HELD
    assert (counts(consultation).held, counts(consultation).unknown) == (1, 0)
    assert posts.reply(None, welcome, SECRET, key="a", guest=guest).id == post.id


def test_one_browser_is_one_voice_in_one_consultation(
    consultation: Consultation, welcome: Topic, guest: Guest, another: Guest
) -> None:
    said = [posts.reply(None, welcome, "発言", guest=who) for who in (guest, guest, another)]
    voices = [line_of(post).voice_id for post in said]
    assert voices[0] == voices[1] != voices[2]
    assert None not in voices


def test_the_same_key_of_another_guest_is_refused(
    welcome: Topic, guest: Guest, another: Guest, resident: Account
) -> None:
    posts.reply(None, welcome, SECRET, key="same", guest=guest)
    with pytest.raises(Conflict):
        posts.reply(None, welcome, SECRET, key="same", guest=another)
    with pytest.raises(Conflict):
        posts.reply(resident, welcome, SECRET, key="same")


def test_guests_write_where_the_room_takes_them(topic: Topic, guest: Guest) -> None:
    with pytest.raises(Forbidden):
        posts.reply(None, topic, SECRET, guest=guest)


def test_without_a_token_nobody_writes(welcome: Topic) -> None:
    for nobody in (None, Guest("名前だけ", "")):
        with pytest.raises(Forbidden):
            posts.reply(None, welcome, SECRET, guest=nobody)


@pytest.mark.parametrize(
    "name",
    [
        "", "　", "あ" * 41, "\x00", "公園みどり課", "公園みどり課 森川", "公園 みどり 課",
        "区役所の者", "進 行 役", "進行\u200b役", "運営委員会", "運営委員", "Ｏｆｆｉｃｉａｌ",
        "けやき坂の住人", "けやき\u200b坂の住人", "けやき坂の 住人", "けやき坂の住人\u3164",
        "けやき\ufe0f坂の住人", "けやき\u034f坂の住人", "けやき坂の住人\u2800",
    ],
)  # fmt: skip
def test_names_that_others_would_mistake_are_refused(
    name: str, welcome: Topic, resident: Account, moderator: Account
) -> None:
    posts.reply(resident, welcome, "登録した者です")
    with pytest.raises(Invalid) as refused:
        posts.reply(None, welcome, SECRET, guest=Guest(name, "t" * 64))
    assert refused.value.field == "guest_name"


def test_a_part_of_a_departments_name_is_its_name_too(welcome: Topic) -> None:
    with db.transaction() as tx:
        tx.add(Department(slug="bus", name="都市整備部 地域交通課"))
    with pytest.raises(Invalid):
        posts.reply(None, welcome, SECRET, guest=Guest("地域交通課より", "t" * 64))


@pytest.mark.parametrize("name", ["Linh", "髙﨑𠮷😊", " 夕方  パパ ", "坂の上"])
def test_other_names_are_as_they_were_typed(name: str, welcome: Topic, neighbour: Account) -> None:
    post = posts.reply(None, welcome, SECRET, guest=Guest(name, "t" * 64))
    assert post.guest_name == " ".join(name.split())


def test_a_guests_post_let_in_is_a_post_like_others(
    both_engines: str,
    client: FlaskClient,
    welcome: Topic,
    guest: Guest,
    officer: Account,
    moderator: Account,
) -> None:
    root = posts.reply(officer, welcome, "区から")
    post = posts.reply(None, welcome, SECRET, root, guest=guest)
    waiting.admit(moderator, post)
    assert (post.number, post.path, post.is_shown) == (2, "000001000002", True)
    assert line_of(post).state == State.COUNTED
    assert again(welcome).people_count == 2
    assert db.session().scalars(select(Letter)).all() == []  # nobody left an address
    page = client.get(f"/t/{welcome.public_id}").text
    assert SECRET in page
    assert "通りすがりの者" in page


def test_guests_neither_edit_nor_withdraw_without_their_receipt(
    client: FlaskClient, welcome: Topic, guest: Guest, resident: Account
) -> None:
    post = posts.reply(None, welcome, SECRET, guest=guest)
    for who in (None, resident):
        with pytest.raises(Forbidden):
            posts.edit(who, post, "書きかえ", version=1)
        with pytest.raises(Forbidden):
            posts.withdraw(who, post)
    assert client.post(f"/p/{post.public_id}/withdraw").status_code in (302, 403)


@pytest.mark.parametrize("when", ["waits", "shown", "with a reply"])
def test_the_receipt_takes_the_post_back(
    both_engines: str,
    when: str,
    consultation: Consultation,
    welcome: Topic,
    guest: Guest,
    resident: Account,
    moderator: Account,
) -> None:
    post = posts.reply(None, welcome, SECRET, guest=guest)
    if when != "waits":
        waiting.admit(moderator, post)
    if when == "with a reply":
        posts.reply(resident, welcome, "返信は残ります", post)
    receipt = receipts.of(f"post:{post.public_id}")
    found = receipts.find(receipt.number, receipts.secret(receipt))
    line = line_of(post)
    assert receipts.withdrawable([line]) == {line.id}
    receipts.withdraw(found, line.public_id)
    receipts.withdraw(found, line.public_id)  # pressed twice
    post = again(post)
    assert post.withdrawn_at is not None
    assert line_of(post).state == State.WITHDRAWN
    left = {"waits": 0, "shown": 1, "with a reply": 2}[when]
    assert len(queries.thread(welcome)) == left
    assert again(welcome).people_count == (1 if when == "with a reply" else 0)


def test_a_receipt_takes_back_nobody_elses_post(
    welcome: Topic, guest: Guest, another: Guest, resident: Account, moderator: Account
) -> None:
    mine, theirs = (posts.reply(None, welcome, "発言", guest=who) for who in (guest, another))
    signed = posts.reply(resident, welcome, "登録した者の発言")
    receipt = receipts.of(f"post:{mine.public_id}")
    for other in (theirs, signed):
        with pytest.raises(NotFound):
            receipts.withdraw(receipt, line_of(other).public_id)
    decisions.hide(moderator, "post", mine.public_id, "第4条", "決めつけでした。")
    with pytest.raises(Conflict):
        receipts.withdraw(receipt, line_of(mine).public_id)
    with pytest.raises(NotFound):
        receipts.of(f"post:{signed.public_id}")


def test_taking_back_and_hiding_at_once_is_one_of_both(
    both_engines: str, welcome: Topic, guest: Guest, moderator: Account
) -> None:
    post = posts.reply(None, welcome, SECRET, guest=guest)
    waiting.admit(moderator, post)
    receipt, line = receipts.of(f"post:{post.public_id}"), line_of(post)
    acts: list[Callable[[], object]] = [
        lambda: receipts.withdraw(again(receipt), again(line).public_id),
        lambda: decisions.hide(again(moderator), "post", again(post).public_id, "第4条", "理由"),
    ]
    start, refused = Barrier(2), []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except DomainError as error:
            refused.append(type(error))
        finally:
            db.session.remove()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [Conflict]


def test_writing_as_a_guest_from_the_page_to_the_receipt_and_back(
    client: FlaskClient, browser_of: Browser, welcome: Topic, moderator: Account
) -> None:
    path = f"/t/{welcome.public_id}"
    page = client.get(path)
    assert 'name="guest_name"' in page.text
    assert "Set-Cookie" not in page.headers or "guest" not in page.headers["Set-Cookie"]
    answer = client.post(path, data=form())
    assert answer.status_code == 303
    assert client.post(path, data=form()).location.partition("?")[0] == answer.location
    receipt = client.get(answer.location)
    number, secret = numbers(receipt.text)
    assert "発言を受け取りました" in receipt.text
    assert "data-draft-sent" in receipt.text
    assert receipt.headers["Cache-Control"] == "no-store"
    assert "公開を待っています" in client.get(path).text  # in this browser
    assert SECRET not in client.application.test_client().get(path).text
    said = {"number": number, "secret": secret}
    shown = client.post("/receipt", data=said).text
    assert SECRET in shown
    assert "取り下げる" in shown
    (opinion,) = re.findall(r'name="opinion" value="([^"]+)"', shown)
    sure = client.post("/receipt/withdraw", data={**said, "opinion": opinion})
    assert "取り下げますか" in sure.text
    done = client.post("/receipt/withdraw", data={**said, "opinion": opinion, "sure": "yes"})
    assert "取り下げました" in done.text
    assert SECRET not in client.get(path).text
    assert SECRET not in browser_of(moderator).get("/desk/waiting").text


def test_the_first_form_pressed_twice_is_one_post_with_its_receipt(
    client: FlaskClient, welcome: Topic
) -> None:
    path, impatient = f"/t/{welcome.public_id}", client.application.test_client()
    client.get(path)
    with client.session_transaction() as page, impatient.session_transaction() as same:
        same.update(page)  # the second press left before the first was answered
    answers = [browser.post(path, data=form()) for browser in (client, impatient)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert [SECRET in impatient.get(one.location).text for one in answers] == [True, True]
    assert again(welcome).held_count == 1


def test_the_receipts_page_closes_after_a_day(client: FlaskClient, welcome: Topic) -> None:
    there = client.post(f"/t/{welcome.public_id}", data=form()).location
    with clock.at(clock.now() + timedelta(hours=25)):
        late = client.get(there)
    assert late.status_code == 410
    assert SECRET not in late.text
    assert "表示の期限が過ぎました" in late.text
    assert client.get(f"{there}x").status_code == 404
    assert client.get(there.replace("/p/", "/p/0")).status_code == 404


def test_a_refused_guest_gets_back_what_they_wrote_and_their_name(
    client: FlaskClient, welcome: Topic, room: Room, officer: Account
) -> None:
    path, closes_at = f"/t/{welcome.public_id}", room.closes_at
    for said in (
        form(body="長い" * 401), form(name="区役所の者"), form(body=""), form(name=""),
        form(name="あ" * 41),
    ):  # fmt: skip
        answer = client.post(path, data=said)
        assert answer.status_code == 422
        assert said["body"] in answer.text
        assert f'value="{said["guest_name"]}"' in answer.text
    with clock.at(closes_at):
        late = client.post(path, data=form())
    assert late.status_code == 403
    assert SECRET in late.text
    tending.lock(again(officer), again(welcome), "別の話題で続けます。")
    locked = client.post(path, data=form())
    assert (locked.status_code, SECRET in locked.text) == (403, True)
    assert db.session().scalars(select(Receipt)).all() == []


def test_who_was_signed_out_writes_as_a_guest_only_with_a_name(
    client: FlaskClient, welcome: Topic
) -> None:
    answer = client.post(f"/t/{welcome.public_id}", data={"body": SECRET, "key": "k"})
    assert answer.status_code == 422
    assert SECRET in answer.text
    assert 'name="guest_name"' in answer.text


def test_an_account_that_writes_faster_than_anybody_is_asked_to_wait(
    browser_of: Browser, topic: Topic, resident: Account, neighbour: Account
) -> None:
    path, browser, other = f"/t/{topic.public_id}", browser_of(resident), browser_of(neighbour)
    for n in range(60):
        assert browser.post(path, data={"body": "一", "key": str(n)}).status_code == 303
    answer = browser.post(path, data={"body": "さらに書いた文", "key": "60"})
    assert (answer.status_code, "さらに書いた文" in answer.text) == (429, True)
    assert other.post(path, data={"body": "一", "key": "other"}).status_code == 303


def test_a_guest_who_writes_very_often_is_asked_to_wait(
    client: FlaskClient, browser_of: Browser, welcome: Topic, resident: Account
) -> None:
    path = f"/t/{welcome.public_id}"
    for n in range(5):
        assert client.post(path, data=form(key=str(n))).status_code == 303
        assert client.post(path, data=form(body="", key=str(n))).status_code == 422  # not counted
    answer = client.post(path, data=form(body="六つめの文", key="5"))
    assert answer.status_code == 429
    assert "六つめの文" in answer.text
    assert "少し待って" in answer.text
    others = browser_of(resident)
    assert others.post(path, data={"body": "登録した者", "key": "r"}).status_code == 303
    app = client.application
    for n in range(25):  # browsers that forget their cookie share one address
        assert app.test_client().post(path, data=form(key=f"n{n}")).status_code == 303
    assert app.test_client().post(path, data=form(key="n25")).status_code == 429


def test_a_refused_guest_reads_why_by_their_receipt(
    client: FlaskClient, welcome: Topic, moderator: Account
) -> None:
    answer = client.post(f"/t/{welcome.public_id}", data=form())
    number, secret = numbers(client.get(answer.location).text)
    (post,) = db.session().scalars(select(Post))
    decisions.hide(again(moderator), "post", post.public_id, "第4条", "決めつけに読めます。")
    shown = client.post("/receipt", data={"number": number, "secret": secret}).text
    assert "決めつけに読めます" in shown
    assert "決めつけに読めます" in client.get(f"/t/{welcome.public_id}").text
