"""The index in files: Whoosh keeps which text has which characters and pairs; queries are our own.

Its query language never faces the public (`*` on 1,500 posts ran 17 s), and its scoring is not
needed: a search here is sets of documents, cut with each other, newest first. The files hold
pickles: never restored or uploaded, always rebuilt. Good for about 30,000 texts.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import secrets
import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whoosh import index

from core import segments
from core.documents import SCHEMA, Broken, Document, Filters
from core.segments import Codec, Files, Segment

__all__ = ["Broken", "WhooshIndex"]

TIME_LIMIT = 0.5
_PREFIX = f"v{SCHEMA}-"
_TRIES = 3  # a segment may be merged away, or a generation replaced, while it is opened
_Stamp = tuple[int, int]


class WhooshIndex:
    """Texts by key. Every rebuild makes a new generation; `current` names the one that answers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._reading = threading.Lock()  # it is Python all the way: threads only take turns
        self._writing = threading.Lock()
        self._open: dict[tuple[str, str], tuple[_Stamp, Segment]] = {}
        self._layout: tuple[tuple[str, int, _Stamp] | None, Any] = (None, None)

    @property
    def is_sound(self) -> bool:
        """Whether there is an index of this layout, every file of it, and nobody stumbled."""
        try:
            with self._reading:
                self._segments()
        except Exception:
            return False
        return not (self.directory / "broken").exists()

    def find(self, words: Sequence[str], filters: Filters, *, limit: int) -> list[str]:
        """Keys of the texts that hold every word, best first; raises `Broken`."""
        for rest in reversed(range(_TRIES)):
            try:
                with self._reading:
                    return self._find(words, filters, limit)
            except Exception as error:
                self._open.clear()
                self._layout = (None, None)
                if not rest:
                    self._report_broken()
                    raise Broken from error
        return []

    def _find(self, words: Sequence[str], filters: Filters, limit: int) -> list[str]:
        end = time.monotonic() + TIME_LIMIT
        keys: list[str] = []
        found = (segment.hits(words, filters, gone) for segment, gone in self._segments())
        for rank, segment, doc in heapq.merge(*found, key=lambda hit: hit[0]):
            if not rank[0] or segment.holds(doc, words):
                keys.append(segment.facts[doc].key)
            if len(keys) >= limit or time.monotonic() > end:
                break  # what was found so far is an answer
        return keys

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """One writer at a time, in whatever process; the system frees the lock of a dead one."""
        with self._writing:
            self.directory.mkdir(parents=True, exist_ok=True)
            with (self.directory / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield

    def write(self, added: Mapping[str, Document], removed: Collection[str]) -> None:
        """Put texts in (again) and take others out, inside `exclusively()`; raises `Broken`."""
        try:
            writer = index.FileIndex(Files(self._generation())).writer(codec=Codec())
            try:
                _take_out(writer, [*removed, *added])
                for document in added.values():
                    writer.add_document(**segments.fields(document))
            except BaseException:
                writer.cancel()
                raise
            writer.commit()
        except Exception as error:
            self._report_broken()
            raise Broken from error

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Make a new index of all texts, then let it answer; returns how many."""
        with self.exclusively():
            folder = self.directory / f"{_PREFIX}{secrets.token_hex(6)}"
            folder.mkdir()
            writer = Files(folder).create_index(segments.schema()).writer(codec=Codec())
            count = 0
            try:
                for document in documents:
                    writer.add_document(**segments.fields(document))
                    count += 1
            except BaseException:
                writer.cancel()
                shutil.rmtree(folder, ignore_errors=True)
                raise
            writer.commit()
            pointer = self.directory / "current.new"
            pointer.write_text(folder.name, "utf-8")
            os.replace(pointer, self.directory / "current")
            (self.directory / "broken").unlink(missing_ok=True)
            for old in self.directory.iterdir():
                if old.is_dir() and old != folder:
                    shutil.rmtree(old, ignore_errors=True)
            return count

    def _generation(self) -> Path:
        """The folder that answers; one of another layout is as good as none."""
        name = (self.directory / "current").read_text("utf-8")
        if not name.startswith(_PREFIX):
            raise Broken(name)
        return self.directory / name

    def _segments(self) -> list[tuple[Segment, frozenset[int]]]:
        """What is to be read now, each with what was deleted in it; opened are only new ones.

        A file that changed under its name is opened again, so that damage is noticed.
        """
        folder = self._generation()
        files = Files(folder)
        number = index.TOC._latest_generation(files, index._DEF_INDEX_NAME)
        layout = folder / index.TOC._filename(index._DEF_INDEX_NAME, number)
        mark = (folder.name, number, _stamp(layout))
        if self._layout[0] != mark:
            self._layout = (mark, index.TOC.read(files, index._DEF_INDEX_NAME))
        toc = self._layout[1]
        before, self._open = self._open, {}
        for part in toc.segments:
            stamp = _stamp(folder / part.make_filename(part.COMPOUND_EXT))
            kept = before.get((folder.name, part.segment_id()))
            if kept is None or kept[0] != stamp:
                kept = (stamp, Segment(files, toc.schema, part))
            self._open[folder.name, part.segment_id()] = kept
        opened = [segment for _stamp, segment in self._open.values()]
        return [
            (segment, frozenset(part.deleted_docs()))
            for segment, part in zip(opened, toc.segments, strict=True)
        ]

    def _report_broken(self) -> None:
        """Leave word for the worker: the page that stumbled only reads."""
        if self.directory.is_dir():
            with suppress(OSError):
                (self.directory / "broken").touch()


def _take_out(writer: Any, keys: Collection[str]) -> None:
    reader = writer.reader()
    for key in keys:
        if ("key", key) in reader:
            for doc in list(reader.postings("key", key).all_ids()):
                writer.delete_document(doc)


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
