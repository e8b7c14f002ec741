"""The days a town hall is open."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import business_days, clock
from core.business_days import add, is_business_day

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    "closed",
    [
        date(2026, 11, 21),  # a Saturday
        date(2026, 11, 22),  # a Sunday
        date(2026, 11, 3),  # 文化の日
        date(2026, 11, 23),  # 勤労感謝の日
        date(2026, 5, 6),  # 振替休日: 憲法記念日 fell on a Sunday
        date(2026, 9, 22),  # 国民の休日, between 敬老の日 and 秋分の日
        date(2019, 5, 1),  # the accession, a holiday once
        date(2021, 7, 22),  # 海の日, moved for the Games
        date(2026, 12, 29),
        date(2026, 12, 31),
        date(2027, 1, 1),
        date(2028, 1, 3),
    ],
)
def test_the_town_hall_is_closed(closed: date) -> None:
    assert not is_business_day(closed)


@pytest.mark.parametrize(
    "opened",
    [
        date(2026, 11, 24),
        date(2026, 12, 28),
        date(2027, 1, 4),
        date(2021, 7, 19),
        date(2026, 8, 14),
    ],
)
def test_the_town_hall_is_open(opened: date) -> None:
    assert is_business_day(opened)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (date(2026, 11, 5), date(2026, 11, 19)),  # as on the picture of the topic
        (date(2026, 11, 20), date(2026, 12, 7)),  # over 勤労感謝の日
        (date(2026, 11, 21), date(2026, 12, 7)),  # asked on a Saturday: Tuesday is the first day
        (date(2026, 12, 22), date(2027, 1, 12)),  # over the turn of the year and 成人の日
        (date(2026, 9, 11), date(2026, 9, 30)),  # over three holidays in a row
        (date(2026, 4, 24), date(2026, 5, 14)),  # over ゴールデンウィーク
    ],
)
def test_ten_business_days_later(asked: date, answered: date) -> None:
    assert add(asked, 10) == answered


@settings(max_examples=100, deadline=None)
@given(days, st.integers(1, 30))
def test_counting_there_and_back_agrees(day: date, count: int) -> None:
    last = add(day, count)
    assert is_business_day(last)
    assert business_days.until(day, last) == count
    assert business_days.until(day, last - timedelta(days=1)) == count - 1
    assert business_days.until(last, day) == 0


def test_no_days_later_is_the_day_itself() -> None:
    assert add(date(2026, 11, 21), 0) == date(2026, 11, 21)
    with pytest.raises(ValueError, match="forwards"):
        add(date(2026, 11, 21), -1)


def test_a_day_ends_at_midnight_in_the_ward() -> None:
    end = business_days.end_of(date(2026, 11, 19))
    assert end.astimezone(UTC) == datetime(2026, 11, 19, 15, tzinfo=UTC)
    assert business_days.day_of(end) == date(2026, 11, 19)


def test_today_is_the_wards() -> None:
    with clock.at(datetime(2026, 11, 19, 15, 30, tzinfo=UTC)):
        assert business_days.today() == date(2026, 11, 20)


def test_the_list_of_holidays_is_not_read_before_a_day_is_counted() -> None:
    code = "import sys, core.business_days; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
