"""Reports: what the laws still miss, who may do what, and what is frozen."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from analysis import materials, render, reports
from analysis.reports import Unready
from core import db, events
from core.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from core.people import Account
from ledger import answers, check, editions, opinions, themes
from ledger.answers import Draft
from ledger.events import ReportPublished
from ledger.models import (
    AnswerState,
    Consultation,
    Edition,
    EditionGroup,
    EditionLine,
    Opinion,
    Report,
    ReportState,
    State,
)
from tests.answered import NO, YES, Case, enter, missing, opinion


@pytest.fixture
def case(consultation: Consultation, officer: Account, approver: Account) -> Case:
    return Case(consultation, officer, approver)


def lines(edition: Edition) -> list[int]:
    query = select(EditionLine.opinion_id).where(EditionLine.edition_id == edition.id)
    return list(db.session().scalars(query.order_by(EditionLine.number)))


def groups(edition: Edition) -> list[EditionGroup]:
    query = select(EditionGroup).where(EditionGroup.edition_id == edition.id)
    return list(db.session().scalars(query.order_by(EditionGroup.number)))


# what is missing


def test_each_missing_thing_is_listed(case: Case) -> None:
    one, two, three, four, five, six = enter(case.consultation, *"あいうえおか")
    case.theme("答えのないテーマ", [one], None)
    case.theme("途中のテーマ", [two], None)
    officer = case.officer
    answers.save(officer, case.themes[1], Draft(), version=0)
    for number, draft in (
        (three, Draft("not_reflected", view="x")),
        (four, Draft("reflected", view="x")),
        (five, Draft("already_included", view="x")),
    ):
        case.lone(number, None)
        answers.save(officer, opinion(number), draft, version=0)
    assert missing(case) == {
        "head": 2,
        "filed": 1,  # six
        "answered": 1,
        "disposition": 1,
        "view": 1,
        "reason": 1,
        "place": 1,
        "page": 1,
    }
    found = {law.key: law for law in reports.undecided(case.consultation)}
    assert "1件" in str(found["filed"].sentence)
    assert found["filed"].mends[0].values == {"slug": "park", "list": "unfiled"}
    assert found["answered"].mends[0].values["t"] == case.themes[0].public_id
    assert found["reason"].mends[0].values["o"] == opinion(three).public_id
    assert six


def test_an_answer_goes_from_draft_to_handed_in_to_approved(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one], None)
    case.draft()
    answers.save(case.officer, case.themes[0], YES, version=0)
    assert missing(case) == {"handed_in": 1}
    answers.submit(case.officer, answers.of(case.themes[0]))  # type: ignore[arg-type]
    assert missing(case) == {"approved": 1}
    case.approve()
    assert missing(case) == {}


def test_who_wrote_an_answer_can_not_have_approved_it(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one]).approve()
    case.draft()
    with db.transaction():
        answer = answers.of(case.themes[0])
        assert answer is not None
        answer.approved_by_id = answer.drafted_by_id
    assert missing(case) == {"two_people": 1}


def test_a_broken_balance_and_a_changed_text_are_found(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one]).approve()
    case.draft()
    with db.transaction():
        opinion(one).text.body = "い"
        case.consultation.last_seq += 1
    assert missing(case) == {"balance": 1, "texts": 1}


def test_an_empty_theme_needs_no_answer(case: Case) -> None:
    case.theme("空のテーマ", [], None)
    case.draft()
    assert missing(case) == {}


# drafting and handing in


def test_there_is_one_living_draft(case: Case) -> None:
    first = case.draft()
    assert reports.draft(case.officer, case.consultation, "題を直す", "x").id == first.id
    assert db.session().scalar(select(func.count(Report.id))) == 1


def test_a_stale_head_gets_both_texts_back(case: Case) -> None:
    report = case.draft()
    reports.draft(case.officer, case.consultation, "題", "先の文", version=report.version)
    with pytest.raises(Stale) as caught:
        reports.draft(case.officer, case.consultation, "題", "後の文", version=1)
    assert (caught.value.current, caught.value.yours) == ("先の文", "後の文")


def test_only_officers_of_the_department_draft(
    case: Case, resident: Account, approver: Account, stranger: Account
) -> None:
    for somebody in (None, resident, approver, stranger):
        with pytest.raises(Forbidden):
            reports.draft(somebody, case.consultation, "題", "x")


def test_a_pasted_novel_is_refused(case: Case) -> None:
    with pytest.raises(Invalid):
        reports.draft(case.officer, case.consultation, "題", "あ" * 1_000_000)


def test_a_report_is_not_handed_in_while_more_than_approvals_is_missing(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    with pytest.raises(Unready) as caught:
        case.submit()
    assert [law.key for law in caught.value.missing] == ["filed"]
    case.theme("木", [one])
    report = case.submit()  # the approval may come later
    assert (report.state, report.cutoff_seq) == (ReportState.SUBMITTED, 1)
    with pytest.raises(Conflict):
        reports.submit(case.officer, report)


def test_what_comes_after_the_cutoff_waits(both_engines: str, case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one]).approve()
    report = case.submit()
    (late,) = enter(case.consultation, "あとから")
    edition = reports.publish(case.approver, report, report.version)
    assert lines(edition) == [one]
    assert edition.figures["received"] == 1
    assert opinion(late).published_at is None
    assert opinion(one).published_at is not None
    assert [b for b in check.laws() if b.law != "source"] == []


def test_sent_back_its_cutoff_moves(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one])
    report = case.submit()
    reports.send_back(case.approver, report)
    enter(case.consultation, "い")
    assert case.approve().draft().cutoff_seq is None
    assert missing(case) == {"filed": 1}


# publishing


def test_the_drafter_can_not_publish(case: Case, department: Any) -> None:
    from core import people

    people.entrust(case.officer, people.Role.APPROVER, "department:parks", by="test")
    db.session().expire_all()
    report = case.submit()
    with pytest.raises(Forbidden):
        reports.publish(case.officer, report, report.version)
    assert reports.publish(case.approver, report, report.version).number == 1


def test_residents_and_other_departments_can_not_publish(
    case: Case, resident: Account, stranger: Account
) -> None:
    report = case.submit()
    for somebody in (None, resident, stranger, case.officer):
        with pytest.raises(Forbidden):
            reports.publish(somebody, report, report.version)


def test_a_draft_can_not_be_published(case: Case) -> None:
    report = case.draft()
    with pytest.raises(Conflict):
        reports.publish(case.approver, report, report.version)


def test_every_counted_opinion_is_in_the_edition_exactly_once(
    both_engines: str, case: Case
) -> None:
    ids = enter(case.consultation, *(f"意見{n}" for n in range(12)))
    case.theme("木", ids[:5]).theme("池", ids[5:9], replace(YES, place="2-2"))
    case.answer(opinion(ids[6]), NO)
    case.lone(ids[9]).lone(ids[10]).lone(ids[11])
    opinions.withdraw(opinion(ids[0]), role="resident")
    case.answer(case.themes[0], YES)
    edition = case.approve().publish()
    counted = select(Opinion.id).where(Opinion.state == State.COUNTED)
    assert sorted(lines(edition)) == sorted(db.session().scalars(counted))
    assert [(g.title, g.opinion_count, g.disposition) for g in groups(edition)] == [
        ("木", 4, "reflected"),
        ("池", 3, "reflected"),
        ("池", 1, "not_reflected"),
        ("ご意見 10番", 1, "not_reflected"),
        ("ご意見 11番", 1, "not_reflected"),
        ("ご意見 12番", 1, "not_reflected"),
    ]
    assert edition.figures["by_disposition"] == {"reflected": 7, "not_reflected": 4}
    assert editions.holds(edition)


def test_an_opinion_withdrawn_before_the_signature_reopens_its_theme(
    both_engines: str, case: Case
) -> None:
    one, two = enter(case.consultation, "あ", "い")
    case.theme("木", [one, two]).approve()
    report = case.submit()
    opinions.withdraw(opinion(two), role="resident")
    with pytest.raises(Unready) as caught:
        reports.publish(case.approver, report, report.version)
    assert [law.key for law in caught.value.missing] == ["handed_in"]
    case.answer(case.themes[0], YES).approve()
    edition = reports.publish(case.approver, report, report.version)
    assert (lines(edition), edition.figures["withdrawn"]) == ([one], 1)


def test_nothing_moves_while_the_laws_are_asked(both_engines: str, case: Case) -> None:
    one, two = enter(case.consultation, "あ", "い")
    case.theme("木", [one, two]).approve()
    withdrawn = Event()

    def withdraw() -> None:
        opinions.withdraw(opinion(two), role="resident")
        withdrawn.set()
        db.session.remove()

    with db.transaction():
        material = materials.load(case.consultation, None, locked=True)
        other = Thread(target=withdraw)
        other.start()
        assert not withdrawn.wait(0.2)
        assert [line.id for line in material.lines] == [one, two]
    other.join(10)
    assert withdrawn.is_set()


def test_published_twice_is_published_once(both_engines: str, case: Case) -> None:
    heard: list[ReportPublished] = []
    events.subscribe(ReportPublished)(heard.append)
    report = case.submit()
    version = report.version
    first = reports.publish(case.approver, report, version)
    assert reports.publish(case.approver, report, version).id == first.id
    assert db.session().scalar(select(func.count(Edition.id))) == 1
    assert heard[-1:] == [ReportPublished(report.id, 1)]
    with pytest.raises(Conflict):
        reports.publish(case.approver, report, version - 1)


def test_a_stale_signature_is_refused(case: Case) -> None:
    report = case.submit()
    reports.send_back(case.officer, report)
    report = case.submit()
    with pytest.raises(Stale):
        reports.publish(case.approver, report, report.version - 2)


def test_zero_opinions_are_published_as_zero(case: Case) -> None:
    edition = case.publish()
    assert (edition.figures["counted"], edition.figures["people"]) == (0, 0)
    assert editions.holds(edition)


def test_a_correction_is_a_new_edition_and_the_old_one_stays(both_engines: str, case: Case) -> None:
    one, two = enter(case.consultation, "あ", "い")
    case.theme("木", [one, two]).approve()
    first = case.publish()
    opinions.withdraw(opinion(two), role="resident")
    report = first.report
    with pytest.raises(Unready):
        reports.correct(case.approver, report, "取り下げのため")
    case.answer(case.themes[0], YES).approve()
    with pytest.raises(Invalid):
        reports.correct(case.approver, report, " ")
    with pytest.raises(Forbidden):
        reports.correct(case.officer, report, "取り下げのため")
    second = reports.correct(case.approver, report, "取り下げのため")
    assert (second.number, second.correction) == (2, "取り下げのため")
    assert (lines(first), lines(second)) == ([one, two], [one])
    assert editions.holds(first)
    assert editions.holds(second)
    assert editions.find(report.public_id).id == second.id


def test_the_next_report_accounts_for_everything_again(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one]).approve()
    first = case.publish()
    (two,) = enter(case.consultation, "い")
    case.lone(two).approve()
    second = case.publish()
    assert second.report_id != first.report_id
    assert lines(second) == [one, two]
    assert second.number == 1


def test_a_report_without_an_edition_is_not_there(case: Case) -> None:
    report = case.submit()
    with pytest.raises(NotFound):
        editions.find(report.public_id)


# composing (pure)


def test_the_same_place_under_two_themes_is_changed_once(case: Case) -> None:
    one, two = enter(case.consultation, "あ", "い")
    case.theme("木", [one]).theme("影", [two], replace(YES, place="２-1（７ページ）"))
    assert case.approve().publish().figures["changed_places"] == 1


def test_themes_follow_the_draft_and_never_their_size() -> None:
    def theme(id_: int, level1: str) -> Any:
        return SimpleNamespace(id=id_, level1=level1, position=id_)

    sections: Any = [
        SimpleNamespace(number="2-1", position=1),
        SimpleNamespace(number="10-1", position=2),
    ]
    found = [theme(1, ""), theme(2, "10-1 道"), theme(3, "2-1 池"), theme(4, "そのほかの章")]
    assert [t.id for t in render.ordered(found, sections)] == [3, 2, 4, 1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("池を埋めます。", "池は残します。"),
        ("", "足します。"),
        ("なくします。", ""),
        ("同じ", "同じ"),
    ],
)
def test_a_difference_says_both_sides_word_for_word(before: str, after: str) -> None:
    left, right = render.difference(before, after)
    assert "".join(text for text, _kind in left) == before
    assert "".join(text for text, _kind in right) == after
    assert {kind for _text, kind in left} <= {"same", "del"}
    assert {kind for _text, kind in right} <= {"same", "ins"}


def test_people_nobody_knows_are_not_counted_as_people(case: Case) -> None:
    one = enter(case.consultation, "あ", "い", voice="a" * 64)
    two = enter(case.consultation, "う", voice=None)
    case.theme("木", [*one, *two]).approve()
    edition = case.publish()
    figures = edition.figures
    assert (figures["people"], figures["unknown"], figures["counted"]) == (1, 1, 3)
    assert groups(edition)[0].people_count == 1


def test_an_answer_is_never_published_as_a_draft(case: Case) -> None:
    (one,) = enter(case.consultation, "あ")
    case.theme("木", [one]).approve()
    report = case.submit()
    themes.move(case.officer, case.consultation, [one], None)
    with pytest.raises(Unready):
        reports.publish(case.approver, report, report.version)
    answer = answers.of(case.themes[0])
    assert answer is not None
    assert answer.state == AnswerState.DRAFT
