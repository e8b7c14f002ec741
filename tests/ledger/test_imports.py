"""Reading opinions in: looked at first, all or nothing, the same row once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import clock, db, people, record
from core.errors import Forbidden, Invalid, NotFound
from core.people import Account
from ledger import check, consultations, imports, opinions, queries, uploads, voices
from ledger.files import Refused
from ledger.imports import Choice
from ledger.models import Channel, Consultation, Import, ImportRow, Opinion, PhaseKind

Written = Callable[[str], Path]
LETTERS = """番号,差出人,日付,項目,ご意見
1,田中,2026/11/1,1-1,大きなけやきを残してください。
2,佐藤,令和8年11月2日,2-1,ボール遊びができる場所がほしいです。
3,佐藤,,,夜の園路が暗いです。
4,高橋,,,
5,,,,大きなけやきを残してください。
"""
ALL = Choice(
    "ご意見",
    channel=Channel.POST,
    sender_column="差出人",
    date_column="日付",
    section_column="項目",
)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(content: str) -> Path:
        path = tmp_path / "letters"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def lines(consultation: Consultation) -> list[Opinion]:
    query = select(Opinion).where(Opinion.consultation_id == consultation.id)
    return list(db.session().scalars(query.order_by(Opinion.seq)))


def breaches(consultation: Consultation) -> list[check.Breach]:
    return [*check.conservation(consultation), *check._texts(), *check._sources()]


def test_every_row_becomes_a_line_with_what_stood_beside_it(
    both_engines: str, consultation: Consultation, officer: Account, written: Written
) -> None:
    done = imports.run(officer, consultation, written(LETTERS), ALL, name="郵送.csv")
    found = lines(consultation)
    assert (done.row_count, done.added_count) == (5, 4)
    assert [o.text.body for o in found] == [
        "大きなけやきを残してください。",
        "ボール遊びができる場所がほしいです。",
        "夜の園路が暗いです。",
        "大きなけやきを残してください。",
    ]
    assert {o.channel for o in found} == {Channel.POST}
    assert [o.section and o.section.number for o in found] == ["1-1", "2-1", None, None]
    assert [o.submission for o in found] == [f"import:{done.id}:{n}" for n in (2, 3, 4, 6)]
    assert found[1].voice_id == found[2].voice_id == voices.of(consultation, "sender:佐藤")
    assert found[3].voice_id is None
    assert f"{clock.local(found[1].said_at):%Y-%m-%d}" == "2026-11-02"
    row = db.session().get_one(ImportRow, found[0].source_id)
    assert (found[0].source, row.line) == ("import_row", 2)
    assert row.columns == {"番号": "1", "差出人": "田中", "日付": "2026/11/1", "項目": "1-1"}
    counts = queries.counts(consultation)
    assert (counts.received, counts.people, counts.unknown, counts.submissions) == (4, 2, 1, 4)
    assert breaches(consultation) == []
    assert list(record.verify()) == []


def test_what_is_looked_at_is_what_happens(
    consultation: Consultation, officer: Account, written: Written
) -> None:
    looked = imports.preview(officer, consultation, written(LETTERS), ALL)
    assert (looked.rows, looked.new, looked.there, looked.blank) == (5, 4, 0, (5,))
    assert (looked.copies, looked.echoes, looked.unsigned, looked.undated) == (1, 0, 1, 2)
    assert lines(consultation) == []


def test_the_same_file_adds_nothing_and_new_rows_are_added(
    both_engines: str, consultation: Consultation, officer: Account, written: Written
) -> None:
    imports.run(officer, consultation, written(LETTERS), ALL, name="a")
    again = imports.run(officer, consultation, written(LETTERS), ALL, name="a")
    assert (again.added_count, len(lines(consultation))) == (0, 4)
    longer = LETTERS + "6,鈴木,,,木を残してください。\n"
    looked = imports.preview(officer, consultation, written(longer), ALL)
    assert (looked.rows, looked.new, looked.there, looked.blank_count) == (6, 1, 4, 1)
    imports.run(officer, consultation, written(longer), ALL, name="a")
    assert len(lines(consultation)) == 5
    assert breaches(consultation) == []


def test_identical_rows_stay_as_many_as_they_are(
    consultation: Consultation, officer: Account, written: Written
) -> None:
    twice = "意見\n賛成です。\n賛成です。\n"
    assert (
        imports.run(officer, consultation, written(twice), Choice("意見"), name="a").added_count
        == 2
    )
    thrice = twice + "賛成です。\n"
    looked = imports.preview(officer, consultation, written(thrice), Choice("意見"))
    assert (looked.new, looked.there, looked.echoes) == (1, 2, 1)
    assert (
        imports.run(officer, consultation, written(thrice), Choice("意見"), name="a").added_count
        == 1
    )


def test_another_column_of_the_same_file_is_something_else_that_was_said(
    consultation: Consultation, officer: Account, written: Written
) -> None:
    path = written("問1,問2\n木を残す,道を広げる\n")
    imports.run(officer, consultation, path, Choice("問1"), name="a")
    assert imports.run(officer, consultation, path, Choice("問2"), name="a").added_count == 1


def test_the_same_row_in_two_consultations_is_two(
    consultation: Consultation,
    empty_consultation: Consultation,
    officer: Account,
    written: Written,
) -> None:
    path = written("意見\n木を残す\n")
    for one in (consultation, empty_consultation):
        assert imports.run(officer, one, path, Choice("意見"), name="a").added_count == 1


@pytest.mark.parametrize(
    ("content", "choice", "says"),
    [
        ("意見\nx\n", Choice("本文"), "ある列：意見"),
        ("意見\nx\n", Choice("意見", sender_column="名前"), "「名前」という列がありません"),
        ("意見\n", Choice("意見"), "見出しだけ"),
        ("意見,x\n,1\n,2\n", Choice("意見"), "どの行も空"),
        ("意見,日\nx,2026/11/1\ny,きのう\n", Choice("意見", date_column="日"), "3行目：「きのう」"),
        (
            "意見,日\nx,2126/11/1\n",
            Choice("意見", date_column="日"),
            "2行目：「2126/11/1」は先の日付",
        ),
        ("意見,項\nx,1-1\ny,9-9\n", Choice("意見", section_column="項"), "ある番号：1-1、2-1"),
        ("意見,y\nx,1\nx\n", Choice("意見"), "3行目：セルが1個"),
        ("意見\nx\n", Choice("意見", channel=Channel.ROOM), "届いた方法"),
    ],
)
def test_one_row_that_can_not_be_read_keeps_all_out(
    consultation: Consultation,
    officer: Account,
    written: Written,
    content: str,
    choice: Choice,
    says: str,
) -> None:
    for act in (
        lambda: imports.preview(officer, consultation, written(content), choice),
        lambda: imports.run(officer, consultation, written(content), choice, name="a"),
    ):
        with pytest.raises(Invalid) as caught:
            act()
        assert says in str(caught.value.message)
    assert lines(consultation) == []
    assert db.session().scalar(select(func.count(Import.id))) == 0


def test_a_failure_halfway_leaves_nothing(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_given: object, **_more: object) -> list[int]:
        raise RuntimeError

    path = written(LETTERS)
    with monkeypatch.context() as patch:
        patch.setattr(opinions, "enter_all", broken)
        with pytest.raises(RuntimeError):
            imports.run(officer, consultation, path, ALL, name="a", key=db.public_id())
    assert db.session().scalar(select(func.count(ImportRow.id))) == 0
    assert imports.run(officer, consultation, path, ALL, name="a").added_count == 4


def test_only_the_departments_officers_read_in(
    consultation: Consultation,
    stranger: Account,
    resident: Account,
    approver: Account,
    written: Written,
) -> None:
    for who in (stranger, resident, approver, None):
        with pytest.raises(Forbidden):
            imports.preview(who, consultation, written(LETTERS), ALL)
        with pytest.raises(Forbidden):
            imports.run(who, consultation, written(LETTERS), ALL, name="a")
    assert lines(consultation) == []


def test_the_same_key_pressed_twice_at_once_is_one_import(
    both_engines: str, consultation: Consultation, officer: Account, written: Written
) -> None:
    path, key, who = written(LETTERS), db.public_id(), officer.public_id
    barrier, failed = threading.Barrier(2), []

    def press() -> None:
        barrier.wait()
        try:
            own = consultations.find("park")
            imports.run(people.by_public_id(who), own, path, ALL, name="a", key=key)
        except Exception as error:
            failed.append(error)
        finally:
            db.session.remove()

    db.session().rollback()
    both = [threading.Thread(target=press) for _n in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert failed == []
    assert len(lines(consultation)) == 4
    assert db.session().scalar(select(func.count(Import.id))) == 1


def test_imported_texts_are_not_public_before_a_report(
    consultation: Consultation, officer: Account, resident: Account, written: Written
) -> None:
    imports.run(officer, consultation, written(LETTERS), ALL, name="a")
    assert not any(queries.may_read(resident, opinion) for opinion in lines(consultation))
    assert all(queries.may_read(officer, opinion) for opinion in lines(consultation))


def test_late_paper_is_read_in_after_the_phase_has_ended(
    consultation: Consultation, officer: Account, written: Written
) -> None:
    phase = consultation.phase(PhaseKind.COMMENT)
    assert phase is not None
    with clock.at(phase.closes_at + timedelta(days=30)):
        assert imports.run(officer, consultation, written(LETTERS), ALL, name="a").added_count == 4


def test_the_text_is_kept_as_it_was_typed(
    consultation: Consultation, officer: Account, written: Written
) -> None:
    body = "　髙﨑\t𠮷野家😊\n\n  末尾の空白  "
    imports.run(officer, consultation, written(f'意見\n"{body}"\n'), Choice("意見"), name="a")
    assert lines(consultation)[0].text.body == body


# ── files that wait ──


def test_a_file_waits_for_who_brought_it_only(
    consultation: Consultation,
    empty_consultation: Consultation,
    officer: Account,
    other_officer: Account,
    written: Written,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "staging"
    with written(LETTERS).open("rb") as stream:
        kept = uploads.keep(officer, consultation, "C:\\紙\\letters.csv", stream, folder=folder)
    assert kept.name == "letters.csv"
    assert kept.path.stat().st_mode & 0o077 == 0
    assert uploads.find(officer, consultation, kept.public_id, folder=folder) == kept
    for who, where, key in (
        (other_officer, consultation, kept.public_id),
        (officer, empty_consultation, kept.public_id),
        (officer, consultation, "../" + kept.public_id),
        (officer, consultation, db.public_id()),
    ):
        with pytest.raises(NotFound):
            uploads.find(who, where, key, folder=folder)
    uploads.drop(kept)
    assert list(folder.iterdir()) == []


def test_a_refused_file_is_not_kept_and_old_ones_go(
    consultation: Consultation,
    officer: Account,
    stranger: Account,
    written: Written,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "staging"
    with pytest.raises(Refused), written("").open("rb") as stream:
        uploads.keep(officer, consultation, "a.csv", stream, folder=folder)
    with pytest.raises(Forbidden), written("a\n1\n").open("rb") as stream:
        uploads.keep(stranger, consultation, "a.csv", stream, folder=folder)
    assert list(folder.iterdir()) == []
    with written("a\n1\n").open("rb") as stream:
        uploads.keep(officer, consultation, "a.csv", stream, folder=folder)
    monkeypatch.setattr(uploads, "KEPT_SECONDS", -1)
    uploads.sweep(folder)
    assert list(folder.iterdir()) == []
