"""Runs: the machine groups what nobody touched, and may be killed at any moment."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from analysis import clusters, runs
from analysis.models import Run
from core import clock, db, jobs
from core.errors import Forbidden, Invalid
from core.jobs import Job, Running
from core.people import Account
from ledger import check, opinions, queries, themes
from ledger.filings import UNNAMED
from ledger.models import Channel, Consultation, Filing, Opinion, Theme
from ledger.opinions import Said

TREES = [
    "大きなケヤキの木を残してください。",
    "ケヤキの木を切らないでほしいです。",
    "ケヤキの木陰が夏に必要です。",
]
LIGHTS = [
    "夜の園路が暗いので街灯を増やしてください。",
    "街灯が少なく夜の園路がこわいです。",
    "夜の園路に街灯を付けてほしい。",
]


def enter(consultation: Consultation, *bodies: str) -> list[int]:
    start = queries.counts(consultation).received
    return opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=start + number,
                channel=Channel.IMPORT,
                body=body,
                submission=f"test:{start + number}",
                voice_id=None,
                said_at=clock.now(),
                received_at=clock.now(),
            )
            for number, body in enumerate(bodies, start=1)
        ],
        role="officer",
    )


def ran(officer: Account, consultation: Consultation, cut: float = 0.8) -> Job:
    job = runs.start(officer, consultation, cut)
    jobs.run_due()
    db.session().refresh(job)
    return job


def breaches(consultation: Consultation) -> list[check.Breach]:
    return [*check.conservation(consultation), *check._texts(), *check._filings()]


def test_the_cuts_are_those_of_the_slider() -> None:
    assert tuple(runs.CUTS) == clusters.CUTS


def test_a_run_makes_themes_named_by_what_residents_said(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    enter(consultation, *TREES, *LIGHTS, "。。。")
    job = ran(officer, consultation)
    counts = queries.counts(consultation)
    assert job.state == "done"
    assert counts.in_themes + counts.lone == 6
    assert counts.unfiled == 1, "a text without a content word is nobody's neighbour"
    bodies = [*TREES, *LIGHTS]
    for row in queries.themes_of(consultation):
        assert any(row.theme.machine_quote in body for body in bodies)
        named = row.theme.title.removeprefix(UNNAMED)
        assert any(named.rstrip("…") in body for body in bodies)
    assert breaches(consultation) == []


def test_a_run_is_noted_with_what_made_it(consultation: Consultation, officer: Account) -> None:
    enter(consultation, *TREES)
    job = ran(officer, consultation, 0.7)
    run = db.session().scalars(select(Run)).one()
    assert (run.job_id, run.started_by_id, run.opinion_count) == (job.id, officer.id, 3)
    assert run.parameters["cut"] == 0.7
    assert "scikit-learn" in run.versions
    assert len(run.input_hash) == 64


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_opinions_are_no_error(
    consultation: Consultation, officer: Account, count: int
) -> None:
    enter(consultation, *["賛成です。", "木を残してください。", "トイレを増やして。"][:count])
    job = ran(officer, consultation)
    counts = queries.counts(consultation)
    assert (job.state, job.result["opinions"]) == ("done", count)
    assert counts.in_themes + counts.lone + counts.unfiled == count
    assert breaches(consultation) == []


def test_copies_are_one_group_and_each_is_counted(
    consultation: Consultation, officer: Account
) -> None:
    enter(consultation, *["木を残してください。"] * 4, "トイレを増やしてください。")
    ran(officer, consultation)
    assert [row.opinions for row in queries.themes_of(consultation)] == [4]
    assert queries.counts(consultation).lone == 1


def test_a_run_asked_for_twice_is_one_job(consultation: Consultation, officer: Account) -> None:
    assert runs.start(officer, consultation).id == runs.start(officer, consultation, 0.8).id


def test_a_worker_killed_after_the_commit_adopts_once(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    """The sweep puts the job back; done again it finds its own run and ends."""
    enter(consultation, *TREES, *LIGHTS)
    job = ran(officer, consultation)
    before = set(db.session().scalars(select(Theme.public_id)))
    with db.transaction() as tx:
        tx.get_one(Job, job.id).state = jobs.State.QUEUED
    jobs.run_due()
    assert set(db.session().scalars(select(Theme.public_id))) == before
    assert db.session().scalar(select(func.count(Run.id))) == 1
    assert breaches(consultation) == []


def test_a_worker_killed_before_the_commit_leaves_nothing(
    consultation: Consultation, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(consultation, *TREES, *LIGHTS)
    said = Running.progress

    def die(self: Running, step: str, done: int, total: int) -> None:
        if step == "adopt":
            raise SystemExit
        said(self, step, done, total)

    job = runs.start(officer, consultation)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Running, "progress", die)
        jobs.run_due()
    assert queries.counts(consultation).unfiled == 6
    with db.transaction() as tx:
        tx.get_one(Job, job.id).state = jobs.State.QUEUED
    jobs.run_due()
    assert queries.counts(consultation).unfiled == 0
    assert breaches(consultation) == []


def test_a_cancelled_run_files_nothing(
    consultation: Consultation, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(consultation, *TREES)
    said = Running.progress

    def cancel(self: Running, step: str, done: int, total: int) -> None:
        said(self, step, done, total)
        if step == "adopt":
            jobs.cancel(db.session().get_one(Job, self.job_id))

    monkeypatch.setattr(Running, "progress", cancel)
    assert ran(officer, consultation).state == "cancelled"
    assert queries.counts(consultation).unfiled == 3


def test_a_second_run_leaves_a_locked_theme_as_it_is(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *TREES, *LIGHTS)
    mine = themes.gather(officer, consultation, [ids[0], ids[3]], "わたしのまとめ")
    ran(officer, consultation)
    ran(officer, consultation, 0.7)
    kept = db.session().scalars(select(Filing.opinion_id).where(Filing.theme_id == mine.id))
    assert set(kept) == {ids[0], ids[3]}
    assert queries.counts(consultation).unfiled == 0
    assert breaches(consultation) == []


def test_what_is_taken_back_while_the_machine_works_is_not_filed(
    consultation: Consultation, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = enter(consultation, *TREES)
    said = Running.progress

    def withdraw(self: Running, step: str, done: int, total: int) -> None:
        said(self, step, done, total)
        if step == "adopt":
            opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")

    monkeypatch.setattr(Running, "progress", withdraw)
    assert ran(officer, consultation).state == "done"
    assert all(not row.theme.machine_quote for row in queries.themes_of(consultation))
    assert breaches(consultation) == []


def test_only_officers_of_the_department_start_a_run(
    consultation: Consultation, stranger: Account, approver: Account
) -> None:
    for nobody in (stranger, approver, None):
        with pytest.raises(Forbidden):
            runs.start(nobody, consultation)


def test_an_unknown_cut_is_refused(consultation: Consultation, officer: Account) -> None:
    with pytest.raises(Invalid):
        runs.start(officer, consultation, 0.5)
