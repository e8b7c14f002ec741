"""A spreadsheet's column: any encoding officers' programs write, and clear words where it fails."""

from pathlib import Path

import pytest

from analysis import sheets
from core.errors import Invalid

ROWS = 'id,意見\r\n1,公園がほしい\r\n2,"二行の\n意見、と読点"\r\n3,\r\n4\r\n'
CELLS = ["公園がほしい", "二行の\n意見、と読点", "", ""]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_every_row_has_its_cell_whatever_program_wrote_it(path: Path, encoding: str) -> None:
    path.write_bytes(ROWS.encode(encoding))
    assert sheets.column(path, "意見") == CELLS


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_other_separators_are_understood(path: Path, mark: str) -> None:
    path.write_text(f"id{mark}意見\n1{mark}公園,遊具\n", encoding="utf-8")
    assert sheets.column(path, " 意見 ") == ["公園,遊具"]


def test_empty_cells_are_rows_and_empty_lines_are_none(path: Path) -> None:
    path.write_text('意見\n公園\n\n""\n図書館\n', encoding="utf-8")
    assert sheets.column(path, "意見") == ["公園", "", "図書館"]


def test_a_header_alone_is_no_row(path: Path) -> None:
    path.write_text("意見\n", encoding="utf-8")
    assert sheets.column(path, "意見") == []


def test_a_missing_column_names_the_ones_there_are(path: Path) -> None:
    path.write_text(ROWS, encoding="utf-8")
    with pytest.raises(Invalid, match=r"「コメント」.*「id」、「意見」"):
        sheets.column(path, "コメント")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n"])
def test_an_empty_file_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(Invalid, match="空です"):
        sheets.column(path, "意見")


def test_a_damaged_file_is_not_read_as_nonsense(path: Path) -> None:
    whole = ROWS.encode()
    path.write_bytes(whole[:40] + b"\xff" + whole[40:])
    with pytest.raises(Invalid, match="3行目"):
        sheets.column(path, "意見")


def test_an_open_quotation_mark_is_told(path: Path) -> None:
    path.write_text('意見\n"公園\n図書館\n', encoding="utf-8")
    with pytest.raises(Invalid, match="引用符"):
        sheets.column(path, "意見")
