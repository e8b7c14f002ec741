"""Islands that the machine proposes: loose notes grouped by what they are about, for a lead.

A job does the grouping (`analysis.grouping`, pure) and keeps it as its result; nothing on the board
moves before a lead accepts an island, one by one, through the board's owner like any operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core import jobs, text
from core.errors import Conflict, NotFound
from core.jobs import Job, Running
from core.messages import _
from core.permissions import require
from realtime import boards
from realtime.asks import Answer, Ask
from realtime.limits import TITLE_LIMIT
from realtime.models import Member, Workshop
from realtime.state import State

KIND = "workshop.suggest"
CUT = 0.87  # notes are short: of 227 real ones 70 % find a group here
LEAST = 4  # loose notes below which there is nothing to propose
ALL = "all"


@dataclass(frozen=True)
class Loose:
    """A note that is on no island and can be read."""

    key: str
    text: str
    color: int
    x: int
    y: int


@dataclass(frozen=True)
class Suggestion:
    """One island that could be made: `number` in its job, a title to begin with, its notes now.

    `is_taken` once somebody accepted it; notes that were moved meanwhile are left out.
    """

    number: int
    title: str
    quote: str
    notes: tuple[Loose, ...]
    is_taken: bool


def start(actor: Any, workshop: Workshop, table: str = ALL) -> Job:
    """Let the machine look through the loose notes of a table, or of the whole board ("all")."""
    require(actor, "workshops.lead", workshop)
    state, _seq = boards.of(workshop).whole()
    if table != ALL and table not in state["tables"]:
        raise NotFound
    if not state["open"]:
        raise Conflict(_("このボードは終わりました。読むことはできます。"))
    if len(loose(state, table)) < LEAST:
        raise Conflict(
            _(
                "島に入っていない付せんが%(least)s枚より少ないので、まとめる案は作れません。",
                least=LEAST,
            )
        )
    return jobs.enqueue(
        KIND,
        {"workshop": workshop.id, "table": table},
        key=f"suggest:{workshop.id}",
        scope=workshop.scope,
        owner_id=actor.id,
    )


@jobs.handler(KIND)
def suggest(running: Running) -> None:
    """Read the loose notes, group them, keep the proposal; done again it proposes anew."""
    from analysis import grouping  # 3.5 s and 120 MB: only where a job runs

    running.progress("read", 0, 1)
    state, seq = boards.read(running.args["workshop"])
    found = loose(state, running.args["table"])
    texts = [note.text for note in found]
    grouped = grouping.group_texts(texts, cut=CUT, progress=running.progress)
    islands = [
        {
            "title": label.phrase if label.is_named else "",
            "quote": label.sentence[:100],
            "notes": [found[i].key for i in members],
        }
        for label, members in zip(grouped.labels, grouped.grouping.members, strict=True)
    ]
    islands.sort(key=lambda one: -len(one["notes"] or ()))
    running.result = {
        "seq": seq,
        "table": running.args["table"],
        "islands": islands,
        "read": len(found),
        "lone": len(found) - sum(len(one["notes"] or ()) for one in islands),
    }


def newest(workshop: Workshop) -> Job | None:
    """The last proposal of a workshop, whatever became of it."""
    return jobs.newest(KIND, workshop.scope)


def of(workshop: Workshop, job: Job | None) -> list[Suggestion]:
    """What a finished job proposes, as far as its notes still lie loose on the board."""
    if job is None or job.state != jobs.State.DONE:
        return []
    state, _seq = boards.of(workshop).whole()
    there = {note.key: note for note in loose(state, ALL)}
    found: list[Suggestion] = []
    for number, one in enumerate(job.result.get("islands", ())):
        made = state["islands"].get(_island_key(job, number))
        is_taken, title = made is not None, made["title"] if made else one["title"]
        notes = () if is_taken else tuple(there[key] for key in one["notes"] if key in there)
        if is_taken or len(notes) > 1:
            found.append(Suggestion(number, title, one["quote"], notes, is_taken))
    return found


def accept(
    actor: Any, workshop: Workshop, member: Member, job_id: str, number: int, title: str
) -> None:
    """Make one proposed island under a title; sent twice it is one. Raises what the board refuses.

    The member is the lead's place at the board: the operation is theirs.
    """
    require(actor, "workshops.lead", workshop)
    job = jobs.find(job_id)
    if job is None or job.scope != workshop.scope or job.kind != KIND:
        raise NotFound
    one = next((s for s in of(workshop, job) if s.number == number), None)
    if one is None:
        raise Conflict(_("この案の付せんは、もうほかの島にあります。"))
    if one.is_taken:
        return
    table = str(job.result.get("table", ALL))
    op = {
        "op": "island.fill",
        "id": _island_key(job, number),
        "title": text.accepted("title", title, limit=TITLE_LIMIT),
        "notes": [note.key for note in one.notes],
        "table": "" if table == ALL else table,
        **_middle(one.notes),
    }
    heard: list[Answer] = []
    owner = boards.of(workshop)
    cid = f"take-{job.public_id}-{number}"
    owner.do([Ask(member.public_id, cid, 1, op, heard.append)])
    if heard and heard[0].code:
        raise Refusal(heard[0].said)


class Refusal(Conflict):
    """The board did not do it; the message says why."""

    def __init__(self, said: Any) -> None:
        super().__init__(said)


def loose(state: State, table: str) -> list[Loose]:
    """Notes on no island that everybody may read, of a table or of all, in the order they came."""
    return [
        Loose(key, note["text"], note["color"], note["x"], note["y"])
        for key, note in state["notes"].items()
        if not (note["gone"] or note["hid"] or note["veil"] or note["of"])
        and not (note["island"] and not state["islands"][note["island"]]["gone"])
        and table in (ALL, note["table"])
    ]


def _island_key(job: Job, number: int) -> str:
    return f"s{job.public_id}-{number}"


def _middle(notes: Iterable[Loose]) -> dict[str, int]:
    """Where an island begins: at the upper left of its notes."""
    found = list(notes)
    return {"x": min(note.x for note in found), "y": min(note.y for note in found)}
