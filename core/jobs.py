"""Work that outlives a request: the jobs table is the truth, huey only wakes the worker.

A verb enqueues a job in its own transaction, so that the job exists exactly when the act does.
huey runs at most once and forgets a job that was killed; the sweep puts back what has no
heartbeat, so a handler may run twice and must end in the same state.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog
from huey import SqliteHuey, crontab
from sqlalchemy import ForeignKey, Index, String, Text, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db, scopes
from core.errors import DomainError

log = structlog.get_logger(__name__)
STALE = timedelta(seconds=60)
TRIES = 4
BEAT_SECONDS = 10.0


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(db.Addressable, db.Base):
    """One piece of work, its progress and how it ended."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state", "state", "run_after"), Index("ix_job_scope", "scope"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    scope: Mapped[str] = mapped_column(String(80), default="")
    args: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default=State.QUEUED)
    step: Mapped[str] = mapped_column(String(40), default="")
    done_count: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    run_after: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def is_over(self) -> bool:
        return self.state in {State.DONE, State.FAILED, State.CANCELLED}

    def scopes(self) -> set[str]:
        """Whose staff may look after it."""
        return scopes.around(self.scope)


class Cancelled(Exception):
    """Somebody asked for the job to stop."""


class Later(Exception):
    """A handler says: not now, again after `delay`. Such a run does not count as a try."""

    def __init__(self, delay: timedelta) -> None:
        self.delay = delay
        super().__init__(delay)


class Running:
    """What a handler is given: its arguments, and a way to say how far it is.

    `tries` is the fence: a worker that was taken for dead and wakes up again changes nothing.
    """

    def __init__(self, job_id: int, args: dict[str, Any], tries: int) -> None:
        self.job_id = job_id
        self.args = args
        self.tries = tries
        self.result: dict[str, Any] = {}
        self._step, self._said = "", 0.0

    def progress(self, step: str, done: int, total: int) -> None:
        """Tell pages how far the job is; at most three writes a second, new steps at once.

        Raises `Cancelled` when the job was cancelled meanwhile.
        """
        now = time.monotonic()
        if step == self._step and 0 < done < total and now - self._said < 0.3:
            return
        self._step, self._said = step, now
        if not self.change(step=step, done_count=done, total_count=total, heartbeat_at=clock.now()):
            raise Cancelled

    def release_key(self) -> None:
        """Let the same key be enqueued again from now on, though this job is not over."""
        self.change(key=None)

    def change(self, **values: Any) -> bool:
        """Write to the job's row while it is still this run's; False when it is not."""
        with db.transaction() as tx:
            changed = tx.execute(
                update(Job)
                .where(Job.id == self.job_id, Job.state == State.RUNNING, Job.tries == self.tries)
                .values(**values)
            )
        return bool(getattr(changed, "rowcount", 0))


Handler = Callable[[Running], None]
Chore = Callable[[], None]
_handlers: dict[str, Handler] = {}
_chores: list[Chore] = []
_wakers: list[Callable[[int], Any]] = []
_running: dict[int, Running] = {}  # of this process


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of `kind`."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def chore(function: Chore) -> Chore:
    """Have the worker call `function` once a minute."""
    if function not in _chores:
        _chores.append(function)
    return function


def enqueue(
    kind: str,
    args: dict[str, Any],
    *,
    key: str | None = None,
    scope: str = "",
    owner_id: int | None = None,
    delay: timedelta = timedelta(0),
) -> Job:
    """Add a job to the current transaction; the worker is woken after the commit.

    A `key` makes it idempotent: a job with the same key that is not over is returned instead.
    """
    if kind not in _handlers:
        raise KeyError(kind)
    with db.transaction() as tx:
        if key is not None:
            same = tx.scalars(db.locked(select(Job).where(Job.key == key))).one_or_none()
            if same is not None and not same.is_over:
                return same
            if same is not None:
                same.key = None
                tx.flush()
        job = Job(
            kind=kind,
            key=key,
            args=args,
            scope=scope,
            owner_id=owner_id,
            created_at=clock.now(),
            run_after=clock.now() + delay,
        )
        try:
            with tx.begin_nested():
                tx.add(job)
        except IntegrityError:  # PostgreSQL: another transaction made the same key meanwhile
            return tx.scalars(select(Job).where(Job.key == key)).one()
        job_id = job.id
        if not delay:
            db.on_commit(lambda: _wake(job_id))
        return job


def enqueue_all(kind: str, work: Mapping[str, dict[str, Any]]) -> int:
    """Add many jobs by their keys, in a known number of statements; returns how many are new.

    A key that was ever used is left alone, whatever became of its job.
    """
    if kind not in _handlers:
        raise KeyError(kind)
    with db.transaction() as tx:
        known = set(tx.scalars(select(Job.key).where(Job.key.in_(work))))
        now = clock.now()
        rows = [
            {"kind": kind, "key": key, "args": args, "created_at": now, "run_after": now}
            for key, args in work.items()
            if key not in known
        ]
        if not rows:
            return 0
        ids = list(tx.scalars(insert(Job).returning(Job.id), rows))
        db.on_commit(lambda: _wake_all(ids))
        return len(ids)


def hasten(key: str) -> None:
    """Let the job with this key, if it waits, run now."""
    with db.transaction() as tx:
        waiting = select(Job).where(Job.key == key, Job.state == State.QUEUED)
        job = tx.scalars(db.locked(waiting)).one_or_none()
        if job is not None:
            job.run_after, job_id = clock.now(), job.id
            db.on_commit(lambda: _wake(job_id))


def cancel(job: Job) -> None:
    """Stop a job: at once when it waits, at its next progress when it runs."""
    with db.transaction() as tx:
        tx.execute(
            update(Job)
            .where(Job.id == job.id, Job.state.in_([State.QUEUED, State.RUNNING]))
            .values(state=State.CANCELLED, finished_at=clock.now())
        )


def run(job_id: int) -> None:
    """Claim one queued job and do it; a job somebody else claimed is left alone."""
    with db.transaction() as tx:
        now = clock.now()
        claimed = tx.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == State.QUEUED)
            .values(
                state=State.RUNNING, started_at=now, heartbeat_at=now, tries=Job.tries + 1, error=""
            )
        )
        if not getattr(claimed, "rowcount", 0):
            return
    job = db.session().get_one(Job, job_id)
    running = Running(job.id, dict(job.args), job.tries)
    kind, tries = job.kind, job.tries
    db.session().rollback()
    try:
        with _heart(running):
            _handlers[kind](running)
    except Cancelled:
        return
    except Later as wish:
        db.session().rollback()
        running.change(
            state=State.QUEUED, tries=running.tries - 1, run_after=clock.now() + wish.delay
        )
        return
    except Exception as error:
        db.session().rollback()
        final = isinstance(error, DomainError) or tries >= TRIES
        if not isinstance(error, DomainError):
            log.exception("job failed", job=job_id, kind=kind)
        running.change(
            state=State.FAILED if final else State.QUEUED,
            error=str(error)[:2000] if isinstance(error, DomainError) else type(error).__name__,
            finished_at=clock.now() if final else None,
            run_after=clock.now() + timedelta(seconds=15 * 4**tries),
        )
        return
    running.change(state=State.DONE, result=running.result, finished_at=clock.now())


@contextmanager
def _heart(running: Running) -> Iterator[None]:
    """Beat beside the handler, so that a long silent step is not taken for a dead one."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT_SECONDS):
            try:
                running.change(heartbeat_at=clock.now())
            except SQLAlchemyError:
                log.warning("heartbeat missed", job=running.job_id)
            finally:
                db.session.remove()

    thread = threading.Thread(target=beat, daemon=True, name=f"heart-{running.job_id}")
    _running[running.job_id] = running
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        _running.pop(running.job_id, None)


def due() -> list[int]:
    """Ids of jobs that should run now, oldest first."""
    query = select(Job.id).where(Job.state == State.QUEUED, Job.run_after <= clock.now())
    found = list(db.session().scalars(query.order_by(Job.id)))
    db.session().rollback()
    return found


def sweep() -> None:
    """Put back running jobs without a heartbeat and wake everything that is due."""
    with db.transaction() as tx:
        dead = or_(Job.heartbeat_at.is_(None), Job.heartbeat_at < clock.now() - STALE)
        tx.execute(
            update(Job)
            .where(Job.state == State.RUNNING, dead, Job.tries < TRIES)
            .values(state=State.QUEUED)
        )
        tx.execute(
            update(Job)
            .where(Job.state == State.RUNNING, dead)
            .values(state=State.FAILED, error="the worker died", finished_at=clock.now())
        )
    for job_id in due()[:100]:
        _wake(job_id)


def hand_back() -> None:
    """Give this process's unfinished jobs to the next worker, when it stops in good order."""
    for running in list(_running.values()):
        running.change(state=State.QUEUED, tries=running.tries - 1)


def run_due() -> int:
    """Do every due job here and now; returns how many. For tests, demo and command lines."""
    count = 0
    while waiting := due():
        for job_id in waiting:
            run(job_id)
            count += 1
    return count


def find(public_id: str) -> Job | None:
    return db.session().scalars(select(Job).where(Job.public_id == public_id)).one_or_none()


def newest(kind: str, scope: str) -> Job | None:
    """The latest job of a kind in a scope, whatever its state."""
    query = select(Job).where(Job.kind == kind, Job.scope == scope)
    return db.session().scalars(query.order_by(Job.id.desc()).limit(1)).one_or_none()


def shown_to(viewer: Any, *, since: datetime) -> list[Job]:
    """Jobs with an owner or a scope that wait, run, or failed after `since`: for the desk.

    The caller still asks the permission "jobs.see" for each.
    """
    query = select(Job).where(
        or_(Job.scope != "", Job.owner_id == viewer.id),
        or_(
            Job.state.in_([State.QUEUED, State.RUNNING]),
            (Job.state == State.FAILED) & (Job.finished_at > since),
        ),
    )
    return list(db.session().scalars(query.order_by(Job.id.desc()).limit(50)))


def connect(path: Path) -> SqliteHuey:
    """Open the queue that wakes the worker; without it jobs wait in the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    queue = SqliteHuey("tomoni", filename=str(path), utc=True, timeout=20)

    def wake(job_id: int) -> None:
        try:
            run(job_id)
        finally:
            db.session.remove()

    _wakers[:] = [queue.task(name="run")(wake)]
    queue.periodic_task(crontab(minute="*"), name="tidy")(tidy)
    return queue


def disconnect() -> None:
    _wakers.clear()


def tidy() -> None:
    """The sweep and every chore; one that fails does not stop the next."""
    for act in (sweep, *_chores):
        try:
            act()
        except Exception:
            log.exception("chore failed", chore=act.__qualname__)
        finally:
            db.session.remove()


def _wake(job_id: int) -> None:
    """Tell the worker; when that fails the sweep finds the job within a minute."""
    for wake in _wakers:
        try:
            wake(job_id)
        except Exception:
            log.exception("the worker could not be woken", job=job_id)


def _wake_all(job_ids: list[int]) -> None:
    for job_id in job_ids:
        _wake(job_id)
