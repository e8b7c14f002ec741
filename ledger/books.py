"""Books of Excel (.xlsx), read row by row; sizes are looked at before anything is unpacked."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from core.messages import _
from ledger.tables import Raw, Refused, Sheet, table, with_content

MAX_UNPACKED = 400 * 1024 * 1024  # 60,000 letters of 1,000 characters are 180 MB
MAX_SHARED = 120 * 1024 * 1024  # openpyxl keeps the shared strings in memory
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, RuntimeError,
    ValueError, KeyError, IndexError, TypeError, AttributeError, NotImplementedError,
)  # fmt: skip  # what openpyxl and zipfile raise on damaged books


def sheets(path: Path) -> list[Sheet]:
    """The visible tables of a book; raises `Refused`."""
    try:
        _measure(path)
        with warnings.catch_warnings(), _opened(path) as book:
            warnings.simplefilter("ignore")  # openpyxl tells of styles it does not know
            names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return with_content(table(name, partial(_xlsx_rows, path, name)) for name in names)
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
    import openpyxl  # brings numpy: only who opens a book waits for it

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
