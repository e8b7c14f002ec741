"""One tick of a board: what waits is judged in order, against the state as it becomes.

Works on the memory it is given and touches no database: who writes what comes of it forgets that
memory when the writing fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from realtime import folds, ops, projections
from realtime.asks import RESERVED, Answer, Ask, Row
from realtime.memories import Memory
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.state import Effect

log = structlog.get_logger(__name__)
_ELSEWHERE = frozenset({"note", "vote", "talk"})  # effects that never hang on another note's place


@dataclass
class Tick:
    """What a tick comes to: new rows, answers, what of the tables changed, rows of verbs."""

    rows: list[Row] = field(default_factory=list)
    answers: list[tuple[Ask, Answer]] = field(default_factory=list)
    changed: projections.Touched = field(default_factory=set)
    writes: list[Callable[[], None]] = field(default_factory=list)


@dataclass
class _Done:
    """An accepted operation before it has its number."""

    ask: Ask | None
    effect: Effect
    is_overtaken: bool = False


def judged(memory: Memory, asked: Sequence[Ask], now: datetime) -> Tick:
    """Judge what was asked and change the memory by it; numbers begin behind `memory.seq`."""
    tick = Tick()
    done: list[_Done] = []
    moves: dict[str, _Done] = {}
    known: set[tuple[str, int]] = set()
    ended = ops.born(memory.state, _ms(now))
    if ended is not None:
        folds.apply(memory.state, ended)
        done.append(_Done(None, ended))
    for one in asked:
        if (one.cid, one.n) in known or memory.senders.has(one.cid, one.n, _moved(one)):
            tick.answers.append((one, Answer(is_again=True)))
            continue
        try:
            effect = _judged(memory, one, now)
        except Refused as refused:
            tick.answers.append((one, Answer(code=refused.code, said=refused.said)))
            continue
        known.add((one.cid, one.n))
        memory.senders.members.setdefault(one.cid, one.member)
        changed = projections.touched(memory.state, effect)
        tick.changed |= changed
        folds.apply(memory.state, effect)
        done.append(_Done(one, effect))
        _overtake(moves, done[-1], changed)
        if one.write is not None:
            tick.writes.append(one.write)
    _number(memory, done, tick)
    return tick


def _judged(memory: Memory, one: Ask, now: datetime) -> Effect:
    """The effect of one operation; what nobody foresaw is its sender's refusal alone."""
    if one.effect is not None:
        return one.effect(memory.state) if callable(one.effect) else one.effect
    if (
        one.cid.startswith(RESERVED)
        or memory.senders.members.get(one.cid, one.member) != one.member
    ):
        raise Refused("shape")  # somebody else's sender: their operations would pass for done
    member = memory.state["members"].get(one.member)
    role = member["role"] if member else "viewer"
    try:
        return ops.judged(memory.state, Asking(one.member, role, _ms(now), memory.plan), one.op)
    except Refused:
        raise
    except Exception as error:
        log.exception("operation not judged", op=str(one.op.get("op"))[:40])
        raise Refused("shape") from error


def _overtake(moves: dict[str, _Done], now: _Done, changed: projections.Touched) -> None:
    """Of one sender's moves of a note with nothing of it between, the last is worth keeping."""
    kind, _dot, what = str(now.effect["op"]).partition(".")
    if kind not in _ELSEWHERE:
        moves.clear()
        return
    if kind == "note" and what == "move":
        before = moves.get(now.effect["id"])
        if before is not None and before.ask and now.ask and before.ask.cid == now.ask.cid:
            before.is_overtaken = True
        moves[now.effect["id"]] = now
        return
    for _kind, id_ in changed:
        moves.pop(id_, None)


def _number(memory: Memory, done: Sequence[_Done], tick: Tick) -> None:
    seq = memory.seq
    for one in done:
        if one.is_overtaken and one.ask is not None:
            tick.answers.append((one.ask, Answer(is_again=True)))
            continue
        seq += 1
        ask = one.ask
        row = Row(seq, ask.cid, ask.n, one.effect, ask.member) if ask else _own(seq, one.effect)
        tick.rows.append(row)
        memory.senders.keep(row)
        if ask is not None:
            tick.answers.append((ask, Answer(row=row)))


def _own(seq: int, effect: Effect) -> Row:
    return Row(seq, "server", seq, effect)


def _moved(one: Ask) -> str:
    note = one.op.get("id")
    return note if one.op.get("op") == "note.move" and isinstance(note, str) else ""


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
