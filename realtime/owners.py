"""The owner of a board: the one place where it changes, for sockets and forms alike.

What is asked waits in a queue; a tick judges it against the state now, numbers it, writes
log and tables in one transaction, and only then tells everybody. What was told is on disk. A
second owner of the same board would be noticed by the number it left, and the board read again.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from core import clock, db
from realtime import asks, listeners, logs, memories, projections, sights, ticks
from realtime.asks import Allowance, Answer, Ask, Row
from realtime.memories import Memory
from realtime.state import State
from realtime.ticks import Tick

log = structlog.get_logger(__name__)
QUEUE = 5_000  # operations that may wait: more is answered with "busy"
SMALL = 50  # members up to whom a tick follows at once
PAUSE = 0.05  # seconds from tick to tick of a larger board
MORE = 0.00003  # and for each member: the more hear a frame, the fewer there are
TRIES = 3
CATCH_UP = 2_000  # operations sent one by one; who missed more reads the board anew
IDLE = 60.0  # seconds after which a board's thread ends


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
            _answer(one, asks.busy())

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
            return sights.seen(memory.state, member, memory.role_of(member)), memory.seq

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
            role = memory.role_of(member)
            return [sights.told(memory.state, row, member, role) for row in rows]

    def outgoing(self, rows: Iterable[Row], member: str, role: str) -> list[dict[str, Any]]:
        """New rows as one member may hear of them."""
        with self.still() as memory:
            return [sights.told(memory.state, row, member, role) for row in rows]

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
            except Overtaken:
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
        return [(one, asks.busy()) for one in asked]

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
                raise Overtaken
            for write in tick.writes:
                write()
            logs.write(self.board_id, tick.rows, now)
            projections.write(self.board_id, memory.state, tick.changed, now)
            for noted in listeners.noters:
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
            rows = logs.after(self.board_id, max(told, memory.seq - memories.TAIL))
        for teller in listeners.tellers:
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
            self._memory = memories.remembered(self.board_id)
            if self._told is None:
                self._told = self._memory.seq
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


class Overtaken(Exception):
    """The board's number is another than the one known: it was changed elsewhere."""


def _answer(one: Ask, answer: Answer) -> None:
    try:
        one.answer(answer)
    except Exception:
        log.exception("not answered", n=one.n)
