"""Where opinions stand and what themes are called, to be compared and put back: for `acts` only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import clock, db
from core.errors import Conflict
from core.messages import _
from ledger import filings
from ledger.filings import UNNAMED
from ledger.models import Answer, Consultation, Filing, Opinion, Placement, Theme

Rows = dict[str, dict[str, Any]]  # "filings", "themes", "answers" → id as text → its state
_FIELDS = ("title", "level1", "merged_into_id", "position")


def take(consultation: Consultation) -> Rows:
    """Everything of a consultation that an act on the desk can change: three statements."""
    tx = db.session()
    filed = (
        select(Filing.opinion_id, Filing.placement, Filing.theme_id, Filing.by_person)
        .join(Opinion, Opinion.id == Filing.opinion_id)
        .where(Opinion.consultation_id == consultation.id)
    )
    columns = [getattr(Theme, name) for name in _FIELDS]
    here = select(Theme.id, Theme.dissolved_at, Theme.locked_at, *columns).where(
        Theme.consultation_id == consultation.id
    )
    given = (
        select(Answer.id, Answer.theme_id)
        .join(Theme, Theme.id == Answer.theme_id)
        .where(Theme.consultation_id == consultation.id)
    )
    return {
        "filings": {str(row[0]): list(row[1:]) for row in tx.execute(filed)},
        "themes": {str(row[0]): _state(row[1:]) for row in tx.execute(here)},
        "answers": {str(row[0]): row[1] for row in tx.execute(given)},
    }


def changed(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """What differs, as it was and as it is; None where there was nothing."""
    was: Rows = {}
    now: Rows = {}
    for kind in before:
        for key in before[kind].keys() | after[kind].keys():
            old, new = before[kind].get(key), after[kind].get(key)
            if kind == "themes" and old and new and _is_only_worked_on(old, new):
                continue
            if old != new and not (kind == "answers" and (old is None or new is None)):
                was.setdefault(kind, {})[key] = old
                now.setdefault(kind, {})[key] = new
    return was, now


def _is_only_worked_on(old: list[Any], new: list[Any]) -> bool:
    """Working on a theme locks it; that alone is nothing to undo."""
    return [old[0], *old[2:]] == [new[0], *new[2:]] and not (old[1] and not new[1])


def themes_in(rows: Rows) -> set[int]:
    """Every theme that is named in what an act changed."""
    filed = {row[1] for row in rows.get("filings", {}).values() if row and row[1]}
    return filed | {int(key) for key in rows.get("themes", {})}


def holds(rows: Rows) -> bool:
    """Whether all of it still stands as it did."""
    now = _now(rows)
    for kind, expected in rows.items():
        for key, state in expected.items():
            found = now[kind].get(key)
            if kind == "themes" and state is None:
                if found is not None and found[0]:
                    return False
            elif kind == "themes" and found is not None:
                if [found[0], *found[2:]] != [state[0], *state[2:]]:
                    return False
            elif found != state:
                return False
    return True


def restore(consultation: Consultation, wanted: Rows, found: Rows) -> None:
    """Put everything as `wanted` says; what is `found` instead is known to stand."""
    tx = db.session()
    ids = filings.lock(consultation, [int(key) for key in wanted.get("filings", {})])
    rows = _themes(consultation, themes_in(wanted) | themes_in(found))
    for key, state in wanted.get("themes", {}).items():
        _put_theme(rows[int(key)], state)
    places: dict[tuple[str, int | None, bool], list[int]] = {}
    for opinion_id in ids:
        state = wanted["filings"][str(opinion_id)]
        if state is not None:
            places.setdefault(tuple(state), []).append(opinion_id)
            if state[1] is not None and rows[state[1]].dissolved_at is not None:
                raise Conflict(_("戻す先のテーマが、いまはもうありません。"))
    filings.take_out(ids)
    for (placement, theme_id, by_person), members in places.items():
        filings.put(members, Placement(placement), theme_id, by_person=by_person)
    for key, theme_id in wanted.get("answers", {}).items():
        answer = tx.get(Answer, int(key))
        if answer is not None:
            answer.theme_id = theme_id
    tx.flush()
    _refuse_to_lose(wanted, rows)
    filings.reopen(rows.keys())
    for theme in rows.values():
        theme.version += 1


def _state(row: Any) -> list[Any]:
    """(living, locked, title, …) of a theme; a resident's sentence that is its title is left out.

    Acts outlive what residents take back: they hold nobody's words.
    """
    dissolved_at, locked_at, title, *rest = row
    return [dissolved_at is None, locked_at is not None, themed(title), *rest]


def themed(title: str) -> str:
    """A title as acts may keep it: a name given by a person or a phrase, never a sentence."""
    return UNNAMED if title.startswith(UNNAMED) else title


def _put_theme(theme: Theme, state: list[Any] | None) -> None:
    if state is None:  # the act made it
        theme.dissolved_at = clock.now()
        return
    is_living, is_locked, *values = state
    theme.dissolved_at = None if is_living else theme.dissolved_at or clock.now()
    if is_locked:
        theme.locked_at = theme.locked_at or clock.now()
    for name, value in zip(_FIELDS, values, strict=True):
        setattr(theme, name, value)
    if theme.title == UNNAMED and theme.machine_label.startswith(UNNAMED):
        theme.title = theme.machine_label[:120]


def _refuse_to_lose(wanted: Rows, rows: dict[int, Theme]) -> None:
    """No theme goes while something is in it that the act did not put there."""
    tx = db.session()
    for key in wanted.get("themes", {}):
        if rows[int(key)].dissolved_at is None:
            continue
        inside = tx.scalar(select(Filing.opinion_id).where(Filing.theme_id == int(key)).limit(1))
        answer = tx.scalar(select(Answer.id).where(Answer.theme_id == int(key)))
        if inside is not None or (answer is not None and rows[int(key)].merged_into_id is None):
            raise Conflict(_("そのあとほかの人がこのテーマを使ったので、戻せません。"))


def _themes(consultation: Consultation, ids: set[int]) -> dict[int, Theme]:
    query = select(Theme).where(Theme.id.in_(ids), Theme.consultation_id == consultation.id)
    return {row.id: row for row in db.session().scalars(db.locked(query.order_by(Theme.id)))}


def _now(rows: Rows) -> Rows:
    """The present state of just what is named, 500 ids a statement."""
    tx = db.session()
    found: Rows = {"filings": {}, "themes": {}, "answers": {}}
    columns = [getattr(Theme, name) for name in _FIELDS]
    for part in filings.parts([int(key) for key in rows.get("filings", {})]):
        filed = select(Filing.opinion_id, Filing.placement, Filing.theme_id, Filing.by_person)
        for row in tx.execute(filed.where(Filing.opinion_id.in_(part))):
            found["filings"][str(row[0])] = list(row[1:])
    for part in filings.parts([int(key) for key in rows.get("themes", {})]):
        here = select(Theme.id, Theme.dissolved_at, Theme.locked_at, *columns)
        for row in tx.execute(here.where(Theme.id.in_(part))):
            found["themes"][str(row[0])] = _state(row[1:])
    for part in filings.parts([int(key) for key in rows.get("answers", {})]):
        given = select(Answer.id, Answer.theme_id).where(Answer.id.in_(part))
        found["answers"] |= {str(key): theme_id for key, theme_id in tx.execute(given)}
    return found
