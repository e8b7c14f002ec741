"""Runs: a grouping by the machine, as a job that can be left, killed and done again.

Only what no person has touched is grouped. The first time it is filed as a proposal; on a desk
where people have worked since, a run only says what it would change (`changes`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from analysis import changes, cuts, pointings, stores
from analysis.events import DeskChanged
from analysis.models import Run, RunState
from core import clock, db, events, jobs, text
from core.errors import Invalid, NotFound
from core.jobs import Job, Running
from core.messages import Message, _
from core.people import Account
from core.permissions import require
from ledger import acts, adoptions, filings
from ledger.adoptions import Proposal
from ledger.filings import UNNAMED
from ledger.models import Consultation, Opinion, OpinionText

if TYPE_CHECKING:
    from analysis.grouping import Grouped, Prepared
    from analysis.labels import Label

KIND = "analysis.group"
SEED = 0
CUTS: dict[float, Message] = dict(
    zip(cuts.NAMED, (_("粗い"), _("中くらい"), _("細かい")), strict=True)
)


@dataclass(frozen=True)
class _Texts:
    """What a run reads: ids and texts of the opinions it may file, in the ledger's order."""

    ids: tuple[int, ...]
    bodies: tuple[str, ...]


def start(actor: Any, consultation: Consultation, cut: float = cuts.DEFAULT) -> Job:
    """Let the machine group what nobody has touched; a run that is under way is returned."""
    require(actor, "runs.start", consultation)
    if cut not in cuts.GRAINS:
        raise Invalid("cut", _("まとめ方を選んでください。"))
    return jobs.enqueue(
        KIND,
        {"consultation": consultation.id, "cut": cut},
        key=f"group:{consultation.id}",
        scope=consultation.scope,
        owner_id=actor.id,
    )


@jobs.handler(KIND)
def group(running: Running) -> None:
    """Read, group, adopt. Killed anywhere and run again, it ends in the same state."""
    from analysis import grouping  # 3.5 s and 120 MB: only where a job runs

    running.progress("read", 0, 1)
    said = _read(running.args["consultation"])
    started = time.monotonic()
    consultation_id = running.args["consultation"]
    is_difference = changes.is_worked_on(db.session().get_one(Consultation, consultation_id))
    db.session().rollback()
    known = stores.words(consultation_id)
    prepared = grouping.prepare(
        said.bodies,
        cut=running.args["cut"],
        seed=SEED,
        space=stores.space(consultation_id) if is_difference else None,
        known=known,
        progress=running.progress,
    )
    stores.keep(consultation_id, known)
    grouped = prepared.at(running.args["cut"], progress=running.progress)
    grains = [[cut, *prepared.counts(cut)] for cut in cuts.GRAINS]
    running.progress("adopt", 0, 1)
    found = pointings.propose(prepared.distinct, prepared.sentences)
    lasted = int((time.monotonic() - started) * 1000)
    run = _adopt(running, said, grouped, grains, duration_ms=lasted)
    with db.transaction():
        pointings.keep(said.ids, _each(said, prepared, found))
    if run.state == RunState.ADOPTED:
        stores.freeze(consultation_id, prepared.space)
    running.result = {
        "opinions": run.opinion_count,
        "themes": run.theme_count,
        "lone": run.lone_count,
        "unplaced": run.unplaced_count,
    }


def newest(consultation: Consultation) -> Job | None:
    """The latest run of a consultation, whatever became of it."""
    return jobs.newest(KIND, consultation.scope)


def listed(consultation: Consultation) -> list[Run]:
    """Every run of a consultation, newest first."""
    query = select(Run).where(Run.consultation_id == consultation.id).order_by(Run.id.desc())
    return list(db.session().scalars(query.limit(100)))


def last(consultation: Consultation) -> Run | None:
    """The newest run that came to its end."""
    query = select(Run).where(Run.consultation_id == consultation.id).order_by(Run.id.desc())
    return db.session().scalars(query.limit(1)).one_or_none()


def _read(consultation_id: int) -> _Texts:
    consultation = db.session().get_one(Consultation, consultation_id)
    query = (
        select(Opinion.id, OpinionText.body)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .where(filings.free(consultation))
        .order_by(Opinion.seq)
    )
    rows = db.session().execute(query).all()
    return _Texts(tuple(row.id for row in rows), tuple(row.body for row in rows))


def _adopt(
    running: Running, said: _Texts, grouped: Grouped, grains: list[Any], *, duration_ms: int
) -> Run:
    """File what the machine proposes, or say what it would change; once for each job."""
    with db.transaction() as tx:
        job = tx.scalars(db.locked(select(Job).where(Job.id == running.job_id))).one()
        if job.state != jobs.State.RUNNING:
            raise jobs.Cancelled
        done = tx.scalars(select(Run).where(Run.job_id == job.id)).one_or_none()
        if done is not None:  # the worker died between this commit and the job's end
            return done
        consultation = tx.get_one(Consultation, running.args["consultation"])
        proposals = [
            _proposal(label, tuple(said.ids[i] for i in members))
            for label, members in zip(grouped.labels, grouped.grouping.members, strict=True)
        ]
        run = _run(job, consultation, grouped, duration_ms=duration_ms)
        run.grains, run.groups = (
            grains,
            [[said.ids[i] for i in g] for g in grouped.grouping.members],
        )
        lone_ids = [said.ids[i] for i in grouped.grouping.lone]
        if changes.is_worked_on(consultation):
            run.state = RunState.OPEN
            tx.add(run)
            tx.flush()
            changes.propose(run, consultation, proposals, lone_ids)
        else:
            adoptions.adopt(_owner(job), consultation, proposals, lone_ids, job_id=job.id)
            tx.add(run)
        acts.tell(
            _owner(job),
            consultation,
            "run",
            _("%(count)s件を機械で分けました。", count=run.opinion_count)
            if run.state == RunState.ADOPTED
            else _("%(count)s件を機械で分け直し、変える案を出しました。", count=run.opinion_count),
        )
        events.emit(DeskChanged(consultation.id, (), None))
        tx.flush()
        return run


def _each(said: _Texts, prepared: Prepared, found: dict[int, list[int]]) -> dict[int, list[int]]:
    """Offsets for every text that is, letter by letter, one they were found in."""
    return {
        one: begins
        for first, begins in found.items()
        for one in prepared.copies[first]
        if said.bodies[one] == prepared.distinct[first]
    }


def _proposal(label: Label, opinion_ids: tuple[int, ...]) -> Proposal:
    name = label.phrase if label.is_named else None
    return Proposal(
        label=name or UNNAMED + text.excerpt(label.sentence),
        quote=label.sentence,
        confidence=round(label.confidence * 100),
        opinion_ids=opinion_ids,
    )


def _run(job: Job, consultation: Consultation, grouped: Grouped, *, duration_ms: int) -> Run:
    origin = grouped.origin
    return Run(
        consultation_id=consultation.id,
        job_id=job.id,
        started_by_id=job.owner_id,
        input_hash=origin.input_sha256,
        opinion_count=origin.text_count,
        parameters={"cut": origin.cut, **dict(origin.parameters)},
        versions=dict(origin.versions),
        seed=origin.seed,
        duration_ms=duration_ms,
        theme_count=len(grouped.labels),
        lone_count=len(grouped.grouping.lone),
        unplaced_count=len(grouped.grouping.unplaced),
        created_at=clock.now(),
    )


def _owner(job: Job) -> Account:
    owner = db.session().get(Account, job.owner_id) if job.owner_id else None
    if owner is None:
        raise NotFound
    return owner
