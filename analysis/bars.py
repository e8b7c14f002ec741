"""Themes by where their opinions came from: a table whose cells are bars, counted in SQL."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from analysis.maps import Topic
from core import db, record, text
from ledger import imports
from ledger.models import Consultation, Filing, Import, ImportRow, Opinion, Placement, State

COLUMNS_MOST = 8  # of districts; the others are one column
# A column of an imported file that says where people live, as municipalities head it.
_DISTRICT = re.compile(
    r"(お?住まいの|居住|住所)?(地区|地域|町名?|町丁目?|学区|校区|区域)名?|district|area", re.I
)
REST = "*"  # the column of what is in no other


@dataclass(frozen=True)
class Cell:
    """How many opinions of a row came this way; `length` of 100 is the longest bar of the table."""

    opinions: int
    length: int


@dataclass(frozen=True)
class Line:
    """A theme, or one of 単独 and 未整理 (`topic` is None, `where` says which)."""

    topic: Topic | None
    where: str
    cells: tuple[Cell, ...]
    opinions: int


@dataclass(frozen=True)
class Table:
    """Rows and columns, by key; every counted opinion is in exactly one cell."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    sums: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.sums)


def by_channel(consultation: Consultation, topics: Sequence[Topic]) -> Table:
    """Themes by the way their opinions arrived (one statement)."""
    key = ("bars", consultation.id)
    counted = record.unchanged(key, lambda: _count(consultation))
    every: Counter[str] = Counter()
    for (_where, channel), count in counted.items():
        every[channel] += count
    return _table(topics, counted, sorted(every, key=lambda one: (-every[one], one)))


def by_district(consultation: Consultation, topics: Sequence[Topic]) -> Table | None:
    """Themes by the district column of imported files; None where no file has one.

    Districts are no column of the ledger: only an import says them, so the others are `REST`.
    """
    names = district_columns(consultation)
    if not names:
        return None
    counted = record.unchanged(
        ("districts", consultation.id), lambda: _count_districts(consultation, names)
    )
    every: Counter[str] = Counter()
    for (_where, district), count in counted.items():
        every[district] += count
    most = [one for one, _n in every.most_common() if one != REST][:COLUMNS_MOST]
    return _table(topics, counted, [*sorted(most), REST])


def district_columns(consultation: Consultation) -> list[str]:
    """The columns of imported files that say a district, by name (one statement)."""
    first = (
        select(func.min(ImportRow.id))
        .join(Import, Import.id == ImportRow.import_id)
        .where(Import.consultation_id == consultation.id)
        .group_by(ImportRow.import_id)
    )
    rows = db.session().scalars(select(ImportRow.columns).where(ImportRow.id.in_(first)))
    return sorted({name for columns in rows for name in columns if _DISTRICT.fullmatch(name)})


def _count(consultation: Consultation) -> dict[tuple[int | str, str], int]:
    columns = Filing.placement, Filing.theme_id, Opinion.channel
    query = (
        select(*columns, func.count())
        .select_from(Opinion)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
        .group_by(*columns)
    )
    found: Counter[tuple[int | str, str]] = Counter()
    for placement, theme_id, channel, count in db.session().execute(query):
        found[theme_id if theme_id is not None else _loose(placement), channel] += count
    return dict(found)


def _count_districts(
    consultation: Consultation, names: Sequence[str]
) -> dict[tuple[int | str, str], int]:
    """By row, not in SQL: SQLite finds no Japanese key in JSON that is stored with escapes."""
    is_row = and_(Opinion.source == imports.SOURCE, ImportRow.id == Opinion.source_id)
    query = (
        select(Filing.placement, Filing.theme_id, ImportRow.columns)
        .select_from(Opinion)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(ImportRow, is_row)
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
    )
    found: Counter[tuple[int | str, str]] = Counter()
    for placement, theme_id, columns in db.session().execute(query):
        said = (text.folded(str((columns or {}).get(name, ""))) for name in names)
        district = next((one for one in said if one), REST)
        found[theme_id if theme_id is not None else _loose(placement), district] += 1
    return dict(found)


def _loose(placement: str | None) -> str:
    return "lone" if placement == Placement.LONE else "unfiled"


def _table(
    topics: Sequence[Topic], counted: dict[tuple[int | str, str], int], columns: Sequence[str]
) -> Table:
    rest = REST in columns
    inside: Counter[tuple[int | str, str]] = Counter()
    for (where, value), count in counted.items():
        inside[where, value if value in columns or not rest else REST] += count
    columns = [one for one in columns if any(key[1] == one for key in inside)]
    longest = max((count for count in inside.values()), default=1)
    told: list[tuple[Topic | None, int | str]] = [(topic, topic.id) for topic in topics]
    told += [(None, where) for where in ("lone", "unfiled")]
    lines: list[Line] = []
    for topic, where in told:
        cells = [inside[where, column] for column in columns]
        if topic is not None or any(cells):
            drawn = tuple(Cell(n, round(100 * n / longest)) for n in cells)
            lines.append(Line(topic, "" if topic else str(where), drawn, sum(cells)))
    sums = tuple(sum(line.cells[index].opinions for line in lines) for index in range(len(columns)))
    return Table(tuple(columns), tuple(lines), sums)
