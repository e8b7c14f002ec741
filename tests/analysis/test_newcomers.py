"""Newcomers wait in a queue with suggestions; a person takes one, or all of a kind."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from analysis import desks, newcomers, places, queues
from analysis.models import NearCopy, Suggested
from core import db, jobs
from core.errors import Forbidden, Invalid
from core.jobs import Job
from core.people import Account
from ledger import check, queries
from ledger.models import Consultation, Filing, Opinion, Theme
from tests.analysis.test_runs import LIGHTS, TREES, enter
from tests.analysis.test_themes_desk import URL, Browser, again, pid

NEW = "ケヤキの木の枝が伸びて、木陰ができてうれしいです。"


@pytest.fixture
def two(consultation: Consultation, officer: Account) -> tuple[Theme, Theme]:
    ids = enter(consultation, *TREES, *LIGHTS)
    trees = desks.gather(officer, consultation, ids[:3], None, "木のこと")
    return trees, desks.gather(officer, consultation, ids[3:], None, "明かり")


def looked(consultation: Consultation, officer: Account) -> None:
    newcomers.look(officer, consultation)
    jobs.run_due()


def test_a_newcomer_is_suggested_three_themes_and_filed_in_none(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    two: tuple[Theme, Theme],
) -> None:
    (new,) = enter(consultation, NEW)
    waiting = db.session().scalars(select(Job).where(Job.kind == newcomers.KIND)).one()
    assert waiting.state == "queued", "its arrival asks for a look by itself"
    looked(consultation, officer)
    found = queues.suggested([db.session().get_one(Opinion, new)])[new]
    assert found[0].theme_id == two[0].id
    assert [one.rank for one in found] == [1, 2]
    assert queries.counts(consultation).unfiled == 1
    queue = queues.queue(consultation)
    assert queue.of_theme == {two[0].id: 1}
    assert queues.waiting_for(officer, consultation, two[0])[0].id == new


def test_all_of_a_kind_are_taken_at_once_and_undone(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    two: tuple[Theme, Theme],
) -> None:
    new = enter(consultation, NEW, "夜の園路の街灯が切れていて暗いです。", "ねこ")
    looked(consultation, officer)
    assert newcomers.take_all(officer, consultation, 0.4, two[0]) == 1
    assert newcomers.take_all(officer, consultation, 0.4) == 1
    assert queries.counts(consultation).unfiled == 1
    rows = dict(db.session().execute(select(Filing.opinion_id, Filing.theme_id)).all())
    assert (rows[new[0]], rows[new[1]]) == (two[0].id, two[1].id)
    desks.undo(officer, consultation)
    desks.undo(officer, consultation)
    assert queries.counts(consultation).unfiled == 3
    assert [*check.conservation(consultation)] == []


def test_an_unknown_bound_and_a_stranger_are_refused(
    consultation: Consultation, officer: Account, stranger: Account, two: tuple[Theme, Theme]
) -> None:
    with pytest.raises(Invalid):
        newcomers.take_all(officer, consultation, 0.0)
    with pytest.raises(Forbidden):
        newcomers.take_all(stranger, consultation, 0.6)
    with pytest.raises(Forbidden):
        newcomers.look(stranger, consultation)


def test_exact_copies_follow_what_they_copy(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    two: tuple[Theme, Theme],
) -> None:
    new = enter(consultation, TREES[0], LIGHTS[0], "まったく別のことです。")
    assert queues.following(consultation) == 2
    assert newcomers.follow(officer, consultation) == 2
    rows = dict(db.session().execute(select(Filing.opinion_id, Filing.theme_id)).all())
    assert (rows[new[0]], rows[new[1]]) == (two[0].id, two[1].id)
    assert new[2] not in rows


def test_near_copies_lie_folded_under_what_they_copy(
    consultation: Consultation, officer: Account, two: tuple[Theme, Theme]
) -> None:
    letter = (
        "駅前広場の見直しについて、わたしたちは計画に{}です。子どもが遊べる場所を残してください。"
    )
    ids = enter(consultation, letter.format("賛成"), letter.format("反対"), "ベンチがほしい。")
    looked(consultation, officer)
    (near,) = db.session().scalars(select(NearCopy))
    assert (near.opinion_id, near.of_id) == (ids[1], ids[0])
    shown = places.voices_in(officer, consultation, None)
    assert [(v.opinion.id, [o.id for o in v.near]) for v in shown] == [
        (ids[0], [ids[1]]),
        (ids[2], []),
    ]
    assert places.text_count(officer, consultation, None) == 2
    desks.move(officer, consultation, ids[:1], two[0])
    assert len(places.voices_in(officer, consultation, None)) == 2, "alone, it stands for itself"


def test_a_run_again_forgets_what_it_said_before(
    consultation: Consultation, officer: Account, two: tuple[Theme, Theme]
) -> None:
    enter(consultation, NEW)
    looked(consultation, officer)
    looked(consultation, officer)
    assert len(list(db.session().scalars(select(Suggested)))) == 2


def test_the_page_offers_and_takes(
    browser_of: Browser, consultation: Consultation, officer: Account, two: tuple[Theme, Theme]
) -> None:
    (new,) = enter(consultation, NEW)
    looked(consultation, officer)
    browser = browser_of(officer)
    shown = browser.get(f"{URL}?t={pid(two[0])}").text
    assert "候補が 1件あります" in shown
    assert "新しい候補 1件" in shown
    unfiled = browser.get(f"{URL}?list=unfiled").text
    assert re.search(r'<span class="num">\.\d\d</span>', unfiled)
    sent = {"opinion": pid(db.session().get_one(Opinion, new)), "to": pid(two[1])}
    browser.post(f"{URL}/suggested?list=unfiled", data=sent)
    assert queries.counts(again(consultation)).unfiled == 0
    assert browser.post(f"{URL}/suggested", data={"opinion": sent["opinion"]}).status_code == 422
    assert browser.post(f"{URL}/suggested", data={"act": "all"}).status_code == 422


def test_the_desk_reads_a_known_number_of_statements_however_many_wait(
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    two: tuple[Theme, Theme],
    statements: list[str],
) -> None:
    browser = browser_of(officer)

    def count(where: str) -> int:
        statements.clear()
        assert browser.get(f"{URL}{where}").status_code == 200
        return len(statements)

    enter(again(consultation), NEW, NEW + "春も。", TREES[0])
    looked(again(consultation), again(officer))
    places = (
        "?list=unfiled",
        f"?t={pid(two[0])}",
        "?list=found&q=木",
        "?list=unfiled&length=short",
    )
    few = [count(where) for where in places]
    enter(again(consultation), *(f"{NEW}{n}回目です。" for n in range(60)), *LIGHTS * 20)
    looked(again(consultation), again(officer))
    assert [count(where) for where in places] == few
    assert max(few) < 34
