"""Whatever is lost, doubled, late or killed: everybody comes to see the same, and nothing is lost.

The real owner on a real database; three browsers as Python writes them, who follow the protocol:
pending operations, gaps, catching up, reading the board anew. Chance drops lines and frames, sends
twice, breaks ticks before and behind their commit, forgets the owner, and trims what is caught up
with. Planted faults at the end show that each of these checks can fail.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from core import db
from core.people import Account
from ledger.models import Consultation
from realtime import (
    asks,
    boards,
    folds,
    live,
    logs,
    members,
    ops,
    owners,
    projections,
    seats,
    sights,
    sockets,
    ticks,
)
from realtime.asks import Answer, Ask, Row
from realtime.owners import Owner
from realtime.phases import Role
from realtime.seats import Seat
from realtime.state import Effect, State, empty
from tests.realtime import hands

BUDGET = 3
NOTES = ["n000", "n001", "n002", "n003"]
ISLANDS = ["i000", "i001"]
KINDS = {  # mostly what may be done in a phase, so that most of it is done
    "write": [
        "note.add",
        "note.add",
        "note.add",
        "note.text",
        "note.move",
        "note.del",
        "note.back",
    ],
    "group": [
        *("note.add", "note.text", "note.move", "note.move", "note.place", "note.copy", "note.del"),
        *("note.back", "island.add", "island.del", "island.del", "island.back", "talk.add"),
    ],
    "vote": ["vote.set", "vote.set", "vote.set", "note.add"],
}
Said = tuple[str, dict[str, Any]]


class Browser:
    """A page of one member: what was confirmed, what waits, and a line that may be lost."""

    def __init__(self, member: str, role: str, tab: str) -> None:
        self.member, self.role, self.cid = member, role, f"tab-{tab}"
        self.n, self.seq = 0, -1
        self.confirmed: State = empty()
        self.waiting: dict[int, dict[str, Any]] = {}
        self.up: list[tuple[int, dict[str, Any]]] = []
        self.down: list[Said] = []
        self.is_on = False
        self.acknowledged: dict[int, int] = {}
        self.done_before: set[int] = set()

    def make(self, op: dict[str, Any]) -> None:
        self.n += 1
        self.waiting[self.n] = op
        if self.is_on:
            self.up.append((self.n, op))

    def hear(self, event: str, said: dict[str, Any], join: Callable[[], None]) -> None:
        if event == "ops":
            if said["to"] > self.seq and said["from"] > self.seq:
                join()
            else:
                self.fold(said["ops"])
        elif said["c"] == self.cid:
            op = self.waiting.pop(said["n"], None)
            if event == "again" and op is not None and op["op"] != "note.move":
                self.done_before.add(said["n"])

    def fold(self, told: list[dict[str, Any]]) -> None:
        for op in told:
            if op["s"] <= self.seq:
                continue
            assert op["s"] == self.seq + 1
            folds.apply(self.confirmed, copy.deepcopy(op))
            self.seq = op["s"]
            if op["c"] == self.cid and self.waiting.pop(op["n"], None) is not None:
                self.acknowledged[op["n"]] = op["s"]


class Hall:
    """Rooms, and the lines that lead out of them."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[str]] = {}
        self.browsers: dict[str, Browser] = {}

    def enter(self, room: str, sid: str) -> None:
        self.rooms.setdefault(room, set()).add(sid)

    def leave(self, room: str, sid: str) -> None:
        self.rooms.get(room, set()).discard(sid)

    def tell(self, room: str, event: str, said: dict[str, Any], *, skip: Any = ()) -> None:
        for sid in {room} | self.rooms.get(room, set()):
            browser = self.browsers.get(sid)
            if browser is not None and sid not in skip and browser.is_on:
                browser.down.append((event, json.loads(json.dumps(said))))


hall = Hall()
place: dict[str, Any] = {}  # the workshop and its members, made once for all examples


class _Silent:
    def exception(self, *_said: object, **_more: object) -> None:
        """Faults are planted here."""


class Crash(BaseException):
    """The process ended here."""


class Boards(RuleBasedStateMachine):
    @initialize(phase=st.sampled_from(["p2", "p4", "p4", "p5"]))
    def begin(self, phase: str) -> None:
        _restore(place["kept"])
        place.get("fresh", int)()
        boards.forget()
        seats._seats.clear()
        hall.rooms.clear()
        self.owner.do([Ask(place["lead"], "begin-01", 1, {"op": "phase.set", "id": phase}, _done)])
        who = [("lead", Role.LEAD, "x"), ("ann", Role.MEMBER, "a"), ("ben", Role.MEMBER, "b")]
        who.append(("ann", Role.MEMBER, "c"))  # a second tab of the same person
        self.browsers = [Browser(place[name], role, f"{tab}-0001") for name, role, tab in who]
        hall.browsers = {browser.cid: browser for browser in self.browsers}
        for number in range(len(self.browsers)):
            self.connect(number)

    # -- lines -------------------------------------------------------------------------------

    @property
    def owner(self) -> Owner:
        return boards.at(place["id"], place["board"])

    @rule(i=st.integers(0, 3))
    def connect(self, i: int) -> None:
        browser = self.browsers[i]
        if browser.is_on:
            return
        browser.is_on, browser.up, browser.down = True, [], []
        self._join(browser)

    def _join(self, browser: Browser) -> None:
        seat = Seat(place["id"], place["board"], browser.member, browser.role)
        with self.owner.still():
            seats.take(browser.cid, seat)
            missed = self.owner.since(browser.seq, browser.member)
        browser.down = []
        if missed is None:
            seen, browser.seq = self.owner.seen_by(browser.member)
            browser.confirmed = json.loads(json.dumps(seen))
        else:
            browser.fold(json.loads(json.dumps(missed)))
        browser.up = list(browser.waiting.items())

    @rule(i=st.integers(0, 3))
    def drop(self, i: int) -> None:
        browser = self.browsers[i]
        browser.is_on, browser.up, browser.down = False, [], []
        seats.leave(browser.cid)

    @rule(i=st.integers(0, 3), twice=st.booleans(), many=st.booleans())
    def up(self, i: int, twice: bool, many: bool) -> None:
        browser = self.browsers[i]
        while browser.is_on and browser.up:
            n, op = browser.up.pop(0)
            for _time in range(1 + twice):
                self.owner._put([self._ask(browser, n, op)])
            if not many:
                break

    def _ask(self, browser: Browser, n: int, op: dict[str, Any]) -> Ask:
        seat = Seat(place["id"], place["board"], browser.member, browser.role)
        return live._ask(self.owner, seat, browser.cid, browser.cid, {**op, "n": n})

    @rule(i=st.integers(0, 3), twice=st.booleans(), many=st.booleans())
    def down(self, i: int, twice: bool, many: bool) -> None:
        browser = self.browsers[i]
        while browser.is_on and browser.down:
            event, said = browser.down.pop(0)
            for _time in range(1 + twice):
                browser.hear(event, said, lambda: self._join(browser))
            if not many:
                break

    @rule(i=st.integers(0, 3))
    def lose(self, i: int) -> None:
        """A frame is lost while the line stays."""
        if self.browsers[i].down:
            self.browsers[i].down.pop(0)

    # -- the server --------------------------------------------------------------------------

    @rule(
        crash=st.sampled_from(["fault", "before", "behind", "told", "", "", "", ""]),
        is_all=st.booleans(),
    )
    def tick(self, crash: str, is_all: bool = False) -> None:
        for i in range(len(self.browsers)) if is_all else ():
            self.up(i, False, True)
        place["crash"] = crash
        try:
            self.owner.tick()
        except Crash:
            for number, browser in enumerate(self.browsers):
                for event, said in browser.down if is_all else ():
                    browser.hear(event, said, lambda: None)  # it was on its way already
                self.drop(number)
            boards.forget()
            seats._seats.clear()
        finally:
            place["crash"] = ""
            db.session.remove()

    def _broken(self, crash: str, i: int, many: int) -> None:
        """A tick with something in it that ends at one of the places where it may."""
        self.connect(0)
        self.browsers[0].make({"op": "names.set", "on": many > 1})
        for k in range(many):
            self.edit(i, k, k, k % 2, True)
        self.tick(crash, is_all=True)

    @rule(i=st.integers(1, 3), many=st.integers(0, 3))
    def fault(self, i: int, many: int) -> None:
        self._broken("fault", i, many)

    @rule(i=st.integers(1, 3), many=st.integers(0, 3))
    def crash_before(self, i: int, many: int) -> None:
        self._broken("before", i, many)

    @rule(i=st.integers(1, 3), many=st.integers(0, 3))
    def crash_behind(self, i: int, many: int) -> None:
        self._broken("behind", i, many)

    @rule(i=st.integers(1, 3), many=st.integers(0, 3))
    def crash_untold(self, i: int, many: int) -> None:
        self._broken("told", i, many)

    @rule(most=st.sampled_from([0, 1, 3, 2_000]))
    def trim(self, most: int) -> None:
        """From now on who missed more than this reads the board anew."""
        owners.CATCH_UP = most

    @rule()
    def forget(self) -> None:
        """The owner is made anew; what waits for its tick is lost with it."""
        boards.forget()

    @rule(who=st.sampled_from(["lead", "ann"]), on=st.booleans())
    def elsewhere(self, who: str, on: bool) -> None:
        """Another process writes to the same board."""
        other = Owner(place["id"], place["board"])
        other._tell = lambda: []  # type: ignore[method-assign]
        self.elsewhere_n = getattr(self, "elsewhere_n", 0) + 1
        op = {"op": "names.set", "on": on}
        other.do([Ask(place[who], f"other-{who}", self.elsewhere_n, op, lambda _answer: None)])

    # -- people ------------------------------------------------------------------------------

    @rule(
        i=st.integers(0, 3),
        k=st.integers(0, 60),
        a=st.integers(0, 3),
        b=st.integers(0, 1),
        is_heard=st.booleans(),
    )
    def edit(self, i: int, k: int, a: int, b: int, is_heard: bool) -> None:
        browser, kinds = self.browsers[i], KINDS.get(self.owner.whole()[0]["kind"], ["talk.add"])
        kind = kinds[k % len(kinds)]
        self.made = getattr(self, "made", 0) + 1
        op: dict[str, Any] = {"op": kind, "id": NOTES[a]}
        word = f"ことば{self.made}"
        if kind == "note.add":
            op = {**op, "text": word, "color": 1, "id": [*NOTES, f"m{self.made:03d}"][a + b]}
        elif kind == "note.text":
            op |= {"text": word, "base": b}
        elif kind == "note.move":
            op |= {"x": self.made, "y": b}
        elif kind == "note.place":
            op |= {"island": ISLANDS[b], "o": f"V{self.made}"}
        elif kind == "note.copy":
            op = {**op, "id": f"c{self.made:03d}", "of": NOTES[a]}
        elif kind.startswith("island"):
            op = {"op": kind, "id": ISLANDS[b], "title": word, "notes": [NOTES[a]]}
        elif kind == "vote.set":
            op = {"op": kind, "note": NOTES[a], "k": 1 if b or a else 0}
        elif kind == "talk.add":
            op = {"op": kind, "id": f"t{self.made:03d}", "note": NOTES[a], "text": word}
        elif kind == "sum.set":
            op = {"op": kind, "id": "all", "text": word, "base": 0}
        browser.make(op)
        if is_heard:
            self.up(i, False, True)

    @rule(
        is_heard=st.booleans(),
        op=st.sampled_from(
            [
                *({"op": "phase.set", "id": f"p{n}"} for n in (2, 3, 4, 4, 5, 5)),
                {"op": "reveal.notes"},
                {"op": "reveal.votes"},
                {"op": "names.set", "on": True},
                {"op": "note.hide", "id": NOTES[0], "reason": "名前"},
                {"op": "note.show", "id": NOTES[0]},
            ]
        ),
    )
    def steer(self, op: dict[str, Any], is_heard: bool) -> None:
        self.browsers[0].make(dict(op))
        if is_heard:
            self.up(0, False, True)

    @rule(i=st.integers(1, 3), a=st.permutations(NOTES))
    def vote(self, i: int, a: list[str]) -> None:
        """More favourites than one may have, all at once."""
        self._at_once(0, {"op": "phase.set", "id": "p5"})
        self._at_once(i, *({"op": "vote.set", "note": note, "k": 1} for note in a))

    def _at_once(self, i: int, *asked: dict[str, Any]) -> None:
        for op in asked:
            self.browsers[i].make(op)
        self.connect(i)
        self.up(i, False, True)
        self.tick("")

    @rule(i=st.integers(1, 3), a=st.integers(0, 3))
    def drag(self, i: int, a: int) -> None:
        """One note moved again and again before the tick."""
        self.made = getattr(self, "made", 0) + 3
        places = range(self.made, self.made + 3)
        if self.owner.whole()[0]["kind"] not in ("write", "group"):
            self._at_once(0, {"op": "phase.set", "id": "p4"})
        self._at_once(i, *({"op": "note.move", "id": NOTES[a], "x": x, "y": 0} for x in places))

    @rule(i=st.integers(1, 3), a=st.integers(0, 3), b=st.integers(0, 1))
    def let_go(self, i: int, a: int, b: int) -> None:
        """An island with a note on it is taken apart, and put together again."""
        place_it = {"op": "note.place", "id": NOTES[a], "island": ISLANDS[b], "o": "V"}
        self._at_once(0, {"op": "phase.set", "id": "p4"})
        self._at_once(i, place_it, {"op": "island.del", "id": ISLANDS[b]})
        if a:
            self._at_once(i, {"op": "island.back", "id": ISLANDS[b], "notes": NOTES[:a]})

    @rule(i=st.integers(1, 3), is_hidden=st.booleans())
    def take_back(self, i: int, is_hidden: bool) -> None:
        """A note is taken away before it is shown to anybody."""
        self.made = getattr(self, "made", 0) + 1
        id_ = f"v{self.made:03d}"
        self._at_once(0, {"op": "phase.set", "id": "p2"})
        self._at_once(i, {"op": "note.add", "id": id_, "text": f"ひみつ{self.made}", "color": 1})
        if is_hidden:
            self._at_once(0, {"op": "note.hide", "id": id_, "reason": "名前"})
        else:
            self._at_once(i, {"op": "note.del", "id": id_})
        self._at_once(0, {"op": "phase.set", "id": "p4"})
        if not is_hidden and self.made % 2:
            self._at_once(i, {"op": "note.back", "id": id_})

    @rule(i=st.integers(1, 3), a=st.integers(0, 3), b=st.integers(0, 1))
    def hide_words(self, i: int, a: int, b: int) -> None:
        """A comment and a heading are taken away, and sometimes shown again."""
        self.made = getattr(self, "made", 0) + 1
        key, word = f"t{self.made:03d}", f"ひとこと{self.made}"
        self._at_once(0, {"op": "phase.set", "id": "p4"})
        self._at_once(i, {"op": "talk.add", "id": key, "note": NOTES[a], "text": word})
        self._at_once(i, {"op": "island.title", "id": ISLANDS[b], "title": word})
        self._at_once(0, {"op": "talk.hide", "id": key, "reason": "名前"})
        self._at_once(0, {"op": "island.hide", "id": ISLANDS[b], "reason": "名前"})
        if self.made % 2:
            self._at_once(0, {"op": "note.hide", "id": NOTES[a], "reason": "名前"})
            self._at_once(
                0, {"op": "talk.show", "id": key}, {"op": "island.show", "id": ISLANDS[b]}
            )

    @rule(i=st.integers(1, 3), a=st.integers(0, 3))
    def choose_what_is_hidden(self, i: int, a: int) -> None:
        """Somebody's favourite is hidden."""
        self._at_once(0, {"op": "phase.set", "id": "p5"})
        self._at_once(i, {"op": "vote.set", "note": NOTES[a], "k": 1})
        self._at_once(0, {"op": "note.hide", "id": NOTES[a], "reason": "名前"})

    # -- what must hold ----------------------------------------------------------------------

    @invariant()
    def nobody_has_too_many_votes(self) -> None:
        if "kept" in place and hasattr(self, "browsers"):
            seen, _seq = projections.read(place["id"])
            db.session.remove()
            assert all(len(ballot) <= BUDGET for ballot in seen["votes"].values())

    def teardown(self) -> None:
        if not hasattr(self, "browsers"):
            return
        owners.CATCH_UP = 2_000
        for i in range(len(self.browsers)):
            self.down(i, False, True)
        self.browsers[0].make({"op": "lock.set", "on": False})  # what others wrote is noticed now
        for _round in range(4):
            for i in range(len(self.browsers)):
                self.drop(i)
                self.connect(i)
                self.up(i, False, True)
            self.tick("")
            for i in range(len(self.browsers)):
                self.down(i, False, True)
        rows = [row for _at, row in boards.history(place["id"])]
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        numbers = {(row.cid, row.n): row.seq for row in rows}
        assert len(numbers) == len(rows)
        folded = json.dumps(folds.folded(row.effect for row in rows), sort_keys=True)
        read, seq = projections.read(place["id"])
        assert seq == len(rows)
        assert json.dumps(read, sort_keys=True) == folded
        assert json.dumps(self.owner.whole()[0], sort_keys=True) == folded
        for browser in self.browsers:
            assert browser.waiting == {}
            assert browser.seq == seq
            for n, at in browser.acknowledged.items():
                assert numbers.get((browser.cid, n)) == at
            assert all((browser.cid, n) in numbers for n in browser.done_before)
            seen = sights.seen(json.loads(folded), browser.member, browser.role)
            assert browser.confirmed == seen
        db.session.remove()


# -- one place for all examples ----------------------------------------------------------------


def _kept() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables a board touches, to be put back before each example."""
    tables = ("board_op", "note", "island", "island_link", "note_talk", "note_vote", "table_sum")
    found = {}
    for table in ("board", *tables):
        found[table] = [tuple(row) for row in db.session().execute(text(f"SELECT * FROM {table}"))]
    db.session.remove()
    return found


def _restore(kept: dict[str, list[tuple[Any, ...]]]) -> None:
    raw = place["raw"]
    raw.execute("BEGIN IMMEDIATE")
    for table in reversed(kept):
        raw.execute(f"DELETE FROM {table}")
    for table, rows in kept.items():
        for row in rows:
            raw.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    raw.execute("COMMIT")


@pytest.fixture
def ground(
    app: Any, officer: Account, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """A workshop in a file that need not outlive a power cut, and lines without a network."""
    workshop = hands.open_workshop(officer, consultation, is_rehearsal=True, plan={"tables": 1})
    place.update(
        id=workshop.id,
        board=workshop.public_id,
        lead=members.lead(officer, workshop).public_id,
        ann=members.join(workshop, "けやき", key="a").public_id,
        ben=members.join(workshop, "つばめ", key="b").public_id,
        crash="",
    )
    owner = boards.of(workshop)
    begun: list[dict[str, Any]] = [
        {"op": "phase.set", "id": "p2"},
        *({"op": "note.add", "id": one, "text": f"はじめの{one}", "color": 1} for one in NOTES),
        {"op": "phase.set", "id": "p4"},
        *({"op": "island.add", "id": one, "title": one, "notes": []} for one in ISLANDS),
        {"op": "note.place", "id": NOTES[0], "island": ISLANDS[0], "o": "V"},
        {"op": "note.place", "id": NOTES[1], "island": ISLANDS[0], "o": "W"},
    ]
    for n, op in enumerate(begun, 1):
        who = "lead" if op["op"] == "phase.set" else "ann" if n % 2 else "ben"
        owner.do([Ask(place[who], f"ground-{who}", n, op, _done)])
    engine = app.extensions["engine"]
    connection = engine.raw_connection()
    place["raw"] = connection.driver_connection
    place["kept"] = _kept()
    monkeypatch.setattr(sockets, "tell", hall.tell)
    monkeypatch.setattr(sockets, "enter", hall.enter)
    monkeypatch.setattr(sockets, "leave", hall.leave)
    monkeypatch.setattr(owners, "CATCH_UP", 2_000)
    monkeypatch.setattr(owners, "log", _Silent())
    _break_at_will(monkeypatch)
    yield monkeypatch
    boards.forget()
    seats._seats.clear()
    connection.close()
    place.clear()


def _done(answer: Answer) -> None:
    assert answer.row is not None, answer


def _break_at_will(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tick end where chance says: before its commit, behind it, before anybody is told."""
    write, tell = Owner._write, Owner._tell

    def breaking(self: Owner, *said: Any) -> None:
        if place.get("crash") == "before":
            raise Crash
        if place.get("crash") == "fault":
            place["crash"] = ""
            raise ValueError("a fault while writing")
        write(self, *said)
        if place.get("crash") == "behind":
            raise Crash

    def telling(self: Owner) -> list[Row]:
        if place.get("crash") == "told":
            raise Crash
        return tell(self)

    monkeypatch.setattr(Owner, "_write", breaking)
    monkeypatch.setattr(Owner, "_tell", telling)


def _run(examples: int, *, shrinks: bool = True) -> None:
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrinks else [])]
    run_state_machine_as_test(
        Boards,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            database=None,
            derandomize=not shrinks,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_everybody_comes_to_see_the_same(ground: pytest.MonkeyPatch) -> None:
    _run(int(os.environ.get("TOMONI_EXAMPLES", "400")))


# -- planted faults, each of which the test above must find --------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def tells_before_it_is_on_disk(patch: pytest.MonkeyPatch) -> None:
    write = Owner._write

    def early(self: Owner, memory: Any, tick: Any, now: Any) -> None:
        live.tell(self, tick.rows)
        write(self, memory, tick, now)

    patch.setattr(Owner, "_write", early)


def keeps_what_was_not_written(patch: pytest.MonkeyPatch) -> None:
    def settled(self: Owner, asked: Any) -> Any:
        try:
            return self._judge_and_write(asked)
        except owners.Overtaken:
            self._memory = None
            return self._judge_and_write(asked)
        except ValueError:
            return [(one, asks.busy()) for one in asked]

    patch.setattr(Owner, "_settled", settled)


def takes_what_was_asked_for_done(patch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, int]] = set()
    place["fresh"] = asked.clear

    def has(_self: Any, cid: str, n: int, _moved: str) -> bool:
        is_known = (cid, n) in asked
        asked.add((cid, n))
        return is_known

    patch.setattr(logs.Senders, "has", has)


def leaves_a_hole(patch: pytest.MonkeyPatch) -> None:
    number = ticks._number

    def skipping(memory: Any, done: Any, tick: Any) -> None:
        number(memory, done, tick)
        if len(tick.rows) == 3:
            last = tick.rows.pop()
            tick.rows.append(Row(last.seq + 1, last.cid, last.n, last.effect, last.by))

    patch.setattr(ticks, "_number", skipping)


def gives_as_many_votes_as_one_likes(patch: pytest.MonkeyPatch) -> None:
    judge = ops.JUDGES["vote.set"]

    def generous(board: State, who: Any, op: Any) -> Effect:
        return judge({**board, "budget": 99}, who, op)

    patch.setitem(ops.JUDGES, "vote.set", generous)


def tells_all_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Owner, "concerned", lambda _self, _rows: set())


def forgets_who_wrote_what_is_unveiled(patch: pytest.MonkeyPatch) -> None:
    whole = sights.concerned
    patch.setattr(
        sights, "concerned", lambda b, effect: set() if "unveil" in effect else whole(b, effect)
    )


def catches_up_one_too_late(patch: pytest.MonkeyPatch) -> None:
    since = Owner.since
    patch.setattr(Owner, "since", lambda self, seq, who: (since(self, seq, who) or [])[1:] or None)


def leaves_notes_on_an_island_that_is_gone(patch: pytest.MonkeyPatch) -> None:
    touched = projections.touched

    def less(board: State, effect: Effect) -> projections.Touched:
        found = touched(board, effect)
        return {("islands", effect["id"])} if effect["op"] == "island.del" else found

    patch.setattr(projections, "touched", less)


def keeps_votes_of_what_is_taken_away(patch: pytest.MonkeyPatch) -> None:
    touched = projections.touched

    def less(board: State, effect: Effect) -> projections.Touched:
        found = touched(board, effect)
        return {one for one in found if one[0] != "votes" or effect["op"] == "vote.set"}

    patch.setattr(projections, "touched", less)


def keeps_the_first_of_two_moves(patch: pytest.MonkeyPatch) -> None:
    overtake = ticks._overtake

    def first(moves: Any, now: Any, changed: Any) -> None:
        before = dict(moves)
        overtake(moves, now, changed)
        for one in before.values():
            if one.is_overtaken:
                one.is_overtaken, now.is_overtaken = False, True

    patch.setattr(ticks, "_overtake", first)


def brings_a_note_back_without_words(patch: pytest.MonkeyPatch) -> None:
    outgoing = sights.outgoing

    def silent(board: State, effect: Effect, who: str, role: str) -> Effect:
        told = outgoing(board, effect, who, role)
        return {**told, "text": ""} if effect["op"] == "note.back" else told

    patch.setattr(sights, "outgoing", silent)


PLANTED: list[Plant] = [
    tells_before_it_is_on_disk,
    keeps_what_was_not_written,
    takes_what_was_asked_for_done,
    leaves_a_hole,
    gives_as_many_votes_as_one_likes,
    tells_all_the_same,
    forgets_who_wrote_what_is_unveiled,
    catches_up_one_too_late,
    leaves_notes_on_an_island_that_is_gone,
    keeps_votes_of_what_is_taken_away,
    keeps_the_first_of_two_moves,
    brings_a_note_back_without_words,
]


FOUND = (AssertionError, ExceptionGroup, LookupError, DatabaseError, Flaky)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: str(plant.__name__))
def test_a_planted_fault_is_found(ground: pytest.MonkeyPatch, plant: Plant) -> None:
    plant(ground)
    with pytest.raises(FOUND):
        _run(300, shrinks=False)
