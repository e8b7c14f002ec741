"""What an act on the desk touches, as it stood before: kept while the act runs, for `acts` only.

Every verb that changes where opinions stand, or a theme, says so here first. An act costs what it
touches, and not what the consultation holds: 10,000 filings read twice took half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import select

from core import db
from ledger import states
from ledger.models import Theme
from ledger.states import Rows

_kept: ContextVar[Journal | None] = ContextVar("journal", default=None)


class Journal:
    """The rows an act has touched so far, as they were; None for what the act made."""

    def __init__(self) -> None:
        self.before: Rows = {"filings": {}, "themes": {}, "answers": {}}
        self.quotes: dict[int, str] = {}  # never stored: acts hold nobody's words

    def filings(self, opinion_ids: Collection[int]) -> None:
        self._read("filings", opinion_ids, states.filings)

    def themes(self, theme_ids: Collection[int]) -> None:
        fresh = [i for i in theme_ids if str(i) not in self.before["themes"]]
        for part in states.parts(sorted(set(fresh))):
            quoting = select(Theme.id, Theme.machine_quote).where(Theme.id.in_(part))
            self.quotes |= {row.id: row.machine_quote for row in db.session().execute(quoting)}
            self.before["answers"] = {**states.answers_of(part), **self.before["answers"]}
        self._read("themes", fresh, states.themes)

    def made(self, theme_id: int) -> None:
        self.before["themes"].setdefault(str(theme_id), None)

    def after(self) -> Rows:
        """The same rows as they are now."""
        return states.of(self.before)

    def _read(
        self, kind: str, ids: Collection[int], read: Callable[[Sequence[int]], dict[str, Any]]
    ) -> None:
        known = self.before[kind]
        for part in states.parts(sorted({i for i in ids if str(i) not in known})):
            found = read(part)
            known |= {str(i): found.get(str(i)) for i in part}


@contextmanager
def keeping() -> Iterator[Journal]:
    journal = Journal()
    token = _kept.set(journal)
    try:
        yield journal
    finally:
        _kept.reset(token)


def touch(*, opinions: Collection[int] = (), themes: Collection[int] = ()) -> None:
    """Say that these are about to change."""
    journal = _kept.get()
    if journal is not None:
        db.session().flush()
        journal.filings(opinions)
        journal.themes(themes)


def made(theme_id: int) -> None:
    """Say that a theme was not there before."""
    journal = _kept.get()
    if journal is not None:
        journal.made(theme_id)
