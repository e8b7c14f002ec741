"""Whatever is said, split, joined, filed, hidden, taken back and answered, in whatever order.

The laws hold, no word of what counts is lost or counted twice, and what is not shown is quoted
nowhere. Planted mistakes are caught, or the test would be worth nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
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
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from analysis import desks, pointings, reports
from core import clock, db
from core.errors import DomainError
from core.people import Account
from forum import comments, posts
from forum.guests import Guest
from forum.models import Post, Room, Topic, Writers
from forum.waiting import admit
from ledger import (
    acts,
    adoptions,
    answers,
    check,
    filings,
    opinions,
    parts,
    queries,
    receipts,
    registers,
)
from ledger.adoptions import Proposal
from ledger.answers import Draft
from ledger.models import (
    Act,
    Consultation,
    EditionLine,
    Filing,
    Opinion,
    Placement,
    ReportState,
    State,
    Theme,
)
from moderation import decisions
from realtime import boards
from realtime.models import Note
from tests.realtime.hands import Hand, join, lead, open_workshop

LIVES = int(os.environ.get("TOMONI_LIVES", "7"))
EVERY = 6  # acts from one look at everything to the next
NUMBERS = st.integers(0, 40)  # which of what there is, counted round
GOOD = Draft(disposition="reference", view="参考にします。")
GUEST = Guest("通りすがりの者", "a" * 64)
RULE, REASON = "第4条　人を決めつけません。", "決めつけでした。"
MARK = re.compile(r"〔\d+・.〕")  # in everything that is said, in no title


@dataclass(frozen=True)
class Scene:
    """A consultation with a room and its people, as a file to begin each run from."""

    app: Flask
    seed: Path
    file: Path
    ids: dict[str, int]

    def begin(self) -> None:
        boards.forget()
        db.session.remove()
        self.app.extensions["engine"].dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)
        shutil.copy(self.seed, self.file)


class LetterLife(RuleBasedStateMachine):
    """Posts, letters and notes on one desk: their authors, an officer, an approver, a moderator.

    `says` is what must count of each thing said, piece by piece; a piece is never cut in two.
    """

    scene: Scene

    @initialize()
    def open(self) -> None:
        self.scene.begin()
        workshop = open_workshop(self.account("officer"), self.here(), plan={"tables": 1})
        self.chair = lead(workshop, self.account("officer"))
        self.ann: Hand = join(workshop, ["けやき"])[0]
        self.chair.do("phase.set", id="p4")
        self.says: dict[tuple[str, int], list[str]] = {}
        self.hidden: set[tuple[str, int]] = set()
        self.covered: set[tuple[str, int]] = set()
        self.words = self.acts = 0
        for kind in ("post", "guest", "letter", "note"):
            self.say(kind, 1)

    # ───────── saying

    @rule(kind=st.sampled_from(["post", "guest", "letter", "note"]), at=NUMBERS)
    def say_more(self, kind: str, at: int) -> None:
        self.say(kind, at)

    def say(self, kind: str, at: int) -> None:
        said = self.new_words()
        if kind == "note":
            key = f"n{self.words:03d}"
            self.ann.do("note.add", id=key, text="".join(said), color=1)
            self.chair.do("phase.set", id="p4")  # words are settled
            note = db.session().scalars(select(Note).where(Note.key == key)).one()
            self.says["note", note.id] = said
        elif kind == "letter":
            self.write(said, ["".join(self.new_words())] if at % 2 else [])
        else:
            guest = GUEST if kind == "guest" else None
            author = None if guest else self.account("resident")
            topic = db.session().get_one(Topic, self.scene.ids["topic"])
            post = posts.reply(author, topic, "".join(said), guest=guest)
            if guest:
                admit(self.account("moderator"), post)
            self.says["post", post.id] = said

    @rule(at=NUMBERS)
    def say_the_same(self, at: int) -> None:
        """A form letter: sent again in the same words."""
        letters = [key for key in self.says if key[0] == "comment_item" and self.says[key]]
        if letters:
            item = letters[at % len(letters)]
            first = self.lines(item)[0] if self.lines(item) else None
            if first is not None:
                body = parts.whole_of(first).text.body
                self.write(["".join(piece) for piece in _pieces(body)], [])

    def write(self, said: list[str], more: list[str]) -> None:
        sent = comments.submit(
            self.here(),
            [(None, "".join(said)), *((None, one) for one in more)],
            key=db.public_id(),
            received_at=clock.now(),
            ties=["在住"],
        )
        for item, body in zip(sent.items, ["".join(said), *more], strict=True):
            self.says["comment_item", item.id] = _pieces(body)

    # ───────── splitting and joining

    @rule(at=NUMBERS, which=st.integers(1, 3), copies=st.booleans())
    def split(self, at: int, which: int, copies: bool) -> None:
        line = self.some_line(at, lambda body: len(MARK.findall(body)) > 1)
        if line is not None:
            places = parts.places(line.text.body)
            cuts = [cut for n, cut in enumerate(places) if which >> n & 1]
            self.attempt(
                lambda: pointings.split(self.account("officer"), line, cuts, with_copies=copies)
            )

    @rule(at=NUMBERS)
    def join(self, at: int) -> None:
        query = select(Opinion).where(Opinion.state == State.SUPERSEDED).order_by(Opinion.id)
        there = [line for line in db.session().scalars(query) if parts.living(line)]
        if there:
            line = there[at % len(there)]
            self.attempt(lambda: pointings.join(self.account("officer"), line))

    # ───────── one's own

    @rule(at=NUMBERS)
    def reword(self, at: int) -> None:
        key = self.some_thing(at, "post", "note")
        said = self.new_words()
        if key is None:
            return
        if key[0] == "note":
            note = db.session().get_one(Note, key[1])
            rev = note.version
            done = bool(self.ann.do("note.text", id=note.key, text="".join(said), base=rev).row)
        else:
            post = db.session().get_one(Post, key[1])
            author = self.account("resident")
            done = self.attempt(lambda: posts.edit(author, post, "".join(said), post.version))
        if done:
            self.says[key] = said
            self.covered.discard(key)

    @rule(at=NUMBERS, which=NUMBERS)
    def take_back(self, at: int, which: int) -> None:
        key = self.some_thing(at, "post", "note", "comment_item")
        lines = self.lines(key) if key else []
        if key is None or not lines:
            return
        line = lines[which % len(lines)]
        if key[0] == "post" and not line.submission.startswith("post"):
            return
        try:
            receipt = receipts.of(line.submission)
        except DomainError:
            post = db.session().get_one(Post, key[1]) if key[0] == "post" else None
            if post is None:
                return
            done = self.attempt(lambda: posts.withdraw(self.account("resident"), post))
        else:
            done = self.attempt(lambda: receipts.withdraw(receipt, line.public_id))
        if done:
            gone = line.text.body if key[0] == "comment_item" else None
            self.says[key] = [p for p in self.says[key] if gone and p not in gone]
            self.covered.discard(key)

    @rule(at=NUMBERS)
    def bring_back_a_note(self, at: int) -> None:
        gone = [key for key, said in self.says.items() if key[0] == "note" and not said]
        if gone:
            key = gone[at % len(gone)]
            note = db.session().get_one(Note, key[1])
            if key not in self.hidden and self.ann.do("note.back", id=note.key).row:
                self.says[key] = _pieces(note.body)

    # ───────── moderation

    @rule(at=NUMBERS)
    def hide_or_show(self, at: int) -> None:
        key = self.some_thing(at, "post", "note")
        if key is None:
            return
        is_hidden = key in self.hidden
        if key[0] == "note":
            note = db.session().get_one(Note, key[1])
            how = {} if is_hidden else {"reason": REASON}
            verb = "note.show" if is_hidden else "note.hide"
            done = bool(self.chair.do(verb, id=note.key, **how).row)
        else:
            who, post = self.account("moderator"), db.session().get_one(Post, key[1])
            done = self.attempt(
                lambda: (
                    decisions.restore(who, "post", post.public_id, REASON)
                    if is_hidden
                    else decisions.hide(who, "post", post.public_id, RULE, REASON)
                )
            )
        if done:
            self.hidden ^= {key}
            self.covered.discard(key)

    # ───────── the desk

    @rule(
        kind=st.sampled_from(
            ["theme", "lone", "unfile", "new", "apart", "rename", "merge", "look", "dissolve"]
        ),
        at=NUMBERS,
        size=st.integers(1, 4),
    )
    def work(self, kind: str, at: int, size: int) -> None:
        who, here, listed = self.account("officer"), self.here(), self.themes()
        lines = self.counted()
        some = list({lines[(at + 3 * n) % len(lines)].id for n in range(size)}) if lines else []
        theme: Any = listed[at % len(listed)] if listed else None
        other: Any = listed[(at + size) % len(listed)] if listed else None
        doing: dict[str, Callable[[], object]] = {
            "lone": lambda: desks.move(who, here, some, Placement.LONE),
            "unfile": lambda: desks.move(who, here, some, None),
            "new": lambda: desks.gather(who, here, some, None, f"新{at}"),
            "look": lambda: desks.look(who, here, some),
        }
        if theme is not None:
            doing |= {
                "theme": lambda: desks.move(who, here, some, theme),
                "apart": lambda: desks.gather(who, here, some, theme, f"分{at}"),
                "rename": lambda: desks.rename(who, theme, f"名{at}", version=theme.version),
                "merge": lambda: desks.merge(who, theme, other),
                "dissolve": lambda: desks.dissolve(who, theme),
            }
        if some and kind in doing:
            self.attempt(doing[kind])

    @rule(is_undo=st.booleans())
    def turn(self, is_undo: bool) -> None:
        act = desks.undo if is_undo else desks.redo
        if not self.attempt(lambda: act(self.account("officer"), self.here())):
            acts.give_up(self.account("officer"), self.here(), is_undo=is_undo)

    @rule(at=NUMBERS)
    def let_the_machine_group(self, at: int) -> None:
        lines = self.counted()
        if len(lines) < 3:
            return
        group = [lines[(at + n) % len(lines)] for n in range(3)]
        quote = MARK.split(group[0].text.body)[0] + (MARK.findall(group[0].text.body) or [""])[0]
        label = f"{filings.UNNAMED}{quote}"
        made = Proposal(label, quote, 20, tuple(line.id for line in group))
        rest = [line.id for line in lines if line not in group]
        adoptions.adopt(self.account("officer"), self.here(), [made], rest)

    # ───────── answers and the report

    @rule(at=NUMBERS, own=st.booleans())
    def answer(self, at: int, own: bool) -> None:
        targets: list[Any] = list(self.counted()) if own else list(self.themes())
        if targets:
            target = targets[at % len(targets)]
            found = answers.of(target)
            version = found.version if found else 0
            self.attempt(
                lambda: desks.answer(
                    self.account("officer"), target, GOOD, version=version, submit=bool(at % 2)
                )
            )

    @rule()
    def sign(self) -> None:
        answers.approve_all(self.account("approver"), self.here())

    @rule(is_rare=st.integers(0, 2))
    def hand_in(self, is_rare: int) -> None:
        report = reports.current(self.here())
        if is_rare or (report is not None and report.state == ReportState.SUBMITTED):
            return
        with db.transaction():
            self.answer_everything()
            made = reports.draft(self.account("officer"), self.here(), "結果", "お知らせ")
            reports.submit(self.account("officer"), made)
        self.covered = {key for key in self.says if self.lines(key)}

    @rule(goes_on=st.booleans())
    def send_back_or_publish(self, goes_on: bool) -> None:
        report = reports.current(self.here())
        if report is None:
            return
        approver = self.account("approver")
        if report.state == ReportState.SUBMITTED and not goes_on:
            reports.send_back(approver, report)
            self.covered = set()
        elif report.state == ReportState.SUBMITTED:
            answers.approve_all(approver, self.here())
            if self.attempt(lambda: reports.publish(approver, report, report.version)):
                self.the_edition_speaks_of_all_that_was_covered()
        elif report.state == ReportState.PUBLISHED and goes_on:
            answers.approve_all(approver, self.here())
            self.attempt(lambda: reports.correct(approver, report, "直しました。"))

    def answer_everything(self) -> None:
        who, here = self.account("officer"), self.here()
        left = list(filings.unfiled_ids(here))
        if left:
            desks.gather(who, here, left, None, "のこり")
        lone = [o for o in self.counted() if db.session().get_one(Filing, o.id).theme_id is None]
        targets: list[Any] = [*self.themes(), *lone]
        targets += [o for o in self.counted() if answers.of(o) is not None and o not in lone]
        for target in targets:
            found = answers.of(target)
            if found is None or found.state == "draft":
                version = found.version if found else 0
                answers.hand_in(who, target, GOOD, version=version)

    # ───────── what must be

    @invariant()
    def what_must_be_is(self) -> None:
        self.acts += 1
        if self.acts % EVERY == 0:
            self.look()

    def look(self) -> None:
        db.session().rollback()
        db.session().expire_all()
        assert list(check.laws()) == []
        for key, said in self.says.items():
            expected = "" if key in self.hidden else "".join(said)
            lines = self.lines(key)
            assert "".join(line.text.body for line in lines) == expected, key
            assert len({line.text.body for line in lines}) == len(lines), key
        self.no_theme_quotes_what_is_not_in_it()
        self.no_act_keeps_words()
        self.the_register_leads_on()
        if (report := reports.current(self.here())) and report.state == ReportState.SUBMITTED:
            found = {
                (o.source, o.source_id) for o in self.counted() if o.seq <= (report.cutoff_seq or 0)
            }
            assert self.covered <= found

    def the_edition_speaks_of_all_that_was_covered(self) -> None:
        spoken = select(Opinion.source, Opinion.source_id).join(
            EditionLine, EditionLine.opinion_id == Opinion.id
        )
        assert self.covered <= {(row[0], row[1]) for row in db.session().execute(spoken)}

    def no_theme_quotes_what_is_not_in_it(self) -> None:
        for theme in self.themes():
            inside = queries.opinions_in(self.here(), theme, limit=500)
            bodies = [line.text.body for line in inside]
            quote = theme.machine_quote
            assert not quote or any(quote in body for body in bodies), quote
            for name in (theme.title, theme.machine_label):
                assert all(any(mark in body for body in bodies) for mark in MARK.findall(name))

    def no_act_keeps_words(self) -> None:
        for act in db.session().scalars(select(Act)):
            kept = json.dumps([act.before, act.after, act.values], ensure_ascii=False)
            assert not MARK.search(kept), act.kind

    def the_register_leads_on(self) -> None:
        """A stranger reads what counts, and comes from every superseded line to a living one."""
        entries = {e.opinion.seq: e for e in registers.every(self.account("stranger"), self.here())}
        shown = {mark for key in self.says for mark in MARK.findall("".join(self.says[key]))}
        for entry in entries.values():
            assert entry.body is None or entry.opinion.is_counted
            assert set(MARK.findall(entry.body or "")) <= shown
            if entry.opinion.state == State.SUPERSEDED and not entry.newer:
                # dropped with a rewording: a sibling leads on
                assert entry.opinion.is_part
            assert all(seq > entry.opinion.seq for seq, _id in entry.newer)

    # ───────── at hand

    def attempt(self, act: Callable[[], Any]) -> bool:
        try:
            act()
        except DomainError:
            db.session().rollback()
            return False
        return True

    def account(self, who: str) -> Account:
        return db.session().get_one(Account, self.scene.ids[who])

    def here(self) -> Consultation:
        return db.session().get_one(Consultation, self.scene.ids["consultation"])

    def counted(self) -> list[Opinion]:
        query = select(Opinion).where(Opinion.state == State.COUNTED).order_by(Opinion.seq)
        return list(db.session().scalars(query))

    def lines(self, key: tuple[str, int]) -> list[Opinion]:
        query = select(Opinion).where(
            Opinion.state == State.COUNTED, Opinion.source == key[0], Opinion.source_id == key[1]
        )
        return list(db.session().scalars(query.order_by(Opinion.begins, Opinion.seq)))

    def themes(self) -> list[Theme]:
        return [row.theme for row in queries.themes_of(self.here())]

    def some_line(self, at: int, fits: Callable[[str], bool]) -> Opinion | None:
        there = [line for line in self.counted() if fits(line.text.body)]
        return there[at % len(there)] if there else None

    def some_thing(self, at: int, *kinds: str) -> tuple[str, int] | None:
        there = [key for key in self.says if key[0] in kinds]
        there = [key for key in there if self.says[key]] if at % 5 else there  # mostly living ones
        return there[at % len(there)] if there else None

    def new_words(self) -> list[str]:
        self.words += 1
        return [f"{n}つ目の点〔{self.words}・{n}〕です。" for n in "一二三"]

    def teardown(self) -> None:
        try:
            if getattr(self, "says", None):
                self.look()
        finally:
            db.session.remove()


def _pieces(body: str) -> list[str]:
    return re.findall(r"[^。]*。", body)


@pytest.fixture
def life(
    app: Flask,
    tmp_path: Path,
    file: Path,
    consultation: Consultation,
    room: Room,
    topic: Topic,
    officer: Account,
    approver: Account,
    resident: Account,
    moderator: Account,
    stranger: Account,
) -> type[LetterLife]:
    engine = app.extensions["engine"]
    if engine.dialect.name != "sqlite":
        pytest.skip("each run begins from a copy of a file; both engines: test_parts")
    with db.transaction() as tx:
        tx.get_one(Room, room.id).writers = Writers.GUEST
    ids = {"officer": officer.id, "approver": approver.id, "resident": resident.id}
    ids |= {"moderator": moderator.id, "stranger": stranger.id}
    ids |= {"consultation": consultation.id, "topic": topic.id}
    db.session.remove()
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    seed = tmp_path / "seed.db"
    shutil.copy(file, seed)
    return type("Life", (LetterLife,), {"scene": Scene(app, seed, file, ids)})


def run(machine: type[LetterLife], examples: int, steps: int = 30) -> None:
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


def test_the_laws_hold_whatever_becomes_of_a_letter(life: type[LetterLife]) -> None:
    run(life, LIVES)


def test_a_part_that_is_lost_is_found(
    life: type[LetterLife], monkeypatch: pytest.MonkeyPatch
) -> None:
    spans_of = parts.spans_of
    monkeypatch.setattr(parts, "spans_of", lambda *said: list(spans_of(*said))[-2:])
    with pytest.raises(AssertionError):
        run(life, 40)


def test_a_part_that_outlives_a_rewording_is_found(
    life: type[LetterLife], monkeypatch: pytest.MonkeyPatch
) -> None:
    reword = opinions.reword
    first_only: Any = lambda lines, *said, **how: reword(lines[:1], *said, **how)  # noqa: E731
    monkeypatch.setattr(opinions, "reword", first_only)
    with pytest.raises(AssertionError):
        run(life, 40)


def test_a_quotation_that_outlives_its_opinion_is_found(
    life: type[LetterLife], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filings, "unquote", lambda *_said: None)
    with pytest.raises(AssertionError):
        run(life, 40)
