"""What is backed up can be put back, on either engine, and a damaged backup is noticed."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from core import backups, clock, db, record
from core.errors import Conflict
from core.people import Account
from ledger import check, opinions, queries, themes
from ledger.models import Channel, Consultation, Opinion
from ledger.opinions import Said


@pytest.fixture
def filled(consultation: Consultation, officer: Account) -> Consultation:
    said = [
        Said(
            source="test",
            channel=Channel.IMPORT,
            source_id=n,
            body=f"{n}番目の声です。髙いところの枝😊",
            submission=f"import:{n}",
            voice_id=None,
            said_at=clock.now(),
            received_at=clock.now(),
        )
        for n in range(1, 6)
    ]
    ids = opinions.enter_all(consultation, said, role="officer")
    opinions.supersede(db.session().get_one(Opinion, ids[0]), "書き直し", role="resident")
    themes.move(officer, consultation, ids[1:3], themes.create(officer, consultation, "枝"))
    return consultation


def into_empty(layout: Path, tmp_path: Path) -> None:
    """Point the session at another, empty database."""
    shutil.copy(layout, tmp_path / "empty.db")
    db.connect(f"sqlite:///{tmp_path / 'empty.db'}")


def test_a_backup_put_back_is_the_same(
    both_engines: str, filled: Consultation, layout: Path, tmp_path: Path
) -> None:
    before = queries.counts(filled)
    head = record.head()
    backups.back_up(tmp_path / "all.zip")
    into_empty(layout, tmp_path)
    manifest = backups.restore(tmp_path / "all.zip")
    assert manifest["counts"]["opinion"] == 6
    assert queries.counts(filled) == before
    assert record.head() == head
    assert [b for b in check.laws() if b.law != "source"] == []


def test_a_backup_of_sqlite_goes_into_postgresql(
    filled: Consultation, fresh_postgres: str, tmp_path: Path
) -> None:
    from alembic import command

    from core.cli import alembic_config

    before = queries.counts(filled)
    backups.back_up(tmp_path / "all.zip")
    db.session.remove()
    command.upgrade(alembic_config(fresh_postgres), "head")
    engine = db.connect(fresh_postgres)
    backups.restore(tmp_path / "all.zip")
    assert queries.counts(filled) == before
    again = db.session().get_one(Consultation, filled.id)
    opinions.enter_all(again, [], role="officer")
    db.session.remove()
    engine.dispose()


def test_a_full_database_is_not_written_over(filled: Consultation, tmp_path: Path) -> None:
    backups.back_up(tmp_path / "all.zip")
    with pytest.raises(Conflict):
        backups.restore(tmp_path / "all.zip")


def test_a_changed_record_is_noticed(
    app: Flask, filled: Consultation, layout: Path, tmp_path: Path
) -> None:
    backups.back_up(tmp_path / "all.zip")
    with (
        zipfile.ZipFile(tmp_path / "all.zip") as good,
        zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad,
    ):
        for name in good.namelist():
            said = good.read(name)
            if name == "record.jsonl":
                lines = said.decode().splitlines()
                entry = json.loads(lines[2])
                entry["detail"]["seq"] = 99
                lines[2] = json.dumps(entry, ensure_ascii=False)
                said = "\n".join(lines).encode()
            bad.writestr(name, said)
    into_empty(layout, tmp_path)
    with pytest.raises(backups.Damaged):
        backups.restore(tmp_path / "bad.zip")
    assert record.head() == (0, record.GENESIS)
