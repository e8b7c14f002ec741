"""Boards: one owner each, through which every change goes, from a socket or from a form.

What is asked waits in a queue; a tick judges it against the state now, numbers it, writes
log and tables in one transaction, and only then tells everybody. What was told is on disk. A
second owner of the same board would be noticed by the number it left, and the board read again.
"""

from __future__ import annotations

import copy
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core import clock, db
from core.errors import NotFound
from realtime import folds, logs, projections, sights, ticks
from realtime.asks import Allowance, Answer, Ask, Row
from realtime.models import Board, Workshop
from realtime.phases import Phase, Plan
from realtime.refusals import REFUSALS
from realtime.state import Effect, State
from realtime.ticks import Memory, Tick

log = structlog.get_logger(__name__)
QUEUE = 5_000  # operations that may wait: more is answered with "busy"
SMALL = 50  # members up to whom a tick follows at once
PAUSE = 0.05  # seconds from tick to tick of a larger board
MORE = 0.00003  # and for each member: the more hear a frame, the fewer there are
TRIES = 3
CATCH_UP = 2_000  # operations sent one by one; who missed more reads the board anew
TAIL = 500  # of them at hand, for all who come back after a restart
IDLE = 60.0  # seconds after which a board's thread ends
KEPT = 200  # boards remembered

__all__ = ["Answer", "Ask", "Owner", "Row"]
Told = Callable[["Owner", list[Row]], None]
Noted = Callable[[int, list[Row]], None]
_tellers: list[Told] = []
_noted: list[Noted] = []
_owners: dict[int, Owner] = {}
_lock = threading.Lock()


def tell_by(teller: Told) -> None:
    """Call `teller` with an owner and its new rows after each commit, in order."""
    if teller not in _tellers:
        _tellers.append(teller)


def note_by(noted: Noted) -> None:
    """Call `noted` with a board's id and its new rows inside the transaction that writes them."""
    if noted not in _noted:
        _noted.append(noted)


def of(workshop: Workshop) -> Owner:
    """The owner of a workshop's board in this process."""
    return at(workshop.id, workshop.public_id)


def at(board_id: int, public_id: str) -> Owner:
    """The same by the board's two ids, for who has looked them up before."""
    with _lock:
        owner = _owners.pop(board_id, None)
        if owner is None or owner.public_id != public_id:
            owner = Owner(board_id, public_id)
        _owners[board_id] = owner  # the last asked for is the last to be let go
        quiet = [one for one in list(_owners.values())[: -KEPT or None] if not one.is_running]
        for one in quiet:
            del _owners[one.board_id]
        return owner


def forget() -> None:
    """Let go of every board; the next to ask reads it from the database."""
    with _lock:
        owners = list(_owners.values())
        _owners.clear()
    for owner in owners:
        owner.stop()


class Owner:
    """The one place where a board changes."""

    def __init__(self, board_id: int, public_id: str) -> None:
        self.board_id = board_id
        self.public_id = public_id
        self._queue: list[Ask] = []
        self._queued = threading.Lock()
        self._allowances: dict[str, Allowance] = {}
        self._ticking = threading.RLock()
        self._memory: Memory | None = None
        self._told: int | None = None  # the number up to which everybody has been told
        self._fresh: list[Row] = []
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._ticker = 0
        self._is_watched = False
        self._is_stopped = False
        self._stirred: dict[str, float] = {}  # when somebody of each table last did something
        self._begun = time.monotonic()

    # -- asking ------------------------------------------------------------------------------

    def ask(self, asked: Sequence[Ask]) -> None:
        """Queue operations for the next tick of the board's own thread."""
        self._put(asked)
        self.watch()
        self._wake.set()

    def do(self, asked: Sequence[Ask]) -> None:
        """Queue operations and see them done before returning: the way of forms and verbs."""
        self._put(asked)
        self.tick()

    def _put(self, asked: Sequence[Ask]) -> None:
        """What is too much, of one member or of all, is "busy"; so is what follows it in one go."""
        refused: list[Ask] = []
        with self._queued:
            for one in asked:
                is_busy = bool(refused) or len(self._queue) >= QUEUE
                if is_busy or not (one.effect or self._may_ask(one.member)):
                    refused.append(one)
                else:
                    self._queue.append(one)
        for one in refused:
            _answer(one, _busy())

    def _may_ask(self, member: str) -> bool:
        return self._allowances.setdefault(member, Allowance()).take()

    # -- reading -----------------------------------------------------------------------------

    @contextmanager
    def still(self) -> Iterator[Memory]:
        """The board while nothing happens on it, and nothing is told.

        Whoever waits for a tick gives their connection back first: else all of them together
        would hold every connection the tick needs. Inside a transaction nobody may wait at all.
        """
        if db.in_unit() and self._ticker != threading.get_ident():
            raise RuntimeError("a board is asked inside a transaction: its tick would wait for it")
        db.pause()
        with self._ticking:
            yield self._remember()

    def seen_by(self, member: str) -> tuple[State, int]:
        """The board as a member may see it, and the number up to which that is."""
        with self.still() as memory:
            return sights.seen(memory.state, member, _role(memory, member)), memory.seq

    def whole(self) -> tuple[State, int]:
        """The board as it is, for the server's own use; a copy."""
        with self.still() as memory:
            return copy.deepcopy(memory.state), memory.seq

    def role_of(self, member: str) -> str | None:
        """What a member is on the board, or None for who is not there (any more)."""
        with self.still() as memory:
            found = memory.state["members"].get(member)
            return found["role"] if found else None

    @property
    def seq(self) -> int:
        with self.still() as memory:
            return memory.seq

    def since(self, seq: int, member: str) -> list[dict[str, Any]] | None:
        """What a member missed after `seq`; None when they had better read the board anew: they
        missed too much, or see more or less of it by now than they did.
        """
        with self.still() as memory:
            if not 0 <= seq <= memory.seq or memory.seq - seq > CATCH_UP:
                return None
            if memory.seq - seq <= len(memory.tail):
                rows = [row for row in memory.tail if row.seq > seq]
            else:
                rows = logs.after(self.board_id, seq)
            if any(sights.recasts(row.effect, member) for row in rows):
                return None
            role = _role(memory, member)
            return [told(memory.state, row, member, role) for row in rows]

    def outgoing(self, rows: Iterable[Row], member: str, role: str) -> list[dict[str, Any]]:
        """New rows as one member may hear of them."""
        with self.still() as memory:
            return [told(memory.state, row, member, role) for row in rows]

    def concerned(self, rows: Iterable[Row]) -> set[str]:
        """Who hears of these rows otherwise than the rest; "" stands for the leads."""
        with self.still() as memory:
            found: set[str] = set()
            return found.union(*(sights.concerned(memory.state, row.effect) for row in rows))

    # -- the tick ----------------------------------------------------------------------------

    def tick(self) -> list[Row]:
        """Judge what waits, number it, write it, tell it; returns what was told."""
        if db.in_unit():
            raise RuntimeError(
                "a board is asked inside a transaction: what is told must be on disk"
            )
        db.pause()
        with self._ticking:
            with self._queued:
                asked, self._queue = self._queue, []
            self._ticker = threading.get_ident()
            answers = self._settled(asked)
            self._ticker = 0
            rows = self._tell()
            for one, answer in answers:
                _answer(one, answer)
        if self._is_watched and self._until_timer() is not None:
            self.watch()  # a timer that a form has set
        return rows

    def _settled(self, asked: Sequence[Ask]) -> list[tuple[Ask, Answer]]:
        """Have it written. Where one operation breaks the writing, the others are not lost."""
        for _attempt in range(TRIES):
            try:
                return self._judge_and_write(asked)
            except _Overtaken:
                self._memory = None
            except OperationalError:
                self._memory = None  # what was judged in memory never came to be
                log.exception("tick not written", board=self.board_id)
                break
            except Exception:
                self._memory = None
                log.exception("tick failed", board=self.board_id)
                if len(asked) > 1:
                    half = len(asked) // 2
                    return [*self._settled(asked[:half]), *self._settled(asked[half:])]
                break
        return [(one, _busy()) for one in asked]

    def _judge_and_write(self, asked: Sequence[Ask]) -> list[tuple[Ask, Answer]]:
        memory = self._remember()
        now = clock.now()
        tick = ticks.judged(memory, asked, now)
        if tick.rows:
            self._write(memory, tick, now)
            memory.seq = tick.rows[-1].seq
            memory.tail.extend(tick.rows)
            self._fresh += tick.rows
            self._stir(memory, tick.rows)
        return tick.answers

    def _write(self, memory: Memory, tick: Tick, now: datetime) -> None:
        with db.transaction():
            if not projections.claim(self.board_id, memory.state, memory.seq, tick.rows[-1].seq):
                raise _Overtaken
            for write in tick.writes:
                write()
            logs.write(self.board_id, tick.rows, now)
            projections.write(self.board_id, memory.state, tick.changed, now)
            for noted in _noted:
                noted(self.board_id, tick.rows)

    def _stir(self, memory: Memory, rows: Iterable[Row]) -> None:
        now = time.monotonic()
        for row in rows:
            member = memory.state["members"].get(row.by)
            if member is not None:
                self._stirred[member["table"]] = now

    def _tell(self) -> list[Row]:
        """Tell everybody what is on disk and was not told yet, whoever wrote it."""
        try:
            memory = self._remember()
        except OperationalError:
            log.exception("board not read", board=self.board_id)
            return []
        rows, self._fresh = self._fresh, []
        told, self._told = self._told, memory.seq
        if told is None or told >= memory.seq:
            return []
        if not rows or rows[0].seq != told + 1 or rows[-1].seq != memory.seq:
            rows = logs.after(self.board_id, max(told, memory.seq - TAIL))
        for teller in _tellers:
            try:
                teller(self, rows)
            except Exception:
                log.exception("not told", board=self.board_id)
        return rows

    def idle(self, table: str) -> int:
        """Seconds since somebody of a table did something on the board."""
        return int(time.monotonic() - self._stirred.get(table, self._begun))

    def _remember(self) -> Memory:
        if self._memory is None:
            state, seq = projections.read(self.board_id)
            workshop = db.session().get(Workshop, self.board_id)
            if workshop is None:
                raise NotFound
            tail = deque(logs.after(self.board_id, seq - TAIL), maxlen=TAIL)
            known = logs.senders(self.board_id)
            self._memory = Memory(state, seq, plan_of(workshop), known, tail)
            if self._told is None:
                self._told = seq
        return self._memory

    def refresh(self) -> None:
        """Forget what is known: the plan was changed, or somebody else wrote."""
        with self._ticking:
            self._memory = None

    # -- its thread --------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether a thread looks after this board."""
        return self._thread is not None

    def watch(self) -> None:
        """Have a thread look after the board, which ends when nothing is asked for a while."""
        self._is_watched = True
        with self._queued:
            if self._thread is None and not self._is_stopped:
                self._thread = threading.Thread(target=self._run, daemon=True, name="board")
                self._thread.start()

    def _run(self) -> None:
        while True:
            left = self._until_timer()
            is_asked = self._wake.wait(IDLE if left is None else max(0.01, min(left, IDLE)))
            self._wake.clear()
            with self._queued:
                is_idle = not is_asked and left is None and not self._queue
                if self._is_stopped or is_idle:
                    self._thread = None
                    return
            began = time.monotonic()
            try:
                self.tick()
            except Exception:
                log.exception("board thread", board=self.board_id)
            finally:
                db.session.remove()
            time.sleep(max(0.0, self._pause() - (time.monotonic() - began)))

    def _pause(self) -> float:
        count = len(self._memory.state["members"]) if self._memory is not None else 0
        return PAUSE + MORE * count if count > SMALL else 0.0

    def _until_timer(self) -> float | None:
        """Seconds until the board's timer ends; None while none runs."""
        memory = self._memory
        timer = memory.state["timer"] if memory else None
        if not timer or timer["ends"] is None:
            return None
        return float(timer["ends"] / 1000 - clock.now().timestamp())

    def stop(self) -> None:
        """End the thread; what waits is answered by whoever asks next."""
        with self._queued:
            self._is_stopped, thread = True, self._thread
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)


class _Overtaken(Exception):
    """The board's number is another than the one known: it was changed elsewhere."""


def _busy() -> Answer:
    return Answer(code="busy", said=REFUSALS["busy"])


def _answer(one: Ask, answer: Answer) -> None:
    try:
        one.answer(answer)
    except Exception:
        log.exception("not answered", n=one.n)


def _role(memory: Memory, member: str) -> str:
    return str(memory.state["members"].get(member, {}).get("role", "viewer"))


def told(state: State, row: Row, member: str, role: str) -> dict[str, Any]:
    """One row as it goes out to a member: `s` its number, `c` and `n` its sender's, and what."""
    effect = sights.outgoing(state, row.effect, member, role)
    return {"s": row.seq, "c": row.cid, "n": row.n, "m": row.by, **effect}


def plan_of(workshop: Workshop) -> Plan:
    """What a board must know of its workshop."""
    steps = tuple(
        Phase(str(one["id"]), str(one["kind"]), str(one["title"]), int(one.get("minutes", 0)))
        for one in workshop.phases
    )
    return Plan(steps, max(1, len(workshop.questions)))


def read(board_id: int) -> tuple[State, int]:
    """A board as the database has it, for those inside a transaction of their own."""
    return projections.read(board_id)


def append(board_id: int, effects: Sequence[Effect], *, by: str = "") -> None:
    """Let the server itself do something to a board, within the current transaction.

    For verbs that change other rows with it. The owner reads the board anew after the commit and
    tells whoever looks at it.
    """
    with db.transaction() as tx:
        query = select(Board).where(Board.workshop_id == board_id)
        board = tx.scalars(db.locked(query)).one()
        state, seq = projections.read(board_id)
        now = clock.now()
        changed: projections.Touched = set()
        rows: list[Row] = []
        for effect in effects:
            changed |= projections.touched(state, effect)
            folds.apply(state, effect)
            seq += 1
            rows.append(Row(seq, "server", seq, effect, by))
        projections.claim(board_id, state, board.seq, seq)
        logs.write(board_id, rows, now)
        projections.write(board_id, state, changed, now)
        tx.expire(board)
        for noted in _noted:
            noted(board_id, rows)
        db.on_commit(lambda: _tell_appended(board_id))


def _tell_appended(board_id: int) -> None:
    owner = _owners.get(board_id)
    if owner is not None:
        owner.refresh()
        owner.tick()


def history(board_id: int) -> Iterable[tuple[datetime, Row]]:
    """The whole log with its times, oldest first."""
    return logs.whole(board_id)
