"""Acts on the themes desk: noted with who and when; the last ones can be undone and redone.

An act remembers what it changed as it was before and after. Undoing puts back the one when the
other still stands, and refuses when somebody has changed the same since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from core import clock, db, record
from core.errors import Conflict
from core.messages import Message, _
from core.permissions import require
from ledger import journals, snapshots
from ledger.models import Act, Consultation

KEPT = 50  # acts of one person that can be undone (issue 5)


@dataclass
class Note:
    """What is said of an act, once it is known how it went."""

    said: Message | None = None
    themes: set[int] = field(default_factory=set)


@contextmanager
def noting(
    actor: Any, consultation: Consultation, kind: str, *, can_undo: bool = True
) -> Iterator[Note]:
    """Run a block as one act of `actor`: one transaction, noted with what it changed.

    Acts of one consultation wait for each other, so that none takes another's change for its own.
    """
    note = Note()
    with db.transaction() as tx:
        tx.scalars(db.locked(select(Consultation).where(Consultation.id == consultation.id))).one()
        with journals.keeping() as journal:
            yield note
        tx.flush()
        before, after = snapshots.changed(journal)
        note.themes |= snapshots.themes_in(before) | snapshots.themes_in(after)
        if note.said is not None:
            tx.add(
                Act(
                    consultation_id=consultation.id,
                    account_id=actor.id,
                    at=clock.now(),
                    kind=kind,
                    msgid=note.said.msgid,
                    values={k: _plain(v) for k, v in note.said.values.items()},
                    before=before,
                    after=after,
                    can_undo=can_undo and bool(before or after),
                )
            )
            tx.flush()


def tell(actor: Any, consultation: Consultation, kind: str, said: Message) -> None:
    """Note an act that is not undone here: an answer, a run."""
    with db.transaction() as tx:
        values = {k: _plain(v) for k, v in said.values.items()}
        tx.add(
            Act(
                consultation_id=consultation.id,
                account_id=actor.id,
                at=clock.now(),
                kind=kind,
                msgid=said.msgid,
                values=values,
                before={},
                after={},
                can_undo=False,
            )
        )


def next_undo(actor: Any, consultation: Consultation) -> Act | None:
    """What 元に戻す would undo for this person."""
    return next((act for act in _recent(actor, consultation) if act.undone_at is None), None)


def next_redo(actor: Any, consultation: Consultation) -> Act | None:
    """What やり直す would do again: the last one undone, when nothing was done since."""
    found: Act | None = None
    for act in _recent(actor, consultation):
        if act.undone_at is None:
            break
        found = act
    return found


def undo(actor: Any, consultation: Consultation) -> Act | None:
    """Put back what this person did last; raises `Conflict` when somebody changed it since."""
    return _turn(actor, consultation, next_undo(actor, consultation), is_undo=True)


def redo(actor: Any, consultation: Consultation) -> Act | None:
    """Do again what this person undid last; raises `Conflict` like `undo`."""
    return _turn(actor, consultation, next_redo(actor, consultation), is_undo=False)


def give_up(actor: Any, consultation: Consultation, *, is_undo: bool) -> None:
    """Leave an act that can not be turned as it is, so that the one before it can be."""
    turn = next_undo if is_undo else next_redo
    with db.transaction():
        act = turn(actor, consultation)
        if act is not None:
            act.can_undo = False


def listed(consultation: Consultation, *, offset: int = 0, limit: int = 50) -> list[Act]:
    """Who did what when, newest first."""
    query = _told().where(Act.consultation_id == consultation.id).order_by(Act.id.desc())
    return list(db.session().scalars(query.offset(offset).limit(limit)))


def count(consultation: Consultation) -> int:
    query = select(func.count(Act.id)).where(Act.consultation_id == consultation.id)
    return db.session().scalar(query) or 0


def _told() -> Any:
    """Acts to read about; what they changed is left where it is, thousands of rows maybe."""
    return select(Act).options(defer(Act.before), defer(Act.after))


def _recent(actor: Any, consultation: Consultation) -> list[Act]:
    query = _told().where(
        Act.account_id == actor.id, Act.consultation_id == consultation.id, Act.can_undo.is_(True)
    )
    return list(db.session().scalars(query.order_by(Act.id.desc()).limit(KEPT)))


def _turn(actor: Any, consultation: Consultation, act: Act | None, *, is_undo: bool) -> Act | None:
    require(actor, "themes.work", consultation)
    if act is None:
        return None
    with db.transaction() as tx:
        tx.scalars(db.locked(select(Consultation).where(Consultation.id == consultation.id))).one()
        row = tx.scalars(db.locked(select(Act).where(Act.id == act.id))).one()
        if (row.undone_at is None) != is_undo:  # pressed twice: the first press did it
            return row
        expected, wanted = (row.after, row.before) if is_undo else (row.before, row.after)
        if not snapshots.holds(expected):
            raise Conflict(
                _(
                    "「%(act)s」は、そのあとほかの人が同じところを変えたので、戻せません。"
                    "いまのままにしておきました。",
                    act=row.said,
                )
            )
        snapshots.restore(consultation, wanted, expected)
        row.undone_at = clock.now() if is_undo else None
        record.append(
            "act.undone" if is_undo else "act.redone",
            consultation.scope,
            role="officer",
            scope=consultation.scope,
            act=row.kind,
        )
        return row


def _plain(value: object) -> object:
    return value if isinstance(value, int) else str(value)
