"""Boards: one owner each, through which every change goes, from a socket or from a form.

What is asked waits in a queue; a tick judges it against the state now, numbers it, writes
log and tables in one transaction, and only then tells everybody. What was told is on disk. A
second owner of the same board would be noticed by the number it left, and the board read again.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import func, insert, select, update

from core import clock, db
from core.errors import NotFound
from core.messages import Message
from realtime import ops, projections
from realtime import state as states
from realtime.models import Board, BoardOp, Workshop
from realtime.ops import Asking, Phase, Plan, Refused
from realtime.state import Effect, State

log = structlog.get_logger(__name__)
QUEUE = 5_000  # operations that may wait: more is answered with "busy"
SMALL = 50  # members up to whom a tick follows at once
PAUSE = 0.05  # seconds between ticks of a larger board
TRIES = 3
CATCH_UP = 2_000  # operations sent one by one; who missed more reads the board anew


@dataclass(frozen=True)
class Row:
    """One line of a board's log: its number, who asked, and what it did."""

    seq: int
    cid: str
    n: int
    effect: Effect
    by: str = ""


@dataclass(frozen=True)
class Answer:
    """What becomes of one operation: its row, or why not; `is_again` was done before."""

    row: Row | None = None
    code: str = ""
    said: Message | str = ""
    is_again: bool = False


@dataclass
class Ask:
    """One operation in the queue. `effect` is given for what the server itself does: as it is, or
    made of the state at that moment (it may raise `Refused`).
    """

    member: str
    cid: str
    n: int
    op: Mapping[str, Any]
    answer: Callable[[Answer], None]
    effect: Effect | Callable[[State], Effect] | None = None
    write: Callable[[], None] | None = None  # rows that belong to the same transaction


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
    with _lock:
        owner = _owners.get(workshop.id)
        if owner is None:
            owner = _owners[workshop.id] = Owner(workshop.id, workshop.public_id)
        return owner


def forget() -> None:
    """Let go of every board; the next to ask reads it from the database."""
    with _lock:
        for owner in _owners.values():
            owner.stop()
        _owners.clear()


@dataclass
class _Memory:
    """What an owner knows of its board; made anew from the database when in doubt."""

    state: State
    seq: int
    high: dict[str, int] = field(default_factory=dict)  # the last number of each sender
    plan: Plan = field(default_factory=lambda: Plan(()))


class Owner:
    """The one place where a board changes."""

    def __init__(self, board_id: int, public_id: str) -> None:
        self.board_id = board_id
        self.public_id = public_id
        self._queue: list[Ask] = []
        self._queued = threading.Lock()
        self._ticking = threading.RLock()
        self._memory: _Memory | None = None
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    # -- asking ------------------------------------------------------------------------------

    def ask(self, asked: Sequence[Ask]) -> None:
        """Queue operations for the next tick of the board's own thread."""
        self._put(asked)
        if self._thread is None:
            self._start()
        self._wake.set()

    def do(self, asked: Sequence[Ask]) -> None:
        """Queue operations and see them done before returning: the way of forms and verbs."""
        self._put(asked)
        self.tick()

    def _put(self, asked: Sequence[Ask]) -> None:
        with self._queued:
            room = QUEUE - len(self._queue)
            self._queue += asked[:room]
        for one in asked[room:] if room > 0 else asked:
            one.answer(Answer(code="busy", said=ops.REFUSALS["busy"]))

    # -- reading -----------------------------------------------------------------------------

    def seen_by(self, member: str) -> tuple[State, int]:
        """The board as a member may see it, and the number up to which that is."""
        with self._ticking:
            memory = self._remember()
            role = memory.state["members"].get(member, {}).get("role", "viewer")
            return states.seen(memory.state, member, role), memory.seq

    def whole(self) -> tuple[State, int]:
        """The board as it is, for the server's own use; a copy."""
        with self._ticking:
            memory = self._remember()
            return copy.deepcopy(memory.state), memory.seq

    def role_of(self, member: str) -> str | None:
        """What a member is on the board, or None for who is not there (any more)."""
        with self._ticking:
            found = self._remember().state["members"].get(member)
            return found["role"] if found else None

    @property
    def seq(self) -> int:
        with self._ticking:
            return self._remember().seq

    def since(self, seq: int, member: str) -> list[dict[str, Any]] | None:
        """What a member missed after `seq`; None when they had better read the board anew."""
        with self._ticking:
            memory = self._remember()
            if not 0 <= seq <= memory.seq or memory.seq - seq > CATCH_UP:
                return None
            rows = list(_logged(self.board_id, seq))
            role = memory.state["members"].get(member, {}).get("role", "viewer")
            return [told(memory.state, row, member, role) for row in rows]

    def outgoing(self, rows: Iterable[Row], member: str, role: str) -> list[dict[str, Any]]:
        """New rows as one member may hear of them."""
        with self._ticking:
            state = self._remember().state
            return [told(state, row, member, role) for row in rows]

    def concerned(self, rows: Iterable[Row]) -> set[str]:
        """Who hears of these rows otherwise than the rest; "" stands for the leads."""
        with self._ticking:
            state = self._remember().state
            found = (states.concerned(state, row.effect) for row in rows)
            return {one for one in found if one is not None}

    # -- the tick ----------------------------------------------------------------------------

    def tick(self) -> list[Row]:
        """Judge what waits, number it, write it, tell it; returns the new rows."""
        if db.in_unit():
            raise RuntimeError(
                "a board is asked inside a transaction: what is told must be on disk"
            )
        with self._ticking:
            with self._queued:
                asked, self._queue = self._queue, []
            rows: list[Row] = []
            for attempt in range(TRIES):
                try:
                    rows, answers = self._judge_and_write(asked)
                    break
                except _Overtaken:
                    self._memory = None
                    if attempt == TRIES - 1:
                        answers = [
                            (one, Answer(code="busy", said=ops.REFUSALS["busy"])) for one in asked
                        ]
                except Exception:
                    self._memory = None  # what was judged in memory never came to be
                    log.exception("tick failed", board=self.board_id)
                    answers = [
                        (one, Answer(code="busy", said=ops.REFUSALS["busy"])) for one in asked
                    ]
                    break
            if rows:
                for teller in _tellers:
                    teller(self, rows)
            for one, answer in answers:
                one.answer(answer)
            return rows

    def _judge_and_write(self, asked: Sequence[Ask]) -> tuple[list[Row], list[tuple[Ask, Answer]]]:
        memory = self._remember()
        now = clock.now()
        plan = memory.plan
        rows: list[Row] = []
        answers: list[tuple[Ask, Answer]] = []
        changed: projections.Touched = set()
        seq = memory.seq
        ended = ops.born(memory.state, _ms(now))
        if ended is not None:
            seq += 1
            rows.append(Row(seq, "server", seq, ended))
            states.apply(memory.state, ended)
        last = _last_moves(asked)
        writes: list[Callable[[], None]] = []
        for place, one in enumerate(asked):
            if one.n <= memory.high.get(one.cid, 0):
                answers.append((one, Answer(is_again=True)))
                continue
            try:
                effect = self._judged(memory.state, one, now, plan)
            except Refused as refused:
                answers.append((one, Answer(code=refused.code, said=refused.said)))
                continue
            memory.high[one.cid] = one.n
            if last.get(place, place) != place:
                answers.append((one, Answer(is_again=True)))  # moved again in the same breath
                continue
            changed |= projections.touched(memory.state, effect)
            seq += 1
            row = Row(seq, one.cid, one.n, effect, one.member)
            states.apply(memory.state, effect)
            rows.append(row)
            answers.append((one, Answer(row=row)))
            if one.write is not None:
                writes.append(one.write)
        if rows:
            with db.transaction():
                self._claim(memory.seq, seq)
                for write in writes:
                    write()
                _write_log(self.board_id, rows, now)
                projections.write(self.board_id, memory.state, seq, changed, now)
                for noted in _noted:
                    noted(self.board_id, rows)
            memory.seq = seq
        return rows, answers

    def _judged(self, state: State, one: Ask, now: datetime, plan: Plan) -> Effect:
        if one.effect is not None:
            return one.effect(state) if callable(one.effect) else one.effect
        member = state["members"].get(one.member)
        role = member["role"] if member else "viewer"
        return ops.judged(state, Asking(one.member, role, _ms(now), plan), one.op)

    def _claim(self, before: int, after: int) -> None:
        """Take the next numbers of the log; raises `_Overtaken` when somebody else did."""
        query = update(Board).where(Board.workshop_id == self.board_id, Board.seq == before)
        done: Any = db.session().execute(query.values(seq=after))
        if done.rowcount != 1:
            raise _Overtaken

    def _remember(self) -> _Memory:
        if self._memory is None:
            state, seq = projections.read(self.board_id)
            query = select(BoardOp.cid, func.max(BoardOp.n)).where(
                BoardOp.board_id == self.board_id
            )
            found = db.session().execute(query.group_by(BoardOp.cid))
            high: dict[str, int] = {row[0]: row[1] for row in found}
            workshop = db.session().get(Workshop, self.board_id)
            if workshop is None:
                raise NotFound
            self._memory = _Memory(state, seq, high, plan_of(workshop))
        return self._memory

    def refresh(self) -> None:
        """Forget what is known: the plan was changed, or somebody else wrote."""
        with self._ticking:
            self._memory = None

    # -- its thread --------------------------------------------------------------------------

    def _start(self) -> None:
        with self._queued:
            if self._thread is None and not self._is_stopped:
                self._thread = threading.Thread(target=self._run, daemon=True, name="board")
                self._thread.start()

    def _run(self) -> None:
        while not self._is_stopped:
            self._wake.wait(self._until_timer())
            self._wake.clear()
            began = time.monotonic()
            try:
                self.tick()
            except Exception:
                log.exception("board thread", board=self.board_id)
            finally:
                db.session.remove()
            if self._is_large():
                time.sleep(max(0.0, PAUSE - (time.monotonic() - began)))

    def _is_large(self) -> bool:
        return self._memory is not None and len(self._memory.state["members"]) > SMALL

    def _until_timer(self) -> float:
        memory = self._memory
        timer = memory.state["timer"] if memory else None
        if not timer or timer["ends"] is None:
            return 60.0
        left: float = timer["ends"] / 1000 - clock.now().timestamp()
        return max(0.01, min(60.0, left))

    def stop(self) -> None:
        """End the thread; what waits is answered by whoever asks next."""
        self._is_stopped = True
        self._wake.set()


class _Overtaken(Exception):
    """The board's number is another than the one known: it was changed elsewhere."""


def told(state: State, row: Row, member: str, role: str) -> dict[str, Any]:
    """One row as it goes out to a member: `s` its number, `c` and `n` its sender's, and what."""
    effect = states.outgoing(state, row.effect, member, role)
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
            states.apply(state, effect)
            seq += 1
            rows.append(Row(seq, "server", seq, effect, by))
        _write_log(board_id, rows, now)
        projections.write(board_id, state, seq, changed, now)
        tx.expire(board)
        for noted in _noted:
            noted(board_id, rows)
        db.on_commit(lambda: _tell_appended(board_id, rows))


def _tell_appended(board_id: int, rows: list[Row]) -> None:
    owner = _owners.get(board_id)
    if owner is not None:
        owner.refresh()
        for teller in _tellers:
            teller(owner, rows)


def history(board_id: int) -> Iterable[tuple[datetime, Row]]:
    """The whole log with its times, oldest first."""
    query = select(BoardOp).where(BoardOp.board_id == board_id).order_by(BoardOp.seq)
    for op in db.session().scalars(query.execution_options(yield_per=1000)):
        yield op.at, Row(op.seq, op.cid, op.n, op.body, op.member)


def _logged(board_id: int, after: int) -> Iterable[Row]:
    query = select(BoardOp.seq, BoardOp.cid, BoardOp.n, BoardOp.body, BoardOp.member)
    query = query.where(BoardOp.board_id == board_id, BoardOp.seq > after).order_by(BoardOp.seq)
    for seq, cid, n, body, member in db.session().execute(query):
        yield Row(seq, cid, n, body, member)


def _write_log(board_id: int, rows: Sequence[Row], at: datetime) -> None:
    db.session().execute(
        insert(BoardOp),
        [
            {
                "board_id": board_id,
                "seq": row.seq,
                "cid": row.cid,
                "n": row.n,
                "member": row.by,
                "at": at,
                "body": row.effect,
            }
            for row in rows
        ],
    )


def _last_moves(asked: Sequence[Ask]) -> dict[int, int]:
    """For each move in the queue, the place of the last one of the same note by the same sender
    with nothing else of that note in between: only that one is worth writing.
    """
    latest: dict[str, int] = {}
    found: dict[int, int] = {}
    for place in range(len(asked) - 1, -1, -1):
        one = asked[place]
        note = one.op.get("id") if isinstance(one.op.get("id"), str) else None
        if one.op.get("op") == "note.move" and note is not None:
            later = latest.get(note)
            if later is not None and asked[later].cid == one.cid:
                found[place] = found.get(later, later)
            else:
                latest[note] = place
        elif note is not None:
            latest.pop(note, None)
        elif isinstance(one.op.get("notes"), list):
            latest.clear()
    return found


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
