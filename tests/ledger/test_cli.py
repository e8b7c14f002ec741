"""The ledger from the command line: a fresh installation, real files, the laws."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from core import db
from core.record import Entry
from ledger.models import OpinionText


@pytest.fixture
def ledger(database: Flask) -> object:
    runner = database.test_cli_runner()

    def said(*words: str) -> Result:
        result = runner.invoke(args=["ledger", *words])
        db.session.remove()
        return result

    return said


OPEN = ("open", "--slug", "bus", "--title", "バスの見直し", "--summary", "路線を見直します。")


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    path = tmp_path / "letters.csv"
    path.write_text("氏名,意見\n田中,増やして\n佐藤,\n田中,残して\n", encoding="cp932")
    return path


def test_a_fresh_installation_reads_a_file_in(ledger, letters: Path) -> None:  # type: ignore[no-untyped-def]
    assert ledger(*OPEN, "--department", "traffic:交通政策課").exit_code == 0
    read = ("import", "--consultation", "bus", "--text-column", "意見", "--sender-column", "氏名")
    dry = ledger(*read, "--dry-run", str(letters))
    assert "3 rows: 2 new, 0 already there, 1 without text" in dry.output
    assert "without text: rows 3" in dry.output
    assert "0 received" in ledger("consultations").output
    done = ledger(*read, "--channel", "fax", str(letters))
    assert (done.exit_code, "2 opinions added to /c/bus" in done.output) == (0, True)
    assert "bus: 2 received = 2 counted + 0 held" in done.output
    assert "0 opinions added" in ledger(*read, str(letters)).output
    listed = ledger("consultations").output
    assert listed.startswith("bus\tバスの見直し\tdiscovery\t2 received")
    roles = set(db.session().scalars(select(Entry.actor_role)))
    assert roles == {"operator"}


def test_opening_twice_is_once_and_another_title_is_refused(ledger) -> None:  # type: ignore[no-untyped-def]
    first = ledger(*OPEN, "--department", "traffic:交通政策課")
    assert ledger(*OPEN, "--department", "traffic").output == first.output
    other = ledger(
        "open", "--slug", "bus", "--title", "別", "--summary", "x", "--department", "traffic"
    )
    assert (other.exit_code, "もうあります" in other.output) == (1, True)
    unknown = ledger(*OPEN, "--department", "nobody")
    assert (unknown.exit_code, "--department nobody:NAME" in unknown.output) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--consultation", "none", "--text-column", "意見"), "Error: "),
        (("--consultation", "bus", "--text-column", "本文"), "ある列：氏名、意見"),
        (
            ("--consultation", "bus", "--text-column", "意見", "--date-column", "氏名"),
            "2行目：「田中」",
        ),
    ],
)
def test_a_refusal_says_why_and_exits_1(  # type: ignore[no-untyped-def]
    ledger, letters: Path, words: tuple[str, ...], says: str
) -> None:
    ledger(*OPEN, "--department", "traffic:交通政策課")
    result = ledger("import", *words, str(letters))
    assert (result.exit_code, says in result.output) == (1, True)
    assert "0 received" in ledger("consultations").output


def test_check_prints_the_line_of_each_consultation_and_fails_on_a_breach(  # type: ignore[no-untyped-def]
    ledger, letters: Path
) -> None:
    ledger(*OPEN, "--department", "traffic:交通政策課")
    ledger("import", "--consultation", "bus", "--text-column", "意見", str(letters))
    fine = ledger("check")
    assert (fine.exit_code, "1 consultations, 0 breaches" in fine.output) == (0, True)
    assert "bus: 2 received = 2 counted" in fine.output
    with db.transaction() as tx:
        tx.execute(update(OpinionText).values(body="書き換えた文"))
    broken = ledger("check")
    assert (broken.exit_code, "2 breaches" in broken.output) == (1, True)
    assert "the text is not the one that was entered" in broken.output
