"""What notes are to the ledger: each note whose words are settled is one line, in one state.

Words are settled when they are shown to all, after the phase in which they were written, and at the
latest when the board closes. Lines are written in the transaction of the tick that made them true.
Copies of a note share its line; a rehearsal's notes are none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select

from core import clock, db
from core.messages import _
from ledger import opinions, sources, voices
from ledger.models import Channel, Consultation, Opinion, State
from ledger.opinions import Said
from ledger.sources import Action, Source
from realtime import boards
from realtime.boards import Row
from realtime.models import Island, Member, Note, Workshop

SOURCE = "note"
_SETTLING = frozenset({"phase.set", "reveal.notes", "board.close"})
_WORDS = frozenset({"note.text", "note.del", "note.back", "note.hide", "note.show"})


def register() -> None:
    """Make known to the ledger where notes are said, and to boards when lines must follow."""
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
    boards.note_by(noted)


def noted(board_id: int, rows: list[Row]) -> None:
    """Let the ledger follow what a tick did, in the tick's own transaction."""
    ops = {row.effect["op"] for row in rows}
    workshop = db.session().get_one(Workshop, board_id)
    if workshop.is_rehearsal:
        return
    if ops & _SETTLING:
        settle(workshop)
    elif ops & _WORDS:
        settle(workshop, {row.effect["id"] for row in rows if row.effect["op"] in _WORDS})


def settle(workshop: Workshop, keys: Collection[str] | None = None) -> int:
    """Bring the ledger up to what the board says; returns how many lines were entered.

    Words that are shown and have no line yet become one. With `keys` only the lines that these
    notes have already follow them.
    """
    with db.transaction() as tx:
        query = select(Note).where(Note.board_id == workshop.id, Note.of_key == "")
        if keys is not None:
            query = query.where(Note.key.in_(keys), Note.settled_at.is_not(None))
        query = query.execution_options(populate_existing=True)
        notes = {note.id: note for note in tx.scalars(query.order_by(Note.id))}
        newest = _newest([note.id for note in notes.values() if note.settled_at is not None])
        contexts = _contexts(workshop, list(notes.values()))
        members = _members(workshop)
        fresh: list[Said] = []
        entered_notes: list[Note] = []
        for note in notes.values():
            line = newest.get(note.id)
            if line is not None:
                _follow(note, line, contexts[note.id])
            elif keys is None and not note.is_gone and not note.is_veiled:
                fresh.append(_said(workshop, note, members.get(note.member), contexts[note.id]))
                entered_notes.append(note)
        if fresh:
            opinions.enter_all(workshop.consultation, fresh, role="resident")
            for note in entered_notes:
                note.settled_at = clock.now()
            tx.flush()
        return len(fresh)


def taken_back(opinion: Opinion) -> None:
    """Somebody takes back a note by their receipt: it leaves board and ledger together."""
    with db.transaction() as tx:
        note = tx.get_one(Note, opinion.source_id)
        boards.append(note.board_id, [{"op": "note.del", "id": note.key}])


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
    query = select(Note.id, Note.is_gone, Note.hidden_reason)
    for id_, is_gone, reason in db.session().execute(
        query.where(Note.settled_at.is_not(None)).execution_options(yield_per=2000)
    ):
        yield id_, _wanted(is_gone, reason)


def url_of(opinion: Opinion) -> str | None:
    """Where a note was said: the record of its workshop."""
    query = select(Workshop.public_id, Note.key).join(Note, Note.board_id == Workshop.id)
    found = db.session().execute(query.where(Note.id == opinion.source_id)).one_or_none()
    return f"/w/{found[0]}/record#n-{found[1]}" if found and opinion.published_at else None


def actions(consultation: Consultation, _viewer: Any) -> list[Action]:
    """The workshops of a consultation one can take part in."""
    query = select(Workshop).where(
        Workshop.consultation_id == consultation.id,
        Workshop.closed_at.is_(None),
        Workshop.is_rehearsal.is_(False),
    )
    return [
        Action(
            tag=_("ワークショップ"),
            icon="sticky",
            title=workshop.title,
            detail=workshop.place,
            call=_("参加する"),
            url=f"/w/{workshop.public_id}",
            closes_at=workshop.held_at,
        )
        for workshop in db.session().scalars(query.order_by(Workshop.held_at)).unique()
    ]


def _wanted(is_gone: bool, hidden_reason: str) -> State:
    if is_gone:
        return State.WITHDRAWN
    return State.WITHHELD if hidden_reason else State.COUNTED


def _follow(note: Note, line: Opinion, context: str) -> None:
    """Bring one line to the state and the words of its note."""
    wanted = _wanted(note.is_gone, note.hidden_reason)
    if line.state == State.WITHDRAWN:
        if wanted != State.WITHDRAWN:  # withdrawn is final: what came back is a line of its own
            opinions.enter(line.consultation, _again(note, line, wanted), role="resident")
        return
    if line.state != wanted:
        role = "resident" if wanted == State.WITHDRAWN else "facilitator"
        reason = note.hidden_reason if wanted == State.WITHHELD else ""
        opinions.change_state(line, wanted, role=role, reason=reason)
    if wanted == State.COUNTED and line.text.body != note.body:
        line = opinions.supersede(line, note.body, role="resident", reason=str(_("書き直し")))
    if line.context != context:
        opinions.tell_context(line, context)


def _said(workshop: Workshop, note: Note, member: Member | None, context: str) -> Said:
    identity = _identity(member)
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


def _again(note: Note, line: Opinion, state: State) -> Said:
    return Said(
        source=SOURCE,
        source_id=note.id,
        channel=Channel.WORKSHOP,
        body=note.body,
        submission=line.submission,
        voice_id=line.voice_id,
        said_at=clock.now(),
        received_at=clock.now(),
        is_public=line.published_at is not None,
        part=line.part,
        revision=line.revision + 1,
        context=line.context,
        state=state,
        parent_id=line.id,
    )


def _identity(member: Member | None) -> str | None:
    """Whose voice it is: the account's, else this browser's; paper keyed in is nobody's."""
    if member is None or member.role == "helper":
        return None
    if member.account is not None:
        return f"account:{member.account.public_id}"
    return f"guest:{member.token_hash}"


def _members(workshop: Workshop) -> dict[str, Member]:
    query = select(Member).where(Member.workshop_id == workshop.id)
    return {member.public_id: member for member in db.session().scalars(query)}


def _newest(note_ids: list[int]) -> dict[int, Opinion]:
    """The line of each note that speaks for it now (superseded ones do not)."""
    found: dict[int, Opinion] = {}
    for start in range(0, len(note_ids), 500):
        query = select(Opinion).where(
            Opinion.source == SOURCE,
            Opinion.source_id.in_(note_ids[start : start + 500]),
            Opinion.state != State.SUPERSEDED,
        )
        for line in db.session().scalars(query.order_by(Opinion.revision)):
            found[line.source_id] = line
    return found


def _contexts(workshop: Workshop, notes: list[Note]) -> dict[int, str]:
    """Question and island heading, which travel with a note."""
    query = select(Island.key, Island.title).where(
        Island.board_id == workshop.id, Island.is_gone.is_(False)
    )
    titles = {row.key: row.title for row in db.session().execute(query)}
    return {note.id: _context(workshop, note, titles) for note in notes}


def _context(workshop: Workshop, note: Note, titles: dict[str, str]) -> str:
    asked = workshop.questions[note.question] if note.question < len(workshop.questions) else ""
    parts = [part for part in (asked, titles.get(note.island_key, "")) if part]
    return " ＞ ".join(parts)[:200]


def publish(workshop: Workshop) -> None:
    """Let everybody read the notes of a workshop whose record is public."""
    ids = select(Note.id).where(Note.board_id == workshop.id)
    query = select(Opinion.id).where(Opinion.source == SOURCE, Opinion.source_id.in_(ids))
    opinions.publish(list(db.session().scalars(query)))
