"""Reading tables: what comes in stays as it is, what can not be read is refused with its row."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core import clock
from ledger import books, days, files, tables
from ledger.files import Refused

Written = Callable[[bytes | str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(content: bytes | str) -> Path:
        path = tmp_path / "table"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows(path: Path, sheet: int = 0) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in files.sheets(path)[sheet].rows()]


def refusal(path: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        for sheet in files.sheets(path):
            list(sheet.rows())
    return caught.value


def book(tmp_path: Path, *sheets: list[list[Any]]) -> Path:
    workbook = openpyxl.Workbook()
    for number, content in enumerate(sheets):
        sheet = workbook.active if number == 0 else workbook.create_sheet()
        for row in content:
            sheet.append(row)
    path = tmp_path / "table.csv"  # the name says nothing
    workbook.save(path)
    workbook.close()
    return path


TABLE = '番号,意見\n1,髙﨑さんの𠮷野家😊\n2,"二行\nの文"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_in_any_unicode(written: Written, encoding: str) -> None:
    assert rows(written(TABLE.encode(encoding))) == [
        (2, ("1", "髙﨑さんの𠮷野家😊")),
        (3, ("2", "二行\nの文")),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_cp932_and_every_delimiter(written: Written, delimiter: str, end: str) -> None:
    said = f"番号{delimiter}意見{end}1{delimiter}①髙いビル、を建てないで{end}".encode("cp932")
    assert rows(written(said)) == [(2, ("1", "①髙いビル、を建てないで"))]


def test_a_text_with_other_delimiters_stays_whole(written: Written) -> None:
    path = written('意見;種別\n"駅, 学校, 公園; どれも近い";A\n"a,b,c,d";B\n')
    assert [cells for _line, cells in rows(path)] == [
        ("駅, 学校, 公園; どれも近い", "A"),
        ("a,b,c,d", "B"),
    ]


def test_one_column_needs_no_delimiter(written: Written) -> None:
    assert rows(written("意見\n木を残す\n")) == [(2, ("木を残す",))]


def test_empty_lines_are_no_rows_and_keep_the_numbers(written: Written) -> None:
    assert rows(written("\n意見,x\n\na,1\n,,,\nb,2\n")) == [(4, ("a", "1")), (6, ("b", "2"))]


def test_columns_without_a_name_or_with_the_same_get_one(written: Written) -> None:
    sheet = files.sheets(written("意見,,意見, 意見 \n1,2,3,4\n"))[0]
    assert sheet.columns == ("意見", "列2", "意見（2）", "意見（3）")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", None, "空です"),
        (b"\n \n,,\n", None, "何も書かれていません"),
        (b"\x89PNG\r\n\x1a\n0000", None, "表のファイルではありません"),
        (b"%PDF-1.7", None, "表のファイルではありません"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None, ".xls"),
        (b"PK\x03\x04 nothing more", None, "開けません"),
        ("a,b\n1,2\n1,2,3\n", 3, "見出しの2列より多く"),
        ("a,b\n1,2\n1\n", 3, "足りません"),
        ("a,b\n1,2\n1,\x00\n", 3, "画面に出せない文字"),
        ("a,b\n1,\x1b[31m\n", 2, "「b」の列"),
        ("a,b\n1," + "長" * 20_001 + "\n", 2, "20,000文字まで"),
        ('a,b\n1,2\n"1,2\n3,4\n', 3, "引用符"),
        ('a,b\n"1"x,2\n', 2, "引用符"),
        ("意見,x\nあいう,1\n".encode() + b"\xe3\x81,2\n", 3, "文字として読めない"),
        (b"a,b\n1,2\n\xff\xfe\xfa\x81,2\n", 3, "文字として読めない"),
        (",".join(f"c{n}" for n in range(201)) + "\n", 1, "200列まで"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_row(
    written: Written, content: bytes | str, line: int | None, says: str
) -> None:
    error = refusal(written(content))
    assert error.line == line
    assert says in str(error.message)


def test_the_limit_of_rows_and_of_bytes(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert len(rows(written("a\n1\n2\n"))) == 2
    assert "行が多すぎます" in str(refusal(written("a\n1\n2\n3\n")).message)
    monkeypatch.setattr(files, "MAX_BYTES", 5)
    assert "大きすぎます" in str(refusal(written("a\n1\n2\n")).message)


def test_a_book_is_read_by_what_it_is(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        [
            ["番号", "日", "意見", "率", "可"],
            [1, datetime(2026, 11, 3, 9, 30), "=1+1 ではない", 2.0, True],  # noqa: DTZ001 as books hold it
            [None, None, None],
            [2, date(2026, 11, 4), "改行\nあり", 0.5],
        ],
    )
    assert rows(path) == [
        (2, ("1", "2026-11-03 09:30", "", "2", "TRUE")),  # a formula that was never computed
        (4, ("2", "2026-11-04", "改行\nあり", "0.5", "")),
    ]


def test_the_sheet_with_the_column_is_found(tmp_path: Path) -> None:
    path = book(tmp_path, [["説明"], ["x"]], [["意見"], ["木を残す"]], [["意見", "二"], ["y", "z"]])
    found = files.sheets(path)
    assert files.with_column(found, "説明").name == "Sheet"
    assert files.with_column(found, "二").columns == ("意見", "二")
    with pytest.raises(Refused, match="二つ以上のシート"):
        files.with_column(found, "意見")
    with pytest.raises(Refused, match="ある列：説明、意見、二"):
        files.with_column(found, "本文")


def test_a_row_wider_than_the_header_is_refused_in_books_too(tmp_path: Path) -> None:
    error = refusal(book(tmp_path, [["意見"], ["a"], ["b", "メモ"]]))
    assert error.line == 3


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "MAX_UNPACKED", 1024 * 1024)  # the real one takes 7 s to pack
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _block in range(3):
                part.write(bytes(1024 * 1024))
    assert "中身が大きすぎます" in str(refusal(written(packed.getvalue())).message)


def test_a_zip_that_is_no_book_is_refused(written: Written) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    assert "表のファイルではありません" in str(refusal(written(packed.getvalue())).message)


def test_a_damaged_book_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, [["意見"], ["a"]])
    damaged = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(damaged, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part, content[:-40] if "sheet1" in part.filename else content)
    path.write_bytes(damaged.getvalue())
    assert "壊れて" in str(refusal(path).message)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026/11/20", "2026-11-20T00:00+09:00"),
        ("2026-11-20 9:05", "2026-11-20T09:05+09:00"),
        ("２０２６．１１．２０", "2026-11-20T00:00+09:00"),
        ("令和8年11月20日（金曜日）10時30分", "2026-11-20T10:30+09:00"),
        ("令和元年5月1日", "2019-05-01T00:00+09:00"),
        ("R8.11.20", "2026-11-20T00:00+09:00"),
        ("2026-11-20T01:00:00Z", "2026-11-20T01:00+00:00"),
        ("2026-11-20T01:00:00.123+0900", "2026-11-20T01:00+09:00"),
    ],
)
def test_days_are_read_as_people_write_them(said: str, moment: str) -> None:
    assert days.read(said) == datetime.fromisoformat(moment)
    assert days.read(said).tzinfo in (clock.TOKYO, UTC) or days.read(said).utcoffset()


@pytest.mark.parametrize(
    "said", ["", "きのう", "2026/13/1", "26/11/20", "2026/2/30", "46000", "11/20"]
)
def test_what_is_no_day_is_said_so(said: str) -> None:
    with pytest.raises(ValueError):
        days.read(said)
