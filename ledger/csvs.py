"""CSV: which letters it is written in, what separates its cells, its rows."""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from core.messages import _
from ledger.tables import Raw, Refused, Sheet, table, with_content

_CHUNK = 1 << 16
_NOT_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")  # bytes without a letter that Python lets pass


def sheet(path: Path) -> Sheet:
    """The one table of a CSV file; raises `Refused`."""
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)

    def read() -> Raw:
        with path.open(encoding=encoding, newline="") as stream:
            yield from _records(stream, delimiter)

    return with_content([table("", read)])[0]


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
