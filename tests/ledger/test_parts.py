"""A letter that makes several points: split by a person, and put together again."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from core import clock, db, record
from core.errors import Conflict, Forbidden, Invalid
from core.people import Account
from forum import comments
from ledger import answers, check, opinions, parts, queries, receipts, registers, themes
from ledger.answers import Draft
from ledger.models import (
    Consultation,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    Report,
    ReportState,
    State,
)
from tests.ledger.test_opinions import said

LETTER = "ベンチを増やしてください。\n\n　また、夜の明かりが暗いです。さらに、トイレも古いです。"
SECOND, THIRD = LETTER.index("また"), LETTER.index("さらに")


def entered(consultation: Consultation, body: str = LETTER, number: int = 1) -> Opinion:
    return opinions.enter(consultation, said(number, body), role="officer")


def breaches(consultation: Consultation) -> list[check.Breach]:
    return [*check.conservation(consultation), *check._texts(), *check._filings()]


def test_a_letter_becomes_its_points_and_the_figures_balance(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    made = parts.split(officer, whole, [SECOND, THIRD])
    assert [one.text.body for one in made] == [
        "ベンチを増やしてください。",
        "また、夜の明かりが暗いです。",
        "さらに、トイレも古いです。",
    ]
    assert [LETTER[one.begins : one.ends] for one in made] == [one.text.body for one in made]
    counts = queries.counts(consultation)
    assert (counts.received, counts.counted, counts.superseded) == (4, 3, 1)
    assert (counts.people, counts.submissions) == (1, 1)
    assert {one.received_at for one in made} == {whole.received_at}
    assert breaches(consultation) == []
    assert list(record.verify()) == []


def test_parts_stand_where_the_whole_stood_and_its_approval_reopens(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    whole = entered(consultation)
    theme = themes.gather(officer, consultation, [whole.id], "公園のこと")
    draft = Draft(disposition="reference", view="参考にします。")
    written = answers.hand_in(officer, theme, draft, version=0)
    answers.approve(approver, written, version=written.version)
    made = parts.split(officer, whole, [SECOND])
    filings = [db.session().get_one(Filing, one.id) for one in made]
    assert {(one.theme_id, one.by_person) for one in filings} == {(theme.id, True)}
    answer = answers.of(theme)
    assert answer is not None
    assert answer.state == "draft"


def test_what_was_written_on_the_whole_alone_is_a_draft_for_each_part(
    consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    themes.move(officer, consultation, [whole.id], Placement.LONE)
    answers.hand_in(
        officer, whole, Draft(disposition="reference", view="参考にします。"), version=0
    )
    for one in parts.split(officer, whole, [SECOND]):
        answer = answers.of(one)
        assert answer is not None
        assert (answer.view, answer.state) == ("参考にします。", "draft")
        filing = db.session().get_one(Filing, one.id)
        assert filing.placement == Placement.LONE


@pytest.mark.parametrize("cuts", [[], [0], [len(LETTER)], [-3, 9_999], [13, 14]])
def test_a_cut_that_leaves_no_words_on_both_sides_is_refused(
    consultation: Consultation, officer: Account, cuts: list[int]
) -> None:
    whole = entered(consultation, LETTER if cuts != [13, 14] else "ベンチを増やしてください。\n\n")
    with pytest.raises(Invalid):
        parts.split(officer, whole, cuts)
    assert queries.counts(consultation).received == 1


def test_only_the_desk_may_split(
    consultation: Consultation, resident: Account, facilitator: Account
) -> None:
    whole = entered(consultation)
    for who in (resident, facilitator):
        with pytest.raises(Forbidden):
            parts.split(who, whole, [SECOND])


def test_what_counts_no_more_or_was_split_already_is_not_split(
    consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    parts.split(officer, whole, [SECOND])
    with pytest.raises(Conflict):
        parts.split(officer, whole, [SECOND])
    taken = entered(consultation, number=2)
    opinions.withdraw(taken, role="submitter")
    with pytest.raises(Conflict):
        parts.split(officer, taken, [SECOND])


def test_what_a_report_covers_is_not_split(consultation: Consultation, officer: Account) -> None:
    whole = entered(consultation)
    with db.transaction() as tx:
        tx.add(
            Report(
                consultation_id=consultation.id,
                title="結果",
                state=ReportState.SUBMITTED,
                cutoff_seq=whole.seq,
            )
        )
    with pytest.raises(Conflict):
        parts.split(officer, whole, [SECOND])
    assert queries.counts(consultation).counted == 1


def test_parts_can_be_one_again(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    first, second = parts.split(officer, whole, [SECOND])
    parts.split(officer, second, [THIRD - SECOND])
    assert len(parts.living(whole)) == 3
    again = parts.join(officer, whole)
    counts = queries.counts(consultation)
    assert (counts.counted, counts.superseded) == (1, 5)
    assert again.text.body == LETTER
    assert again.state == State.COUNTED
    assert parts.living(whole) == []
    with pytest.raises(Conflict):
        parts.join(officer, whole)
    parts.split(officer, again, [SECOND])
    assert breaches(consultation) == []
    entry = registers.one(officer, db.session().get_one(Opinion, first.id))
    assert entry.newer == ((again.seq, again.public_id),)


def test_parts_are_not_joined_over_a_withdrawal(
    consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    first, _second = parts.split(officer, whole, [SECOND])
    opinions.withdraw(first, role="submitter")
    assert not parts.can_join(whole)
    with pytest.raises(Conflict):
        parts.join(officer, whole)


def test_the_public_ledger_leads_from_the_whole_to_its_parts(
    consultation: Consultation, officer: Account, stranger: Account
) -> None:
    whole = entered(consultation)
    made = parts.split(officer, whole, [SECOND])
    entry = registers.one(stranger, db.session().get_one(Opinion, whole.id))
    assert entry.body is None
    assert entry.is_split
    assert entry.newer == tuple((one.seq, one.public_id) for one in made)


def test_a_breach_is_found_when_a_part_says_something_else(
    consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    _first, second = parts.split(officer, whole, [SECOND])
    with db.transaction() as tx:
        tx.get_one(Opinion, second.id).begins = SECOND + 3
    found = [breach.what for breach in check._texts()]
    assert any("does not say" in what for what in found)
    assert any("in no part" in what for what in found)


def test_the_check_asks_as_little_of_many_letters_as_of_few(
    consultation: Consultation, officer: Account, statements: list[str]
) -> None:
    costs = []
    for number in (1, 2, 3):
        _first, second = parts.split(officer, entered(consultation, number=number), [SECOND])
        parts.split(officer, second, [THIRD - SECOND])
        db.session().rollback()
        statements.clear()
        assert list(parts.breaches()) == []
        costs.append(len(statements))
    assert costs == [2, 2, 2]


def test_a_breach_is_found_when_words_that_were_erased_stand_in_the_whole(
    consultation: Consultation, officer: Account
) -> None:
    whole = entered(consultation)
    first, _second = parts.split(officer, whole, [SECOND])
    erase = {"body": "", "salt": "", "erased_at": clock.now()}
    with db.transaction() as tx:
        tx.execute(update(OpinionText).where(OpinionText.opinion_id == first.id).values(**erase))
    assert [breach.what for breach in check._texts()] == [
        "was erased, but its words stand in the text it is from"
    ]
    with db.transaction() as tx:
        tx.execute(update(OpinionText).where(OpinionText.opinion_id == whole.id).values(**erase))
    assert list(check._texts()) == []


def test_a_letter_of_blanks_is_looked_through_once() -> None:
    """Written by hand into a form, 20,000 blanks took the page three seconds."""
    began = time.perf_counter()
    for blank in (" ", "　", "\t"):
        body = f"木を。{blank * 19_990}増やす"
        assert parts.places(f"あ{blank * 19_990}い") == []
        assert parts.places(body) == [len(body) - 3]
        assert parts.places(f"あ{blank}\n{blank}い") == [4]
    assert time.perf_counter() - began < 0.5


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.text(st.sampled_from("あ。\n　 、😊a"), min_size=2, max_size=60),
    cuts=st.lists(st.integers(-2, 70), max_size=8),
)
def test_whatever_the_cuts_nothing_visible_is_lost(body: str, cuts: list[int]) -> None:
    spans = list(parts.spans_of(body, cuts))
    kept = "".join(body[begin:end] for begin, end in spans)
    assert "".join(kept.split()) == "".join(body.split())
    assert all(body[begin:end].strip() == body[begin:end] != "" for begin, end in spans)
    assert spans == sorted(spans)


def test_what_one_took_back_stands_in_no_older_line_of_one_s_receipt(
    consultation: Consultation, officer: Account, client: FlaskClient
) -> None:
    sent = comments.submit(
        consultation, [(None, LETTER)], key=db.public_id(), received_at=clock.now(), ties=["在住"]
    )
    receipt = comments.receipt_of(sent)
    (whole,) = opinions.of_source("comment_item", sent.items[0].id)
    _first, second = parts.split(officer, whole, [SECOND])
    proof = {"number": receipt.number, "secret": receipts.secret(receipt)}
    assert client.post("/receipt", data=proof).text.count("夜の明かりが暗い") == 2
    part = db.session().get_one(Opinion, second.id)
    receipts.withdraw(receipts.find(receipt.number, proof["secret"]), part.public_id)
    page = client.post("/receipt", data=proof).text
    assert "夜の明かりが暗い" not in page
    assert "ベンチを増やしてください" in page
