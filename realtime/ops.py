"""What somebody asks of a board, judged against its state now: an effect, or a refusal.

`judged` is pure: the clock and the workshop's plan are given to it. Nothing is trusted: shapes,
lengths, who one is, the phase, the table, the budget. What it returns is what the log keeps.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core import text
from core.errors import Invalid
from core.messages import Message, _
from realtime import phases
from realtime.phases import Role
from realtime.state import Effect, State, echoes, members_of, vote_totals

NOTE_LIMIT = 100
TITLE_LIMIT = 60
TALK_LIMIT = 200
SUM_LIMIT = 1_000
REASON_LIMIT = 200
NOTES = 3_000  # on one board
ISLANDS = 600
LINKS = 600
EDGE = 100_000  # units from the middle of the board
COLORS = range(1, 5)
TABLES = 60
_ID = re.compile(r"[A-Za-z0-9_-]{4,40}")
_ORDER = re.compile(r"[0-9A-Za-z]{1,60}")

REFUSALS: dict[str, Message] = {
    "shape": _("うまく受け取れませんでした。画面を開き直してください。"),
    "phase": _("いまの場面では、この操作はできません。"),
    "closed": _("このボードは終わりました。読むことはできます。"),
    "frozen": _("進行役が、いま全員の手を止めています。少しお待ちください。"),
    "locked": _("進行役が、書き足しを止めています。"),
    "gone": _("ほかの人が先に動かしたか、取り下げました。"),
    "own": _("ほかの人が書いた付せんです。書き直せるのは、書いた人と進行役だけです。"),
    "table": _("ほかの班のものです。自分の班のものを動かせます。"),
    "budget": _("選べる数を使いきりました。どれかを外すと、選び直せます。"),
    "full": _("このボードは、いっぱいです。"),
    "exists": _("同じものが、もうあります。"),
    "text": _("文を直してください。"),
    "busy": _("いま混み合っています。少し待つと、自動で送り直します。"),
    "stranger": _("このボードに参加していません。"),
}


class Refused(Exception):
    """An operation that is not done; `code` names why, `said` tells the person."""

    def __init__(self, code: str, said: Message | str = "") -> None:
        self.code = code
        self.said = said or REFUSALS[code]
        super().__init__(code)


@dataclass(frozen=True)
class Phase:
    """One step of the programme, as the workshop planned it."""

    id: str
    kind: str
    title: str
    minutes: int = 0


@dataclass(frozen=True)
class Plan:
    """What a board is told by its workshop: the phases in order and how many questions."""

    phases: tuple[Phase, ...]
    questions: int = 1

    def phase(self, id_: object) -> Phase | None:
        return next((phase for phase in self.phases if phase.id == id_), None)


@dataclass(frozen=True)
class Asking:
    """Who asks, when (ms since 1970) and of which plan."""

    member: str
    role: str
    now: int
    plan: Plan = field(default_factory=lambda: Plan(()))


Judge = Callable[[State, Asking, Mapping[str, Any]], Effect]


def judged(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """The effect of an operation on this state; raises `Refused`, and changes nothing."""
    kind = op.get("op")
    judge = _JUDGES.get(kind) if isinstance(kind, str) else None
    if judge is None or not isinstance(kind, str):
        raise Refused("shape")
    if who.member not in state["members"]:
        raise Refused("stranger")
    if not state["open"]:
        raise Refused("closed")
    if kind not in phases.allowed(state["kind"], who.role):
        raise Refused("phase")
    if who.role != Role.LEAD:
        if state["frozen"]:
            raise Refused("frozen")
        if state["locked"] and kind in ("note.add", "note.text", "note.copy"):
            raise Refused("locked")
    return judge(state, who, op)


def born(state: State, now: int) -> Effect | None:
    """What the clock does by itself: the timer's end."""
    timer = state["timer"]
    if timer and timer["ends"] is not None and timer["ends"] <= now:
        return {"op": "timer.end"}
    return None


def _note_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _new_id(op, state["notes"])
    if len(state["notes"]) >= NOTES:
        raise Refused("full")
    island = _string(op.get("island", ""))
    if island:
        _island(state, island)
    table = state["islands"][island]["table"] if island else _table_for(state, who, op)
    _require_table(state, who, table)
    return {
        "op": "note.add",
        "id": id_,
        "by": who.member,
        "table": table,
        "q": _whole(op.get("q", 0), 0, max(0, who.plan.questions - 1)),
        "text": _text(op, NOTE_LIMIT),
        "color": _whole(op.get("color", 1), min(COLORS), max(COLORS)),
        **_point(op),
        "island": island,
        "o": _order(op) if island else "",
        "veil": state["kind"] in phases.WRITES,
        "of": "",
    }


def _note_copy(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """The same words a second time: one opinion still, which is why it remembers of which."""
    id_ = _new_id(op, state["notes"])
    of = _string(op.get("of", ""))
    note = _note(state, who, of)
    _require_table(state, who, note["table"])
    if len(state["notes"]) >= NOTES:
        raise Refused("full")
    kept = {name: note[name] for name in ("table", "q", "text", "color")}
    return {
        "op": "note.add",
        "id": id_,
        "by": note["by"],
        **kept,
        **_point(op),
        "island": "",
        "o": "",
        "veil": note["veil"],
        "of": note["of"] or of,
    }


def _note_text(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    note = _note(state, who, id_)
    _require_own(who, note)
    said = _text(op, NOTE_LIMIT)
    effect: Effect = {"op": "note.text", "id": id_, "text": said, "v": note["v"] + 1}
    if op.get("base") != note["v"] and note["text"] != said:
        effect["was"] = note["text"]  # who was overtaken is shown, not lost
    return effect


def _note_color(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    _require_own(who, _note(state, who, id_))
    color = _whole(op.get("color"), min(COLORS), max(COLORS))
    return {"op": "note.color", "id": id_, "color": color}


def _note_move(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    note = _note(state, who, id_)
    _require_table(state, who, note["table"])
    if state["kind"] not in _SORTING and who.role != Role.LEAD:
        _require_own(who, note)
    table = note["table"]
    if who.role in (Role.LEAD, Role.HELPER) and "table" in op:
        table = _known_table(state, op["table"])
    return {"op": "note.move", "id": id_, **_point(op), "table": table}


def _note_place(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_, island = _string(op.get("id", "")), _string(op.get("island", ""))
    note = _note(state, who, id_)
    there = _island(state, island)
    _require_table(state, who, note["table"])
    _require_table(state, who, there["table"])
    return {"op": "note.place", "id": id_, "island": island, "o": _order(op)}


def _note_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Only who wrote a note takes it off the board; a lead hides it, with a reason (law 7)."""
    id_ = _string(op.get("id", ""))
    _require_author(who, _note(state, who, id_))
    return {"op": "note.del", "id": id_}


def _note_back(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    note = state["notes"].get(id_)
    if note is None or not note["gone"]:
        raise Refused("gone")
    _require_author(who, note)
    return {"op": "note.back", "id": id_}


def _note_hide(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    note = state["notes"].get(id_)
    if note is None or note["gone"] or note["hid"]:
        raise Refused("gone")
    reason = _text(op, REASON_LIMIT, "reason")
    return {"op": "note.hide", "id": id_, "reason": reason, "also": echoes(state, id_)}


def _note_show(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    note = state["notes"].get(id_)
    if note is None or not note["hid"]:
        raise Refused("gone")
    return {"op": "note.show", "id": id_, "also": echoes(state, id_)}


def _island_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """An island, with notes put on it at once: one tap on two notes, or an accepted suggestion."""
    id_ = _new_id(op, state["islands"])
    if len(state["islands"]) >= ISLANDS:
        raise Refused("full")
    table = _table_for(state, who, op)
    _require_table(state, who, table)
    notes = [_string(one) for one in _many(op.get("notes", []), NOTES)]
    for note in notes:
        _require_table(state, who, _note(state, who, note)["table"])
    return {
        "op": "island.add",
        "id": id_,
        "title": _text(op, TITLE_LIMIT, "title", required=False),
        "table": table,
        **_point(op),
        "o": _order(op) if op.get("o") else "1",
        "by": who.member,
        "notes": list(dict.fromkeys(notes)),
    }


def _island_title(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    _require_table(state, who, _island(state, id_)["table"])
    return {"op": "island.title", "id": id_, "title": _text(op, TITLE_LIMIT, "title")}


def _island_move(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    _require_table(state, who, _island(state, id_)["table"])
    return {"op": "island.move", "id": id_, **_point(op)}


def _island_order(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Another place among the islands of its table, where they are read one after the other."""
    id_ = _string(op.get("id", ""))
    _require_table(state, who, _island(state, id_)["table"])
    return {"op": "island.order", "id": id_, "o": _order(op)}


def _island_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    _require_table(state, who, _island(state, id_)["table"])
    return {"op": "island.del", "id": id_}


def _island_back(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    island = state["islands"].get(id_)
    if island is None or not island["gone"]:
        raise Refused("gone")
    _require_table(state, who, island["table"])
    notes = dict.fromkeys(_string(one) for one in _many(op.get("notes", []), NOTES))
    return {
        "op": "island.back",
        "id": id_,
        "notes": [n for n in notes if _may_place(state, who, n)],
    }


def _may_place(state: State, who: Asking, id_: str) -> bool:
    """Whether somebody may put a note on an island: else it stays where it is by now."""
    try:
        _require_table(state, who, _note(state, who, id_)["table"])
    except Refused:
        return False
    return True


def _link_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _new_id(op, state["links"])
    a, b = _string(op.get("a", "")), _string(op.get("b", ""))
    for end in (a, b):
        _require_table(state, who, _island(state, end)["table"])
    if a == b or any({a, b} == {one["a"], one["b"]} for one in state["links"].values()):
        raise Refused("exists")
    if len(state["links"]) >= LINKS:
        raise Refused("full")
    word = _text(op, TITLE_LIMIT, "word", required=False)
    return {"op": "link.add", "id": id_, "a": a, "b": b, "word": word}


def _link_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    link = state["links"].get(id_)
    if link is None:
        raise Refused("gone")
    _require_table(state, who, state["islands"][link["a"]]["table"])
    return {"op": "link.del", "id": id_}


def _talk_add(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _new_id(op, state["talks"])
    note = _string(op.get("note", ""))
    _note(state, who, note)
    if len(state["talks"]) >= NOTES:
        raise Refused("full")
    said = _text(op, TALK_LIMIT)
    return {"op": "talk.add", "id": id_, "note": note, "by": who.member, "text": said}


def _talk_del(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    said = state["talks"].get(id_)
    if said is None:
        raise Refused("gone")
    _require_own(who, said)
    return {"op": "talk.del", "id": id_}


def _vote_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """A vote is set, never added: the same twice is the same once. The budget is checked here."""
    note, k = _string(op.get("note", "")), _whole(op.get("k"), 0, 1)
    if state["tally"] is not None:
        raise Refused("phase")
    found = _note(state, who, note)
    if found["veil"]:
        raise Refused("gone")
    others = sum(1 for one in state["votes"].get(who.member, {}) if one != note)
    if k and others + 1 > state["budget"]:
        raise Refused("budget")
    return {"op": "vote.set", "by": who.member, "note": note, "k": k}


def _sum_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    if id_ != "all":
        _require_table(state, who, _known_table(state, id_))
    elif who.role not in (Role.LEAD, Role.HELPER):
        raise Refused("table")
    before = state["sums"].get(id_, {"text": "", "v": 0})
    said = _text(op, SUM_LIMIT, required=False)
    effect: Effect = {"op": "sum.set", "id": id_, "text": said, "v": before["v"] + 1}
    if op.get("base") != before["v"] and before["text"] not in ("", said):
        effect["was"] = before["text"]
    return effect


def _phase_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    phase = who.plan.phase(op.get("id"))
    if phase is None:
        raise Refused("shape")
    timer = {"ends": who.now + 60_000 * phase.minutes, "left": None} if phase.minutes else None
    effect: Effect = {"op": "phase.set", "id": phase.id, "kind": phase.kind, "timer": timer}
    if phase.kind not in phases.WRITES:
        effect["unveil"] = _veiled(state)
    return effect


def _timer_set(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """Start, stop, or a minute more; what was stopped keeps what was left."""
    timer = state["timer"] or {"ends": None, "left": 0}
    running = timer["ends"] is not None
    left = max(0, timer["ends"] - who.now) if running else timer["left"] or 0
    act = op.get("act")
    if act == "add":
        left = min(left + 60_000 * _whole(op.get("minutes", 1), 1, 60), 24 * 3_600_000)
    elif act == "start":
        running = True
    elif act == "stop":
        running = False
    elif act == "clear":
        return {"op": "timer.set", "timer": None}
    else:
        raise Refused("shape")
    if running and left <= 0:
        raise Refused("shape")
    ends = who.now + left if running else None
    return {"op": "timer.set", "timer": {"ends": ends, "left": None if running else left}}


def _reveal_notes(state: State, _who: Asking, _op: Mapping[str, Any]) -> Effect:
    return {"op": "reveal.notes", "unveil": _veiled(state)}


def _reveal_votes(state: State, _who: Asking, _op: Mapping[str, Any]) -> Effect:
    return {"op": "reveal.votes", "tally": vote_totals(state)}


def _flag(name: str) -> Judge:
    def judge(_state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
        if not isinstance(op.get("on"), bool):
            raise Refused("shape")
        return {"op": name, "on": op["on"]}

    return judge


def _look_set(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    at = op.get("at")
    if at is None:
        return {"op": "look.set", "at": None}
    if not isinstance(at, str) or not (at in state["islands"] or at in state["tables"]):
        raise Refused("gone")
    return {"op": "look.set", "at": at}


def _table_add(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _new_id(op, state["tables"])
    if len(state["tables"]) >= TABLES:
        raise Refused("full")
    title = _text(op, TITLE_LIMIT, "title")
    return {"op": "table.add", "id": id_, "title": title, "o": f"{len(state['tables']) + 1:04d}"}


def _table_title(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _known_table(state, op.get("id"))
    return {"op": "table.title", "id": id_, "title": _text(op, TITLE_LIMIT, "title")}


def _members_seat(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    seats = op.get("seats")
    if not isinstance(seats, dict) or not all(isinstance(one, str) for one in seats):
        raise Refused("shape")
    known = {
        member: _known_table(state, table) if table else ""
        for member, table in seats.items()
        if member in state["members"]
    }
    return {"op": "members.seat", "seats": known}


def _members_shuffle(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    """Everybody but the hosts to another table where that is possible, as evenly as can be."""
    tables = sorted(state["tables"], key=lambda one: (state["tables"][one]["o"], one))
    if not tables:
        raise Refused("gone")
    chance = random.Random(_whole(op.get("seed", 0), 0, 2**31))  # noqa: S311 seats, not secrets
    sits = {i: one for i, one in state["members"].items() if one["role"] == Role.MEMBER}
    order = sorted(sits)
    chance.shuffle(order)
    size = dict.fromkeys(tables, 0)
    seats: dict[str, str] = {}
    for member in order:
        before = sits[member]["table"]
        free = sorted(tables, key=lambda one: (size[one], one == before, tables.index(one)))
        least = size[free[0]]
        table = next((one for one in free if one != before and size[one] <= least), free[0])
        seats[member] = table
        size[table] += 1
    return {"op": "members.seat", "seats": dict(sorted(seats.items()))}


def _member_gone(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    id_ = _string(op.get("id", ""))
    if id_ not in state["members"] or id_ == who.member:
        raise Refused("gone")
    return {"op": "member.gone", "id": id_}


def _speakers_set(state: State, _who: Asking, op: Mapping[str, Any]) -> Effect:
    order = [_known_table(state, one) for one in _many(op.get("order", []), TABLES)]
    now = op.get("now")
    if now is not None and now not in order:
        raise Refused("gone")
    return {"op": "speakers.set", "order": order, "now": now}


_SORTING = frozenset({phases.Kind.GROUP})
_JUDGES: dict[str, Judge] = {
    "note.add": _note_add,
    "note.copy": _note_copy,
    "note.text": _note_text,
    "note.color": _note_color,
    "note.move": _note_move,
    "note.place": _note_place,
    "note.del": _note_del,
    "note.back": _note_back,
    "note.hide": _note_hide,
    "note.show": _note_show,
    "island.add": _island_add,
    "island.fill": _island_add,
    "island.title": _island_title,
    "island.move": _island_move,
    "island.order": _island_order,
    "island.del": _island_del,
    "island.back": _island_back,
    "link.add": _link_add,
    "link.del": _link_del,
    "talk.add": _talk_add,
    "talk.del": _talk_del,
    "vote.set": _vote_set,
    "sum.set": _sum_set,
    "phase.set": _phase_set,
    "timer.set": _timer_set,
    "reveal.notes": _reveal_notes,
    "reveal.votes": _reveal_votes,
    "lock.set": _flag("lock.set"),
    "freeze.set": _flag("freeze.set"),
    "names.set": _flag("names.set"),
    "look.set": _look_set,
    "table.add": _table_add,
    "table.title": _table_title,
    "members.seat": _members_seat,
    "members.shuffle": _members_shuffle,
    "member.gone": _member_gone,
    "speakers.set": _speakers_set,
}
KINDS = frozenset(_JUDGES)


def after_last(state: State, island: str) -> str:
    """An order key behind every note of an island."""
    notes = members_of(state, island)
    return between(state["notes"][notes[-1]]["o"] if notes else "", "")


def between(low: str, high: str) -> str:
    """A key that sorts after `low` and before `high` ("" is no bound); both of [0-9A-Za-z].

    Fractional indexing (Figma, 2017): room is found by one more letter where there is none.
    """
    place = 0
    key = ""
    while True:
        a = _DIGITS.index(low[place]) if place < len(low) else 0
        b = _DIGITS.index(high[place]) if place < len(high) else len(_DIGITS)
        if b - a > 1:
            return key + _DIGITS[(a + b) // 2]
        key += _DIGITS[a]
        if b - a == 1:
            high = ""  # below the next letter everything is free
        place += 1


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _veiled(state: State) -> list[str]:
    return sorted(id_ for id_, note in state["notes"].items() if note["veil"])


def _note(state: State, who: Asking, id_: str) -> dict[str, Any]:
    """A note one can do something with: there, and shown to whoever asks."""
    note: dict[str, Any] | None = state["notes"].get(id_)
    if note is None or note["gone"] or note["hid"]:
        raise Refused("gone")
    if note["veil"] and note["by"] != who.member:
        raise Refused("own")
    return note


def _island(state: State, id_: str) -> dict[str, Any]:
    island: dict[str, Any] | None = state["islands"].get(id_)
    if island is None or island["gone"]:
        raise Refused("gone")
    return island


def _require_own(who: Asking, thing: Mapping[str, Any]) -> None:
    if thing["by"] != who.member and who.role != Role.LEAD:
        raise Refused("own")


def _require_author(who: Asking, thing: Mapping[str, Any]) -> None:
    if thing["by"] != who.member:
        raise Refused("own")


def _require_table(state: State, who: Asking, table: str) -> None:
    """Everybody works at their own table; what stands on none is everybody's."""
    if table and who.role not in (Role.LEAD, Role.HELPER):
        sits = state["members"][who.member]["table"]
        if sits and sits != table:
            raise Refused("table")


def _table_for(state: State, who: Asking, op: Mapping[str, Any]) -> str:
    """The table something new is for: one's own, or the one a lead or helper names."""
    if who.role in (Role.LEAD, Role.HELPER) and op.get("table"):
        return _known_table(state, op["table"])
    table: str = state["members"][who.member]["table"]
    return table


def _known_table(state: State, id_: object) -> str:
    if not isinstance(id_, str) or id_ not in state["tables"]:
        raise Refused("gone")
    return id_


def _new_id(op: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    id_ = _string(op.get("id", ""))
    if not _ID.fullmatch(id_):
        raise Refused("shape")
    if id_ in there:
        raise Refused("exists")
    return id_


def _string(said: object) -> str:
    if not isinstance(said, str) or len(said) > 40:
        raise Refused("shape")
    return said


def _many(said: object, most: int) -> list[Any]:
    if not isinstance(said, list) or len(said) > most:
        raise Refused("shape")
    return said


def _whole(said: object, least: int, most: int) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not least <= said <= most:
        raise Refused("shape")
    return said


def _point(op: Mapping[str, Any]) -> dict[str, int]:
    return {name: _whole(op.get(name, 0), -EDGE, EDGE) for name in ("x", "y")}


def _order(op: Mapping[str, Any]) -> str:
    key = op.get("o")
    if not isinstance(key, str) or not _ORDER.fullmatch(key):
        raise Refused("shape")
    return key


def _text(op: Mapping[str, Any], limit: int, name: str = "text", *, required: bool = True) -> str:
    said = op.get(name, "")
    if not isinstance(said, str):
        raise Refused("shape")
    try:
        return text.accepted(name, said, limit=limit, required=required)
    except Invalid as error:
        raise Refused("text", error.message) from error
