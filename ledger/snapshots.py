"""What an act changed, as it was and as it is: to be compared, and put back. For `acts` only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock, db, text
from core.errors import Conflict
from core.messages import _
from ledger import filings, states
from ledger.journals import Journal
from ledger.models import Answer, Consultation, Filing, Placement, State, Theme
from ledger.states import FIELDS, UNNAMED, Rows


def changed(journal: Journal) -> tuple[Rows, Rows]:
    """What differs of what was touched, as it was and as it is; None where there was nothing."""
    was: Rows = {}
    now: Rows = {}
    after = journal.after()
    for kind, rows in journal.before.items():
        for key, old in rows.items():
            new = after[kind].get(key)
            if kind == "themes" and old is not None and new is not None:
                old, new = _differing(old, new)
            if old != new and not (kind == "answers" and new is None):
                was.setdefault(kind, {})[key] = old
                now.setdefault(kind, {})[key] = new
    _note_quotes(journal, was, now)
    return was, now


def themes_in(rows: Rows) -> set[int]:
    """Every theme that is named in what an act changed."""
    filed = {row[1] for row in rows.get("filings", {}).values() if row and row[1]}
    return filed | {int(key) for key in rows.get("themes", {})}


def _other(rows: Rows) -> set[int]:
    """Themes that are other ones by it: in members, name or place, and not by a lock alone."""
    named = rows.get("themes", {}).items()
    locked = {int(key) for key, state in named if state is not None and set(state) == {"locked_at"}}
    filed = {row[1] for row in rows.get("filings", {}).values() if row and row[1]}
    return themes_in(rows) - (locked - filed)


def holds(rows: Rows) -> bool:
    """Whether all of it still stands as it did.

    A lock does not count beside other things: working on a theme locks it, and somebody else's
    work does not undo one's own. Nor does how far an answer is; where it is does.
    """
    rows = _read(rows)
    now = states.of(rows)
    others = [v for v in rows.get("themes", {}).values() if v is None or set(v) != {"locked_at"}]
    is_lock = not rows.get("filings") and not others
    for kind, expected in rows.items():
        for key, state in expected.items():
            if not _stands(kind, state, now[kind].get(key), is_lock=is_lock):
                return False
    return True


def restore(consultation: Consultation, wanted: Rows, found: Rows) -> None:
    """Put everything as `wanted` says; what is `found` instead is known to stand."""
    wanted, found = _read(wanted), _read(found)
    tx, now = db.session(), states.of(found)
    opinions = filings.lock(consultation, [int(key) for key in wanted.get("filings", {})])
    rows = _themes(consultation, themes_in(wanted) | themes_in(found))
    locks = {key: theme.locked_at for key, theme in rows.items()}
    for key, state in wanted.get("themes", {}).items():
        _put_theme(rows[int(key)], state)
    _put_filings(opinions, wanted, rows)
    for key, state in wanted.get("answers", {}).items():
        answer = tx.get(Answer, int(key))
        if answer is not None:
            answer.theme_id = state["theme_id"]
    tx.flush()
    _refuse_to_lose(wanted, rows)
    filings.reopen(_other(wanted) | _other(found))
    for theme_id, theme in rows.items():
        aim, was = (kept.get("themes", {}).get(str(theme_id)) for kept in (wanted, found))
        theme.locked_at = _lock(locks[theme_id], aim, was)
        theme.version += 1
        if aim is not None and "quote" in aim:
            _put_quote(theme, aim["quote"])
    _put_answers(wanted, found, now)


def _stands(kind: str, state: Any, found: Any, *, is_lock: bool) -> bool:
    if kind == "answers":
        return found is not None and bool(found["theme_id"] == state["theme_id"])
    if kind == "filings":
        return bool(found == state)
    if state is None:
        return found is None or not found["is_living"]
    if found is None:
        return False
    asked = set(state) - ({"quote"} if is_lock else {"quote", "locked_at"})
    return all(found[name] == state[name] for name in asked)


def _differing(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in names}, {name: new[name] for name in names}


def _note_quotes(journal: Journal, was: Rows, now: Rows) -> None:
    """Where the quotations are from that themes lost, so that they can come back."""
    touched = [int(key) for key in journal.before["filings"]]
    query = select(Theme.id, Theme.machine_quote)
    for part in states.parts([int(key) for key in journal.before["themes"]]):
        for row in db.session().execute(query.where(Theme.id.in_(part))):
            key, before = str(row.id), journal.quotes.get(row.id)
            if before is None and row.machine_quote:  # the act made it
                now["themes"][key]["quote"] = states.origin(row.machine_quote, touched)
            elif before and row.machine_quote != before:
                place = states.origin(before, touched)
                was.setdefault("themes", {}).setdefault(key, {})["quote"] = place
                now.setdefault("themes", {}).setdefault(key, {})["quote"] = None


def _put_filings(opinions: list[int], wanted: Rows, rows: dict[int, Theme]) -> None:
    places: dict[tuple[str, int | None, bool, str | None], list[int]] = {}
    for opinion_id in opinions:
        state = wanted["filings"][str(opinion_id)]
        if state is not None:
            places.setdefault(tuple(state), []).append(opinion_id)
            if state[1] is not None and rows[state[1]].dissolved_at is not None:
                raise Conflict(_("戻す先のテーマが、いまはもうありません。"))
    filings.take_out(opinions, drops_quotes=False)
    for (placement, theme_id, by_person, looked_at), members in places.items():
        filings.put(
            members, Placement(placement), theme_id, by_person=by_person, looked_at=_at(looked_at)
        )


def _put_theme(theme: Theme, state: dict[str, Any] | None) -> None:
    if state is None:  # the act made it
        theme.dissolved_at = clock.now()
        return
    if "is_living" in state:
        theme.dissolved_at = None if state["is_living"] else theme.dissolved_at or clock.now()
    for name in FIELDS:
        if name in state and not (name == "machine_label" and _is_same_label(theme, state[name])):
            setattr(theme, name, state[name])
    if theme.title == UNNAMED and theme.machine_label.startswith(UNNAMED):
        theme.title = theme.machine_label[:120]


def _is_same_label(theme: Theme, label: str) -> bool:
    """Acts leave a resident's sentence out of it: then the theme still has it."""
    return states.themed(theme.machine_label) == label


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


def _put_quote(theme: Theme, place: list[int] | None) -> None:
    """A quotation comes back from where it is, as long as what it is from is counted."""
    theme.machine_quote = states.quoted(place, State.COUNTED) if place else ""
    if not theme.machine_label.startswith(UNNAMED):
        return
    theme.machine_label = UNNAMED
    if theme.machine_quote:
        theme.machine_label += text.excerpt(theme.machine_quote)
    if theme.title.startswith(UNNAMED):
        theme.title = theme.machine_label[:120]


def _lock(now: datetime | None, wanted: Any, found: Any) -> datetime | None:
    """When a theme was last worked on; what somebody did since stays."""
    if wanted is None or "locked_at" not in wanted:
        return now
    is_same = found is None or states.told(now) == found["locked_at"]
    return _at(wanted["locked_at"]) if is_same else now


def _put_answers(wanted: Rows, found: Rows, now: Rows) -> None:
    """An approval comes back when it is again of what was approved, and nobody worked since."""
    tx = db.session()
    for key, state in wanted.get("answers", {}).items():
        answer = tx.get(Answer, int(key))
        is_same = now["answers"].get(key) == found["answers"][key]
        if answer is None or "state" not in state or not is_same:
            continue
        if answer.remark or not _is_unworked(found, now):
            continue
        answer.state, answer.approved_by_id = state["state"], state["approved_by_id"]
        answer.approved_at = _at(state["approved_at"])
        answer.version += 1


def _is_unworked(found: Rows, now: Rows) -> bool:
    return all(
        now["themes"][key]["locked_at"] == state["locked_at"]
        for key, state in found.get("themes", {}).items()
        if state is not None and "locked_at" in state
    )


def _read(rows: Rows) -> Rows:
    """What was kept before locks, looks and approvals were, as far as it goes."""
    read: Rows = {kind: dict(found) for kind, found in rows.items()}
    for key, state in read.get("filings", {}).items():
        read["filings"][key] = [*state, None] if state and len(state) == 3 else state
    for key, state in read.get("themes", {}).items():
        if isinstance(state, list):
            is_living, _is_locked, *values = state
            read["themes"][key] = {
                "is_living": is_living,
                **dict(zip(FIELDS, values, strict=False)),  # the first four
            }
    for key, state in read.get("answers", {}).items():
        if not isinstance(state, dict):
            read["answers"][key] = {"theme_id": state}
    return read


def _at(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _themes(consultation: Consultation, ids: set[int]) -> dict[int, Theme]:
    query = select(Theme).where(Theme.id.in_(ids), Theme.consultation_id == consultation.id)
    return {row.id: row for row in db.session().scalars(db.locked(query.order_by(Theme.id)))}
