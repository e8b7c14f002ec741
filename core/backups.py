"""Backup and restore: one file that either engine can read, proved after it was put back.

A backup is a zip of one JSON-lines file for each table, read in one snapshot, with a manifest: the
layout's revision, the number of rows of each table, and the record's head. Restoring goes into an
empty database only and ends by comparing all three.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Table, func, insert, select, text

from core import clock, db, record
from core.errors import Conflict
from core.messages import _

BATCH = 1000


class Damaged(RuntimeError):
    """What was put back is not what was backed up; the text says where."""


def back_up(path: Path) -> dict[str, Any]:
    """Write everything to `path` (a zip) and return the manifest. Readers and writers go on."""
    with db.session.get_bind().connect() as connection:  # type: ignore[union-attr]
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        counts: dict[str, int] = {}
        partial = path.with_suffix(path.suffix + ".partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in _tables():
                keys = list(table.primary_key.columns)
                rows = connection.execution_options(yield_per=BATCH).execute(
                    select(table).order_by(*keys)
                )
                counts[table.name] = 0
                with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
                    for row in rows:
                        line = json.dumps(_plain(row._mapping), ensure_ascii=False)
                        file.write(line.encode() + b"\n")
                        counts[table.name] += 1
            manifest = {
                "made_at": clock.now().isoformat(),
                "revision": connection.scalar(text("SELECT version_num FROM alembic_version")),
                "counts": counts,
                "head": list(_head(connection)),
            }
            archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        partial.replace(path)
    return manifest


def restore(path: Path) -> dict[str, Any]:
    """Fill an empty, migrated database from a backup; all or nothing.

    Raises `Conflict` when there is anything in it, `Damaged` when counts, chain or head differ.
    """
    with zipfile.ZipFile(path) as archive, db.transaction() as tx:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        revision = tx.scalar(text("SELECT version_num FROM alembic_version"))
        if revision != manifest["revision"]:
            raise Damaged(f"the backup's layout is {manifest['revision']}, here it is {revision}")
        for table in _tables():
            if tx.scalar(select(func.count()).select_from(table)):
                raise Conflict(_("空のデータベースにだけ戻せます。別の場所を用意してください。"))
        for table in _tables():
            for rows in _batches(archive, table):
                tx.execute(insert(table), rows)
        if tx.get_bind().dialect.name == "postgresql":
            _go_on_counting()
        for name, count in manifest["counts"].items():
            there = tx.scalar(select(func.count()).select_from(db.Base.metadata.tables[name]))
            if there != count:
                raise Damaged(f"{name}: {count} rows were backed up, {there} are there")
        faults = list(record.verify())
        if faults or list(record.head()) != manifest["head"]:
            raise Damaged(f"the record does not hold: {faults or 'another head'}")
    return manifest


def _tables() -> list[Table]:
    return list(db.Base.metadata.sorted_tables)


def _head(connection: Any) -> tuple[int, str]:
    row = connection.execute(select(record.Head.seq, record.Head.hash)).one_or_none()
    return (row.seq, row.hash) if row else (0, record.GENESIS)


def _plain(row: Any) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}


def _batches(archive: zipfile.ZipFile, table: Table) -> Iterator[list[dict[str, Any]]]:
    times = [c.name for c in table.columns if isinstance(c.type, db.UTCDateTime | DateTime)]
    rows: list[dict[str, Any]] = []
    with archive.open(f"{table.name}.jsonl") as file:
        for line in file:
            row = json.loads(line)
            for name in times:
                if row[name] is not None:
                    row[name] = datetime.fromisoformat(row[name]).astimezone(UTC)
            rows.append(row)
            if len(rows) == BATCH:
                yield rows
                rows = []
    if rows:
        yield rows


def _go_on_counting() -> None:
    """Set PostgreSQL's sequences behind the ids that were put back."""
    tx = db.session()
    for table in _tables():
        column = table.autoincrement_column
        if column is None or table.name == "record":
            continue
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
        if tx.scalar(select(sequence)) is not None:
            following = func.coalesce(select(func.max(column)).scalar_subquery(), 0) + 1
            tx.execute(select(func.setval(sequence, following, False)))
