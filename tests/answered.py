"""A consultation brought to the point where its report can be published, through the verbs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import inspect

from analysis import reports
from core import clock, db
from core.people import Account
from ledger import answers, opinions, themes
from ledger.answers import Draft
from ledger.models import Channel, Consultation, Edition, Opinion, Placement, Report, Theme
from ledger.opinions import Said

YES = Draft(disposition="reflected", view="案を直しました。", place="2-1（7ページ）")
NO = Draft(disposition="not_reflected", view="そのままにします。", reason="安全のためです。")
T = TypeVar("T")
_numbers = count(1)


def enter(
    consultation: Consultation, *bodies: str, voice: str | None = "", **more: Any
) -> list[int]:
    """Opinions from as many people, or all from one `voice`; None: nobody knows from whom."""
    said = []
    for body in bodies:
        number = next(_numbers)
        values: dict[str, Any] = {
            "source": "test",
            "source_id": number,
            "channel": Channel.WEB,
            "body": body,
            "submission": f"test:{number}",
            "voice_id": f"{number:064x}" if voice == "" else voice,
            "said_at": clock.now(),
            "received_at": clock.now(),
        }
        said.append(Said(**{**values, **more}))
    return opinions.enter_all(consultation, said, role="resident")


def again(row: T) -> T:
    """The same row in the session of now: a request ends the one before."""
    found: T = db.session().get_one(type(row), inspect(row).identity)
    return found


def opinion(opinion_id: int) -> Opinion:
    return db.session().get_one(Opinion, opinion_id)


@dataclass
class Case:
    """The people of a report and what they did; each step returns itself to be chained."""

    case: Consultation
    drafter: Account
    signer: Account
    themes: list[Theme] = field(default_factory=list)

    @property
    def consultation(self) -> Consultation:
        return again(self.case)

    @property
    def officer(self) -> Account:
        return again(self.drafter)

    @property
    def approver(self) -> Account:
        return again(self.signer)

    def theme(self, title: str, ids: list[int], draft: Draft | None = YES) -> Case:
        with db.transaction():  # one commit
            made = themes.create(self.officer, self.consultation, title)
            themes.move(self.officer, self.consultation, ids, made)
            self.themes.append(made)
            return self if draft is None else self.answer(made, draft)

    def lone(self, opinion_id: int, draft: Draft | None = NO) -> Case:
        with db.transaction():
            themes.move(self.officer, self.consultation, [opinion_id], Placement.LONE)
            return self if draft is None else self.answer(opinion(opinion_id), draft)

    def answer(self, target: Theme | Opinion, draft: Draft) -> Case:
        target = again(target)
        before = answers.of(target)
        answers.hand_in(self.officer, target, draft, version=before.version if before else 0)
        return self

    def approve(self) -> Case:
        answers.approve_all(self.approver, self.consultation)
        return self

    def draft(self) -> Report:
        return reports.draft(
            self.officer, self.consultation, "公園の計画へのご意見と区の考え方", "区報でお知らせ"
        )

    def submit(self) -> Report:
        with db.transaction():
            report = self.draft()
            reports.submit(self.officer, report)
        return again(report)

    def publish(self) -> Edition:
        with db.transaction():
            report = self.submit()
            return reports.publish(self.approver, report, report.version)


def missing(case: Case) -> dict[str, int]:
    """What is missing, by key."""
    return {law.key: law.count for law in reports.undecided(case.consultation)}
