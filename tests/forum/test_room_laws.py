"""Whatever people do in a room, in whatever order: the laws hold, and nothing is lost or shown.

A simple model (`Told`) says what must be there after each act; `ledger.check` says whether the laws
hold. Planted mistakes are caught, or the test would be worth nothing.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from core import business_days, clock, db
from core.errors import DomainError
from core.people import Account
from forum import lines, moves, posts, queries, questions, stands, tallies, tending, topics
from forum import waiting as queue
from forum.guests import Guest
from forum.models import Checked, Post, Question, Room, Topic, TopicsBy, Writers
from ledger import check, opinions, receipts
from ledger.models import Choice, Consultation, Opinion, OpinionText, State
from ledger.queries import count
from moderation import decisions
from tests.forum.test_rooms import open_room

SHOWN, HELD, REFUSED, HIDDEN, WITHDRAWN = "shown", "held", "refused", "hidden", "withdrawn"
GUESTS = (Guest("通りすがりの者", "a" * 64), Guest("Linh", "b" * 64))
NUMBERS = st.integers(0, 30)  # which of what there is, counted round
LIVES = int(os.environ.get("TOMONI_LIVES", "16"))  # 400 acts; more of them find what is rarer
EVERY = 8  # acts from one look at everything to the next
RULE, REASON = "第4条　人を決めつけません。", "決めつけでした。"


@dataclass
class Told:
    """What one post must be: who said it, how it stands, and the states of its lines."""

    who: str
    state: str
    lines: list[str] = field(default_factory=list)

    @property
    def is_voice(self) -> bool:
        return self.who != "officer"

    @property
    def is_placed(self) -> bool:
        return self.state in (SHOWN, HIDDEN) or (self.state == WITHDRAWN and self.was_placed)

    was_placed: bool = False

    def become(self, state: str, line: str) -> None:
        self.state = state
        self.was_placed = self.was_placed or state in (SHOWN, HIDDEN)
        if self.is_voice:
            self.lines[-1] = line


@dataclass(frozen=True)
class Scene:
    """A room with its people, as a file to begin each run from."""

    app: Flask
    seed: Path
    file: Path
    ids: dict[str, int]

    def begin(self) -> None:
        db.session.remove()
        self.app.extensions["engine"].dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)
        shutil.copy(self.seed, self.file)


class RoomLife(RuleBasedStateMachine):
    """Two rooms: two residents, two guests, an officer and a moderator, in any order."""

    scene: Scene

    @initialize(looks_first=st.booleans())
    def open(self, looks_first: bool) -> None:
        self.scene.begin()
        self.told: dict[int, Told] = {}
        self.locked: set[int] = set()
        self.merged: set[int] = set()
        self.unseen: dict[int, int] = {}  # topics that wait, with their first post
        self.looks_first = False
        if looks_first:
            self.look_otherwise()
        self.words = self.acts = 0

    # ───────── saying

    @rule(
        who=st.sampled_from(["resident", "neighbour", "officer"]),
        at=NUMBERS,
        under=NUMBERS,
        asks=st.booleans(),
    )
    def say(self, who: str, at: int, under: int, asks: bool) -> None:
        topic, parent = self.some_topic(at), self.some_post(under, or_none=True)
        waits = self.looks_first and who != "officer"
        self.said(who, waits, topic, parent, author=self.account(who), asks=asks)

    @rule(which=st.integers(0, 1), at=NUMBERS, under=NUMBERS)
    def say_as_guest(self, which: int, at: int, under: int) -> None:
        topic, parent = self.some_topic(at), self.some_post(under, or_none=True)
        self.said(f"guest{which}", True, topic, parent, guest=GUESTS[which])

    def said(
        self,
        who: str,
        waits: bool,
        topic: Topic,
        parent: Post | None,
        author: Account | None = None,
        guest: Guest | None = None,
        asks: bool = False,
    ) -> None:
        if parent is not None and parent.topic_id != topic.id:
            parent = None
        may = self.takes(topic) and (parent is None or self.told[parent.id].is_placed)
        who_says: dict[str, Any] = {"guest": guest, "asks": asks}
        post = self.attempt(
            may, lambda: posts.reply(author, topic, self.new_words(), parent, **who_says)
        )
        if post is not None:
            told = Told(who, HELD if waits else SHOWN, was_placed=not waits)
            if told.is_voice:
                told.lines.append(State.HELD if waits else State.COUNTED)
            self.told[post.id] = told

    @precondition(lambda self: len(self.topics()) < 7)
    @rule(who=st.sampled_from(["resident", "neighbour"]), is_rare=st.integers(0, 2))
    def open_a_topic(self, who: str, is_rare: int) -> None:
        if is_rare:
            return
        said = {"title": "自分の話題", "body": self.new_words(), "key": db.public_id()}
        room = db.session().get_one(Room, self.scene.ids["room"])
        made = topics.open_by_resident(self.account(who), room, **said, received_at=clock.now())
        (post_id,) = db.session().scalars(select(Post.id).where(Post.topic_id == made.id)).all()
        state, line = (HELD, State.HELD) if self.looks_first else (SHOWN, State.COUNTED)
        self.told[post_id] = Told(who, state, [line], was_placed=not self.looks_first)
        if self.looks_first:
            self.unseen[made.id] = post_id

    @precondition(lambda self: self.has(SHOWN))
    @rule(at=NUMBERS)
    def mark_or_unmark(self, at: int) -> None:
        post, who = self.some_post(at, SHOWN), self.account("officer")
        found = questions.of([post]).get(post.id)
        try:
            if found is not None and found.is_marked:
                questions.unmark(who, post, "質問ではないため")
            else:
                questions.mark(who, post)
        except DomainError:
            db.session().rollback()  # whether it may is told by tests/forum/test_questions.py

    @precondition(lambda self: self.has(SHOWN))
    @rule(at=NUMBERS, is_interim=st.booleans())
    def answer(self, at: int, is_interim: bool) -> None:
        who = self.account("officer")
        waits = select(Question.post_id).where(Question.answered_at.is_(None))
        open_ = db.session().scalars(waits.order_by(Question.post_id)).all()
        asks = open_[at % len(open_)] if open_ and at % 4 else self.some_post(at, SHOWN).id
        post = db.session().get_one(Post, asks)
        day = business_days.add(business_days.today(), 5) if is_interim else None
        try:
            kind = "interim" if is_interim else "answer"
            settles = questions.settlement(who, post, kind, day)
            said = posts.reply(who, post.topic, self.new_words(), post, settles=settles)
        except DomainError:
            db.session().rollback()
            return
        self.told[said.id] = Told("officer", SHOWN, was_placed=True)

    # ───────── one's own

    @precondition(lambda self: self.has(SHOWN, HELD))
    @rule(at=NUMBERS)
    def edit(self, at: int) -> None:
        post = self.some_post(at, HELD, SHOWN)
        told = self.told[post.id]
        is_kept = told.is_voice and self.looks_first and told.state == SHOWN
        may = (
            not told.who.startswith("guest")
            and told.state in (SHOWN, HELD)
            and self.takes(post.topic)
            and not is_kept
        )
        author = None if told.who.startswith("guest") else self.account(told.who)
        self.attempt(may, lambda: posts.edit(author, post, self.new_words(), post.version))
        if may and told.is_voice:
            old = State.WITHDRAWN if told.state == HELD else State.SUPERSEDED
            told.lines[-1:] = [old, told.lines[-1]]

    @precondition(lambda self: self.has(SHOWN, HELD))
    @rule(at=NUMBERS)
    def withdraw(self, at: int) -> None:
        post = self.some_post(at, HELD, SHOWN)
        told = self.told[post.id]
        if told.who.startswith("guest"):
            receipt = receipts.of(f"post:{post.public_id}")
            newest = opinions.of_source("post", post.id)[-1]
            act: Callable[[], Any] = lambda: receipts.withdraw(receipt, newest.public_id)  # noqa: E731
        else:
            who = self.account(told.who)
            act = lambda: posts.withdraw(who, post)  # noqa: E731
        self.attempt(told.state in (SHOWN, HELD, WITHDRAWN), act)
        if told.state in (SHOWN, HELD):
            told.become(WITHDRAWN, State.WITHDRAWN)

    # ───────── those who look

    @precondition(lambda self: self.has(HELD))
    @rule(at=NUMBERS)
    def admit(self, at: int) -> None:
        post = self.some_post(at, HELD)
        told = self.told[post.id]
        self.attempt(told.state == HELD, lambda: queue.admit(self.account("moderator"), post))
        if told.state == HELD:
            told.become(SHOWN, State.COUNTED)
            self.seen(post.id)

    @precondition(lambda self: self.has(SHOWN, HELD))
    @rule(at=NUMBERS)
    def hide(self, at: int) -> None:
        post = self.some_post(at, HELD, SHOWN)
        told, who = self.told[post.id], self.account("moderator")
        self.attempt(
            told.state != WITHDRAWN,
            lambda: decisions.hide(who, "post", post.public_id, RULE, REASON),
        )
        if told.state in (SHOWN, HELD):
            told.become(HIDDEN if told.state == SHOWN else REFUSED, State.WITHHELD)
            if post.id in self.unseen.values():
                self.locked.add(post.topic_id)

    @precondition(lambda self: self.has(HIDDEN, REFUSED))
    @rule(at=NUMBERS)
    def restore(self, at: int) -> None:
        post = self.some_post(at, HIDDEN, REFUSED)
        told, who = self.told[post.id], self.account("moderator")
        may = told.state in (HIDDEN, REFUSED)
        self.attempt(
            may, lambda: decisions.restore(who, "post", post.public_id, "考え直しました。")
        )
        if may:
            told.become(SHOWN, State.COUNTED)
            self.seen(post.id)

    def seen(self, post_id: int) -> None:
        """A topic's first post was let in: so is the topic."""
        for topic_id, first in list(self.unseen.items()):
            if first == post_id:
                del self.unseen[topic_id]
                self.locked.discard(topic_id)

    @precondition(lambda self: self.acts % 5 == 4)
    @rule()
    def look_otherwise(self) -> None:
        self.looks_first = not self.looks_first
        with db.transaction() as tx:
            for room in tx.scalars(select(Room)).unique():
                room.checked = Checked.BEFORE if self.looks_first else Checked.AFTER

    # ───────── topics

    @precondition(lambda self: len(self.told) > 2)
    @rule(at=NUMBERS, is_rare=st.integers(0, 3))
    def lock_or_unlock(self, at: int, is_rare: int) -> None:
        topic = self.some_topic(at)
        if is_rare and topic.id not in self.locked:
            return
        is_locked, may = topic.id in self.locked, topic.id not in self.merged
        act = tending.unlock if is_locked else tending.lock
        self.attempt(may, lambda: act(self.account("officer"), topic, "少し休みます。"))
        if may:
            self.locked ^= {topic.id}

    @precondition(lambda self: len(self.told) > 4)
    @rule(at=NUMBERS, into=NUMBERS)
    def merge(self, at: int, into: int) -> None:
        topic, target = self.some_topic(at), self.some_topic(into)
        gone = self.merged | self.unseen.keys()
        may = topic.id != target.id and not gone & {topic.id, target.id}
        who = self.account("officer")
        self.attempt(may, lambda: moves.merge(who, topic, target, "同じ話です。"))
        if may:
            self.merged.add(topic.id)

    @precondition(lambda self: len(self.told) > 4)
    @rule(at=NUMBERS)
    def split(self, at: int) -> None:
        post = self.some_post(at)
        topic, who = post.topic, self.account("officer")
        try:
            moves.split(who, topic, [post], "分けた話題", "", "別の話です。")
        except DomainError:
            db.session().rollback()  # whether it may is told by tests/forum/test_moves.py

    @precondition(lambda self: len(self.told) > 4)
    @rule(at=NUMBERS, there=st.booleans())
    def move(self, at: int, there: bool) -> None:
        topic, who = self.some_topic(at), self.account("officer")
        room = db.session().get_one(Room, self.scene.ids["next_room" if there else "room"])
        may = topic.id not in self.merged | self.unseen.keys()
        self.attempt(may, lambda: moves.move(who, topic, room, "あちらの話です。"))

    @precondition(lambda self: self.has(SHOWN))
    @rule(at=NUMBERS, choice=st.sampled_from([*Choice, None]))
    def take_a_stance(self, at: int, choice: Choice | None) -> None:
        post = self.some_post(at, SHOWN)
        told = self.told[post.id]
        may = (
            told.is_voice
            and (told.who != "neighbour" or choice is None)  # of one's own there is none
            and told.state == SHOWN
            and self.takes(post.topic)
        )
        self.attempt(may, lambda: stands.take(self.account("neighbour"), post, choice))

    # ───────── what must be

    @invariant()
    def what_must_be_is(self) -> None:
        """Looked at after every few acts, and at the end: what is wrong stays wrong."""
        self.acts += 1
        if self.acts % EVERY == 0:
            self.look()

    def look(self) -> None:
        db.session().rollback()
        db.session().expire_all()
        assert list(check.laws()) == []
        self.the_ledger_counts_what_was_said()
        self.every_post_has_just_its_lines()
        there: dict[int, list[Post]] = {topic.id: [] for topic in self.topics()}
        for post in db.session().scalars(select(Post).order_by(Post.id)):
            there[post.topic_id].append(post)
        for topic in self.topics():
            self.the_topic_shows_what_is_shown(topic, there[topic.id])
        self.what_waits_is_in_the_queue()
        self.what_is_answered_can_be_read()

    def the_ledger_counts_what_was_said(self) -> None:
        consultation = db.session().get_one(Consultation, self.scene.ids["consultation"])
        found = count([consultation])[consultation.id]
        told = Counter(line for one in self.told.values() for line in one.lines)
        assert found.received == told.total()
        for state in State:
            assert getattr(found, state) == told[state], state

    def every_post_has_just_its_lines(self) -> None:
        query = select(Opinion.source_id, Opinion.state, Opinion.published_at, OpinionText.body)
        query = query.join(OpinionText, OpinionText.opinion_id == Opinion.id).order_by(Opinion.seq)
        found: dict[int, list[str]] = {post_id: [] for post_id in self.told}
        for post_id, state, published_at, body in db.session().execute(query):
            found[post_id].append(state)
            newest = db.session().get_one(Post, post_id).body
            assert state not in (State.COUNTED, State.HELD) or body == newest
            assert state != State.COUNTED or published_at is not None
            assert state != State.HELD or published_at is None
        assert {post_id: sorted(said) for post_id, said in found.items()} == {
            post_id: sorted(told.lines) for post_id, told in self.told.items()
        }

    def the_topic_shows_what_is_shown(self, topic: Topic, there: list[Post]) -> None:
        placed = [p.id for p in there if self.told[p.id].is_placed]
        thread = queries.thread(topic, limit=500)
        assert sorted(p.id for p in thread) == placed
        assert all(p.is_shown == (self.told[p.id].state == SHOWN) for p in there)
        assert all((p.number > 0) == self.told[p.id].is_placed for p in there)
        before: set[int] = set()
        for post in thread:  # what is answered stands above, when it is here
            assert post.parent_id not in {p.id for p in thread} - before
            before.add(post.id)
        shown = [self.told[p.id] for p in there if self.told[p.id].state == SHOWN]
        assert (topic.held_at is not None) == (topic.id in self.unseen)
        talk = queries.talk_of(topic)
        assert (queries.total(topic), talk.posts) == (len(placed), len(shown))
        assert talk.people == len({told.who for told in shown})

    def what_waits_is_in_the_queue(self) -> None:
        waits = {post_id for post_id, told in self.told.items() if told.state == HELD}
        assert {post.id for post in queue.held(self.account("moderator"))} == waits
        resident = self.account("resident")
        mine = {post.id for topic in self.topics() for post in queue.own(resident, topic)}
        assert mine == {
            post_id
            for post_id, told in self.told.items()
            if told.who == "resident" and told.state in (HELD, REFUSED)
        }

    def what_is_answered_can_be_read(self) -> None:
        for question in db.session().scalars(select(Question)):
            assert self.told[question.post_id].is_voice
            for settles, at in (
                (question.answer_id, question.answered_at),
                (question.interim_id, question.interim_at),
            ):
                is_read = settles is not None and self.told[settles].state == SHOWN
                assert is_read == (at is not None)
            assert question.is_marked or not question.is_answered

    # ───────── at hand

    def attempt(self, may: bool, act: Callable[[], Any]) -> Any:
        """Do it when the model says that it may be done; else it is refused with a sentence."""
        if may:
            return act()
        with pytest.raises(DomainError):
            act()
        db.session().rollback()
        return None

    def has(self, *states: str) -> bool:
        return any(told.state in states for told in self.told.values())

    def account(self, who: str) -> Account:
        return db.session().get_one(Account, self.scene.ids[who])

    def topics(self) -> list[Topic]:
        return list(db.session().scalars(select(Topic).order_by(Topic.id)))

    def some_topic(self, at: int) -> Topic:
        there = self.topics()
        return there[at % len(there)]

    def some_post(self, at: int, *likely: str, or_none: bool = False) -> Any:
        """A post, mostly one in a likely state: what is always refused tells little."""
        ids = sorted(self.told)
        if or_none and (not ids or at % 3 == 0):
            return None
        fit = [post_id for post_id in ids if self.told[post_id].state in likely]
        there = fit if fit and at % 5 else ids
        return db.session().get_one(Post, there[at % len(there)])

    def takes(self, topic: Topic) -> bool:
        return topic.id not in self.locked | self.merged | self.unseen.keys()

    def new_words(self) -> str:
        self.words += 1
        return f"発言のことば{self.words}"

    def teardown(self) -> None:
        try:
            if getattr(self, "told", None):
                self.look()
        finally:
            db.session.remove()


@pytest.fixture
def life(
    app: Flask,
    tmp_path: Path,
    file: Path,
    consultation: Consultation,
    room: Room,
    topic: Topic,
    officer: Account,
    resident: Account,
    neighbour: Account,
    moderator: Account,
) -> type[RoomLife]:
    """The machine over a room with two topics in which guests write too."""
    engine = app.extensions["engine"]
    if engine.dialect.name != "sqlite":
        pytest.skip("each run begins from a copy of a file; both engines: tests/forum/test_waiting")
    with db.transaction() as tx:
        next_room = open_room(officer, consultation, title="となりの会議室", rules=room.rules)
        for one in (tx.get_one(Room, room.id), next_room):
            one.writers, one.topics_by = Writers.GUEST, TopicsBy.RESIDENTS
    topics.open_topic(officer, room, "ベンチをどこに置くか", "どこに置くとよいですか。")
    people = {"officer": officer, "resident": resident, "neighbour": neighbour}
    people |= {"moderator": moderator}
    ids = {name: who.id for name, who in people.items()}
    ids |= {"room": room.id, "next_room": next_room.id, "consultation": consultation.id}
    db.session.remove()
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    seed = tmp_path / "seed.db"
    shutil.copy(file, seed)
    scene = Scene(app, seed, file, ids)
    return type("Life", (RoomLife,), {"scene": scene})


def run(machine: type[RoomLife], examples: int, steps: int = 25) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize="TOMONI_LIVES" not in os.environ,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_laws_hold_whatever_is_done_in_a_room(life: type[RoomLife]) -> None:
    run(life, LIVES)


def forget(*_args: object, **_options: object) -> None:
    """A verb that does nothing."""


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (lines, "withhold"),  # a hidden post goes on counting
        (lines, "say_otherwise"),  # what waits is reworded, and the ledger keeps the old words
        (opinions, "publish"),  # what was let in stays unreadable in the ledger
        (tallies, "changed"),  # what was hidden is still counted as shown
        (questions, "post_gone"),  # a hidden answer goes on answering
        (topics, "first_post_admitted"),  # a topic stays unseen though its first post was let in
        (receipts, "issue"),  # a guest has nothing to take it back by
    ],
)
def test_a_planted_mistake_is_caught(
    where: Any, what: str, life: type[RoomLife], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, what, forget)
    with pytest.raises((AssertionError, DomainError)):
        run(life, 80)  # it ends with the first that is caught
