"""What a board's state is as tables: read when a board wakes up, written with each tick's log.

Everything is written with Core in the tick's own transaction; only what an effect touches.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import db
from realtime import state as states
from realtime.models import (
    Board,
    Island,
    IslandLink,
    Member,
    Note,
    NoteTalk,
    NoteVote,
    TableSum,
)
from realtime.state import Effect, State

Touched = set[tuple[str, str]]
LIVE = (
    *("phase", "kind", "open", "locked", "frozen", "names", "budget", "timer", "look"),
    *("speakers", "speaker", "tally", "tables"),
)
_BOARD: Any = Board.__table__
_KEPT = frozenset({"said_at", "settled_at"})  # what a later change of a note leaves as it was


def touched(state: State, effect: Effect) -> Touched:
    """What an effect will change, by kind and id; asked of the state before it."""
    op, id_ = effect["op"], effect.get("id", "")
    kind = op.partition(".")[0]
    if op in ("note.hide", "note.show"):
        ids = states.family(effect)
        voters = [v for v, ballot in state["votes"].items() if not ballot.keys().isdisjoint(ids)]
        return {*(("votes", voter) for voter in voters), *(("notes", one) for one in ids)}
    if op in ("note.del", "member.gone"):
        voters = [v for v, ballot in state["votes"].items() if id_ in ballot or v == id_]
        found = {("votes", voter) for voter in voters}
        return {*found, ("notes" if kind == "note" else "gone", id_)}
    if op in ("island.add", "island.back"):
        return {("islands", id_), *(("notes", one) for one in effect["notes"])}
    if op == "island.del":
        links = [i for i, one in state["links"].items() if id_ in (one["a"], one["b"])]
        notes = states.members_of(state, id_)
        return {("islands", id_), *(("notes", n) for n in notes), *(("links", i) for i in links)}
    if op == "members.seat":
        return {("members", one) for one in effect["seats"]}
    if op == "member.join":
        return {("members", id_)}
    if op == "vote.set":
        return {("votes", effect["by"])}
    if "unveil" in effect:
        return {("notes", one) for one in effect["unveil"]}
    plural = {"note": "notes", "island": "islands", "link": "links", "talk": "talks", "sum": "sums"}
    return {(plural[kind], id_)} if kind in plural else set()


def claim(board_id: int, state: State, before: int, seq: int) -> bool:
    """Take a board from one number to the next, with what belongs to no other table; whether it
    still stood where it was thought to.
    """
    live = {name: state[name] for name in LIVE}
    ours = (_BOARD.c.workshop_id == board_id, _BOARD.c.seq == before)
    done: Any = (
        db.session().connection().execute(update(_BOARD).where(*ours).values(seq=seq, live=live))
    )
    return bool(done.rowcount == 1)


def write(board_id: int, state: State, changed: Iterable[tuple[str, str]], at: Any) -> None:
    """Bring the tables up to what `state` says of what was changed."""
    by_kind: dict[str, list[str]] = {}
    for kind, id_ in sorted(changed):
        by_kind.setdefault(kind, []).append(id_)
    tx = db.session()
    for kind, ids in by_kind.items():
        if kind == "votes":
            _write_votes(board_id, state, ids)
        elif kind == "members":
            _write_members(board_id, state, ids)
        elif kind == "gone":
            gone = update(Member).where(Member.workshop_id == board_id, Member.public_id.in_(ids))
            tx.execute(gone.values(gone_at=at))
        else:
            _write_things(board_id, state, kind, ids, at)


def read(board_id: int) -> tuple[State, int]:
    """A board's state and how far its log is, from the tables."""
    tx = db.session()
    board = tx.execute(select(Board.seq, Board.live).where(Board.workshop_id == board_id)).one()
    state = states.empty()
    state.update(board.live)
    for row in _rows(Note, board_id):
        state["notes"][row.key] = {
            "by": row.member,
            "table": row.table_key,
            "q": row.question,
            "text": row.body,
            "v": row.version,
            "color": row.color,
            "x": row.x,
            "y": row.y,
            "island": row.island_key,
            "o": row.place,
            "veil": row.is_veiled,
            "hid": row.hidden_reason,
            "gone": row.is_gone,
            "of": row.of_key,
            "lost": row.lost,
        }
    for row in _rows(Island, board_id):
        state["islands"][row.key] = {
            "title": row.title,
            "table": row.table_key,
            "x": row.x,
            "y": row.y,
            "o": row.place,
            "by": row.member,
            "hid": row.hidden_reason,
            "gone": row.is_gone,
        }
    for row in _rows(IslandLink, board_id):
        ends = {"a": row.from_key, "b": row.to_key}
        state["links"][row.key] = {**ends, "word": row.word, "hid": row.hidden_reason}
    for row in _rows(NoteTalk, board_id):
        said = {"note": row.note_key, "by": row.member, "text": row.body}
        state["talks"][row.key] = {**said, "hid": row.hidden_reason}
    for row in _rows(NoteVote, board_id):
        state["votes"].setdefault(row.member, {})[row.note_key] = 1
    for row in _rows(TableSum, board_id):
        said = {"text": row.body, "v": row.version}
        state["sums"][row.key] = {**said, "hid": row.hidden_reason}
    query = select(Member.public_id, Member.name, Member.role, Member.table_key, Member.home_key)
    query = query.where(Member.workshop_id == board_id, Member.gone_at.is_(None))
    for row in tx.execute(query.order_by(Member.id)):
        seat = {"table": row.table_key, "home": row.home_key}
        state["members"][row.public_id] = {"name": row.name, "role": row.role, **seat}
    return state, board.seq


def _rows(model: Any, board_id: int) -> Iterable[Any]:
    """The rows of one table as plain tuples, in the order they came."""
    columns = model.__table__.columns
    query = select(*columns).where(columns.board_id == board_id).order_by(columns.id)
    return db.session().execute(query)


def _write_things(board_id: int, state: State, kind: str, ids: list[str], at: Any) -> None:
    model, row_of = _TABLES[kind]
    table: Table = model.__table__
    there = [id_ for id_ in ids if id_ in state[kind]]
    away = [id_ for id_ in ids if id_ not in state[kind]]
    tx = db.session().connection()
    if away:
        tx.execute(delete(table).where(table.c.board_id == board_id, table.c.key.in_(away)))
    if not there:
        return
    rows = [{"board_id": board_id, "key": i, **row_of(state[kind][i], at)} for i in there]
    tx.execute(_upsert(kind, tx.dialect.name, tuple(rows[0])), rows)


@functools.cache
def _upsert(kind: str, dialect: str, columns: tuple[str, ...]) -> Any:
    """The statement that adds or changes things of a kind; making it costs more than running it."""
    table: Table = _TABLES[kind][0].__table__
    made: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    changes = {c: made.excluded[c] for c in columns if c not in {"board_id", "key", *_KEPT}}
    return made.on_conflict_do_update(index_elements=["board_id", "key"], set_=changes)


def _write_votes(board_id: int, state: State, members: list[str]) -> None:
    tx = db.session()
    ours = (NoteVote.board_id == board_id, NoteVote.member.in_(members))
    tx.execute(delete(NoteVote).where(*ours).execution_options(synchronize_session=False))
    rows = [
        {"board_id": board_id, "member": member, "note_key": note}
        for member in members
        for note in state["votes"].get(member, {})
    ]
    if rows:
        tx.execute(insert(NoteVote), rows)


def _write_members(board_id: int, state: State, ids: list[str]) -> None:
    """Where people sit and as what; their rows were made when they joined."""
    tx = db.session()
    for id_ in ids:
        if id_ in state["members"]:
            ours = (Member.workshop_id == board_id, Member.public_id == id_)
            said = state["members"][id_]
            seat = {"table_key": said["table"], "home_key": said["home"], "role": said["role"]}
            tx.execute(update(Member).where(*ours).values(seat))


def _note_row(note: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "member": note["by"],
        "table_key": note["table"],
        "question": note["q"],
        "body": note["text"],
        "version": note["v"],
        "color": note["color"],
        "x": note["x"],
        "y": note["y"],
        "island_key": note["island"],
        "place": note["o"],
        "is_veiled": note["veil"],
        "hidden_reason": note["hid"],
        "is_gone": note["gone"],
        "of_key": note["of"],
        "lost": note["lost"],
        "said_at": at,
    }


def _island_row(island: dict[str, Any], _at: datetime) -> dict[str, Any]:
    return {
        "title": island["title"],
        "table_key": island["table"],
        "x": island["x"],
        "y": island["y"],
        "place": island["o"],
        "member": island["by"],
        "hidden_reason": island["hid"],
        "is_gone": island["gone"],
    }


_TABLES: dict[str, Any] = {
    "notes": (Note, _note_row),
    "islands": (Island, _island_row),
    "links": (
        IslandLink,
        lambda link, _at: {
            "from_key": link["a"],
            "to_key": link["b"],
            "word": link["word"],
            "hidden_reason": link["hid"],
        },
    ),
    "talks": (
        NoteTalk,
        lambda said, _at: {
            "note_key": said["note"],
            "member": said["by"],
            "body": said["text"],
            "hidden_reason": said["hid"],
        },
    ),
    "sums": (
        TableSum,
        lambda said, _at: {
            "body": said["text"],
            "version": said["v"],
            "hidden_reason": said["hid"],
        },
    ),
}
