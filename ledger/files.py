"""Tables that officers hand in, CSV and XLSX, as rows with the number a spreadsheet shows.

Nothing is guessed away: what can not be read for certain is refused with its row, and sizes are
looked at before anything is unpacked.
"""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl

from core import text
from core.errors import Invalid
from core.messages import Message, _

MAX_BYTES = 40 * 1024 * 1024  # core.web.MAX_REQUEST takes no more
MAX_UNPACKED = 400 * 1024 * 1024  # 60,000 rows of long letters are about 200 MB of XML
MAX_SHARED = 120 * 1024 * 1024  # openpyxl keeps the shared strings in memory
MAX_ROWS = 60_000
MAX_COLUMNS = 200
MAX_CELL = 20_000
_CHUNK = 1 << 16
_NOT_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")  # bytes without a letter that Python lets pass
Raw = Generator[tuple[int, list[str]], None, None]
_NOT_TABLES = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"{\\rtf",
)
_OLE = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, RuntimeError,
    ValueError, KeyError, IndexError, TypeError, AttributeError, NotImplementedError,
)  # fmt: skip  # what openpyxl 3.1 was seen to raise on damaged books


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


def sheets(path: Path) -> list[Sheet]:
    """The tables of a file, by what it is, not by what it is called; raises `Refused`."""
    size = path.stat().st_size
    if size == 0:
        raise Refused(_("ファイルが空です。中身のあるファイルを選んでください。"))
    if size > MAX_BYTES:
        raise Refused(_("ファイルが大きすぎます。40メガバイトまでのファイルに分けてください。"))
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(_OLE):
        raise Refused(
            _(
                "古い形式（.xls）か、パスワードの付いたファイルです。"
                "Excel で .xlsx か CSV として保存し直してください。"
            )
        )
    if head.startswith(_NOT_TABLES):
        raise Refused(
            _("表のファイルではありません。CSV か Excel（.xlsx）のファイルを選んでください。")
        )
    return _book(path) if head.startswith(b"PK") else [_csv(path)]


def with_column(found: list[Sheet], column: str) -> Sheet:
    """The sheet that has a column: the first one, or the only one; raises `Refused`."""
    having = [sheet for sheet in found if column in sheet.columns]
    if not having:
        there = "、".join(dict.fromkeys(name for sheet in found for name in sheet.columns))
        raise Refused(
            _("「%(column)s」という列がありません。ある列：%(there)s", column=column, there=there)
        )
    if having[0] is not found[0] and len(having) > 1:
        raise Refused(
            _(
                "「%(column)s」という列が、二つ以上のシートにあります。一つだけ残してください。",
                column=column,
            )
        )
    return having[0]


# ── rows ──


def _table(name: str, read: Callable[[], Raw]) -> Sheet | None:
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


def _named(found: Iterable[Sheet | None]) -> list[Sheet]:
    kept = [sheet for sheet in found if sheet is not None]
    if not kept:
        raise Refused(_("ファイルに何も書かれていません。見出しの行と、ご意見の行が要ります。"))
    return kept


# ── CSV ──


def _csv(path: Path) -> Sheet:
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)

    def read() -> Raw:
        with path.open(encoding=encoding, newline="") as stream:
            yield from _records(stream, delimiter)

    return _named([_table("", read)])[0]


def _records(stream: Iterable[str], delimiter: str) -> Raw:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            yield line, cells
    except csv.Error as error:
        if "field larger" in str(error):
            why = _('セルが長すぎます。引用符（"）が閉じていないかもしれません。')
        else:
            why = _('引用符（"）の付け方が読み取れません。セルの中の引用符は、二つ重ねて書きます。')
        raise Refused(why, line=line + 1) from error


def _encoding(path: Path) -> str:
    """utf-8-sig, utf-16 or cp932, whichever the whole file is; raises `Refused` with the line.

    A damaged UTF-8 file is not tried as CP932: much of it would decode, to nonsense.
    """
    with path.open("rb") as stream:
        if stream.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE):
            fault, _many = _fault(path, "utf-16")
            if fault is None:
                return "utf-16"
            raise _undecodable(fault)
    fault, good = _fault(path, "utf-8")
    if fault is None:
        return "utf-8-sig"
    if good < 3:
        other, _many = _fault(path, "cp932")
        if other is None:
            return "cp932"
        fault = max(fault, other)
    raise _undecodable(fault)


def _undecodable(line: int) -> Refused:
    return Refused(
        _(
            "文字として読めないところがあります。"
            "文字コードを UTF-8 か Shift_JIS にして保存し直してください。"
        ),
        line=line,
    )


def _fault(path: Path, encoding: str) -> tuple[int | None, int]:
    """The first line not in `encoding` (None: all is), and how many letters beyond ASCII were."""
    decoder = getincrementaldecoder(encoding)()
    line, beyond = 1, 0
    with path.open("rb") as stream:
        while True:
            block = stream.read(_CHUNK)
            state = decoder.getstate()
            try:
                said = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                decoder.setstate(state)
                said = decoder.decode(error.object[len(state[0]) : error.start])
                return line + said.count("\n"), beyond + sum(ch > "\x7f" for ch in said)
            if encoding == "cp932" and (odd := _NOT_CP932.search(said)):
                return line + said.count("\n", 0, odd.start()), beyond
            line += said.count("\n")
            beyond += len(said) - len(said.encode("ascii", "ignore"))
            if not block:
                return None, beyond


def _delimiter(path: Path, encoding: str) -> str:
    """The one of comma, tab and semicolon under which the first rows have the header's width."""
    widths: dict[str, tuple[bool, int]] = {}
    for delimiter in ",\t;":
        with path.open(encoding=encoding, newline="") as stream:
            try:
                rows = [cells for _n, cells in islice(_records(stream, delimiter), 50) if cells]
            except Refused:
                continue
        width = len(rows[0]) if rows else 0
        widths[delimiter] = (all(len(row) == width for row in rows), width)
    split = {mark: seen for mark, seen in widths.items() if seen[1] > 1}
    return max(split, key=lambda mark: split[mark]) if split else ","


# ── XLSX ──


def _book(path: Path) -> list[Sheet]:
    try:
        _measure(path)
        with warnings.catch_warnings(), _opened(path) as book:
            warnings.simplefilter("ignore")  # openpyxl tells of styles it does not know
            names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return _named(_table(name, partial(_xlsx_rows, path, name)) for name in names)
    except _BROKEN as error:
        raise Refused(
            _("Excel（.xlsx）のファイルとして開けません。壊れていないか、お確かめください。")
        ) from error


def _measure(path: Path) -> None:
    """Refuse a book that would unpack to more than this process should hold (a zip bomb).

    zipfile never gives out more than the size an entry declares, so that declared sizes are enough.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise Refused(
                _("表のファイルではありません。CSV か Excel（.xlsx）のファイルを選んでください。")
            )
        shared = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
        if (
            len(parts) > 2000
            or sum(p.file_size for p in parts) > MAX_UNPACKED
            or shared > MAX_SHARED
        ):
            raise Refused(
                _("ファイルの中身が大きすぎます。ご意見のシートだけを CSV で保存してください。")
            )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with path.open("rb") as stream:  # a path would be judged by its name
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        with closing(book):
            yield book


def _xlsx_rows(path: Path, name: str) -> Raw:
    width = 0
    with _opened(path) as book:
        sheet = book[name]
        sheet.reset_dimensions()  # what a book says about its size is not always so
        for line, values in enumerate(_guarded(sheet.iter_rows(values_only=True)), start=1):
            if len(values) > 1000:
                raise Refused(_("列が多すぎます。200列までにしてください。"), line=line)
            cells = [_said(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            width = width or len(cells)  # the header's: a row that ends early is not ragged here
            yield line, cells + [""] * (width - len(cells)) if cells else []


def _guarded(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The same rows; what openpyxl raises on a damaged sheet is said as `Refused` with its row."""
    line = 0
    try:
        for row in rows:
            line += 1
            yield row
    except _BROKEN as error:
        raise Refused(_("ここから先が壊れていて読めません。"), line=line + 1) from error


def _said(value: Any) -> str:
    """A cell as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes").removesuffix(" 00:00")
    if isinstance(value, date | time):
        return value.isoformat()
    return re.sub("_x000[dD]_", "", str(value))  # how a book writes CR; the LF beside it stays
