"""What somebody asks of a board, judged against its state now: an effect, or a refusal.

`judged` is pure: the clock and the workshop's plan are given to it. Nothing is trusted: shapes,
lengths, who one is, the phase, the table, the budget. What it returns is what the log keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime import ops_islands, ops_leading, ops_notes, ops_seats, ops_tables, phases
from realtime.phases import Role
from realtime.refusals import Refused
from realtime.rights import Asking, Judge
from realtime.state import Effect, State


def judged(state: State, who: Asking, op: Mapping[str, Any]) -> Effect:
    """The effect of an operation on this state; raises `Refused`, and changes nothing."""
    kind = op.get("op")
    judge = JUDGES.get(kind) if isinstance(kind, str) else None
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


JUDGES: dict[str, Judge] = {
    "note.add": ops_notes.note_add,
    "note.copy": ops_notes.note_copy,
    "note.text": ops_notes.note_text,
    "note.color": ops_notes.note_color,
    "note.move": ops_notes.note_move,
    "note.place": ops_notes.note_place,
    "note.del": ops_notes.note_del,
    "note.back": ops_notes.note_back,
    "note.hide": ops_notes.note_hide,
    "note.show": ops_notes.note_show,
    "island.add": ops_islands.island_add,
    "island.fill": ops_islands.island_add,
    "island.title": ops_islands.island_title,
    "island.move": ops_islands.island_move,
    "island.order": ops_islands.island_order,
    "island.hide": ops_islands.island_hide,
    "island.show": ops_islands.island_show,
    "island.del": ops_islands.island_del,
    "island.back": ops_islands.island_back,
    "link.add": ops_islands.link_add,
    "link.hide": ops_islands.link_hide,
    "link.show": ops_islands.link_show,
    "link.del": ops_islands.link_del,
    "talk.add": ops_notes.talk_add,
    "talk.del": ops_notes.talk_del,
    "talk.hide": ops_notes.talk_hide,
    "talk.show": ops_notes.talk_show,
    "vote.set": ops_notes.vote_set,
    "sum.set": ops_tables.sum_set,
    "sum.hide": ops_tables.sum_hide,
    "sum.show": ops_tables.sum_show,
    "phase.set": ops_leading.phase_set,
    "timer.set": ops_leading.timer_set,
    "reveal.notes": ops_leading.reveal_notes,
    "reveal.votes": ops_leading.reveal_votes,
    "lock.set": ops_leading.flag("lock.set"),
    "freeze.set": ops_leading.flag("freeze.set"),
    "names.set": ops_leading.flag("names.set"),
    "look.set": ops_leading.look_set,
    "table.add": ops_tables.table_add,
    "table.title": ops_tables.table_title,
    "members.seat": ops_seats.members_seat,
    "members.shuffle": ops_seats.members_shuffle,
    "members.home": ops_seats.members_home,
    "member.host": ops_tables.member_host,
    "member.gone": ops_tables.member_gone,
    "speakers.set": ops_tables.speakers_set,
}
KINDS = frozenset(JUDGES)
