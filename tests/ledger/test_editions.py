"""Editions: frozen, provable, and still provable when a text is taken down."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import update

from core import db, record
from core.people import Account
from ledger import check, editions, opinions, queries
from ledger.models import Consultation, Edition, EditionGroup, EditionLine
from tests.answered import Case, enter, opinion


@pytest.fixture
def edition(consultation: Consultation, officer: Account, approver: Account) -> Edition:
    case = Case(consultation, officer, approver)
    with db.transaction():
        one, two, three = enter(consultation, "池を残してほしい", "木を残してほしい", "夜は閉めて")
        return case.theme("水と木", [one, two]).lone(three).approve().publish()


def breaches() -> list[str]:
    return [b.what for b in check.laws() if b.law == "edition"]


def test_what_was_published_verifies(both_engines: str, edition: Edition) -> None:
    db.session().expire_all()
    assert editions.holds(edition)
    assert breaches() == []


def test_the_hash_can_be_computed_from_outside(edition: Edition) -> None:
    said = json.loads(json.dumps(editions.said(edition)))
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == edition.hash


def test_the_record_carries_the_hash(edition: Edition) -> None:
    entry = db.session().get_one(record.Entry, record.head()[0])
    assert (entry.kind, entry.commitment) == ("edition.published", edition.hash)
    assert list(record.verify()) == []


class Undo(Exception):
    """Ends a unit of work without a trace."""


def test_a_changed_row_is_found(edition: Edition) -> None:
    changes = (
        update(EditionGroup).values(view="別の考え方"),
        update(EditionLine).where(EditionLine.number == 1).values(disposition="not_reflected"),
        update(EditionLine).where(EditionLine.number == 2).values(commitment="0" * 64),
        update(Edition).values(figures={"counted": 3}),
        update(Edition).values(correction="あとから"),
    )
    for change in changes:
        with pytest.raises(Undo), db.transaction() as tx:
            tx.execute(change)
            tx.expire_all()
            assert not editions.holds(edition), change
            assert breaches() == ["was changed after it was published"]
            raise Undo
    assert editions.holds(edition)


def test_a_text_taken_down_later_does_not_break_the_proof(
    both_engines: str, edition: Edition
) -> None:
    ids = [line.opinion_id for line in editions_lines(edition)]
    opinions.withdraw(opinion(ids[0]), role="resident")
    opinions.withhold(opinion(ids[1]), role="moderator", reason="きまり3")
    with db.transaction():
        text = opinion(ids[2]).text
        text.body, text.salt, text.fold_key = "", "", ""
        text.erased_at = edition.published_at
    db.session().expire_all()
    assert editions.holds(edition)
    assert breaches() == []


def test_publishing_lets_readers_see_the_texts(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    (one,) = enter(consultation, "池")
    assert not queries.may_read(None, opinion(one))
    Case(consultation, officer, approver).lone(one).approve().publish()
    assert queries.may_read(None, opinion(one))


def test_an_opinion_finds_its_newest_answer(edition: Edition) -> None:
    ids = [line.opinion_id for line in editions_lines(edition)]
    found = editions.lines_for(ids)
    assert {found[i].disposition for i in ids[:2]} == {"reflected"}
    assert found[ids[2]].disposition == "not_reflected"


def editions_lines(edition: Edition) -> list[EditionLine]:
    rows = db.session().query(EditionLine).filter(EditionLine.edition_id == edition.id)
    return list(rows.order_by(EditionLine.number))
