"""Packs a room into a zip: drawn page by page, so that a large one needs little memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from flask import current_app
from markupsafe import Markup

from core import clock, db, files, i18n, record
from core.errors import Gone
from core.files import StoredFile
from forum import closings, exports, papers
from forum.exports import Entry, Picture, Tally
from forum.models import Paper, Room, Topic
from forum.views.archive_words import POSTS_HEAD, READ_ME, ROLES, STATES, TOPICS_HEAD
from ledger.spreadsheets import BOM, cell, csv_lines
from ledger.views import deadlines

IN_MEMORY = 2 * 1024 * 1024
PICTURES_LIMIT = 200 * 1024 * 1024  # beyond it the pages lead to the pictures on the site


class Archive:
    """One room on its way into a zip."""

    def __init__(self, room: Room, into: IO[bytes], base_url: str) -> None:
        self.room = room
        self.base_url = base_url
        self.zip = ZipFile(into, "w", ZIP_DEFLATED, compresslevel=4)
        self.now = clock.now()
        # said once in the reader's language: for every post it was a third of the work
        self.roles = {role: str(word) for role, word in ROLES.items()}
        self.states = {state: str(word) for state, word in STATES.items()}
        self.left = PICTURES_LIMIT
        self.topics: list[tuple[int, Topic, Tally]] = []

    def pack(self) -> None:
        """Write everything; what needs the figures of all topics comes last."""
        with self.zip, SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="") as rows:
            rows.write(BOM)
            table = csv.writer(rows, lineterminator="\r\n")
            table.writerow([str(name) for name in POSTS_HEAD])
            for number, topic in enumerate(exports.topics(self.room), start=1):
                self._topic(number, topic, table)
            rows.seek(0)
            self._write("posts.csv", rows)
            names = [str(name) for name in TOPICS_HEAD]
            self._write("topics.csv", csv_lines([names, *map(self._topic_row, self.topics)]))
            self._index()
            style = Path(current_app.static_folder or "") / "css" / "export.css"
            self._write("style.css", [style.read_text("utf-8")])
            self._write("README.txt", [BOM, self._read_me().replace("\n", "\r\n")])

    def _topic(self, number: int, topic: Topic, table: Any) -> None:
        """A topic's page and its rows of the table in one reading, then its pictures."""
        tally = Tally()
        self.topics.append((number, topic, tally))

        def said() -> Iterator[Entry]:
            for found in exports.entries(topic, f"pictures/{number:02d}"):
                entry = replace(found, pictures=tuple(map(self._fitting, found.pictures)))
                tally.add(entry)
                table.writerow([cell(value) for value in self._row(number, topic, entry)])
                yield entry

        page = f"topics/{number:02d}.html"
        self._draw(page, "forum/export_topic.html", topic=topic, number=number, entries=said())
        for picture in tally.pictures:
            self._file(picture.file_id, picture.name)

    def _fitting(self, picture: Picture) -> Picture:
        """The picture, without a name when there is no room left for it."""
        self.left -= picture.size
        return picture if self.left >= 0 else replace(picture, name="")

    def _row(self, number: int, topic: Topic, entry: Entry) -> tuple[object, ...]:
        return (
            number,
            topic.title,
            entry.number,
            _moment(entry.at),
            entry.speaker,
            "" if entry.state else self.roles[entry.role],
            entry.department,
            entry.parent,
            entry.body,
            self.states[entry.state],
            entry.reason,
            _moment(entry.edited_at),
            _moment(entry.asked_until),
            _moment(entry.answered_at),
            f"{self.base_url}/p/{entry.public_id}",
        )

    def _topic_row(self, one: tuple[int, Topic, Tally]) -> tuple[object, ...]:
        number, topic, tally = one
        return (
            number,
            topic.title,
            topic.question,
            topic.context,
            tally.shown,
            tally.hidden,
            tally.withdrawn,
            _moment(tally.last_at),
            f"{self.base_url}/t/{topic.public_id}",
        )

    def _index(self) -> None:
        self._draw(
            "index.html",
            "forum/export_index.html",
            consultation=self.room.consultation,
            topics=self.topics,
            summary=closings.published(self.room),
            papers=list(self._papers()),
            deadlines=deadlines,
        )

    def _papers(self) -> Iterator[tuple[Paper, str]]:
        """The papers that are there, each with its file in the archive."""
        there = [paper for paper in papers.of(self.room) if paper.removed_at is None]
        for number, paper in enumerate(there, start=1):
            ending = Path(paper.file.name).suffix
            name = f"papers/{number:02d}{ending}"
            if self._file(paper.file_id, name):
                yield paper, name

    def _file(self, file_id: int, name: str) -> bool:
        """Pack a stored file as it is; one that was erased meanwhile is left out."""
        file = db.session().get_one(StoredFile, file_id)
        with suppress(Gone):
            self.zip.writestr(self._info(name, ZIP_STORED), files.content(file))
            return True
        return False

    def _read_me(self) -> str:
        tallies = [tally for _number, _topic, tally in self.topics]
        seq, digest = record.head()
        return str(READ_ME) % {
            "title": self.room.title,
            "department": self.room.consultation.department.name,
            "when": i18n.date_and_time(self.now),
            "url": f"{self.base_url}/rm/{self.room.public_id}",
            "shown": sum(tally.shown for tally in tallies),
            "hidden": sum(tally.hidden for tally in tallies),
            "withdrawn": sum(tally.withdrawn for tally in tallies),
            "held": exports.held_count(self.room),
            "seq": seq,
            "digest": digest,
        }

    def _draw(self, name: str, template: str, **context: Any) -> None:
        """Draw a page from a template of its own context: nothing of who asks is in it."""
        page = current_app.jinja_env.get_template(template).stream(
            room=self.room,
            base_url=self.base_url,
            roles=self.roles,
            made_at=self.now,
            locale=i18n.language(),
            absolute=self._absolute,
            **context,
        )
        page.enable_buffering(64)
        self._write(name, page)

    def _absolute(self, html: str) -> Markup:
        """Stored HTML whose links to this site lead there from anywhere."""
        return Markup(str(html).replace('href="/', f'href="{self.base_url}/'))  # noqa: S704 rendered when written

    def _write(self, name: str, chunks: Iterable[str]) -> None:
        with self.zip.open(self._info(name), "w") as entry:
            for chunk in chunks:
                entry.write(chunk.encode())

    def _info(self, name: str, how: int = ZIP_DEFLATED) -> ZipInfo:
        info = ZipInfo(name, clock.local(self.now).timetuple()[:6])
        info.compress_type = how
        return info


def _moment(at: datetime | None) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M") if at else ""
