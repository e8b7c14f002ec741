"""Opening, changing and closing a workshop: by whom, once, and with both texts when it is stale."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core import clock, db, record, scopes
from core.errors import Closed, Forbidden, Invalid, NotFound, Stale
from core.people import Account
from ledger import check
from ledger.models import Consultation, Opinion
from realtime import members, plans, workshops
from realtime.models import Workshop
from tests.realtime.test_boards import Hand


def given(consultation: Consultation, **more: Any) -> dict[str, Any]:
    return {
        "title": "駅前広場の使い方を考える",
        "held_at": clock.now() + timedelta(hours=1),
        "plan": plans.begun_from("kj", consultation.department),
        "questions": ["広場で何をしたいですか"],
        **more,
    }


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return workshops.open_workshop(officer, consultation, key="w-1", **given(consultation))


def test_the_same_key_is_one_workshop_on_both_engines(
    both_engines: str, officer: Account, consultation: Consultation
) -> None:
    first, again = (
        workshops.open_workshop(officer, consultation, key="k", **given(consultation))
        for _press in range(2)
    )
    assert first.id == again.id
    assert db.session().scalar(select(func.count()).select_from(Workshop)) == 1
    assert len(first.code or "") == 6
    kinds = list(db.session().scalars(select(record.Entry.kind)))
    assert kinds.count("workshop.opened") == 1


def test_only_officers_and_facilitators_of_the_consultation_open_and_change(
    officer: Account,
    facilitator: Account,
    stranger: Account,
    resident: Account,
    consultation: Consultation,
    workshop: Workshop,
) -> None:
    workshops.open_workshop(facilitator, consultation, key="k", **given(consultation))
    for who in (stranger, resident, None):
        with pytest.raises(Forbidden):
            workshops.open_workshop(who, consultation, key="x", **given(consultation))
        with pytest.raises(Forbidden):
            workshops.change(who, workshop, version=1, **given(consultation))
        with pytest.raises(Forbidden):
            workshops.close(who, workshop)
        with pytest.raises(Forbidden):
            plans.save(who, workshop, "型")


def test_a_stale_change_brings_both_titles_and_changes_nothing(
    officer: Account, consultation: Consultation, workshop: Workshop
) -> None:
    workshops.change(officer, workshop, version=1, **given(consultation, title="一人目"))
    with pytest.raises(Stale) as stale:
        workshops.change(officer, workshop, version=1, **given(consultation, title="二人目"))
    assert (stale.value.current, stale.value.yours) == ("一人目", "二人目")
    fresh = db.session().get_one(Workshop, workshop.id)
    assert (fresh.title, fresh.version) == ("一人目", 2)


def test_questions_with_notes_stay_and_phases_keep_their_ids(
    officer: Account, consultation: Consultation, workshop: Workshop
) -> None:
    with pytest.raises(Invalid) as refused:
        workshops.change(
            officer, workshop, version=1, **given(consultation, questions=["　", "\n"])
        )
    assert refused.value.field == "questions"
    rows = list(workshop.phases)
    added = [rows[2], {"kind": "share", "title": "お茶", "minutes": 5}, *rows[:2], *rows[3:]]
    plan = {**plans.begun_from("kj", consultation.department), "phases": added}
    changed = workshops.change(officer, workshop, version=1, **given(consultation, plan=plan))
    assert [row["id"] for row in changed.phases] == ["p3", "p8", "p1", "p2", "p4", "p5", "p6", "p7"]
    lead = Hand(changed, members.lead(officer, changed))
    assert lead.do("phase.set", id="p8").row


def test_closing_frees_the_code_and_is_done_once(
    officer: Account, consultation: Consultation, workshop: Workshop
) -> None:
    code = workshop.code or ""
    ann = Hand(workshop, members.join(workshop, "けやき", key="a"))
    lead = Hand(workshop, members.lead(officer, workshop))
    lead.do("phase.set", id="p2")
    ann.do("note.add", id="n001", text="木陰", color=1)
    assert workshops.by_code(code).id == workshop.id
    closed = workshops.close(officer, workshop)
    assert workshops.close(officer, closed).closed_at == closed.closed_at
    with pytest.raises(NotFound):
        workshops.by_code(code)
    with pytest.raises(Closed):
        workshops.change(officer, closed, version=1, **given(consultation))
    assert [line.text.body for line in db.session().scalars(select(Opinion))] == ["木陰"]
    kinds = list(db.session().scalars(select(record.Entry.kind)))
    assert kinds.count("workshop.closed") == 1
    assert list(check.laws()) == []


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "ÄÖÜäöü", "\x00" * 6, "😀" * 6, "A" * 9999]
)
def test_a_code_that_is_none_finds_nothing(workshop: Workshop, typed: str) -> None:
    with pytest.raises(NotFound):
        workshops.by_code(typed)


def test_templates_are_a_departments_own(
    officer: Account, stranger: Account, consultation: Consultation, workshop: Workshop
) -> None:
    kept = plans.save(officer, workshop, "公園課の型")
    begun = plans.begun_from(kept.public_id, consultation.department)
    assert begun["phases"] == workshop.phases
    assert begun["template"] == kept.public_id
    assert [one.id for one in plans.saved(consultation.department)] == [kept.id]
    (theirs,) = {grant.scope.partition(":")[2] for grant in stranger.grants}
    other = db.session().scalars(select(type(consultation.department)).filter_by(slug=theirs)).one()
    assert plans.saved(other) == []
    with pytest.raises(NotFound):
        plans.begun_from(kept.public_id, other)
    with pytest.raises(Invalid):
        plans.save(officer, workshop, " ")


def test_colours_mean_what_the_plan_says_all_the_way_into_the_ledger(
    officer: Account, consultation: Consultation
) -> None:
    plan = plans.begun_from("sides", consultation.department) | {"tables": 1}
    workshop = workshops.open_workshop(
        officer, consultation, key="k", **given(consultation, plan=plan)
    )
    assert workshop.colors == ["よいと思う理由", "心配な理由", "こうなら進められる"]
    lead = Hand(workshop, members.lead(officer, workshop))
    ann = Hand(workshop, members.join(workshop, "けやき", key="a"))
    lead.do("phase.set", id="p3")
    ann.do("note.add", id="n001", text="夜は静かにしてほしい", color=2)
    ann.do("note.add", id="n002", text="木陰がふえる", color=4)
    workshops.close(officer, workshop)
    lines = {one.text.body: one.context for one in db.session().scalars(select(Opinion))}
    assert lines == {
        "夜は静かにしてほしい": "広場で何をしたいですか ＞ 心配な理由",
        "木陰がふえる": "広場で何をしたいですか",
    }
    kept = plans.save(officer, workshop, "賛否")
    assert plans.begun_from(kept.public_id, consultation.department)["colors"] == workshop.colors


@pytest.mark.parametrize("colors", [list("12345"), ["同じ", "同じ"], ["あ" * 21]])
def test_colours_that_say_nothing_clear_are_refused(
    colors: list[str], officer: Account, consultation: Consultation
) -> None:
    plan = plans.begun_from("kj", consultation.department) | {"colors": colors}
    with pytest.raises(Invalid):
        workshops.open_workshop(officer, consultation, key="k", **given(consultation, plan=plan))


def test_a_workshop_is_a_scope_within_its_consultation(workshop: Workshop) -> None:
    assert scopes.label_of(workshop.scope)
    assert workshop.consultation.scope in scopes.around(workshop.scope)


def test_lists_are_of_what_one_leads_and_without_rehearsals(
    officer: Account, stranger: Account, consultation: Consultation, workshop: Workshop
) -> None:
    quiet = workshops.open_workshop(
        officer, consultation, key="q", is_rehearsal=True, **given(consultation)
    )
    assert {one.id for one in workshops.led_by(officer)} == {workshop.id, quiet.id}
    assert workshops.led_by(stranger) == []
    assert [one.id for one in workshops.of(consultation)] == [workshop.id]
