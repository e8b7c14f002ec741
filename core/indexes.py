"""A full-text index in files: Whoosh, asked only with queries built here.

Its own query language never faces the public (`*` on 1,500 posts ran 17 s). The files hold pickles:
they are never restored or uploaded, always rebuilt from the database. Good for about 30,000 texts.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from whoosh import index, query
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.collectors import TimeLimit, TimeLimitCollector
from whoosh.fields import ID, TEXT, Schema
from whoosh.index import LockError

from core import grams

TIME_LIMIT = 1.0
_WAIT = 60.0  # another writer: the drain of a second worker, or a rebuild


class Broken(Exception):
    """The index can not be read; it wants to be rebuilt."""


class WhooshIndex:
    """Texts by key. Every rebuild makes a new generation; `current` names the one that answers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._opened: tuple[str, Any] = ("", None)
        self._writing = threading.Lock()

    @property
    def is_sound(self) -> bool:
        """Whether there is an index and nobody stumbled over it."""
        if (self.directory / "broken").exists():
            return False
        try:
            self._open().doc_count()
        except Exception:
            return False
        return True

    def find(self, words: Sequence[str], *, limit: int) -> list[str]:
        """Keys of the texts that hold every word, best first; raises `Broken`."""
        wanted = query.And([_phrase(word) for word in words])
        try:
            return self._find(wanted, limit)
        except Exception:
            self._opened = ("", None)  # a rebuild may just have put another generation here
        try:
            return self._find(wanted, limit)
        except Exception as error:
            self._report_broken()
            raise Broken from error

    def _find(self, wanted: query.Query, limit: int) -> list[str]:
        with self._open().searcher() as searcher:
            collector = TimeLimitCollector(
                searcher.collector(limit=limit), timelimit=TIME_LIMIT, use_alarm=False
            )
            with suppress(TimeLimit):  # what was found so far is an answer
                searcher.search_with_collector(wanted, collector)
            return [str(hit["key"]) for hit in collector.results()]

    def write(self, added: Mapping[str, str], removed: Collection[str]) -> None:
        """Put texts in (again) and take others out; raises `Broken`."""
        with self._writing:
            try:
                writer = self._open().writer(timeout=_WAIT)
                for key in removed:
                    writer.delete_by_term("key", key)
                for key, text in added.items():
                    writer.update_document(key=key, grams=grams.stream(text))
                writer.commit()
            except LockError:
                raise
            except Exception as error:
                self._report_broken()
                raise Broken from error

    def rebuild(self, texts: Iterable[tuple[str, str]]) -> int:
        """Make a new index of all texts, then let it answer; returns how many."""
        with self._writing:
            name = f"g{secrets.token_hex(6)}"
            (self.directory / name).mkdir(parents=True)
            writer = index.create_in(str(self.directory / name), _schema()).writer()
            count = 0
            try:
                for key, text in texts:
                    writer.add_document(key=key, grams=grams.stream(text))
                    count += 1
            except BaseException:
                writer.cancel()
                shutil.rmtree(self.directory / name, ignore_errors=True)
                raise
            writer.commit()
            pointer = self.directory / "current.new"
            pointer.write_text(name, "utf-8")
            os.replace(pointer, self.directory / "current")
            (self.directory / "broken").unlink(missing_ok=True)
            self._forget_all_but(name)
            return count

    def _open(self) -> Any:
        name = (self.directory / "current").read_text("utf-8")
        if self._opened[0] != name:
            self._opened = (name, index.open_dir(str(self.directory / name)))
        return self._opened[1]

    def _report_broken(self) -> None:
        """Leave word for the worker: the page that stumbled only reads."""
        self._opened = ("", None)
        if self.directory.is_dir():
            (self.directory / "broken").touch()

    def _forget_all_but(self, name: str) -> None:
        for old in self.directory.glob("g*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)


def _schema() -> Schema:
    return Schema(
        key=ID(unique=True, stored=True),
        grams=TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True),
    )


def _phrase(word: str) -> query.Query:
    """One run as pairs side by side; a single character as the beginning of any pair."""
    if len(word) == 1:
        return query.Prefix("grams", word)
    tokens = grams.pairs(word)
    return query.Term("grams", tokens[0]) if len(tokens) == 1 else query.Phrase("grams", tokens)
