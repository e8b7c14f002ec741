"""What a board and the ledger say of notes, islands, tables, photographs and figures.

A note's text is told only while its line in the ledger is counted, so that every exit filters
alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from core import db
from ledger.models import Opinion, OpinionText, State
from realtime import lines
from realtime import state as states
from realtime.members import STAFFING
from realtime.models import Member, Note, Workshop, WorkshopPhoto
from realtime.speakers import Speaker, speakers, standing
from realtime.told import (
    ERASED,
    HIDDEN,
    VEILED,
    WITHDRAWN,
    Figures,
    IslandTold,
    LinkTold,
    NoteTold,
    SumTold,
    TableTold,
    TalkTold,
)


def notes(workshop: Workshop, state: states.State) -> dict[str, NoteTold]:
    """Every note that was ever said, by key; what was taken away before it was shown never was."""
    rows = db.session().scalars(select(Note).where(Note.board_id == workshop.id).order_by(Note.id))
    notes = list(rows)
    of: dict[int, Speaker] = {}
    for one in speakers(map(standing, notes)):
        of[one.note.id] = one
        of.update((echo.id, one) for echo in one.echoes)
    ledger = _in_ledger(workshop)
    tally = state["tally"]
    talks: dict[str, list[TalkTold]] = {}
    for key, said in state["talks"].items():
        talk = TalkTold(key, said["text"] if not said["hid"] else None, said["hid"])
        talks.setdefault(said["note"], []).append(talk)
    found: dict[str, NoteTold] = {}
    for note in notes:
        speaker = of.get(note.id)
        is_copy = speaker is not None and speaker.note.id != note.id
        if speaker is None or (note.is_gone and (is_copy or note.settled_at is None)):
            continue
        why = _why(note, speaker, ledger)
        if why == VEILED:
            continue
        found[note.key] = NoteTold(
            key=note.key,
            text=note.body if not why else None,
            why=why,
            reason=speaker.reason if why == HIDDEN else "",
            table=note.table_key,
            island=note.island_key,
            question=note.question,
            color=note.color,
            meant=workshop.meaning(note.color),
            x=note.x,
            y=note.y,
            votes=tally.get(note.key, 0) if tally is not None and not why else None,
            talks=tuple(talks.get(note.key, ())) if not why else (),
            is_copy=is_copy,
            seq=ledger[speaker.note.id].seq if speaker.note.id in ledger else None,
            said_at=note.said_at,
        )
    return found


def _why(note: Note, speaker: Speaker, ledger: dict[int, _Line]) -> str:
    """Why the words of a note are not told; "" when they are."""
    if note.is_veiled:
        return VEILED
    if note.hidden_reason or speaker.state == State.WITHHELD:
        return HIDDEN
    if note.is_gone or speaker.state == State.WITHDRAWN:
        return WITHDRAWN
    line = ledger.get(speaker.note.id)
    return line.why if line is not None else ""


@dataclass(frozen=True)
class _Line:
    """A note's line in the ledger, and why its words are not told ("" when they are)."""

    seq: int
    why: str


_WHY: dict[str, str] = {
    State.WITHHELD: HIDDEN,
    State.HELD: HIDDEN,
    State.WITHDRAWN: WITHDRAWN,
}


def _in_ledger(workshop: Workshop) -> dict[int, _Line]:
    """The lines that speak for a workshop's notes now, by note."""
    ids = select(Note.id).where(Note.board_id == workshop.id)
    query = (
        select(Opinion.source_id, Opinion.seq, Opinion.state, OpinionText.erased_at)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(Opinion.source == lines.SOURCE, Opinion.source_id.in_(ids))
        .where(Opinion.state != State.SUPERSEDED)
        .order_by(Opinion.revision)
    )
    return {
        note_id: _Line(seq, ERASED if erased_at is not None else _WHY.get(state, ""))
        for note_id, seq, state, erased_at in db.session().execute(query)
    }


def islands(state: states.State, notes: dict[str, NoteTold]) -> dict[str, IslandTold]:
    """The islands that are on the board, by key."""
    there = {i: one for i, one in state["islands"].items() if not one["gone"]}
    titles = {i: one["title"] if not one["hid"] else "" for i, one in there.items()}
    lines = links(state)
    found: dict[str, IslandTold] = {}
    for id_, island in there.items():
        ties = [
            (line, titles[line.b if line.a == id_ else line.a])
            for line in lines
            if id_ in (line.a, line.b)
        ]
        members = [notes[key] for key in states.members_of(state, id_) if key in notes]
        found[id_] = IslandTold(
            key=id_,
            title=titles[id_],
            x=island["x"],
            y=island["y"],
            notes=tuple(members),
            links=tuple(ties),
            reason=island["hid"],
        )
    return found


def links(state: states.State) -> tuple[LinkTold, ...]:
    """The lines between islands that are on the board."""
    there = {i for i, one in state["islands"].items() if not one["gone"]}
    return tuple(
        LinkTold(key, one["a"], one["b"], one["word"] if not one["hid"] else "", one["hid"])
        for key, one in state["links"].items()
        if {one["a"], one["b"]} <= there
    )


def summary(state: states.State, key: str) -> SumTold:
    """What a table, or all together ("all"), sum up."""
    said = state["sums"].get(key)
    if said is None:
        return SumTold(key)
    return SumTold(key, said["text"] if not said["hid"] else "", said["hid"])


def tables(
    state: states.State,
    islands: dict[str, IslandTold],
    notes: dict[str, NoteTold],
    photos: dict[str, tuple[WorkshopPhoto, ...]],
) -> tuple[TableTold, ...]:
    """The tables in their order; what stands on none comes first."""
    order = sorted(state["tables"], key=lambda one: (state["tables"][one]["o"], one))
    found: list[TableTold] = []
    for key in ("", *order):
        here = [i for i in islands if state["islands"][i]["table"] == key]
        here.sort(key=lambda i: (state["islands"][i]["o"], i))
        on_islands = {note.key for i in here for note in islands[i].notes}
        loose = [
            note
            for note in notes.values()
            if note.table == key and note.key not in on_islands and note.island not in islands
        ]
        if key or here or loose:
            found.append(
                TableTold(
                    key,
                    state["tables"][key]["title"] if key else "",
                    summary(state, key),
                    tuple(islands[i] for i in here),
                    tuple(loose),
                    photos.get(key, ()) if key else (),
                )
            )
    return tuple(found)


def photos(workshop: Workshop) -> dict[str, tuple[WorkshopPhoto, ...]]:
    """The photographs that were not taken off, by table; "" holds those of none."""
    query = select(WorkshopPhoto).where(
        WorkshopPhoto.workshop_id == workshop.id, WorkshopPhoto.removed_at.is_(None)
    )
    found: dict[str, list[WorkshopPhoto]] = {}
    for photo in db.session().scalars(query.order_by(WorkshopPhoto.id)):
        found.setdefault(photo.table_key, []).append(photo)
    return {key: tuple(some) for key, some in found.items()}


def figures(workshop: Workshop, state: states.State, notes: dict[str, NoteTold]) -> Figures:
    """A record in numbers."""
    taking_part = (Member.workshop_id == workshop.id, Member.role.not_in(STAFFING))
    people = db.session().scalar(select(func.count()).select_from(Member).where(*taking_part))
    own = [note for note in notes.values() if not note.is_copy]
    is_revealed = state["tally"] is not None
    return Figures(
        people=people or 0,
        notes=sum(note.text is not None for note in own),
        hidden=sum(note.why == HIDDEN for note in own),
        withdrawn=sum(note.why in (WITHDRAWN, ERASED) for note in own),
        islands=sum(not one["gone"] for one in state["islands"].values()),
        talks=sum(talk.text is not None for note in notes.values() for talk in note.talks),
        voters=len(state["votes"]) if is_revealed else None,
        votes=sum(note.votes or 0 for note in notes.values()) if is_revealed else None,
    )
