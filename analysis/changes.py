"""Changes: what a run would do on a desk where people have worked, for a person to decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from analysis import desks, differences
from analysis.differences import LONE, UNFILED, Place
from analysis.models import Change, Run, RunState
from core import clock, db, events
from core.errors import NotFound
from core.messages import _
from core.permissions import require
from ledger import acts, adoptions, filings, themes
from ledger.adoptions import Proposal
from ledger.events import OpinionChanged
from ledger.filings import UNNAMED
from ledger.models import Answer, Consultation, Filing, Opinion, Placement, State, Theme


def is_worked_on(consultation: Consultation) -> bool:
    """Whether there was a run before and a person has filed, named or answered anything."""
    tx = db.session()
    if tx.scalar(select(Run.id).where(Run.consultation_id == consultation.id).limit(1)) is None:
        return False
    here = Opinion.consultation_id == consultation.id
    worked: list[Any] = [
        select(Theme.id).where(
            Theme.consultation_id == consultation.id,
            Theme.dissolved_at.is_(None),
            Theme.locked_at.is_not(None),
        ),
        select(Filing.opinion_id).join(Opinion).where(here, Filing.by_person.is_(True)),
        select(Answer.id).join(Answer.opinion).where(here),
        select(Answer.id).join(Answer.theme).where(Theme.consultation_id == consultation.id),
    ]
    return any(tx.scalar(query.limit(1)) is not None for query in worked)


def propose(
    run: Run, consultation: Consultation, proposals: Sequence[Proposal], lone_ids: Iterable[int]
) -> None:
    """Note what a run would change now; what an earlier run left undecided is closed."""
    with db.transaction() as tx:
        for other in tx.scalars(_open(consultation)):
            if other.id != run.id:
                other.state = RunState.DECIDED
        brought = differences.between(
            _places(consultation),
            [proposal.opinion_ids for proposal in proposals],
            lone_ids,
            tx.scalars(select(Theme.id).where(filings.untouched_theme(consultation))),
        )
        for one in brought:
            proposal = proposals[one.group] if one.group is not None else None
            tx.add(
                Change(
                    run_id=run.id,
                    theme_id=one.to if isinstance(one.to, int) else None,
                    is_lone=one.to == LONE,
                    label=proposal.label if proposal else "",
                    quote=proposal.quote if proposal else "",
                    confidence=proposal.confidence if proposal else 0,
                    moves=[[place, list(ids)] for place, ids in one.moves],
                )
            )
        if not brought:
            run.state = RunState.DECIDED
        tx.flush()


def waiting(consultation: Consultation) -> Run | None:
    """The run whose changes wait for a person."""
    query = _open(consultation).order_by(Run.id.desc()).limit(1)
    return db.session().scalars(query).one_or_none()


def of(run: Run) -> list[Change]:
    return list(
        db.session().scalars(select(Change).where(Change.run_id == run.id).order_by(Change.id))
    )


def open_count(consultation: Consultation) -> int:
    """How many changes nobody has decided."""
    query = (
        select(func.count(Change.id))
        .join(Change.run)
        .where(
            Run.consultation_id == consultation.id,
            Run.state == RunState.OPEN,
            Change.is_accepted.is_(None),
        )
    )
    return db.session().scalar(query) or 0


def find(run: Run, public_id: str) -> Change:
    query = select(Change).where(Change.run_id == run.id, Change.public_id == public_id)
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def accept(actor: Any, consultation: Consultation, chosen: Sequence[Change]) -> int:
    """Do what these changes say with what still stands as it stood; returns how many moved."""
    moved = 0
    with desks.act(actor, consultation, "accepted") as note:
        now = _places(consultation)
        for change in chosen:
            row = _fresh(change)
            if row.is_accepted is not None:
                continue
            ids = [i for place, members in row.moves for i in members if now.get(i) == place]
            _bring(actor, consultation, row, ids)
            for opinion_id in ids:
                del now[opinion_id]  # a person has placed it now
            moved += len(ids)
            _decide(actor, row, is_accepted=True)
        note.said = _("機械の案を受け入れて、%(count)s件を移しました。", count=moved)
    _finish(consultation)
    return moved


def refuse(actor: Any, consultation: Consultation, chosen: Sequence[Change]) -> None:
    """Leave everything where it is."""
    require(actor, "themes.work", consultation)
    with db.transaction():
        for change in chosen:
            row = _fresh(change)
            if row.is_accepted is None:
                _decide(actor, row, is_accepted=False)
        said = _("機械の案を見送りました（%(count)s）。", count=len(chosen))
        acts.tell(actor, consultation, "refused", said)
    _finish(consultation)


@events.subscribe(OpinionChanged)
def taken_back(event: OpinionChanged) -> None:
    """Drop quotations of an opinion that is no longer counted from changes that wait."""
    if event.state == State.COUNTED:
        return
    consultation = db.session().get_one(Consultation, event.consultation_id)
    with db.transaction() as tx:
        for change in tx.scalars(select(Change).join(Change.run).where(*_of(consultation))):
            if any(event.opinion_id in members for _place, members in change.moves):
                change.quote = ""
                if change.label.startswith(UNNAMED):
                    change.label = UNNAMED


def _bring(actor: Any, consultation: Consultation, change: Change, ids: list[int]) -> None:
    if not ids:
        return
    if change.is_lone:
        themes.move(actor, consultation, ids, Placement.LONE)
    elif change.theme_id is not None:
        theme = themes.current(db.session().get_one(Theme, change.theme_id))
        themes.move(actor, consultation, ids, theme)
    else:
        proposal = Proposal(change.label, change.quote, change.confidence, tuple(ids))
        if len(ids) < change.opinion_count:  # who said it may have taken it back
            proposal = adoptions.without_quote(proposal)
        themes.gather(actor, consultation, ids, proposal.label[:120], proposal=proposal)
    left = {place for place, _members in change.moves if isinstance(place, int)}
    _clear(actor, left)


def _clear(actor: Any, theme_ids: set[int]) -> None:
    """Take away themes of the machine that this has emptied."""
    filled = select(Filing.theme_id).where(Filing.theme_id.in_(theme_ids))
    answered = select(Answer.theme_id).where(Answer.theme_id.in_(theme_ids))
    query = select(Theme).where(
        Theme.id.in_(theme_ids),
        Theme.id.not_in(filled),
        Theme.id.not_in(answered),
        Theme.dissolved_at.is_(None),
    )
    for theme in db.session().scalars(query):
        themes.dissolve(actor, theme)


def _fresh(change: Change) -> Change:
    return db.session().scalars(db.locked(select(Change).where(Change.id == change.id))).one()


def _decide(actor: Any, change: Change, *, is_accepted: bool) -> None:
    change.is_accepted, change.decided_by_id = is_accepted, actor.id
    change.decided_at = clock.now()


def _finish(consultation: Consultation) -> None:
    if open_count(consultation):
        return
    with db.transaction() as tx:
        for run in tx.scalars(_open(consultation)):
            run.state = RunState.DECIDED


def _open(consultation: Consultation) -> Any:
    return select(Run).where(*_of(consultation))


def _of(consultation: Consultation) -> tuple[ColumnElement[bool], ...]:
    return (Run.consultation_id == consultation.id, Run.state == RunState.OPEN)


def _places(consultation: Consultation) -> dict[int, Place]:
    """Where every counted opinion stands that no person has placed."""
    query = (
        select(Opinion.id, Filing.placement, Filing.theme_id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
        .where(_is_free())
    )
    return {
        row.id: row.theme_id if row.theme_id is not None else row.placement or UNFILED
        for row in db.session().execute(query)
    }


def _is_free() -> ColumnElement[bool]:
    own = select(Answer.opinion_id).where(Answer.opinion_id.is_not(None))
    return and_(
        or_(Filing.opinion_id.is_(None), Filing.by_person.is_(False)), Opinion.id.not_in(own)
    )
