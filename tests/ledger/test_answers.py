"""Answers: one disposition for each opinion, drafted by one person and approved by another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, record
from core.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from core.people import Account, Grant, Role
from ledger import answers, opinions, queries, themes
from ledger.answers import Draft
from ledger.models import Answer, Channel, Consultation, Opinion, Placement, Theme
from ledger.opinions import Said

GOOD = Draft(disposition="endorsed", summary="賛成のご意見です。", view="ありがとうございます。")


@pytest.fixture
def entered(consultation: Consultation) -> list[Opinion]:
    ids = opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=number,
                channel=Channel.WEB,
                body=f"意見{number}",
                submission=f"test:{number}",
                voice_id=None,
                said_at=clock.now(),
                received_at=clock.now(),
            )
            for number in range(1, 6)
        ],
        role="officer",
    )
    return [db.session().get_one(Opinion, i) for i in ids]


@pytest.fixture
def theme(consultation: Consultation, officer: Account, entered: list[Opinion]) -> Theme:
    return themes.gather(officer, consultation, [o.id for o in entered[:2]], "木のこと")


def approvals() -> list[record.Entry]:
    query = select(record.Entry).where(record.Entry.kind == "answer.approved")
    return list(db.session().scalars(query))


def test_an_answer_is_drafted_handed_in_and_approved(
    both_engines: str, theme: Theme, officer: Account, approver: Account
) -> None:
    answer = answers.save(officer, theme, GOOD, version=0)
    answers.submit(officer, answer)
    answers.approve(approver, answer, version=1)
    assert (answer.state, answer.approved_by_id) == ("approved", approver.id)
    assert [e.object for e in approvals()] == [f"theme:{theme.public_id}"]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(view="考え"), "disposition"),
        (Draft(disposition="endorsed"), "view"),
        (Draft(disposition="not_reflected", view="考え"), "reason"),
        (Draft(disposition="reflected", view="考え"), "place"),
        (Draft(disposition="already_included", view="考え"), "place"),
    ],
)
def test_what_law_2_asks_for_is_asked_before_handing_in(
    theme: Theme, officer: Account, draft: Draft, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        answers.hand_in(officer, theme, draft, version=0)
    assert refused.value.field == field
    assert answers.of(theme) is None, "a refused hand-in leaves nothing behind"
    assert answers.save(officer, theme, draft, version=0).state == "draft"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(disposition="あ"), "disposition"),
        (Draft(view="あ" * 4001), "view"),
        (Draft(summary="\x00"), "summary"),
        (Draft(place="あ" * 1_000_000), "place"),
    ],
)
def test_what_can_not_be_stored_is_refused_at_its_field(
    theme: Theme, officer: Account, draft: Draft, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        answers.save(officer, theme, draft, version=0)
    assert refused.value.field == field


def test_two_officers_at_once_the_second_is_shown_both_texts(
    both_engines: str, theme: Theme, officer: Account, other_officer: Account
) -> None:
    answers.save(officer, theme, Draft(view="先の文"), version=0)
    with pytest.raises(Stale) as refused:
        answers.save(other_officer, theme, Draft(view="後の文"), version=0)
    assert (refused.value.current, refused.value.yours) == ("先の文", "後の文")


def test_who_drafted_can_not_approve(theme: Theme, officer: Account, approver: Account) -> None:
    with db.transaction() as tx:
        tx.add(Grant(account_id=officer.id, role=Role.APPROVER, scope="department:parks"))
    db.session().expire(officer, ["grants"])
    answer = answers.hand_in(officer, theme, GOOD, version=0)
    with pytest.raises(Forbidden):
        answers.approve(officer, answer, version=1)
    answers.approve(approver, answer, version=1)
    assert answer.state == "approved"


def test_an_officer_can_not_approve_and_a_stranger_can_not_write(
    theme: Theme, officer: Account, other_officer: Account, stranger: Account
) -> None:
    answer = answers.hand_in(officer, theme, GOOD, version=0)
    with pytest.raises(Forbidden):
        answers.approve(other_officer, answer, version=1)
    with pytest.raises(Forbidden):
        answers.save(stranger, theme, GOOD, version=1)
    with pytest.raises(Forbidden):
        answers.save_many(stranger, [theme], GOOD)


def test_a_draft_can_not_be_approved(theme: Theme, officer: Account, approver: Account) -> None:
    answer = answers.save(officer, theme, GOOD, version=0)
    with pytest.raises(Conflict):
        answers.approve(approver, answer, version=1)


def test_what_is_approved_is_what_was_read(
    consultation: Consultation,
    entered: list[Opinion],
    theme: Theme,
    officer: Account,
    approver: Account,
) -> None:
    """Members changed and the officer handed in again: the approver's old page is refused."""
    answer = answers.hand_in(officer, theme, GOOD, version=0)
    themes.move(officer, consultation, [entered[3].id], theme)
    answers.submit(officer, answer)
    with pytest.raises(Stale):
        answers.approve(approver, answer, version=1)


def test_what_is_sent_back_says_why(theme: Theme, officer: Account, approver: Account) -> None:
    answer = answers.hand_in(officer, theme, GOOD, version=0)
    answers.send_back(approver, answer, "条件を先に書いてください。")
    assert answer.was_sent_back
    answers.hand_in(officer, theme, GOOD, version=answer.version)
    assert (answer.state, answer.remark) == ("submitted", "")


def test_answering_an_unfiled_opinion_lets_it_stand_alone(
    consultation: Consultation, entered: list[Opinion], officer: Account
) -> None:
    answers.save(officer, entered[4], GOOD, version=0)
    assert [o.id for o in queries.opinions_in(consultation, Placement.LONE)] == [entered[4].id]


def test_an_opinion_of_a_theme_can_be_answered_by_itself_and_that_taken_back(
    entered: list[Opinion], theme: Theme, officer: Account
) -> None:
    answer = answers.save(officer, entered[0], GOOD, version=0)
    assert entered[0].id in {o.id for o in queries.opinions_in(theme.consultation, theme)}
    with pytest.raises(Stale):
        answers.remove(officer, answer, version=0)
    answers.remove(officer, answer, version=1)
    assert answers.of(entered[0]) is None
    with pytest.raises(NotFound):
        answers.remove(officer, answer, version=1)


def test_a_theme_keeps_its_answer(theme: Theme, officer: Account) -> None:
    answer = answers.save(officer, theme, GOOD, version=0)
    with pytest.raises(NotFound):
        answers.remove(officer, answer, version=1)


def test_an_opinion_no_longer_counted_can_not_be_answered(
    entered: list[Opinion], officer: Account
) -> None:
    opinions.withdraw(entered[0], role="resident")
    with pytest.raises(Conflict):
        answers.save(officer, entered[0], GOOD, version=0)


def test_many_get_the_same_answer_and_none_is_overwritten(
    both_engines: str, entered: list[Opinion], theme: Theme, officer: Account
) -> None:
    mine = Draft(disposition="reference", view="これだけ別です。")
    answers.save(officer, entered[2], mine, version=0)
    written = answers.save_many(officer, [theme, *entered[2:]], GOOD)
    assert len(written) == 3
    assert {a.state for a in written} == {"submitted"}
    kept = answers.of(entered[2])
    assert kept is not None
    assert (kept.view, kept.state) == (mine.view, "draft")
    assert answers.save_many(officer, [theme, *entered[2:]], GOOD) == []


def test_many_or_none(entered: list[Opinion], theme: Theme, officer: Account) -> None:
    opinions.withdraw(entered[4], role="resident")
    with pytest.raises(Conflict):
        answers.save_many(officer, entered[2:], GOOD)
    with pytest.raises(Invalid):
        answers.save_many(officer, entered[2:4], Draft(disposition="endorsed"))
    assert db.session().scalars(select(Answer)).all() == []


def test_an_approver_approves_all_that_others_handed_in(
    both_engines: str,
    consultation: Consultation,
    entered: list[Opinion],
    theme: Theme,
    officer: Account,
    approver: Account,
) -> None:
    answers.save_many(officer, [theme, *entered[2:4]], GOOD)
    answers.save(officer, entered[4], GOOD, version=0)
    assert answers.approve_all(approver, consultation) == 3
    assert answers.approve_all(approver, consultation) == 0
    assert len(approvals()) == 3
    assert list(record.verify()) == []
    draft = answers.of(entered[4])
    assert draft is not None
    assert draft.state == "draft"


def test_what_came_in_after_the_approver_looked_waits(
    consultation: Consultation, theme: Theme, officer: Account, approver: Account
) -> None:
    answers.hand_in(officer, theme, GOOD, version=0)
    earlier = clock.now() - timedelta(minutes=1)
    assert answers.approve_all(approver, consultation, handed_in_by=earlier) == 0
    assert answers.approve_all(approver, consultation, handed_in_by=clock.now()) == 1


def test_only_approvers_of_the_department_approve_all(
    consultation: Consultation, theme: Theme, officer: Account, stranger: Account
) -> None:
    answers.hand_in(officer, theme, GOOD, version=0)
    for nobody in (officer, stranger, None):
        with pytest.raises(Forbidden):
            answers.approve_all(nobody, consultation)
