"""Reading opinions in from a table an officer brings: looked at first, then all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, insert, select

from core import clock, db, record, text
from core.errors import Invalid
from core.messages import _
from core.people import Role, acting_as
from core.permissions import require
from ledger import days, files, opinions, sources, voices
from ledger.files import Refused
from ledger.models import Channel, Consultation, Import, ImportRow, Opinion, OpinionText, State
from ledger.opinions import Said

SOURCE = "import_row"
CHANNELS = (
    Channel.IMPORT, Channel.WEB, Channel.EMAIL, Channel.FAX, Channel.POST, Channel.COUNTER,
)  # fmt: skip
SHOWN_LINES = 8
_BATCH = 1000


@dataclass(frozen=True)
class Choice:
    """Which column holds what, and by which way the opinions had arrived; "" is no such column."""

    text_column: str
    channel: Channel = Channel.IMPORT
    sender_column: str = ""
    date_column: str = ""
    section_column: str = ""


@dataclass(frozen=True)
class Line:
    """One row as it would enter the ledger. `columns` are the cells that are not its text."""

    line: int
    key: str
    body: str
    columns: dict[str, str]
    sender: str
    said_at: datetime | None
    section_id: int | None


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


@dataclass
class _Reading:
    """The rows of one file, with the lines whose text cell was blank."""

    columns: tuple[str, ...]
    lines: list[Line]
    blank: list[int]

    @property
    def rows(self) -> int:
        return len(self.lines) + len(self.blank)


def preview(actor: Any, consultation: Consultation, path: Path, choice: Choice) -> Preview:
    """Look at what `run` would do; changes nothing and raises what `run` would raise."""
    require(actor, "opinions.import", consultation)
    reading = _read(consultation, path, choice)
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
    reading = _read(consultation, path, choice)  # slow: before the lock, not behind it
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


def likely_text_column(sheets: Sequence[files.Sheet]) -> str:
    """The column with the longest texts in its first rows: a proposal for the form."""
    best, longest = "", -1.0
    for sheet in sheets:
        rows = []
        try:
            for row in sheet.rows():
                rows.append(row)
                if len(rows) == 50:
                    break
        except Refused:
            pass  # the choice of a column is not where a bad row is told of
        for index, name in enumerate(sheet.columns):
            length = sum(len(row.cells[index]) for row in rows) / max(1, len(rows))
            if length > longest:
                best, longest = name, length
    return best


# ── reading ──


def _read(consultation: Consultation, path: Path, choice: Choice) -> _Reading:
    if choice.channel not in CHANNELS:
        raise Invalid("channel", _("届いた方法を選んでください。"))
    sheet = files.with_column(files.sheets(path), choice.text_column)
    wanted = (choice.text_column, choice.sender_column, choice.date_column, choice.section_column)
    for column in wanted:
        if column and column not in sheet.columns:
            files.with_column([sheet], column)
    reading = _Reading(sheet.columns, [], [])
    reading.lines.extend(_lines(consultation, sheet, choice, reading.blank))
    if not reading.rows:
        raise Refused(_("見出しだけで、ご意見の行がありません。"))
    if not reading.lines:
        raise Refused(
            _(
                "「%(column)s」の列は、どの行も空です。ほかの列を選んでください。",
                column=choice.text_column,
            )
        )
    return reading


def _lines(
    consultation: Consultation, sheet: files.Sheet, choice: Choice, blank: list[int]
) -> Iterator[Line]:
    at = {column: index for index, column in enumerate(sheet.columns)}
    sections = {text.folded(s.number): s.id for s in consultation.sections}
    seen: Counter[str] = Counter()
    for row in sheet.rows():
        body = row.cells[at[choice.text_column]]
        if not body:
            blank.append(row.line)
            continue
        cells = {name: cell for name, cell in zip(sheet.columns, row.cells, strict=True) if cell}
        columns = {name: cell for name, cell in cells.items() if name != choice.text_column}
        told = json.dumps([choice.text_column, cells], ensure_ascii=False, sort_keys=True)
        seen[told] += 1
        yield Line(
            line=row.line,
            key=voices.of(consultation, f"row:{seen[told]}:{told}"),
            body=body,
            columns=columns,
            sender=text.folded(columns.get(choice.sender_column, "")),
            said_at=_day(row.line, columns.get(choice.date_column, "")),
            section_id=_section(row.line, columns.get(choice.section_column, ""), sections),
        )


def _day(line: int, said: str) -> datetime | None:
    if not said:
        return None
    try:
        moment = days.read(said)
    except ValueError as error:
        raise Refused(
            _(
                "「%(said)s」は日付として読めません。2026/11/20 のように書いてください。",
                said=text.excerpt(said, 30),
            ),
            line=line,
        ) from error
    if moment > clock.now():
        raise Refused(_("「%(said)s」は先の日付です。", said=text.excerpt(said, 30)), line=line)
    return moment


def _section(line: int, said: str, sections: dict[str, int]) -> int | None:
    if not said:
        return None
    found = sections.get(text.folded(said))
    if found is None:
        raise Refused(
            _(
                "「%(said)s」という番号の項目が、案にありません。ある番号：%(there)s",
                said=text.excerpt(said, 30),
                there="、".join(sections) or _("なし"),
            ),
            line=line,
        )
    return found


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
