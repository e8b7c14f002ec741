from __future__ import annotations

from dataclasses import dataclass

import pytest

from core import db, events
from core.people import Department

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class DepartmentAdded:
    slug: str


heard: list[str] = []


@events.subscribe(DepartmentAdded)
def breaks(event: DepartmentAdded) -> None:
    heard.append("first")
    raise OSError


@events.subscribe(DepartmentAdded)
def listens(event: DepartmentAdded) -> None:
    heard.append(event.slug)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    heard.clear()


def add(slug: str) -> None:
    with db.transaction() as tx:
        tx.add(Department(slug=slug, name=slug))
        events.emit(DepartmentAdded(slug))
        assert heard == []


def test_an_event_is_told_after_the_commit_and_one_that_fails_stops_nobody() -> None:
    add("parks")
    assert heard == ["first", "parks"]


def test_a_rolled_back_act_is_never_told() -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        add("parks")
        _ = 1 / 0
    assert heard == []


def test_an_event_outside_a_unit_is_refused() -> None:
    with pytest.raises(RuntimeError):
        events.emit(DepartmentAdded("parks"))
