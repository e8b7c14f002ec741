"""Reading opinions in from a table an officer brings: looked at first, then all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, insert, select

from core import clock, db, record
from core.people import Role, acting_as
from core.permissions import require
from ledger import opinions, readings, sources, voices
from ledger.models import Channel, Consultation, Import, ImportRow, Opinion, OpinionText, State
from ledger.opinions import Said
from ledger.readings import CHANNELS, Choice, Line

__all__ = [
    "CHANNELS",
    "Choice",
    "Line",
    "Preview",
    "by_key",
    "done_in",
    "preview",
    "register",
    "run",
]

SOURCE = "import_row"
SHOWN_LINES = 8
_BATCH = 1000


@dataclass(frozen=True)
class Preview:
    """What reading a file in would do: rows = new + there + blank, nothing is lost silently.

    `copies` new rows share their text with `copy_texts` others before them in the file; `echoes`
    repeat a text the ledger already has. All of them count.
    """

    columns: tuple[str, ...]
    first: tuple[Line, ...]
    rows: int
    new: int
    there: int
    blank: tuple[int, ...]
    copies: int
    echoes: int
    unsigned: int
    undated: int

    @property
    def blank_count(self) -> int:
        return len(self.blank)


def preview(actor: Any, consultation: Consultation, path: Path, choice: Choice) -> Preview:
    """Look at what `run` would do; changes nothing and raises what `run` would raise."""
    require(actor, "opinions.import", consultation)
    reading = readings.read(consultation, path, choice)
    there = _there(reading.lines)
    new = [line for line in reading.lines if line.key not in there]
    folds = [opinions.fold_key(line.body) for line in new]
    return Preview(
        columns=reading.columns,
        first=tuple(reading.lines[:SHOWN_LINES]),
        rows=reading.rows,
        new=len(new),
        there=len(reading.lines) - len(new),
        blank=tuple(reading.blank),
        copies=len(folds) - len(set(folds)),
        echoes=_echoes(consultation, folds),
        unsigned=sum(not line.sender for line in new),
        undated=sum(line.said_at is None for line in new),
    )


def run(
    actor: Any,
    consultation: Consultation,
    path: Path,
    choice: Choice,
    *,
    name: str,
    key: str | None = None,
) -> Import:
    """Read a file in, all of it or nothing; rows that are in the ledger already are left out.

    `key` becomes the import's address; asked again with the same one, the first import is returned.
    """
    require(actor, "opinions.import", consultation)
    key = key or db.public_id()
    found = by_key(consultation, key)
    if found is not None:
        return found
    reading = readings.read(consultation, path, choice)  # slow: before the lock, not behind it
    file_hash = _hash(path)
    with db.transaction() as tx:
        tx.scalars(db.locked(select(Consultation).where(Consultation.id == consultation.id))).one()
        found = by_key(consultation, key)
        if found is not None:
            return found
        there = _there(reading.lines)
        new = [line for line in reading.lines if line.key not in there]
        done = Import(
            public_id=key,
            consultation_id=consultation.id,
            file_name=name[:200],
            file_hash=file_hash,
            text_column=choice.text_column,
            channel=choice.channel,
            row_count=reading.rows,
            added_count=len(new),
            imported_by_id=actor.id,
            imported_at=clock.now(),
        )
        tx.add(done)
        tx.flush()
        role = acting_as(actor, Role.OFFICER)
        _enter(consultation, done, new, role=role)
        record.append(
            "opinions.imported",
            f"import:{done.public_id}",
            role=role,
            scope=consultation.scope,
            rows=reading.rows,
            added=len(new),
            file_hash=file_hash,
            channel=str(choice.channel),
        )
        return done


def by_key(consultation: Consultation, key: str) -> Import | None:
    """The import with this address in this consultation, if it was done."""
    query = select(Import).where(Import.public_id == key, Import.consultation_id == consultation.id)
    return db.session().scalars(query).one_or_none()


def done_in(consultation: Consultation, *, limit: int = 20) -> list[Import]:
    """The imports of a consultation, newest first."""
    query = select(Import).where(Import.consultation_id == consultation.id)
    return list(db.session().scalars(query.order_by(Import.id.desc()).limit(limit)))


def _there(lines: Sequence[Line]) -> set[str]:
    """The keys of rows that were read in before."""
    found: set[str] = set()
    for keys in _batches([line.key for line in lines]):
        found.update(db.session().scalars(select(ImportRow.key).where(ImportRow.key.in_(keys))))
    return found


def _echoes(consultation: Consultation, folds: Sequence[str]) -> int:
    """How many of these texts the ledger already has, from whatever channel."""
    there: set[str] = set()
    for keys in _batches(list(set(folds))):
        query = select(OpinionText.fold_key).join(Opinion, Opinion.id == OpinionText.opinion_id)
        there.update(
            db.session().scalars(
                query.where(
                    Opinion.consultation_id == consultation.id,
                    Opinion.state != State.SUPERSEDED,
                    OpinionText.fold_key.in_(keys),
                )
            )
        )
    return sum(fold in there for fold in folds)


# ── writing ──


def _enter(consultation: Consultation, done: Import, new: Sequence[Line], *, role: str) -> None:
    tx = db.session()
    for lines in _batches(new):
        tx.execute(
            insert(cast(Table, ImportRow.__table__)),
            [
                {"import_id": done.id, "line": n.line, "key": n.key, "columns": n.columns}
                for n in lines
            ],
        )
    ids = select(ImportRow.line, ImportRow.id).where(ImportRow.import_id == done.id)
    row_ids = {row.line: row.id for row in tx.execute(ids)}
    received_at = clock.now()
    opinions.enter_all(
        consultation,
        [
            Said(
                source=SOURCE,
                source_id=row_ids[one.line],
                channel=Channel(done.channel),
                body=one.body,
                submission=f"import:{done.id}:{one.line}",
                voice_id=voices.of(consultation, f"sender:{one.sender}") if one.sender else None,
                said_at=one.said_at or received_at,
                received_at=received_at,
                section_id=one.section_id,
            )
            for one in new
        ],
        role=role,
    )


def _batches(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), _BATCH):
        yield things[start : start + _BATCH]


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# ── what ledger.check asks ──


def _existing(ids: Iterable[int]) -> set[int]:
    return set(_entered()) & set(ids)


def _entered() -> Iterable[int]:
    return db.session().scalars(select(ImportRow.id))


def register() -> None:
    """Let the ledger know where imported opinions were said: in a row of a file, on no page."""
    sources.register(
        SOURCE,
        sources.Source(
            existing=_existing,
            entered=_entered,
            url=lambda _opinion: None,
            actions=lambda _consultation, _viewer: [],
        ),
    )
