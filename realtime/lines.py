"""What notes are to the ledger: each note whose words are settled is one line, in one state.

Words are settled when they are shown to all, after the phase in which they were written, and at the
latest when the board closes. Lines are written in the transaction of the tick that made them true.
A note and its copies share one line while they say the same: the note speaks, its copies echo it. A
copy that was worded anew speaks for itself. A rehearsal's notes are no lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import case, select

from core import clock, db
from core.messages import _
from ledger import consultations, contexts, opinions, parts, sources, voices
from ledger.models import Channel, Consultation, Opinion, State
from ledger.opinions import Said
from ledger.sources import Action, Source
from realtime import boards, hidings, listeners
from realtime.asks import Row
from realtime.models import BoardOp, Island, Member, Note, Workshop, WorkshopRecord
from realtime.phases import Role
from realtime.speakers import COLUMNS, Speaker, speakers, standing, standing_of

SOURCE = "note"
_SETTLING = frozenset({"phase.set", "reveal.notes", "board.close"})
_WORDS = frozenset({"note.text", "note.del", "note.back", "note.hide", "note.show"})
_HEADINGS = frozenset({"island.hide", "island.show"})


def register(actions: Callable[[Consultation, Any], list[Action]]) -> None:
    """Make known to ledger and moderation where notes are said, and to boards what follows."""
    sources.register(
        SOURCE,
        Source(
            existing=existing,
            entered=entered,
            url=url_of,
            actions=actions,
            states=states,
            withdraw=taken_back,
        ),
    )
    listeners.note_by(noted)
    hidings.register()


def noted(board_id: int, rows: list[Row]) -> None:
    """Let the ledger follow what a tick did, in the tick's own transaction."""
    ops = {row.effect["op"] for row in rows}
    if not ops & (_SETTLING | _WORDS | _HEADINGS):
        return
    workshop = db.session().get_one(Workshop, board_id)
    if workshop.is_rehearsal:
        return
    by = {row.effect["id"]: row.by for row in rows if row.effect["op"] in _WORDS}
    headed = {row.effect["id"] for row in rows if row.effect["op"] in _HEADINGS}
    keys = {*by, *_on_islands(workshop, headed)}
    settle(workshop, None if ops & _SETTLING else keys, by)


def settle(
    workshop: Workshop,
    keys: Collection[str] | None = None,
    by: Mapping[str, str] | None = None,
) -> int:
    """Bring the ledger up to what the board says; returns how many lines were entered.

    Words that are shown and have no line yet become one. With `keys` only these notes, their
    copies and what they repeat follow, and only words that were settled before. `by` names the
    member who changed a note: what is not its author's own act is recorded as the facilitator's.
    """
    with db.transaction() as tx:
        notes = _notes(workshop, keys)
        if any(note.settled_at is not None for note in notes.values()):
            consultations.lock(workshop.consultation_id)  # first: none of its lines is split then
        found = speakers(standing(note) for note in notes.values())
        newest = _newest([one.note.id for one in found if one.note.settled_at is not None])
        contexts = _contexts(workshop, [notes[one.note.id] for one in found])
        members, on_paper = _members(workshop), _keyed_in(workshop)
        settled = {one.note.root for one in found if one.note.settled_at is not None}
        fresh: list[Said] = []
        entered_notes: list[Note] = []
        for one in found:
            note, said = notes[one.note.id], newest.get(one.note.id)
            actor = (by or {}).get(note.key, "")
            role = "resident" if actor in ("", note.member) else "facilitator"
            if said:
                _follow(one, said, contexts[note.id], role)
            elif not note.is_veiled and (keys is None or one.note.root in settled):
                member = members.get(note.member)
                is_lead = member is not None and member.role == Role.LEAD
                if is_lead and note.key not in on_paper:
                    continue  # contracts: a facilitator's texts are no opinions
                identity = None if is_lead else _identity(member)
                fresh.append(_said(workshop, note, identity, contexts[note.id]))
                entered_notes.append(note)
        if fresh:
            opinions.enter_all(workshop.consultation, fresh, role="resident")
            for note in entered_notes:
                note.settled_at = clock.now()
            tx.flush()
        return len(fresh)


def publish(workshop: Workshop) -> None:
    """Let everybody read the notes of a workshop whose record is public."""
    ids = select(Note.id).where(Note.board_id == workshop.id)
    query = select(Opinion.id).where(Opinion.source == SOURCE, Opinion.source_id.in_(ids))
    opinions.publish(list(db.session().scalars(query)))


def taken_back(opinion: Opinion) -> None:
    """Somebody takes back a note by their receipt: it and its copies leave the board with it."""
    with db.transaction() as tx:
        note = tx.get_one(Note, opinion.source_id)
        workshop = tx.get_one(Workshop, note.board_id)
        family = _notes(workshop, {note.key}).values()
        one = next(s for s in speakers(map(standing, family)) if s.note.id == note.id)
        there = [said.key for said in (one.note, *one.echoes) if not said.is_gone]
        boards.append(note.board_id, [{"op": "note.del", "id": key} for key in there])


def existing(ids: Collection[int]) -> set[int]:
    """Which of these notes there are; for `ledger.check`."""
    wanted = sorted(ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        query = select(Note.id).where(Note.id.in_(wanted[start : start + 500]))
        found.update(db.session().scalars(query))
    return found


def entered() -> Iterator[int]:
    """The notes that must have a line: those whose words are settled."""
    yield from db.session().scalars(select(Note.id).where(Note.settled_at.is_not(None)))


def states() -> Iterator[tuple[int, State]]:
    """In which state the line of each settled note must be, by what the board shows."""
    query = select(Note.board_id, *COLUMNS).order_by(Note.board_id, Note.id)
    rows = db.session().execute(query.execution_options(yield_per=2000))
    for _board, notes in groupby(rows, key=lambda row: row[0]):
        for one in speakers(standing_of(row[1:]) for row in notes):
            if one.note.settled_at is not None:
                yield one.note.id, one.state


def url_of(opinion: Opinion) -> str | None:
    """Where a note was said: the record of its workshop, once that is public."""
    query = (
        select(Workshop.public_id, Note.key)
        .join(Note, Note.board_id == Workshop.id)
        .join(WorkshopRecord, WorkshopRecord.workshop_id == Workshop.id)
        .where(Note.id == opinion.source_id, WorkshopRecord.published_at.is_not(None))
    )
    found = db.session().execute(query).one_or_none()
    return f"/w/{found[0]}/record#n-{found[1]}" if found and opinion.published_at else None


def _notes(workshop: Workshop, keys: Collection[str] | None) -> dict[int, Note]:
    """The notes of a board by id; with `keys` those, what they repeat, and all copies of it."""
    query = select(Note).where(Note.board_id == workshop.id)
    if keys is not None:
        root = case((Note.of_key == "", Note.key), else_=Note.of_key)
        roots = list(
            db.session().scalars(
                select(root).where(Note.board_id == workshop.id, Note.key.in_(keys)).distinct()
            )
        )
        query = query.where(root.in_(roots))
    query = query.execution_options(populate_existing=True).order_by(Note.id)
    return {note.id: note for note in db.session().scalars(query)}


def _follow(one: Speaker, lines: list[Opinion], context: str, role: str) -> None:
    """Bring the lines of a note to its state and words; `role` is whose act that is.

    They are several when an officer split what the note says.
    """
    wanted, first = one.state, lines[0]
    if first.state == State.WITHDRAWN:
        if wanted != State.WITHDRAWN:  # withdrawn is final: what came back is a line of its own
            fresh = opinions.following(first, one.note.body, state=wanted)
            opinions.enter(first.consultation, fresh, role="resident")
        return
    for line in lines:
        _change(one, line, role)
    if wanted == State.COUNTED and parts.whole_of(first).text.body != one.note.body:
        newest = opinions.reword(lines, one.note.body, role=role, reason=str(_("書き直し")))
        lines = [newest] if newest is not None else []
    for line in lines:
        if line.context != context:
            contexts.tell(line, context)


def _change(one: Speaker, line: Opinion, role: str) -> None:
    """Bring one line to the state of its note."""
    wanted = one.state
    if line.state == wanted:
        return
    if (line.state, wanted) == (State.WITHHELD, State.WITHDRAWN):
        # shown again and taken back in one tick: the contract knows no shorter way
        opinions.change_state(line, State.COUNTED, role="facilitator")
    whose = role if wanted == State.WITHDRAWN else "facilitator"
    opinions.change_state(
        line, wanted, role=whose, reason=one.reason if wanted == State.WITHHELD else ""
    )


def _said(workshop: Workshop, note: Note, identity: str | None, context: str) -> Said:
    return Said(
        source=SOURCE,
        source_id=note.id,
        channel=Channel.WORKSHOP,
        body=note.body,
        submission=f"member:{note.member}",
        voice_id=voices.of(workshop.consultation, identity) if identity else None,
        said_at=note.said_at,
        received_at=note.said_at,
        is_public=False,
        context=context,
        state=State.WITHHELD if note.hidden_reason else State.COUNTED,
    )


def _on_islands(workshop: Workshop, islands: Collection[str]) -> list[str]:
    """The notes whose context is the heading of one of these islands."""
    query = select(Note.key).where(Note.board_id == workshop.id, Note.island_key.in_(islands))
    return list(db.session().scalars(query)) if islands else []


def _identity(member: Member | None) -> str | None:
    """Whose voice it is: the account's, else this browser's; paper keyed in is nobody's."""
    if member is None or member.role == Role.HELPER:
        return None
    if member.account is not None:
        return f"account:{member.account.public_id}"
    return f"guest:{member.token_hash}"


def _members(workshop: Workshop) -> dict[str, Member]:
    query = select(Member).where(Member.workshop_id == workshop.id)
    return {member.public_id: member for member in db.session().scalars(query)}


def _keyed_in(workshop: Workshop) -> set[str]:
    """The notes that were keyed in from paper (`papers.key_in`): somebody else's words."""
    query = select(BoardOp.body).where(
        BoardOp.board_id == workshop.id, BoardOp.cid.startswith("paper-")
    )
    return {body["id"] for body in db.session().scalars(query)}


def _newest(note_ids: list[int]) -> dict[int, list[Opinion]]:
    """The lines of each note that speak for it now (superseded ones do not), in its order.

    What was withdrawn speaks only where nothing came after it.
    """
    found: defaultdict[int, list[Opinion]] = defaultdict(list)
    for start in range(0, len(note_ids), 500):
        query = select(Opinion).where(
            Opinion.source == SOURCE,
            Opinion.source_id.in_(note_ids[start : start + 500]),
            Opinion.state != State.SUPERSEDED,
        )
        for line in db.session().scalars(query.order_by(Opinion.seq)):
            found[line.source_id].append(line)
    return {
        note_id: [line for line in lines if line.state != State.WITHDRAWN] or lines[-1:]
        for note_id, lines in found.items()
    }


def _contexts(workshop: Workshop, notes: list[Note]) -> dict[int, str]:
    """Question, what its colour means and island heading, which travel with a note."""
    query = select(Island.key, Island.title).where(
        Island.board_id == workshop.id, Island.is_gone.is_(False), Island.hidden_reason == ""
    )
    titles = {row.key: row.title for row in db.session().execute(query)}
    return {note.id: _context(workshop, note, titles) for note in notes}


def _context(workshop: Workshop, note: Note, titles: dict[str, str]) -> str:
    asked = workshop.questions[note.question] if note.question < len(workshop.questions) else ""
    said = (asked, workshop.meaning(note.color), titles.get(note.island_key, ""))
    return " ＞ ".join(part for part in said if part)[:200]
