"""One column of a spreadsheet's free answers, from a CSV file of any size, in its order.

For the command that needs no site. What enters the ledger is read, and limited, by `ledger.files`.
"""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from core.errors import Invalid
from core.messages import _

_LONGEST_CELL = 1_000_000
_SURELY_UTF8 = 3  # Shift_JIS gives so many letters of UTF-8 by chance hardly ever


def column(path: Path, name: str) -> list[str]:
    """The cells of one column, one for each row below the header, empty ones included.

    UTF-8 with or without BOM, Shift_JIS (CP932) and UTF-16; commas, tabs or semicolons. Raises
    `Invalid` with what to do: no such column, an empty file, letters or quotes that can't be read.
    """
    text = _decoded(path)
    if not text.strip():
        raise Invalid("file", _("ファイルが空です。見出しの行と、ご意見の行が要ります。"))
    rows = _rows(text, _delimiter(text, name))
    header = [cell.strip() for cell in next(rows, [])]
    if name.strip() not in header:
        there = "、".join(f"「{cell}」" for cell in header if cell)
        raise Invalid(
            "column",
            _(
                "「%(name)s」という列がありません。このファイルにある列：%(there)s",
                name=name,
                there=there,
            ),
        )
    at = header.index(name.strip())
    return [row[at] if at < len(row) else "" for row in rows]


def _decoded(path: Path) -> str:
    """The whole file as text.

    A damaged UTF-8 file is not tried as CP932: much of it would decode, to nonsense.
    """
    content = path.read_bytes()
    is_wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    fault = 1
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            fault = content.count(b"\n", 0, error.start) + 1
            good = content[: error.start].decode(encoding, "ignore")
            if len(good) - len(good.encode("ascii", "ignore")) >= _SURELY_UTF8:
                break
    raise Invalid(
        "file",
        _(
            "%(line)s行目に、文字として読めないところがあります。"
            "文字コードを UTF-8 か Shift_JIS にして保存し直してください。",
            line=f"{fault:,}",
        ),
    )


def _delimiter(text: str, name: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    for mark in ",\t;":
        if name.strip() in [cell.strip() for cell in next(csv.reader([first], delimiter=mark), [])]:
            return mark
    return max(",\t;", key=first.count)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Rows with at least one cell: a line with nothing on it is none."""
    before = csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from (row for row in reader if row)
    except csv.Error as error:
        raise Invalid(
            "file",
            _(
                '%(line)s行目の引用符（"）の付け方が読み取れません。'
                "閉じ忘れがないか確かめて、保存し直してください。",
                line=f"{reader.line_num:,}",
            ),
        ) from error
    finally:
        csv.field_size_limit(before)
