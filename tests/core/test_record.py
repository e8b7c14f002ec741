from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from core import db, record

pytestmark = pytest.mark.usefixtures("database")


def write(count: int) -> None:
    for number in range(count):
        with db.transaction():
            record.append("test.done", f"thing:{number}", role="test", count=number, said="はい")


def faults() -> list[record.Fault]:
    db.session.remove()
    return list(record.verify())


def test_an_empty_record_holds() -> None:
    assert faults() == []
    assert record.head() == (0, record.GENESIS)


def test_every_entry_follows_the_one_before(both_engines: str) -> None:
    write(3)
    with db.transaction():
        record.append("test.one", "thing:a", role="test")
        record.append("test.two", "thing:b", role="test", commitment=record.commit_to("s", "t"))
    assert faults() == []
    assert record.head()[0] == 5


def test_entries_of_an_act_that_failed_are_not_written() -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        record.append("test.done", "thing:a", role="test")
        _ = 1 / 0
    assert record.head()[0] == 0


def test_acts_at_the_same_moment_stand_in_one_line(both_engines: str) -> None:
    write(1)
    start = threading.Barrier(10)

    def act() -> None:
        start.wait()
        write(3)
        db.session.remove()

    threads = [threading.Thread(target=act) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults() == []
    assert record.head()[0] == 31


def test_the_database_refuses_to_change_or_take_away_an_entry(both_engines: str) -> None:
    write(2)
    for statement in ("UPDATE record SET kind = 'x'", "DELETE FROM record WHERE seq = 1"):
        with pytest.raises(DatabaseError, match="append-only"), db.transaction() as tx:
            tx.execute(text(statement))
    assert faults() == []


def change(connection: Connection) -> None:
    connection.execute(text("UPDATE record SET actor_role = 'officer' WHERE seq = 3"))


def delete(connection: Connection) -> None:
    connection.execute(text("DELETE FROM record WHERE seq = 3"))


def reorder(connection: Connection) -> None:
    for old, new in ((2, 90), (3, 2), (90, 3)):
        connection.execute(text(f"UPDATE record SET seq = {new} WHERE seq = {old}"))


def insert(connection: Connection) -> None:
    columns = "at, kind, object, scope, actor_role, detail, commitment, prev_hash"
    connection.execute(
        text(
            f"INSERT INTO record (seq, hash, {columns}) "
            f"SELECT 6, 'made up', {columns} FROM record WHERE seq = 5"
        )
    )


def truncate(connection: Connection) -> None:
    connection.execute(text("DELETE FROM record WHERE seq >= 4"))


def detail(connection: Connection) -> None:
    connection.execute(text("UPDATE record SET detail = '{\"count\": 9}' WHERE seq = 1"))


@pytest.mark.parametrize("tamper", [change, delete, reorder, insert, truncate, detail])
def test_somebody_with_the_database_in_hand_is_found_out(
    tamper: Callable[[Connection], None], database: Flask
) -> None:
    write(5)
    assert faults() == []
    engine: Engine = database.extensions["engine"]
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER record_update"))
        connection.execute(text("DROP TRIGGER record_delete"))
        tamper(connection)
    assert faults() != []


def test_a_commitment_reveals_nothing_and_holds() -> None:
    once = record.commit_to("salt", "ここに池がほしい")
    assert once == record.commit_to("salt", "ここに池がほしい")
    assert once != record.commit_to("other", "ここに池がほしい")


def test_the_console_verifies_and_says_the_head(database: Flask) -> None:
    write(2)
    result = database.test_cli_runner().invoke(args=["record", "verify"])
    assert result.exit_code == 0
    assert "2 entries, head " in result.output
