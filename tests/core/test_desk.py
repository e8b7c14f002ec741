from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import appointments, clock, db, jobs, mail, people, record, scopes
from core.errors import Conflict, Forbidden, Invalid
from core.jobs import Job, Running, State
from core.people import INSTALLATION, Account, Department, Role
from ledger.models import Consultation

Browser = Callable[[Account], FlaskClient]


@jobs.handler("test.long")
def long_work(running: Running) -> None:
    running.progress("tokens", 1, 2)


def running_job(scope: str, owner: Account | None = None, **values: object) -> Job:
    with db.transaction() as tx:
        owner_id = owner.id if owner else None
        job = jobs.enqueue("test.long", {}, scope=scope, owner_id=owner_id)
        job.state, job.step, job.done_count, job.total_count = State.RUNNING, "clusters", 3, 9
        job.heartbeat_at = clock.now()
        for name, value in values.items():
            setattr(job, name, value)
        tx.flush()
        return job


def test_the_desk_is_for_staff(
    client: FlaskClient,
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    moderator: Account,
    operator: Account,
    resident: Account,
) -> None:
    assert client.get("/desk").status_code == 302
    assert browser_of(resident).get("/desk").status_code == 403
    for who in (officer, moderator, operator):
        page = browser_of(who).get("/desk")
        assert page.status_code == 200
        assert "今日、私が要るもの" in page.text
        assert "動いている作業" in page.text


def test_the_desk_shows_work_of_ones_own_consultations(
    browser_of: Browser, consultation: Consultation, officer: Account, stranger: Account
) -> None:
    job = running_job(consultation.scope)
    assert f"/jobs/{job.public_id}" in browser_of(officer).get("/desk").text
    assert f"/jobs/{job.public_id}" not in browser_of(stranger).get("/desk").text


def test_work_is_seen_by_its_owner_and_the_staff_of_its_scope(
    client: FlaskClient,
    browser_of: Browser,
    consultation: Consultation,
    officer: Account,
    approver: Account,
    operator: Account,
    stranger: Account,
    resident: Account,
    neighbour: Account,
) -> None:
    address = f"/jobs/{running_job(consultation.scope, resident).public_id}"
    for who in (resident, officer, approver, operator):
        assert browser_of(who).get(address).status_code == 200
    for who in (stranger, neighbour):
        assert browser_of(who).get(address).status_code == 404
        assert browser_of(who).post(f"{address}/cancel").status_code == 404
    assert client.get(address).status_code == 302
    assert browser_of(officer).get("/jobs/nothing").status_code == 404


def test_a_waiting_page_asks_how_far_it_is(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    job = running_job(consultation.scope)
    address = f"/jobs/{job.public_id}"
    page = browser_of(officer).get(f"{address}?next=/desk/c/park/themes")
    assert f'data-job="{address}"' in page.text
    assert 'data-done-url="/desk/c/park/themes"' in page.text
    assert '<progress max="9" value="3"' in page.text
    assert "近いものを集めています" in page.text
    said = browser_of(officer).get(address, headers={"Accept": "application/json"}).json
    assert said is not None
    assert (said["state"], said["step"]) == ("running", "近いものを集めています")
    assert (said["done"], said["total"], said["is_over"]) == (3, 9, False)


def test_a_step_nobody_translated_still_says_something(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    job = running_job(consultation.scope, step="never_heard")
    assert "進めています" in browser_of(officer).get(f"/jobs/{job.public_id}").text


def test_work_that_failed_says_why_and_leads_back(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    values = {
        "state": State.FAILED,
        "error": "3行目に本文がありません。",
        "finished_at": clock.now(),
    }
    job = running_job(consultation.scope, **values)
    page = browser_of(officer).get(f"/jobs/{job.public_id}?next=//evil.example").text
    assert "本文がありません。" in page
    assert 'data-done-url="/desk"' in page
    assert "やめる" not in page


def test_work_can_be_stopped(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    job = running_job(consultation.scope)
    form = {"next": "/desk"}
    answer = browser_of(officer).post(f"/jobs/{job.public_id}/cancel", data=form)
    assert answer.location == "/desk"
    db.session.remove()
    assert db.session().scalars(select(Job.state).where(Job.id == job.id)).one() == "cancelled"


def test_the_operator_trusts_somebody_and_they_are_told(
    browser_of: Browser, operator: Account, department: Department
) -> None:
    form = {
        "email": "hayami@example.jp",
        "display_name": "道路課 早見",
        "role": "approver",
        "scope": "department:parks",
    }
    answer = browser_of(operator).post("/desk/people", data=form, follow_redirects=True)
    assert answer.status_code == 200
    assert "道路課 早見" in answer.text
    assert "hayami@example.jp" not in answer.text  # a list of staff is no list of addresses
    account = people.by_email("hayami@example.jp")
    assert account is not None
    assert account.holds(Role.APPROVER, {"department:parks"})
    assert account.department_id == department.id
    assert mail.newest(1)[0].to == "hayami@example.jp"
    assert record.head()[0] > 0


def test_a_role_given_twice_is_held_once(operator: Account, resident: Account) -> None:
    email = people.address_of(resident.id)
    assert email is not None
    for _ in range(2):
        appointments.appoint(operator, email, Role.MODERATOR, INSTALLATION)
    assert [account.id for _grant, account in appointments.listed()].count(resident.id) == 1


def test_a_role_can_be_given_in_one_consultation(
    operator: Account, consultation: Consultation, resident: Account
) -> None:
    email = people.address_of(resident.id)
    assert email is not None
    account = appointments.appoint(operator, email, Role.FACILITATOR, consultation.scope)
    assert account.holds(Role.FACILITATOR, consultation.scopes())
    assert not account.holds(Role.FACILITATOR, {"consultation:other"})


@pytest.mark.parametrize(
    ("role", "scope", "field"),
    [
        (Role.OFFICER, "department:nowhere", "scope"),
        (Role.OPERATOR, "department:parks", "scope"),
        (Role.OFFICER, "department:parks", "display_name"),
    ],
)
def test_an_appointment_that_makes_no_sense_is_refused(
    operator: Account, department: Department, role: Role, scope: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        appointments.appoint(operator, "unknown@example.jp", role, scope)
    assert refused.value.field == field
    assert people.by_email("unknown@example.jp") is None


def test_a_refused_appointment_comes_back_filled(browser_of: Browser, operator: Account) -> None:
    form = {"email": "x@example.jp", "role": "officer", "scope": INSTALLATION, "display_name": ""}
    answer = browser_of(operator).post("/desk/people", data=form)
    assert answer.status_code == 422
    assert 'value="x@example.jp"' in answer.text
    assert 'id="error-summary"' in answer.text
    form["scope"] = "made:up"
    assert browser_of(operator).post("/desk/people", data=form).status_code == 422


def test_only_the_operator_trusts_people(
    browser_of: Browser, officer: Account, approver: Account, moderator: Account
) -> None:
    for who in (officer, approver, moderator):
        with pytest.raises(Forbidden):
            appointments.appoint(who, "x@example.jp", Role.OFFICER, INSTALLATION)
        with pytest.raises(Forbidden):
            appointments.dismiss(who, 1)
        with pytest.raises(Forbidden):
            appointments.add_department(who, "new", "新しい課")
    for who in (officer, approver, moderator):
        assert browser_of(who).get("/desk/people").status_code == 403
        assert browser_of(who).post("/desk/departments").status_code == 403


def test_a_role_is_taken_back(browser_of: Browser, operator: Account, officer: Account) -> None:
    grant = officer.grants[0]
    answer = browser_of(operator).post(f"/desk/people/{grant.id}/dismiss")
    assert answer.status_code == 303
    db.session.remove()
    again = people.by_public_id(officer.public_id)
    assert again is not None
    assert not again.is_staff
    assert browser_of(operator).post(f"/desk/people/{grant.id}/dismiss").status_code == 404


def test_there_is_always_an_operator(operator: Account, resident: Account) -> None:
    with pytest.raises(Conflict):
        appointments.dismiss(operator, operator.grants[0].id)
    email = people.address_of(resident.id)
    assert email is not None
    appointments.appoint(operator, email, Role.OPERATOR, INSTALLATION)
    appointments.dismiss(operator, operator.grants[0].id)


def test_a_department_is_added_once(browser_of: Browser, operator: Account) -> None:
    form = {"name": "図書館", "slug": "library", "phone": "03-0000-4444"}
    assert browser_of(operator).post("/desk/departments", data=form).status_code == 303
    assert "department:library" in {s.address for s in scopes.known()}
    again = browser_of(operator).post("/desk/departments", data=form)
    assert again.status_code == 422
    assert 'value="図書館"' in again.text
    form["slug"] = "図書館"
    assert browser_of(operator).post("/desk/departments", data=form).status_code == 422


def test_a_consultation_lies_within_its_department(consultation: Consultation) -> None:
    assert scopes.around(consultation.scope) == {consultation.scope, "department:parks"}
    assert scopes.around("") == {""}
    assert scopes.around("consultation:nowhere") == {"consultation:nowhere"}
