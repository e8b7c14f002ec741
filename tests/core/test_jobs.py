from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock, db, jobs
from core.config import ROOT, Settings
from core.errors import Conflict
from core.jobs import Job, Running, State
from core.messages import _
from tests.core.worker_process import two_tries  # noqa: F401 registers its kind here too

done: list[str] = []


@jobs.handler("test.note")
def note(running: Running) -> None:
    done.append(running.args["said"])
    running.result = {"said": running.args["said"]}


@jobs.handler("test.break")
def broken(running: Running) -> None:
    done.append("tried")
    raise OSError("the disk is full")


@jobs.handler("test.refuse")
def refused(running: Running) -> None:
    raise Conflict(_("この表は、もう読み込みました。"))


@pytest.fixture(autouse=True)
def _fresh(database: Flask) -> None:
    done.clear()


def state_of(job: Job) -> Job:
    db.session().rollback()
    found = jobs.find(job.public_id)
    assert found is not None
    db.session().refresh(found)
    return found


def test_a_job_is_done_once(both_engines: str) -> None:
    job = jobs.enqueue("test.note", {"said": "はい"})
    assert jobs.run_due() == 1
    assert jobs.run_due() == 0
    assert done == ["はい"]
    assert state_of(job).state == State.DONE
    assert state_of(job).result == {"said": "はい"}


def test_a_job_of_a_rolled_back_act_does_not_exist() -> None:
    with pytest.raises(RuntimeError), db.transaction():
        jobs.enqueue("test.note", {"said": "いいえ"})
        raise RuntimeError
    assert jobs.run_due() == 0


def test_a_kind_nobody_handles_is_refused_at_once() -> None:
    with pytest.raises(KeyError):
        jobs.enqueue("test.unknown", {})


def test_the_same_key_is_one_job_until_it_is_over() -> None:
    first = jobs.enqueue("test.note", {"said": "a"}, key="k")
    assert jobs.enqueue("test.note", {"said": "b"}, key="k").id == first.id
    jobs.run_due()
    assert jobs.enqueue("test.note", {"said": "c"}, key="k").id != first.id


def test_the_same_key_at_the_same_moment_is_one_job(both_engines: str) -> None:
    start = threading.Barrier(8)
    made: list[int] = []

    def press() -> None:
        start.wait()
        with db.transaction():
            made.append(jobs.enqueue("test.note", {"said": "x"}, key="pressed").id)
            time.sleep(0.02)
        db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_released_key_can_be_enqueued_while_the_job_runs() -> None:
    seen: list[int] = []

    @jobs.handler("test.release")
    def release(running: Running) -> None:
        if not seen:
            seen.append(running.job_id)
            running.release_key()
            seen.append(jobs.enqueue("test.release", {}, key="r").id)

    jobs.enqueue("test.release", {}, key="r")
    assert jobs.run_due() == 2
    assert seen[0] != seen[1]


def test_a_breakdown_is_tried_again_later_and_then_given_up() -> None:
    job = jobs.enqueue("test.break", {})
    now = clock.now()
    for tries in range(1, jobs.TRIES + 1):
        with clock.at(now + timedelta(hours=3 * tries)):
            assert jobs.run_due() == 1
    assert done == ["tried"] * jobs.TRIES
    assert state_of(job).state == State.FAILED
    assert state_of(job).error == "OSError"  # not its words: they may hold a person's


def test_a_refusal_is_final_and_says_why() -> None:
    job = jobs.enqueue("test.refuse", {})
    jobs.run_due()
    assert (state_of(job).state, state_of(job).tries) == (State.FAILED, 1)
    assert state_of(job).error == "この表は、もう読み込みました。"


def test_a_cancelled_job_stops_at_its_next_progress() -> None:
    steps: list[str] = []

    @jobs.handler("test.cancel")
    def cancelled(running: Running) -> None:
        running.progress("read", 0, 2)
        steps.append("read")
        jobs.cancel(job)
        running.progress("write", 1, 2)
        steps.append("write")

    job = jobs.enqueue("test.cancel", {})
    jobs.run_due()
    assert steps == ["read"]
    assert state_of(job).state == State.CANCELLED


def test_progress_can_be_read_while_the_job_runs() -> None:
    seen: list[tuple[str, int, int]] = []

    @jobs.handler("test.progress")
    def progressing(running: Running) -> None:
        running.progress("vectors", 3, 9)
        found = db.session().scalars(select(Job).where(Job.id == running.job_id)).one()
        seen.append((found.step, found.done_count, found.total_count))

    jobs.enqueue("test.progress", {})
    jobs.run_due()
    assert seen == [("vectors", 3, 9)]


def test_a_worker_taken_for_dead_changes_nothing_any_more(both_engines: str) -> None:
    """It was stopped, its job was given to another, and now it wakes up."""
    job = jobs.enqueue("test.note", {"said": "x"})
    with db.transaction() as tx:
        row = tx.get_one(Job, job.id)
        row.state, row.tries = State.RUNNING, 2  # the other worker's run
    sleeper = Running(job.id, {}, tries=1)
    with pytest.raises(jobs.Cancelled):
        sleeper.progress("vectors", 0, 1)
    assert not sleeper.change(state=State.DONE)
    assert Running(job.id, {}, tries=2).change(state=State.DONE)


def test_a_job_without_a_heartbeat_is_put_back_and_one_with_it_is_not(both_engines: str) -> None:
    alive, dead = (jobs.enqueue("test.note", {"said": "x"}) for _ in range(2))
    with db.transaction() as tx:
        for job, age in ((alive, 10), (dead, 70)):
            row = tx.get_one(Job, job.id)
            row.state, row.tries = State.RUNNING, 1
            row.heartbeat_at = clock.now() - timedelta(seconds=age)
    jobs.sweep()
    assert state_of(alive).state == State.RUNNING
    assert state_of(dead).state == State.QUEUED


def test_a_job_that_kills_every_worker_is_given_up() -> None:
    job = jobs.enqueue("test.note", {"said": "x"})
    with db.transaction() as tx:
        row = tx.get_one(Job, job.id)
        row.state, row.tries = State.RUNNING, jobs.TRIES
    jobs.sweep()
    assert state_of(job).state == State.FAILED


def test_a_worker_that_stops_in_good_order_hands_its_job_back() -> None:
    @jobs.handler("test.stopped")
    def stopped(running: Running) -> None:
        jobs.hand_back()
        running.progress("read", 0, 1)
        done.append("went on")

    job = jobs.enqueue("test.stopped", {})
    jobs.run(job.id)
    assert done == []
    assert (state_of(job).state, state_of(job).tries) == (State.QUEUED, 0)


def test_a_chore_that_fails_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OSError

    monkeypatch.setattr(jobs, "_chores", [fails, lambda: done.append("next")])
    jobs.tidy()
    assert done == ["next"]


def test_a_queue_that_can_not_be_woken_does_not_undo_the_act(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(_job_id: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(jobs, "_wakers", [full])
    job = jobs.enqueue("test.note", {"said": "x"})
    assert state_of(job).state == State.QUEUED


@contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    script = Path(__file__).with_name("worker_process.py")
    process = subprocess.Popen(
        [sys.executable, script, settings.database, settings.queue_file],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(fact: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_killed_workers_job_is_done_by_the_next_one(settings: Settings, tmp_path: Path) -> None:
    """kill -9 loses huey's message; the jobs table does not lose the job. SIGTERM ends cleanly."""
    job = jobs.enqueue("test.two_tries", {"place": str(tmp_path)})
    with worker(settings) as first:
        wait_for((tmp_path / "first").exists)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert state_of(job).state == State.RUNNING
    with clock.at(clock.now() + jobs.STALE + timedelta(seconds=1)):
        jobs.sweep()
    assert state_of(job).state == State.QUEUED
    with worker(settings) as second:
        wait_for((tmp_path / "second").exists)
        wait_for(lambda: state_of(job).state == State.DONE)
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=10) == 0
    assert (state_of(job).tries, state_of(job).result) == (2, {"by": "the second run"})
