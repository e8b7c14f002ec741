"""Entering opinions, and every way their state may change."""

from __future__ import annotations

from itertools import product

import pytest

from core import clock, db, record
from core.errors import Conflict
from ledger import check, opinions, queries, themes
from ledger.models import Channel, Consultation, Opinion, State
from ledger.opinions import Said


def said(number: int, body: str = "木を残してほしいです。", **more: object) -> Said:
    values: dict[str, object] = {
        "channel": Channel.IMPORT,
        "source": "import_row",
        "source_id": number,
        "body": body,
        "submission": f"import:{number}",
        "voice_id": f"{number:064x}",
        "said_at": clock.now(),
        "received_at": clock.now(),
    }
    return Said(**{**values, **more})  # type: ignore[arg-type]


def breaches(consultation: Consultation) -> list[check.Breach]:
    return [*check.conservation(consultation), *check._texts(), *check._filings()]


def test_lines_are_numbered_without_gaps(both_engines: str, consultation: Consultation) -> None:
    first = opinions.enter_all(consultation, [said(1), said(2)], role="officer")
    second = opinions.enter(consultation, said(3), role="officer")
    assert [db.session().get_one(Opinion, i).seq for i in first] == [1, 2]
    assert second.seq == 3
    assert queries.counts(consultation).received == 3
    assert breaches(consultation) == []
    assert list(record.verify()) == []


def test_what_was_said_stays_as_said(consultation: Consultation) -> None:
    body = "髙﨑さん\r\nの𠮷野家😊　は\tよい"
    assert opinions.enter(consultation, said(1, body), role="officer").text.body == body


def test_an_edit_supersedes_and_the_figures_balance(
    both_engines: str, consultation: Consultation
) -> None:
    old = opinions.enter(consultation, said(1, "はじめの文"), role="resident")
    new = opinions.supersede(old, "書き直した文", role="resident")
    counts = queries.counts(consultation)
    assert (counts.received, counts.counted, counts.superseded) == (2, 1, 1)
    assert counts.balances
    assert db.session().get_one(Opinion, old.id).text.body == "はじめの文"
    assert new.revision == 1
    assert breaches(consultation) == []


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_only_the_contracts_transitions_are_possible(
    consultation: Consultation, before: State, after: State
) -> None:
    opinion = opinions.enter(consultation, said(1, state=before), role="officer")
    if after in opinions.ALLOWED[before]:
        opinions.change_state(opinion, after, role="moderator", reason="きまり4")
        assert db.session().get_one(Opinion, opinion.id).state == after
    else:
        with pytest.raises(Conflict):
            opinions.change_state(opinion, after, role="moderator", reason="きまり4")
        assert db.session().get_one(Opinion, opinion.id).state == before
    assert breaches(consultation) == []


def test_a_withdrawn_opinion_leaves_its_theme(
    both_engines: str, consultation: Consultation, officer: object
) -> None:
    ids = opinions.enter_all(consultation, [said(1), said(2)], role="officer")
    theme = themes.create(officer, consultation, "木を残す")
    themes.move(officer, consultation, ids, theme)
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    counts = queries.counts(consultation)
    assert (counts.counted, counts.in_themes, counts.withdrawn) == (1, 1, 1)
    assert breaches(consultation) == []


def test_a_failed_act_leaves_no_line_behind(consultation: Consultation) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        opinions.enter(consultation, said(1), role="officer")
        raise RuntimeError
    assert queries.counts(consultation).received == 0
    assert breaches(consultation) == []
    assert opinions.enter(consultation, said(1), role="officer").seq == 1
