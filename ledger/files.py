"""Tables that officers hand in, CSV and XLSX, as rows with the number a spreadsheet shows.

Nothing is guessed away: what can not be read for certain is refused with its row.
"""

from __future__ import annotations

from pathlib import Path

from core.messages import _
from ledger import books, csvs
from ledger.tables import Refused, Row, Sheet

__all__ = ["MAX_BYTES", "Refused", "Row", "Sheet", "sheets", "with_column"]

MAX_BYTES = 40 * 1024 * 1024  # core.web.MAX_REQUEST takes no more
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
    return books.sheets(path) if head.startswith(b"PK") else [csvs.sheet(path)]


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
