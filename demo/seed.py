"""Fills an empty installation with the demo ward: every act through its verb, at its own time.

Times in the content are days before now, so that the demo is always fresh. Acts are sorted by time
before they are done: the record of a demo reads like the record of a ward.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from analysis import edition_maps, reports, runs
from core import business_days, clock, db, people
from core.people import Account, Department, Role
from demo import content, rooms, talks, workshops
from forum import comments
from ledger import answers, consultations, opinions, themes
from ledger.answers import Draft
from ledger.consultations import Place, Span
from ledger.models import (
    Channel,
    Consultation,
    Opinion,
    PhaseKind,
    Placement,
    Report,
    Stage,
    Theme,
)

Act = tuple[datetime, Callable[[], None]]


class Ward:
    """The demo while it is being filled: what was made, by the slug its text calls it."""

    def __init__(self) -> None:
        self.started = clock.now()
        self.departments: dict[str, Department] = {}
        self.accounts: dict[str, Account] = {}
        self.consultations: dict[str, Consultation] = {}
        self.posts: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.acts: list[Act] = []

    def ago(self, days: float, *, at: int | None = None) -> datetime:
        """That many days before now; with `at`, at this full hour of the day in Tokyo."""
        moment = clock.local(self.started - timedelta(days=days))
        return moment if at is None else moment.replace(hour=at, minute=0, second=0, microsecond=0)

    def plan(self, days_ago: float, act: Callable[[], None], *, in_office: bool = False) -> None:
        """Have `act` done as if it were `days_ago` days before now; never in the future.

        It is done while people are awake, what staff say `in_office` on a working day.
        """
        moment = self._office_hour(days_ago) if in_office else self._waking_hour(days_ago)
        self.acts.append((min(moment, self.started), act))

    def _waking_hour(self, days_ago: float) -> datetime:
        """The same day between 7:30 and 21:00, today until now; what came later stays later."""
        moment, midnight = self.ago(days_ago), self.ago(days_ago, at=0)
        is_today = midnight.date() == clock.local(self.started).date()
        length = self.started - midnight if is_today else timedelta(days=1)
        passed = (moment - midnight) / length if length else 1.0
        wakes, sleeps = timedelta(hours=7, minutes=30), timedelta(hours=21)
        if is_today:
            wakes, sleeps = min(wakes, length * 0.9), min(sleeps, length)
        uneven = timedelta(minutes=round(days_ago * 10) * 7 % 19)
        return max(midnight + wakes + passed * (sleeps - wakes) - uneven, midnight)

    def _office_hour(self, days_ago: float) -> datetime:
        """Between 9:00 and 17:00 of the same day, or of the working day before."""
        moment, midnight = self.ago(days_ago), self.ago(days_ago, at=0)
        passed = (moment - midnight) / timedelta(days=1)
        while not business_days.is_business_day(midnight.date()):
            midnight -= timedelta(days=1)
        return midnight + timedelta(hours=9) + passed * timedelta(hours=8)

    def run(self) -> None:
        for moment, act in sorted(self.acts, key=lambda one: one[0]):
            with clock.at(moment):
                act()
            db.session().expire_all()

    def officer_of(self, consultation: dict[str, Any]) -> Account:
        return self.staff(Role.OFFICER, consultation["department"])

    def moderator(self) -> Account:
        return next(
            a for a in self.accounts.values() if a.holds(Role.MODERATOR, {people.INSTALLATION})
        )

    def staff(self, role: Role, department: str) -> Account:
        return next(
            a for a in self.accounts.values() if a.holds(role, {f"department:{department}"})
        )


def is_filled() -> bool:
    """Whether this installation holds anything: the demo is for empty ones only."""
    return db.session().scalar(select(Account.id).limit(1)) is not None


def fill() -> None:
    """Fill an empty installation; takes some seconds."""
    ward = Ward()
    _people(ward)
    for one in content.read("consultations")["consultations"]:
        ward.plan(_first_day(one), lambda one=one: _open(ward, one))  # type: ignore[misc]
    room = content.read("room")
    rooms.plan(ward, room, room["consultation"])
    for one in content.read("rooms")["rooms"]:
        rooms.plan(ward, one, room["consultation"])
    talks.plan(ward, content.read("themes_bus"), 0.1)
    for one in content.read("workshops")["workshops"]:
        workshops.plan(ward, one, room["consultation"])
    for name in ("comments_bicycle", "comments_park"):
        _plan_comments(ward, content.read(name))
    _plan_answers(ward, content.read("themes_park"))
    ward.run()
    bicycle = ward.consultations["bicycle"]
    runs.start(ward.staff(Role.OFFICER, bicycle.department.slug), bicycle)
    talks.show(ward, "bus")
    edition_maps.renew()


def _people(ward: Ward) -> None:
    read = content.read("ward")
    with clock.at(ward.ago(160)):
        with db.transaction() as tx:
            for one in read["ward"]["departments"]:
                department = Department(**one)
                tx.add(department)
                ward.departments[one["slug"]] = department
        for one in read["accounts"]:
            is_shown = one["role"] != "resident" or one["slug"] in content.SHOWN
            account = people.create(
                one["email"],
                one["display_name"],
                ties=one["ties"],
                department=ward.departments.get(one["department"]),
                password=content.PASSWORD if is_shown else None,
                is_demo=is_shown,
            )
            _entrust(account, one["role"], one["department"])
            ward.accounts[one["slug"]] = account


def _entrust(account: Account, role: str, department: str) -> None:
    if role in {Role.OFFICER, Role.APPROVER}:
        people.entrust(account, Role(role), f"department:{department}", by="demo")
    elif role in {Role.OPERATOR, Role.MODERATOR}:
        people.entrust(account, Role(role), people.INSTALLATION, by="demo")
    elif role == Role.FACILITATOR:
        people.entrust(account, Role.FACILITATOR, "consultation:bus", by="demo")


def _first_day(one: dict[str, Any]) -> float:
    return float(max(p["opens_days_ago"] for p in one["phases"])) + 7


def _open(ward: Ward, one: dict[str, Any]) -> None:
    ward.consultations[one["slug"]] = consultations.open_consultation(
        ward.officer_of(one),
        ward.departments[one["department"]],
        one["slug"],
        one["title"],
        summary=one["summary"],
        purpose=one["purpose"],
        stage=Stage(one["stage"]),
        phases=[
            Span(
                PhaseKind(p["kind"]),
                p["title"],
                ward.ago(p["opens_days_ago"], at=9),
                ward.ago(p["closes_days_ago"], at=17),
                p.get("note", ""),
            )
            for p in one["phases"]
        ],
        sections=[
            Place(s["number"], s["title"], s["body"].strip(), s.get("page"))
            for s in one.get("sections", [])
        ],
    )


def _plan_comments(ward: Ward, read: dict[str, Any]) -> None:
    for one in read["submissions"]:

        def send(one: dict[str, Any] = one) -> None:
            consultation = ward.consultations[read["consultation"]]
            places = {s.number: s.id for s in consultation.sections}
            officer = ward.staff(Role.OFFICER, consultation.department.slug)
            comment = comments.submit(
                consultation,
                [(places.get(item["section"]), item["body"].strip()) for item in one["items"]],
                key=f"demo-{one['id']}",
                received_at=clock.now(),
                channel=Channel(one["channel"]),
                ties=one["ties"],
                name=one["name"],
                actor=None if one["channel"] == Channel.WEB else officer,
            )
            for item, row in zip(one["items"], comment.items, strict=True):
                ward.items[item["id"]] = row.id

        ward.plan(one["days_ago"], send)


def _plan_answers(ward: Ward, read: dict[str, Any]) -> None:
    by_slug = {c["slug"]: c for c in content.read("consultations")["consultations"]}
    phases = {p["kind"]: p for p in by_slug[read["consultation"]]["phases"]}
    begun = phases["analysis"]["opens_days_ago"]
    published = phases["report"]["opens_days_ago"]
    ward.plan(begun - 3, lambda: _file_and_answer(ward, read))
    ward.plan(published, lambda: _publish(ward, read))


def _file_and_answer(ward: Ward, read: dict[str, Any]) -> None:
    consultation = ward.consultations[read["consultation"]]
    officer = ward.staff(Role.OFFICER, consultation.department.slug)
    titles = {s.number: f"{s.number} {s.title}" for s in consultation.sections}
    for one in read["themes"]:
        theme = themes.create(officer, consultation, one["title"])
        with db.transaction() as tx:
            tx.get_one(Theme, theme.id).level1 = titles.get(one["level1"], "")
        ids = [_opinion(ward, i).id for i in one["opinions"]]
        themes.move(officer, consultation, ids, theme)
        _answer(officer, db.session().get_one(Theme, theme.id), one)
    for one in read["lone"]:
        opinion = _opinion(ward, one["opinion"])
        themes.move(officer, consultation, [opinion.id], Placement.LONE)
        _answer(officer, opinion, one)


def _opinion(ward: Ward, item: str) -> Opinion:
    (found,) = opinions.of_source("comment_item", ward.items[item])
    return found


def _answer(officer: Account, target: Theme | Opinion, one: dict[str, Any]) -> None:
    page = f"{one['page']}ページ" if "page" in one else ""
    draft = Draft(
        disposition=one["disposition"],
        summary=one.get("summary", ""),
        view=one["view"].strip(),
        reason=one.get("reason", ""),
        place=one.get("change_place", page),
        before=one.get("change_before", ""),
        after=one.get("change_after", ""),
    )
    answers.submit(officer, answers.save(officer, target, draft, version=0))


def _publish(ward: Ward, read: dict[str, Any]) -> None:
    consultation = ward.consultations[read["consultation"]]
    department = consultation.department.slug
    officer, approver = (ward.staff(r, department) for r in (Role.OFFICER, Role.APPROVER))
    answers.approve_all(approver, consultation)
    report = reports.draft(
        officer,
        consultation,
        title=f"{consultation.title}　いただいたご意見と区の考え方",
        notice="区の広報紙、ウェブページ、町会の回覧、公園の掲示板でお知らせしました。",
    )
    reports.submit(officer, report)
    report = db.session().get_one(Report, report.id)
    reports.publish(approver, report, version=report.version)
