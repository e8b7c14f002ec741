"""Two people at once: who comes second to a letter waits, and then does it or is told why not."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from threading import Event, Thread
from typing import Any

import pytest

from analysis import desks, pointings, reports
from core import clock, db
from core.errors import DomainError
from core.people import Account
from forum import comments, posts
from forum.models import Post, Topic
from ledger import check, filings, opinions, parts, queries, receipts, themes
from ledger.answers import Draft
from ledger.models import Consultation, Filing, Opinion, Placement, Receipt, Report, State, Theme
from moderation import decisions

LETTER = "ベンチを増やす。明かりを増やす。トイレを直す。"
CUTS = [8, 16]


class Desk:
    """A post that stands in a theme, beside another; who works on it, by id in any thread."""

    def __init__(self, here: Consultation, topic: Topic, people: dict[str, Account]) -> None:
        self.place, self.topic = here.id, topic.id
        self.people = {name: who.id for name, who in people.items()}
        said = [posts.reply(people["resident"], topic, LETTER) for _copy in range(2)]
        said.append(posts.reply(people["resident"], topic, "木を残す。"))
        self.posts = [post.id for post in said]
        self.lines = [opinions.of_source("post", post.id)[0].id for post in said]
        officer = people["officer"]
        self.theme = themes.gather(officer, here, self.lines[:1], "公園のこと").id
        self.other = themes.gather(officer, here, self.lines[2:], "木のこと").id
        desks.move(officer, here, self.lines[1:2], Placement.LONE)
        self.report = reports.draft(officer, here, "結果", "").id

    def who(self, name: str) -> Account:
        return db.session().get_one(Account, self.people[name])

    @property
    def here(self) -> Consultation:
        return db.session().get_one(Consultation, self.place)

    def line(self, n: int = 0) -> Opinion:
        return db.session().get_one(Opinion, self.lines[n])

    def split(self, n: int = 0, **how: Any) -> None:
        pointings.split(self.who("officer"), self.line(n), CUTS, **how)

    def join(self) -> None:
        pointings.join(self.who("officer"), self.line())

    def move(self, colleague: str = "colleague", n: int = 0) -> None:
        to = db.session().get_one(Theme, self.other)
        desks.move(self.who(colleague), self.here, [self.lines[n], self.lines[2]], to)

    def merge(self) -> None:
        one, two = (db.session().get_one(Theme, id_) for id_ in (self.theme, self.other))
        desks.merge(self.who("colleague"), one, two)

    def answer(self, line: Opinion) -> None:
        desks.answer(self.who("colleague"), line, Draft(view="下書き"), version=0, submit=False)

    def undo(self) -> None:
        desks.undo(self.who("officer"), self.here)

    def edit(self) -> None:
        post = db.session().get_one(Post, self.posts[0])
        posts.edit(self.who("resident"), post, "ベンチは要らない。", 1)

    def withdraw(self) -> None:
        posts.withdraw(self.who("resident"), db.session().get_one(Post, self.posts[0]))

    def hide(self) -> None:
        post = db.session().get_one(Post, self.posts[0])
        rule = post.topic.room.rules[0]
        decisions.hide(self.who("moderator"), "post", post.public_id, rule, "名前がありました。")

    def hand_in(self) -> None:
        reports.submit(self.who("colleague"), db.session().get_one(Report, self.report))


@pytest.fixture
def desk(
    both_engines: str,
    consultation: Consultation,
    topic: Topic,
    officer: Account,
    other_officer: Account,
    resident: Account,
    moderator: Account,
) -> Desk:
    people = {"officer": officer, "colleague": other_officer}
    people |= {"resident": resident, "moderator": moderator}
    return Desk(consultation, topic, people)


@pytest.fixture
def at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], Any], Callable[[], Any]], list[str]]:
    """Begin `second` when `first` has locked its letter; how each went: "" or what refused it."""
    to_change = parts._to_change
    has_locked, second_waits = Event(), Event()

    def slowly(opinion: Opinion) -> Opinion:
        row = to_change(opinion)
        if not has_locked.is_set():
            has_locked.set()
            second_waits.wait(0.15)  # long enough to take what it can
        return row

    def run(first: Callable[[], Any], second: Callable[[], Any]) -> list[str]:
        went = ["", ""]

        def work(n: int, act: Callable[[], Any]) -> None:
            try:
                if n:
                    has_locked.wait(10)
                act()
            except DomainError as error:
                went[n] = type(error).__name__
            except BaseException as error:
                went[n] = repr(error)
            finally:
                db.session.remove()

        monkeypatch.setattr(parts, "_to_change", slowly)
        db.session.remove()
        threads = [Thread(target=work, args=said) for said in enumerate((first, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert list(check.laws()) == []
        return went

    return run


AtOnce = Callable[[Callable[[], Any], Callable[[], Any]], list[str]]
SECONDS: dict[str, tuple[Callable[[Desk], Any], str]] = {
    "splits it too": (lambda desk: desk.split(), "Conflict"),
    "splits its copy with it": (lambda desk: desk.split(1, with_copies=True), ""),
    "moves it": (lambda desk: desk.move(), "Conflict"),
    "answers it": (lambda desk: desk.answer(desk.line()), "Conflict"),
    "undoes an older act": (lambda desk: desk.undo(), ""),
    "merges its theme away": (lambda desk: desk.merge(), ""),
    "rewords it": (lambda desk: desk.edit(), ""),
    "takes it back": (lambda desk: desk.withdraw(), ""),
    "hides it": (lambda desk: desk.hide(), ""),
    "hands the report in": (lambda desk: desk.hand_in(), "Unready"),
}


@pytest.mark.parametrize("second", SECONDS)
def test_whoever_comes_while_a_letter_is_split_waits(
    desk: Desk, at_once: AtOnce, second: str
) -> None:
    act, refused = SECONDS[second]
    assert at_once(desk.split, lambda: act(desk)) == ["", refused]
    states = {line.state for line in opinions.of_source("post", desk.posts[0])}
    assert states == {
        "rewords it": {State.COUNTED},
        "takes it back": {State.WITHDRAWN},
        "hides it": {State.WITHHELD},
    }.get(second, {State.COUNTED})


@pytest.mark.parametrize(
    ("second", "refused"),
    [("answer", "Conflict"), ("join", "Conflict"), ("edit", ""), ("hide", "")],
)
def test_whoever_comes_while_parts_are_joined_waits(
    desk: Desk, at_once: AtOnce, second: str, refused: str
) -> None:
    desk.split()
    part = parts.living(desk.line())[1].id
    act = {
        "answer": lambda: desk.answer(db.session().get_one(Opinion, part)),
        "join": desk.join,
        "edit": desk.edit,
        "hide": desk.hide,
    }[second]
    assert at_once(desk.join, act) == ["", refused]
    assert len(opinions.of_source("post", desk.posts[0])) == 1
    assert db.session().get(Filing, part) is None


@pytest.mark.parametrize("second", ["merge", "split"])
def test_whoever_works_on_a_theme_waits_for_who_takes_something_in_it_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    has_locked, went = Event(), []
    reopen = filings.reopen
    sent = comments.submit(
        desk.here, [(None, LETTER)], key="k" * 26, received_at=clock.now(), ties=["在住"]
    )
    letter = opinions.of_source("comment_item", sent.items[0].id)[0].public_id
    lines = [*desk.lines, queries.opinion(letter).id]
    themes.move(desk.who("officer"), desk.here, lines, db.session().get_one(Theme, desk.other))
    number = comments.receipt_of(sent).id

    def slowly(ids: Collection[int]) -> None:
        if not has_locked.is_set():  # what was filed is gone, and its theme comes next
            has_locked.set()
            time.sleep(0.15)  # long enough for the other to take what it can
        reopen(ids)

    def work_on() -> None:
        has_locked.wait(10)
        who, other = desk.who("colleague"), db.session().get_one(Theme, desk.other)
        if second == "merge":
            desks.merge(who, other, db.session().get_one(Theme, desk.theme))
        else:
            desks.gather(who, desk.here, desk.lines, other, "木")

    def take_back() -> None:
        receipts.withdraw(db.session().get_one(Receipt, number), letter)

    def run(act: Callable[[], Any]) -> None:
        try:
            act()
        except BaseException as error:
            went.append(error)
        finally:
            db.session.remove()

    monkeypatch.setattr(filings, "reopen", slowly)
    db.session.remove()
    threads = [Thread(target=run, args=[act]) for act in (take_back, work_on)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    refused = [error for error in went if not isinstance(error, DomainError)]
    assert refused == []
    assert queries.opinion(letter).state == State.WITHDRAWN
    assert list(check.laws()) == []
