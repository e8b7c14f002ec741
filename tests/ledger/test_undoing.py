"""Undoing is exact: whatever an officer does, the desk is as it was; redone, as it was after.

Acts in any order on a desk with everything that can be lost: quotations, looks, locks, approvals.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis import desks
from core import db
from core.errors import Conflict, DomainError
from core.people import Account, Department
from ledger import acts, adoptions, answers, check, consultations, queries
from ledger.adoptions import Proposal
from ledger.answers import Draft
from ledger.filings import UNNAMED
from ledger.models import Placement, Theme
from tests.ledger.shown import on_the_desk
from tests.ledger.test_acts import GOOD, enter

LIVES = int(os.environ.get("TOMONI_LIVES", "8"))
BODIES = [
    f"{n}番目の意見です。{'木を残してほしい。' if n % 3 else '夜が暗い。'}" for n in range(14)
]
KINDS = (
    "theme",
    "lone",
    "unfile",
    "new",
    "split",
    "rename",
    "heading",
    "merge",
    "lock",
    "unlock",
    "look",
    "dissolve",
)
ACT = st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(1, 5))
OTHERS = st.tuples(st.sampled_from(("answer", "approve")), st.integers(0, 99), st.just(1))
_numbers = count(1)


class Desk:
    """A desk that the machine and people have worked on, and an officer's hands."""

    def __init__(self, officer: Account, approver: Account, department: Department) -> None:
        self.officer, self.approver = officer, approver
        number = next(_numbers)
        self.here = consultations.open_consultation(
            officer, department, f"undo{number}", "戻す案件", summary="戻します。", phases=[]
        )
        self.ids = enter(self.here, *BODIES, start=number * 100)
        ids = self.ids
        sentence = "0番目の意見です。夜が暗い。"
        adoptions.adopt(
            officer,
            self.here,
            [
                Proposal(f"{UNNAMED}{sentence}", sentence, 10, tuple(ids[:4])),
                Proposal("木のこと", "木を残してほしい。", 90, tuple(ids[4:7])),
                Proposal("朝", "", 90, tuple(ids[7:9])),
            ],
            ids[9:12],
        )
        desks.look(officer, self.here, ids[9:10])
        self.approve(1)
        while acts.next_undo(officer, self.here):
            acts.give_up(officer, self.here, is_undo=True)

    def themes(self) -> list[Theme]:
        return [row.theme for row in queries.themes_of(self.here)]

    def theme(self, at: int) -> Theme:
        listed = self.themes()
        if not listed:
            raise Conflict("none")  # type: ignore[arg-type]
        return listed[at % len(listed)]

    def approve(self, at: int) -> None:
        theme = self.theme(at)
        written = answers.of(theme)
        version = written.version if written else 0
        answer = desks.answer(self.officer, theme, GOOD, version=version, submit=True)
        answers.approve(self.approver, answer, version=answer.version)

    def do(self, kind: str, at: int, size: int) -> None:
        who, here = self.officer, self.here
        some = [self.ids[(at + 3 * n) % len(self.ids)] for n in range(size)]
        theme = self.theme(at)
        doing: dict[str, Callable[[], object]] = {
            "theme": lambda: desks.move(who, here, some, theme),
            "lone": lambda: desks.move(who, here, some, Placement.LONE),
            "unfile": lambda: desks.move(who, here, some, None),
            "new": lambda: desks.gather(who, here, some, None, f"新{at}"),
            "split": lambda: desks.gather(who, here, some, theme, f"分{at}"),
            "rename": lambda: desks.rename(who, theme, f"名{at}", version=theme.version),
            "heading": lambda: desks.put_under(who, theme, f"{at % 3}章", version=theme.version),
            "merge": lambda: desks.merge(who, theme, self.theme(at + size)),
            "lock": lambda: desks.lock(who, theme),
            "unlock": lambda: desks.unlock(who, theme),
            "look": lambda: desks.look(who, here, some),
            "dissolve": lambda: desks.dissolve(who, theme),
            "answer": lambda: desks.answer(
                who, theme, Draft(view=f"考え{at}"), version=self._version(theme), submit=False
            ),
            "approve": lambda: self.approve(at),
        }
        doing[kind]()

    def _version(self, theme: Theme) -> int:
        written = answers.of(theme)
        return written.version if written else 0

    def tries(self, kind: str, at: int, size: int) -> bool:
        """Whether the act was not refused, and can be undone."""
        before = acts.next_undo(self.officer, self.here)
        try:
            self.do(kind, at, size)
        except DomainError:
            db.session().rollback()
            return False
        after = acts.next_undo(self.officer, self.here)
        return after is not None and after is not before

    def breaches(self) -> list[check.Breach]:
        return [*check.conservation(self.here), *check._filings()]


@pytest.fixture
def desk_of(officer: Account, approver: Account, department: Department) -> Callable[[], Desk]:
    return lambda: Desk(officer, approver, department)


@settings(
    max_examples=LIVES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # every act costs a commit: shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(doing=st.lists(ACT | OTHERS, min_size=4, max_size=12))
def test_every_act_is_undone_and_redone_exactly(
    desk_of: Callable[[], Desk], doing: list[tuple[str, int, int]]
) -> None:
    desk = desk_of()
    for kind, at, size in doing:
        before = on_the_desk(desk.here)
        if not desk.tries(kind, at, size):
            continue
        after = on_the_desk(desk.here)
        desks.undo(desk.officer, desk.here)
        assert on_the_desk(desk.here) == before, (kind, doing)
        desks.redo(desk.officer, desk.here)
        assert on_the_desk(desk.here) == after, (kind, doing)
        assert desk.breaches() == []


@settings(
    max_examples=LIVES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # every act costs a commit: shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(doing=st.lists(ACT, min_size=4, max_size=12))
def test_a_row_of_acts_is_undone_step_by_step(
    desk_of: Callable[[], Desk], doing: list[tuple[str, int, int]]
) -> None:
    desk = desk_of()
    seen = [on_the_desk(desk.here)]
    seen += [on_the_desk(desk.here) for one in doing if desk.tries(*one)]
    for was in reversed(seen[:-1]):
        desks.undo(desk.officer, desk.here)
        assert on_the_desk(desk.here) == was, doing
    assert acts.next_undo(desk.officer, desk.here) is None
    for will in seen[1:]:
        desks.redo(desk.officer, desk.here)
        assert on_the_desk(desk.here) == will
