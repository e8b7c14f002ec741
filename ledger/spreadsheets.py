"""CSV that spreadsheets open as it is meant: UTF-8 with BOM, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

BOM = "\ufeff"
_STARTERS = frozenset("=+-@\t\r")


def cell(value: object) -> str:
    """A value as a spreadsheet may hold it: what could start a formula gets an apostrophe.

    Full-width signs count too: some programs fold them before they look.
    """
    said = "" if value is None else str(value)
    first = unicodedata.normalize("NFKC", said[:1])[:1]
    return f"'{said}" if first in _STARTERS and not isinstance(value, int | float) else said


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file in pieces, one row each, beginning with the BOM."""
    yield BOM
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
