"""Each law is broken by hand once, and `check` says where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from core import db
from core.people import Account
from ledger import check, imports, opinions, sources, themes
from ledger.imports import Choice
from ledger.models import Consultation, Filing, ImportRow, Opinion, OpinionText, Placement, Theme


@pytest.fixture
def ids(consultation: Consultation, officer: Account, tmp_path: Path) -> list[int]:
    path = tmp_path / "a.csv"
    path.write_text("意見\n木を残す\n道を広げる\n", encoding="utf-8")
    imports.run(officer, consultation, path, Choice("意見"), name="a.csv")
    return list(
        db.session().scalars(db.session().query(Opinion.id).order_by(Opinion.seq).statement)
    )


def said() -> list[tuple[str, str]]:
    db.session().expire_all()
    return [(breach.law, breach.what) for breach in check.laws()]


def test_nothing_is_said_when_all_laws_hold(both_engines: str, ids: list[int]) -> None:
    assert said() == []


def test_an_empty_installation_breaks_no_law(database: object) -> None:
    assert said() == []


def test_a_lost_line_is_noticed(ids: list[int]) -> None:
    with db.transaction() as tx:
        tx.execute(delete(OpinionText).where(OpinionText.opinion_id == ids[1]))
        tx.execute(delete(Opinion).where(Opinion.id == ids[1]))
    assert said() == [
        ("conservation", "2 lines were numbered, 1 are there (1 to 1)"),
        ("source", "was said but is not in the ledger"),
    ]


def test_a_gap_in_the_numbers_is_noticed(ids: list[int]) -> None:
    with db.transaction() as tx:
        tx.execute(update(Opinion).where(Opinion.id == ids[1]).values(seq=7))
    assert said() == [("conservation", "2 lines were numbered, 2 are there (1 to 7)")]


def test_a_changed_text_is_noticed(ids: list[int]) -> None:
    with db.transaction() as tx:
        tx.execute(
            update(OpinionText).where(OpinionText.opinion_id == ids[0]).values(body="別の文")
        )
    assert said() == [("text", "the text is not the one that was entered")]


def test_an_erased_text_is_no_breach(ids: list[int], consultation: Consultation) -> None:
    with db.transaction() as tx:
        tx.execute(
            update(OpinionText)
            .where(OpinionText.opinion_id == ids[0])
            .values(body="", salt="", erased_at=consultation.created_at)
        )
    assert said() == []


def test_a_line_that_nobody_said_is_noticed(ids: list[int]) -> None:
    with db.transaction() as tx:
        tx.execute(delete(ImportRow))
    assert said() == [("source", "was said nowhere"), ("source", "was said nowhere")]


def test_a_kind_of_source_nobody_registered_is_noticed(ids: list[int]) -> None:
    with db.transaction() as tx:
        tx.execute(update(Opinion).where(Opinion.id == ids[0]).values(source="telepathy"))
    assert ("source", "is a kind of source that nobody registered") in said()


def test_what_is_filed_without_being_counted_is_noticed(
    ids: list[int], consultation: Consultation, officer: Account
) -> None:
    theme = themes.create(officer, consultation, "木")
    themes.move(officer, consultation, ids, theme)
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    assert said() == []
    with db.transaction() as tx:
        tx.execute(insert(Filing).values(opinion_id=ids[0], placement=Placement.LONE))
    assert ("filing", "is filed but withdrawn") in said()


def test_a_theme_that_is_gone_holds_nothing(
    ids: list[int], consultation: Consultation, officer: Account
) -> None:
    theme = themes.create(officer, consultation, "木")
    themes.move(officer, consultation, ids[:1], theme)
    with db.transaction() as tx:
        tx.execute(update(Theme).values(dissolved_at=consultation.created_at))
    assert said() == [("filing", "is filed in a theme that is not there")]


@pytest.fixture
def cheering() -> Iterator[set[int]]:
    """A source of one's own: what its set holds was said."""
    there: set[int] = set()
    sources.register(
        "cheer",
        sources.Source(
            existing=lambda ids: there & set(ids),
            entered=lambda: there,
            url=lambda _opinion: None,
            actions=lambda _consultation, _viewer: [],
        ),
    )
    yield there
    del sources._sources["cheer"]


def test_what_a_source_says_was_said_must_be_in_the_ledger(
    ids: list[int], cheering: set[int]
) -> None:
    cheering.add(1)
    assert said() == [("source", "was said but is not in the ledger")]
