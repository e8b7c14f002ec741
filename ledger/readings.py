"""What the rows of a table say: which column is the text, who said it, when, about what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core import clock, text
from core.errors import Invalid
from core.messages import _
from ledger import days, files, voices
from ledger.files import Refused
from ledger.models import Channel, Consultation

CHANNELS = (
    Channel.IMPORT, Channel.WEB, Channel.EMAIL, Channel.FAX, Channel.POST, Channel.COUNTER,
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Which column holds what, and by which way the opinions had arrived; "" is no such column."""

    text_column: str
    channel: Channel = Channel.IMPORT
    sender_column: str = ""
    date_column: str = ""
    section_column: str = ""


@dataclass(frozen=True)
class Line:
    """One row as it would enter the ledger. `columns` are the cells that are not its text."""

    line: int
    key: str
    body: str
    columns: dict[str, str]
    sender: str
    said_at: datetime | None
    section_id: int | None


@dataclass
class Reading:
    """The rows of one file, with the lines whose text cell was blank."""

    columns: tuple[str, ...]
    lines: list[Line]
    blank: list[int]

    @property
    def rows(self) -> int:
        return len(self.lines) + len(self.blank)


def read(consultation: Consultation, path: Path, choice: Choice) -> Reading:
    """Every row of a file, or `Refused` with the first that can not be read."""
    if choice.channel not in CHANNELS:
        raise Invalid("channel", _("届いた方法を選んでください。"))
    sheet = files.with_column(files.sheets(path), choice.text_column)
    wanted = (choice.text_column, choice.sender_column, choice.date_column, choice.section_column)
    for column in wanted:
        if column and column not in sheet.columns:
            files.with_column([sheet], column)
    reading = Reading(sheet.columns, [], [])
    reading.lines.extend(_lines(consultation, sheet, choice, reading.blank))
    if not reading.rows:
        raise Refused(_("見出しだけで、ご意見の行がありません。"))
    if not reading.lines:
        raise Refused(
            _(
                "「%(column)s」の列は、どの行も空です。ほかの列を選んでください。",
                column=choice.text_column,
            )
        )
    return reading


def _lines(
    consultation: Consultation, sheet: files.Sheet, choice: Choice, blank: list[int]
) -> Iterator[Line]:
    at = {column: index for index, column in enumerate(sheet.columns)}
    sections = {text.folded(s.number): s.id for s in consultation.sections}
    seen: Counter[str] = Counter()
    for row in sheet.rows():
        body = row.cells[at[choice.text_column]]
        if not body:
            blank.append(row.line)
            continue
        cells = {name: cell for name, cell in zip(sheet.columns, row.cells, strict=True) if cell}
        columns = {name: cell for name, cell in cells.items() if name != choice.text_column}
        told = json.dumps([choice.text_column, cells], ensure_ascii=False, sort_keys=True)
        seen[told] += 1
        yield Line(
            line=row.line,
            key=voices.of(consultation, f"row:{seen[told]}:{told}"),
            body=body,
            columns=columns,
            sender=text.folded(columns.get(choice.sender_column, "")),
            said_at=_day(row.line, columns.get(choice.date_column, "")),
            section_id=_section(row.line, columns.get(choice.section_column, ""), sections),
        )


def _day(line: int, said: str) -> datetime | None:
    if not said:
        return None
    try:
        moment = days.read(said)
    except ValueError as error:
        raise Refused(
            _(
                "「%(said)s」は日付として読めません。2026/11/20 のように書いてください。",
                said=text.excerpt(said, 30),
            ),
            line=line,
        ) from error
    if moment > clock.now():
        raise Refused(_("「%(said)s」は先の日付です。", said=text.excerpt(said, 30)), line=line)
    return moment


def _section(line: int, said: str, sections: dict[str, int]) -> int | None:
    if not said:
        return None
    found = sections.get(text.folded(said))
    if found is None:
        raise Refused(
            _(
                "「%(said)s」という番号の項目が、案にありません。ある番号：%(there)s",
                said=text.excerpt(said, 30),
                there="、".join(sections) or _("なし"),
            ),
            line=line,
        )
    return found


def likely_text_column(sheets: Sequence[files.Sheet]) -> str:
    """The column with the longest texts in its first rows: a proposal for the form."""
    best, longest = "", -1.0
    for sheet in sheets:
        rows = []
        try:
            for row in sheet.rows():
                rows.append(row)
                if len(rows) == 50:
                    break
        except Refused:
            pass  # the choice of a column is not where a bad row is told of
        for index, name in enumerate(sheet.columns):
            length = sum(len(row.cells[index]) for row in rows) / max(1, len(rows))
            if length > longest:
                best, longest = name, length
    return best
