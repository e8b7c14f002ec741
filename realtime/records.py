"""What is left of a workshop: its record (開催報告), which the board writes by itself.

`tell` reads tables and log and says what the page, the document, the file and the picture show;
the facilitator adds title, lead and closing words and publishes it. A note's text is told only
while its line in the ledger is counted, so that every exit filters alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core import clock, db, record, text
from core.errors import Closed, Conflict, NotFound, Stale
from core.messages import _
from core.people import Role, acting_as
from core.permissions import permits, require
from ledger.models import Consultation, Opinion, OpinionText, State
from realtime import boards, lines
from realtime import state as states
from realtime.members import STAFFING
from realtime.models import Member, Note, Workshop, WorkshopPhoto, WorkshopRecord
from realtime.phases import Kind
from realtime.speakers import Speaker, speakers, standing

TITLE_LIMIT, LEAD_LIMIT, CLOSING_LIMIT = 120, 2_000, 6_000
HIDDEN, WITHDRAWN, ERASED, VEILED = "hidden", "withdrawn", "erased", "veiled"


@dataclass(frozen=True)
class NoteTold:
    """A note as a record shows it; `text` is None for a tombstone, `why` says which.

    `votes` is None while they were not revealed. `is_copy`: the same words stand elsewhere too.
    `seq` is its line in the ledger.
    """

    key: str
    text: str | None
    why: str
    reason: str
    table: str
    island: str
    question: int
    color: int
    x: int
    y: int
    votes: int | None
    talks: tuple[str, ...]
    is_copy: bool
    seq: int | None
    said_at: datetime


@dataclass(frozen=True)
class IslandTold:
    """An island with its notes in their order; `links` are (word, title of the other island)."""

    key: str
    title: str
    x: int
    y: int
    notes: tuple[NoteTold, ...]
    links: tuple[tuple[str, str], ...]

    @property
    def votes(self) -> int:
        return sum(note.votes or 0 for note in self.notes)

    @property
    def count(self) -> int:
        return sum(note.text is not None and not note.is_copy for note in self.notes)


@dataclass(frozen=True)
class LinkTold:
    """A line between two islands, by their keys, and the word on it."""

    a: str
    b: str
    word: str


@dataclass(frozen=True)
class TableTold:
    """What one table made; `key` and `title` are "" for what stands on none."""

    key: str
    title: str
    summary: str
    islands: tuple[IslandTold, ...]
    loose: tuple[NoteTold, ...]
    photos: tuple[WorkshopPhoto, ...] = ()

    @property
    def notes(self) -> Iterable[NoteTold]:
        for island in self.islands:
            yield from island.notes
        yield from self.loose

    @property
    def count(self) -> int:
        return sum(note.text is not None and not note.is_copy for note in self.notes)


@dataclass(frozen=True)
class Stage:
    """One phase as it really was; the numbers are those at its end."""

    title: str
    kind: str
    began_at: datetime
    ended_at: datetime
    planned: int
    added: int
    notes: int
    islands: int
    votes: int

    @property
    def minutes(self) -> int:
        """How long it took, to the nearest minute."""
        return round((self.ended_at - self.began_at).total_seconds() / 60)


@dataclass(frozen=True)
class Figures:
    """A record in numbers. Notes are originals that can be read; copies are counted nowhere."""

    people: int
    notes: int
    hidden: int
    withdrawn: int
    islands: int
    talks: int
    voters: int | None
    votes: int | None


@dataclass(frozen=True)
class Told:
    """Everything a record shows, for whoever may read it."""

    workshop: Workshop
    title: str
    lead: str
    lead_html: str
    closing: str
    closing_html: str
    version: int
    published_at: datetime | None
    changed_at: datetime | None
    figures: Figures
    stages: tuple[Stage, ...]
    tables: tuple[TableTold, ...]
    links: tuple[LinkTold, ...]
    summary: str
    photos: tuple[WorkshopPhoto, ...] = field(default_factory=tuple)

    @property
    def is_public(self) -> bool:
        return self.published_at is not None

    @property
    def notes(self) -> Iterable[NoteTold]:
        for table in self.tables:
            yield from table.notes

    @property
    def chosen(self) -> list[NoteTold]:
        """The notes that most people chose, at most ten: those of one voter only if all are."""
        found = [note for note in self.notes if note.votes and note.text is not None]
        found = [note for note in found if (note.votes or 0) > 1] or found
        return sorted(found, key=lambda note: (-(note.votes or 0), note.said_at, note.key))[:10]


def row_of(workshop: Workshop) -> WorkshopRecord | None:
    """What was written for a record; None before anybody did."""
    return db.session().get(WorkshopRecord, workshop.id, populate_existing=True)


def readable(workshop: Workshop, viewer: Any) -> Told:
    """A record as `viewer` may read it; raises `NotFound` while it is not theirs to see.

    Everybody reads a published one; who leads the workshop sees how it will look.
    """
    row = row_of(workshop)
    is_public = row is not None and row.published_at is not None
    if not is_public and not permits(viewer, "workshops.publish", workshop):
        raise NotFound
    return tell(workshop)


def write(
    actor: Any, workshop: Workshop, *, title: str, lead: str, closing: str, version: int
) -> WorkshopRecord:
    """Word title, lead and closing of a record; raises `Stale` when somebody else did so first.

    `version` is the one that was read, 0 before there was any.
    """
    require(actor, "workshops.publish", workshop)
    said = _Words.accepted(title, lead, closing)
    with db.transaction():
        row = _locked(workshop, said)
        if row.version != version:
            raise Stale(current=f"{row.title}\n\n{row.lead}\n\n{row.closing}", yours=said.whole)
        if said.stand_in(row) and version:
            return row
        said.put(row)
        row.version, row.written_at = version + 1, clock.now()
        if row.published_at is not None:
            row.changed_at = row.written_at
            _append(actor, workshop, "workshop.record_changed", row.version)
        return row


def publish(actor: Any, workshop: Workshop, version: int) -> WorkshopRecord:
    """Let everybody read a record; its notes are then read in the ledger as well.

    `version` is the one that was looked at. Published twice is published once.
    """
    require(actor, "workshops.publish", workshop)
    told = tell(workshop)
    said = _Words.accepted(told.title, told.lead, told.closing)
    with db.transaction():
        query = select(Workshop).where(Workshop.id == workshop.id)
        fresh = db.session().scalars(db.locked(query)).unique().one()
        if fresh.is_rehearsal:
            raise Conflict(_("練習の記録は、公表できません。"))
        if fresh.closed_at is None:
            raise Closed(_("記録を公表できるのは、ワークショップを終えてからです。"))
        row = _locked(workshop, said)
        if row.published_at is not None:
            return row
        if row.version != version:
            raise Stale(current=f"{row.title}\n\n{row.lead}\n\n{row.closing}")
        row.version, row.published_at = version + 1, clock.now()
        lines.publish(fresh)
        _append(actor, workshop, "workshop.record_published", row.version)
        return row


def published_in(consultation: Consultation) -> list[WorkshopRecord]:
    """The records of a consultation that everybody may read, newest workshop first."""
    query = (
        select(WorkshopRecord)
        .join(Workshop, Workshop.id == WorkshopRecord.workshop_id)
        .where(
            Workshop.consultation_id == consultation.id, WorkshopRecord.published_at.is_not(None)
        )
        .order_by(Workshop.held_at.desc(), Workshop.id.desc())
    )
    return list(db.session().scalars(query).unique())


def tell(workshop: Workshop) -> Told:
    """Put a record together from the board's tables and log, in a known number of statements."""
    state, _seq = boards.read(workshop.id)
    notes = _notes(workshop, state)
    islands = _islands(state, notes)
    stages, last_at = _stages(workshop)
    photos = _photos(workshop)
    figures = _figures(workshop, state, notes)
    row = row_of(workshop)
    said = _Words.of(row) if row is not None else _Words.proposed(workshop, figures, len(islands))
    published_at = row.published_at if row is not None else None
    return Told(
        workshop=workshop,
        title=said.title,
        lead=said.lead,
        lead_html=said.lead_html,
        closing=said.closing,
        closing_html=said.closing_html,
        version=row.version if row is not None else 0,
        published_at=published_at,
        changed_at=_changed_at(row, last_at),
        figures=figures,
        stages=stages,
        tables=_tables(state, islands, notes, photos),
        links=_links(state),
        summary=state["sums"].get("all", {"text": ""})["text"],
        photos=photos.get("", ()),
    )


@dataclass(frozen=True)
class _Words:
    """What a facilitator writes, with its HTML: rendered before a transaction begins."""

    title: str
    lead: str
    lead_html: str
    closing: str
    closing_html: str

    @classmethod
    def accepted(cls, title: str, lead: str, closing: str) -> _Words:
        title = text.accepted("title", title, limit=TITLE_LIMIT)
        lead = text.accepted("lead", lead, limit=LEAD_LIMIT, required=False)
        closing = text.accepted("closing", closing, limit=CLOSING_LIMIT, required=False)
        return cls(title, lead, text.render(lead), closing, text.render(closing))

    @classmethod
    def of(cls, row: WorkshopRecord) -> _Words:
        return cls(row.title, row.lead, row.lead_html, row.closing, row.closing_html)

    @classmethod
    def proposed(cls, workshop: Workshop, figures: Figures, islands: int) -> _Words:
        """What a record says before anybody wrote a word."""
        lead = str(
            _(
                "%(people)s人が参加し、%(notes)s枚の付せんを書きました。",
                people=figures.people,
                notes=figures.notes,
            )
        )
        if islands:
            lead += str(_("似たものを集めて、%(count)sつの島にまとめました。", count=islands))
        return cls(workshop.title, lead, text.render(lead), "", "")

    @property
    def whole(self) -> str:
        return f"{self.title}\n\n{self.lead}\n\n{self.closing}"

    def stand_in(self, row: WorkshopRecord) -> bool:
        return (row.title, row.lead, row.closing) == (self.title, self.lead, self.closing)

    def put(self, row: WorkshopRecord) -> None:
        row.title, row.lead, row.closing = self.title, self.lead, self.closing
        row.lead_html, row.closing_html = self.lead_html, self.closing_html


def _locked(workshop: Workshop, said: _Words) -> WorkshopRecord:
    """The record's row; one that is not there yet is begun, with version 0.

    The workshop is the lock: two first words become one row.
    """
    tx = db.session()
    query = select(Workshop).where(Workshop.id == workshop.id)
    tx.scalars(db.locked(query)).unique().one()
    row = tx.get(WorkshopRecord, workshop.id, populate_existing=True)
    if row is None:
        row = WorkshopRecord(workshop_id=workshop.id, version=0, written_at=clock.now())
        said.put(row)
        tx.add(row)
        tx.flush()
    return row


def _append(actor: Any, workshop: Workshop, kind: str, version: int) -> None:
    record.append(
        kind,
        f"workshop:{workshop.public_id}",
        role=acting_as(actor, Role.FACILITATOR),
        scope=workshop.consultation.scope,
        version=version,
    )


def _changed_at(row: WorkshopRecord | None, last_at: datetime | None) -> datetime | None:
    """When what everybody reads became another, by new words or by a note that left or came."""
    if row is None or row.published_at is None:
        return None
    moments = [row.changed_at, last_at]
    later = [at for at in moments if at is not None and at > row.published_at]
    return max(later, default=None)


def _notes(workshop: Workshop, state: states.State) -> dict[str, NoteTold]:
    """Every note that was ever said, by key; what was taken away before it was shown never was."""
    rows = db.session().scalars(select(Note).where(Note.board_id == workshop.id).order_by(Note.id))
    notes = list(rows)
    of: dict[int, Speaker] = {}
    for one in speakers(map(standing, notes)):
        of[one.note.id] = one
        of.update((echo.id, one) for echo in one.echoes)
    ledger = _in_ledger(workshop)
    tally = state["tally"]
    talks: dict[str, list[str]] = {}
    for said in state["talks"].values():
        talks.setdefault(said["note"], []).append(said["text"])
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


def _islands(state: states.State, notes: dict[str, NoteTold]) -> dict[str, IslandTold]:
    """The islands that are on the board, by key."""
    there = {i: one for i, one in state["islands"].items() if not one["gone"]}
    titles = {i: one["title"] for i, one in there.items()}
    found: dict[str, IslandTold] = {}
    for id_, island in there.items():
        links = [
            (link["word"], titles[link["b"] if link["a"] == id_ else link["a"]])
            for link in state["links"].values()
            if id_ in (link["a"], link["b"]) and {link["a"], link["b"]} <= set(there)
        ]
        members = [notes[key] for key in states.members_of(state, id_) if key in notes]
        found[id_] = IslandTold(
            id_, island["title"], island["x"], island["y"], tuple(members), tuple(links)
        )
    return found


def _links(state: states.State) -> tuple[LinkTold, ...]:
    there = {i for i, one in state["islands"].items() if not one["gone"]}
    return tuple(
        LinkTold(one["a"], one["b"], one["word"])
        for one in state["links"].values()
        if {one["a"], one["b"]} <= there
    )


def _tables(
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
        summary = state["sums"].get(key, {"text": ""})["text"] if key else ""
        if key or here or loose:
            found.append(
                TableTold(
                    key,
                    state["tables"][key]["title"] if key else "",
                    summary,
                    tuple(islands[i] for i in here),
                    tuple(loose),
                    photos.get(key, ()) if key else (),
                )
            )
    return tuple(found)


def _photos(workshop: Workshop) -> dict[str, tuple[WorkshopPhoto, ...]]:
    query = select(WorkshopPhoto).where(
        WorkshopPhoto.workshop_id == workshop.id, WorkshopPhoto.removed_at.is_(None)
    )
    found: dict[str, list[WorkshopPhoto]] = {}
    for photo in db.session().scalars(query.order_by(WorkshopPhoto.id)):
        found.setdefault(photo.table_key, []).append(photo)
    return {key: tuple(some) for key, some in found.items()}


def _figures(workshop: Workshop, state: states.State, notes: dict[str, NoteTold]) -> Figures:
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
        talks=sum(len(note.talks) for note in notes.values()),
        voters=len(state["votes"]) if is_revealed else None,
        votes=sum(note.votes or 0 for note in notes.values()) if is_revealed else None,
    )


@dataclass
class _Counting:
    """How much is on the board while its log is read from the beginning."""

    notes: set[str] = field(default_factory=set)
    islands: set[str] = field(default_factory=set)
    votes: dict[tuple[str, str], int] = field(default_factory=dict)
    added: int = 0

    def take(self, effect: dict[str, Any]) -> None:
        op, id_ = effect["op"], effect.get("id", "")
        if op in ("note.add", "note.back"):
            self.added += op == "note.add" and not effect["of"]
            if not effect.get("of"):
                self.notes.add(id_)
        elif op == "note.del":
            self.notes.discard(id_)
        elif op in ("island.add", "island.back"):
            self.islands.add(id_)
        elif op == "island.del":
            self.islands.discard(id_)
        elif op == "vote.set":
            self.votes[(effect["by"], effect["note"])] = effect["k"]


def _stages(workshop: Workshop) -> tuple[tuple[Stage, ...], datetime | None]:
    """The phases as they really were, and when the log was last written.

    The first phase begins when the first person came: its line in the log is older than that.
    """
    plan = {one["id"]: one for one in workshop.phases}
    found: list[Stage] = []
    counting = _Counting()
    began: tuple[str, str, datetime] | None = None
    someone_came = False
    last_at: datetime | None = None

    def end(at: datetime) -> None:
        if began is None:
            return
        id_, kind, since = began
        planned = plan.get(id_, {})
        found.append(
            Stage(
                title=str(planned.get("title", "")),
                kind=kind,
                began_at=since,
                ended_at=at,
                planned=int(planned.get("minutes") or 0),
                added=counting.added,
                notes=len(counting.notes),
                islands=len(counting.islands),
                votes=sum(counting.votes.values()),
            )
        )
        counting.added = 0

    for at, row in boards.history(workshop.id):
        last_at = at
        op = row.effect["op"]
        if op == "member.join" and not someone_came:
            someone_came = True
            if began is not None and not found:
                began = (began[0], began[1], at)
        if op == "phase.set" and (began is None or began[0] != row.effect["id"]):
            end(at)
            began = (row.effect["id"], row.effect["kind"], at)
        elif op == "board.close":
            end(at)
            began = None
        else:
            counting.take(row.effect)
    if began is not None and began[1] != Kind.OVER:
        end(clock.now())
    return tuple(found), last_at
