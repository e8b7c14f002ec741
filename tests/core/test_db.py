from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from core import db
from core.people import Department

pytestmark = pytest.mark.usefixtures("database")


def add(slug: str) -> Department:
    with db.transaction() as tx:
        found = Department(slug=slug, name="0")
        tx.add(found)
        tx.flush()
        return found


def test_fifty_people_at_once_lose_no_update(both_engines: str, database: Flask) -> None:
    row_id = add("counter").id
    start = threading.Barrier(50)

    def press() -> None:
        start.wait()
        with db.transaction() as tx:
            query = select(Department).where(Department.id == row_id)
            row = tx.scalars(db.locked(query)).one()
            row.name = str(int(row.name) + 1)
        db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.remove()
    assert db.session().get_one(Department, row_id).name == "50"


def test_an_exception_takes_the_whole_unit_back(both_engines: str) -> None:
    told: list[str] = []
    with pytest.raises(ZeroDivisionError), db.transaction() as tx:
        tx.add(Department(slug="half", name="x"))
        tx.flush()
        db.on_commit(lambda: told.append("committed"))
        _ = 1 / 0
    assert db.session().scalars(select(Department).where(Department.slug == "half")).all() == []
    assert told == []


def test_an_inner_unit_belongs_to_the_outer_one() -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        add("inner")
        _ = 1 / 0
    assert db.session().scalar(select(Department.id)) is None


def test_callbacks_run_after_the_commit_and_may_open_a_unit() -> None:
    seen: list[str | None] = []

    def look() -> None:
        with db.transaction() as tx:
            seen.append(tx.scalar(select(Department.slug)))

    with db.transaction():
        add("parks")
        db.on_commit(look)
        assert seen == []
    assert seen == ["parks"]


def test_the_last_act_of_a_unit_is_done_once() -> None:
    acts: list[str] = []
    with db.transaction():
        for _ in range(3):
            db.at_the_end("record", lambda: acts.append("written"))
        assert acts == []
    assert acts == ["written"]


def test_a_unit_starts_from_fresh_rows() -> None:
    row = add("parks")
    with db.session.get_bind().connect() as other:  # type: ignore[union-attr]
        other.execute(update(Department).values(name="changed elsewhere"))
        other.commit()
    assert row.name == "0"
    with db.transaction() as tx:
        assert tx.get_one(Department, row.id).name == "changed elsewhere"


def test_a_write_outside_a_unit_is_refused() -> None:
    db.session().add(Department(slug="stray", name="x"))
    with pytest.raises(RuntimeError, match="outside transaction"):
        db.session().flush()
    db.session.remove()
    with pytest.raises(RuntimeError):
        db.unit()


def test_a_change_made_before_the_unit_is_refused() -> None:
    row = add("parks")
    row.name = "changed too early"
    with pytest.raises(RuntimeError), db.transaction():
        pass
    db.session.remove()


def test_a_naive_time_is_refused_and_an_aware_one_comes_back_in_utc() -> None:
    kind = db.UTCDateTime()
    dialect = db.session.get_bind().dialect
    with pytest.raises(TypeError):
        kind.process_bind_param(datetime(2026, 11, 24), dialect)  # noqa: DTZ001
    assert kind.process_result_value(datetime(2026, 11, 24), dialect) == datetime(  # noqa: DTZ001
        2026, 11, 24, tzinfo=UTC
    )


def test_sqlite_keeps_foreign_keys_and_is_durable() -> None:
    def pragma(name: str) -> object:
        return db.session().execute(text(f"PRAGMA {name}")).scalar()

    assert pragma("foreign_keys") == 1
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2


def test_public_ids_are_long_and_read_aloud_well() -> None:
    ids = {db.public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 26 and not set(one) & set("ilou") for one in ids)
