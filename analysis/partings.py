"""Partings: how a theme may fall apart, as a proposal; a person takes a part out, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from analysis import desks, stores
from core import db, jobs
from core.errors import Conflict, NotFound
from core.jobs import Job, Running
from core.messages import _
from core.permissions import require
from ledger.models import Filing, Opinion, OpinionText, State, Theme

KIND = "analysis.part"
FEWEST = 4  # two parts of two


@dataclass(frozen=True)
class Part:
    """Some opinions of a theme that say something of their own, and what they may be called."""

    number: int
    title: str
    opinion_ids: tuple[int, ...]
    first: tuple[Opinion, ...]


def ask(actor: Any, theme: Theme) -> Job:
    """Have the machine look how a theme may be parted; nothing moves."""
    require(actor, "themes.work", theme)
    return jobs.enqueue(
        KIND,
        {"theme": theme.id},
        key=_key(theme),
        scope=theme.consultation.scope,
        owner_id=actor.id,
    )


def newest(theme: Theme) -> Job | None:
    """The last look at a theme, whatever became of it."""
    return db.session().scalars(select(Job).where(Job.key == _key(theme))).one_or_none()


def proposed(theme: Theme, job: Job | None) -> list[Part]:
    """The parts that were found, as far as they still stand in the theme; none is all but one."""
    if job is None or job.state != jobs.State.DONE:
        return []
    inside = set(db.session().scalars(select(Filing.opinion_id).where(Filing.theme_id == theme.id)))
    parts = [
        (number, title, tuple(i for i in ids if i in inside))
        for number, (title, ids) in enumerate(job.result.get("parts", []))
    ]
    kept = [part for part in parts if part[2]]
    if len(kept) < 2:
        return []
    shown = [i for _number, _title, ids in kept for i in ids[:2]]
    rows = {
        row.id: row for row in db.session().scalars(select(Opinion).where(Opinion.id.in_(shown)))
    }
    return [
        Part(number, title, ids, tuple(rows[i] for i in ids[:2] if i in rows))
        for number, title, ids in kept
    ]


def take(actor: Any, theme: Theme, number: int, title: str) -> Theme:
    """Take one proposed part out into a new theme, as one act."""
    found = [part for part in proposed(theme, newest(theme)) if part.number == number]
    if not found:
        raise Conflict(_("この案は、もう古くなりました。分ける案を、もう一度お求めください。"))
    return desks.gather(actor, theme.consultation, found[0].opinion_ids, theme, title)


@jobs.handler(KIND)
def part(running: Running) -> None:
    """Look for parts and name them by phrases. Redone, it ends the same."""
    from analysis import labels, splits, tokens, vectors  # 3 s: only where a job runs

    running.progress("read", 0, 1)
    theme = db.session().get(Theme, running.args["theme"])
    if theme is None:
        raise NotFound
    consultation_id = theme.consultation_id
    rows = db.session().execute(
        select(Opinion.id, OpinionText.body)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .join(Filing, Filing.opinion_id == Opinion.id)
        .where(Filing.theme_id == theme.id, Opinion.state == State.COUNTED)
        .order_by(Opinion.seq)
    )
    ids, bodies = zip(*rows.all(), strict=True) if theme.dissolved_at is None else ((), ())
    db.session().rollback()
    known = stores.words(consultation_id)
    read = tokens.read(
        bodies, known=known, progress=lambda done, of: running.progress("tokens", done, of)
    )
    words = [tokens.join(sentence.words for sentence in parts) for parts in read]
    space = stores.space(consultation_id) or vectors.fit(words)
    placed = space.place(words)
    running.progress("clusters", 0, 1)
    found = splits.theme(placed, range(len(bodies)))
    named = labels.label(found, bodies, read, placed, space)
    running.result = {
        "parts": [
            [label.phrase if label.is_named and label.phrase else "", [ids[i] for i in members]]
            for members, label in zip(found, named, strict=True)
        ]
    }


def _key(theme: Theme) -> str:
    return f"part:{theme.id}"
