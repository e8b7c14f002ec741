"""A table as read from any kind of file: columns, numbered rows, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from core import text
from core.errors import Invalid
from core.messages import Message, _

MAX_ROWS = 60_000
MAX_COLUMNS = 200
MAX_CELL = 20_000
Raw = Generator[tuple[int, list[str]], None, None]


class Refused(Invalid):
    """A file, or one row of it, can not be read in; the sentence says which and why."""

    def __init__(self, message: Message, *, line: int | None = None) -> None:
        self.line = line
        if line is not None:
            message = _("%(line)s行目：%(why)s", line=f"{line:,}", why=message)
        super().__init__("file", message)


@dataclass(frozen=True)
class Row:
    """One row; `line` is its number in a spreadsheet (the header is usually 1)."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table with a header. `rows()` reads from the start each time and raises `Refused`.

    Rows without one character are not rows: spreadsheets leave them behind by the thousand.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


def table(name: str, read: Callable[[], Raw]) -> Sheet | None:
    """A sheet from numbered raw rows; None when there is not one cell in it."""
    with closing(read()) as raw:
        first = next(((line, cells) for line, cells in raw if any(c.strip() for c in cells)), None)
    if first is None:
        return None
    header_line, cells = first
    columns = _columns(header_line, cells)

    def rows() -> Iterator[Row]:
        count = 0
        with closing(read()) as raw:
            for line, cells in raw:
                if line <= header_line or not any(cells):
                    continue
                count += 1
                if count > MAX_ROWS:
                    raise Refused(_("行が多すぎます。60,000行までのファイルに分けてください。"))
                yield Row(line, _cells(line, columns, cells))

    return Sheet(name, columns, rows)


def _columns(line: int, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise Refused(_("列が多すぎます。200列までにしてください。"), line=line)
    found: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = text.folded(_accepted(line, str(number), cell))[:200] or str(
            _("列%(number)s", number=number)
        )
        again = sum(other == name or other.startswith(f"{name}（") for other in found)
        found.append(f"{name}（{again + 1}）" if again else name)
    return tuple(found)


def _cells(line: int, columns: tuple[str, ...], cells: list[str]) -> tuple[str, ...]:
    """The cells of one row, as many as there are columns; raises `Refused` when they do not fit."""
    if len(cells) > len(columns) and any(c.strip() for c in cells[len(columns) :]):
        raise Refused(
            _(
                "セルが%(found)s個あり、見出しの%(columns)s列より多くなっています。"
                '見出しのない列に何か入っているか、引用符（"）や区切りがずれています。',
                found=len(cells),
                columns=len(columns),
            ),
            line=line,
        )
    if len(cells) < len(columns):
        raise Refused(
            _(
                "セルが%(found)s個しかなく、見出しの%(columns)s列に足りません。"
                '引用符（"）や区切りがずれているか、行の途中で改行されています。',
                found=len(cells),
                columns=len(columns),
            ),
            line=line,
        )
    return tuple(_accepted(line, name, cell) for name, cell in zip(columns, cells, strict=False))


def _accepted(line: int, column: str, cell: str) -> str:
    """A cell as it may be stored, "" when nothing in it can be seen."""
    if not cell:
        return ""
    try:
        return text.accepted("file", cell, limit=MAX_CELL, required=False)
    except Invalid as error:
        why = _("「%(column)s」の列　%(why)s", column=column, why=error.message)
        raise Refused(why, line=line) from error


def with_content(found: Iterable[Sheet | None]) -> list[Sheet]:
    kept = [sheet for sheet in found if sheet is not None]
    if not kept:
        raise Refused(_("ファイルに何も書かれていません。見出しの行と、ご意見の行が要ります。"))
    return kept
