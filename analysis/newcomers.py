"""Newcomers: opinions that came after the grouping, and the themes they may belong to.

A job asks `suggestions` and keeps the answer; nothing is filed by itself. A person takes one, or
all of a kind at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from analysis import desks, pointings, stores
from analysis.events import DeskChanged
from analysis.models import NearCopy, Suggested
from core import db, events, jobs
from core.errors import Invalid
from core.jobs import Running
from core.messages import _
from core.permissions import require
from ledger import themes
from ledger.events import OpinionsReceived
from ledger.models import Consultation, Filing, Opinion, OpinionText, Placement, State, Theme

KIND = "analysis.suggest"
LEAST = (0.7, 0.6, 0.5, 0.4)  # what "all of a kind" can be bounded by
PAUSE = timedelta(seconds=20)  # acts on the desk come in rows: one look for all of them
LONG_PAUSE = timedelta(minutes=2)  # opinions come all day, and a look at 10,000 takes 15 s


def wish(consultation: Consultation, *, delay: timedelta) -> None:
    """Have newcomers looked at soon, if there are any and themes to suggest."""
    tx = db.session()
    here = (Theme.consultation_id == consultation.id, Theme.dissolved_at.is_(None))
    if tx.scalar(select(Theme.id).where(*here).limit(1)) is None:
        return
    if tx.scalar(select(Opinion.id).where(*_unfiled(consultation.id)).limit(1)) is None:
        return
    jobs.enqueue(
        KIND,
        {"consultation": consultation.id},
        key=f"suggest:{consultation.id}",
        scope=consultation.scope,
        delay=delay,
    )


def look(actor: Any, consultation: Consultation) -> None:
    """Somebody asks for suggestions now."""
    require(actor, "themes.work", consultation)
    wish(consultation, delay=timedelta(0))
    jobs.hasten(f"suggest:{consultation.id}")


@events.subscribe(OpinionsReceived)
def received(event: OpinionsReceived) -> None:
    """New opinions wait for a look."""
    _wish(event.consultation_id, LONG_PAUSE)


@events.subscribe(DeskChanged)
def changed(event: DeskChanged) -> None:
    """Themes are others now: so are the suggestions for who waits."""
    _wish(event.consultation_id, PAUSE)


@jobs.handler(KIND)
def suggest(running: Running) -> None:
    """Score newcomers against the themes; keep the three best of each. Redone, it ends the same."""
    from analysis import copies as likenesses
    from analysis import suggestions, tokens, vectors  # 3 s: only where a job runs

    running.progress("read", 0, 1)
    consultation_id = running.args["consultation"]
    filed, new = _texts(consultation_id)
    bodies = [body for _id, _theme, body in filed] + [body for _id, _theme, body in new]
    known = stores.words(consultation_id)
    read = tokens.read(
        bodies, known=known, progress=lambda done, of: running.progress("tokens", done, of)
    )
    stores.keep(consultation_id, known, bodies)
    words = [tokens.join(sentence.words for sentence in parts) for parts in read]
    running.progress("vectors", 0, 1)
    space = stores.space(consultation_id) or vectors.fit(words[: len(filed)])
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, (_id, theme_id, _body) in enumerate(filed):
        members[str(theme_id)].append(row)
    best = suggestions.top(
        space.place(words[: len(filed)]), members, space.place(words[len(filed) :])
    )
    near = likenesses.near(bodies)
    ids = [one[0] for one in (*filed, *new)]
    pointed = pointings.propose(bodies, read, range(len(filed), len(bodies)))
    running.progress("save", 0, 1)
    with db.transaction() as tx:
        _forget(consultation_id)
        rows = [
            {"opinion_id": one[0], "rank": rank, "theme_id": int(s.theme), "score": s.score}
            for one, found in zip(new, best, strict=True)
            for rank, s in enumerate(found, start=1)
        ]
        if rows:
            tx.execute(insert(Suggested), rows)
        likes = [
            {"opinion_id": ids[c.text], "of_id": ids[c.of], "likeness": c.likeness}
            for c in near
            if c.likeness < 1.0
        ]
        if likes:
            tx.execute(insert(NearCopy), likes)
        pointings.keep(ids[len(filed) :], {row - len(filed): cuts for row, cuts in pointed.items()})
    running.result = {"newcomers": len(new)}


def take_all(
    actor: Any, consultation: Consultation, least: float, theme: Theme | None = None
) -> int:
    """File every newcomer whose first suggestion scores `least` or more; returns how many.

    With a theme, only those it is the first suggestion of.
    """
    if least not in LEAST:
        raise Invalid("least", _("点数を選んでください。"))
    query = (
        select(Suggested.opinion_id, Suggested.theme_id)
        .join(Opinion, Opinion.id == Suggested.opinion_id)
        .join(Theme, Theme.id == Suggested.theme_id)
        .where(
            *_unfiled(consultation.id),
            Suggested.rank == 1,
            Suggested.score >= least,
            Theme.dissolved_at.is_(None),
        )
    )
    if theme is not None:
        query = query.where(Suggested.theme_id == theme.id)
    return _file(actor, consultation, query)


def follow(actor: Any, consultation: Consultation) -> int:
    """Let exact copies go where the opinion they copy was filed; returns how many did."""
    return _file(actor, consultation, copies(consultation))


def copies(consultation: Consultation) -> Any:
    """(opinion, theme) of who waits and says exactly what stands in a theme already."""
    there = (
        select(OpinionText.fold_key, func.min(Filing.theme_id).label("theme_id"))
        .join(Opinion, Opinion.id == OpinionText.opinion_id)
        .join(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation.id, Filing.theme_id.is_not(None))
        .group_by(OpinionText.fold_key)
        .subquery()
    )
    return (
        select(Opinion.id, there.c.theme_id)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .join(there, there.c.fold_key == OpinionText.fold_key)
        .where(*_unfiled(consultation.id))
    )


def _file(actor: Any, consultation: Consultation, query: Any) -> int:
    """File (opinion, theme) rows, as one act."""
    with desks.act(actor, consultation, "suggested") as note:
        where: defaultdict[int, list[int]] = defaultdict(list)
        for opinion_id, theme_id in db.session().execute(query):
            where[theme_id].append(opinion_id)
        for theme_id, ids in sorted(where.items()):
            theme = db.session().get_one(Theme, theme_id)
            themes.move(actor, consultation, ids, theme)
        count = sum(map(len, where.values()))
        if count:
            note.said = _("候補のとおりに%(count)s件を入れました。", count=count)
    return count


def _wish(consultation_id: int, delay: timedelta) -> None:
    consultation = db.session().get(Consultation, consultation_id)
    if consultation is not None:
        with db.transaction():
            wish(consultation, delay=delay)


def _texts(consultation_id: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """(id, theme, text) of what stands in living themes, and of what stands nowhere."""
    query = (
        select(Opinion.id, Filing.theme_id, OpinionText.body)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation_id, Opinion.state == State.COUNTED)
        .order_by(Opinion.seq)
    )
    tx = db.session()
    filed = tx.execute(query.where(Filing.placement == Placement.THEME)).all()
    return filed, tx.execute(query.where(Filing.opinion_id.is_(None))).all()


def _forget(consultation_id: int) -> None:
    here = select(Opinion.id).where(Opinion.consultation_id == consultation_id)
    for table in (Suggested, NearCopy):
        db.session().execute(
            delete(table)
            .where(table.opinion_id.in_(here))
            .execution_options(synchronize_session=False)
        )


def _unfiled(consultation_id: int) -> Collection[Any]:
    filed = select(Filing.opinion_id)
    return (
        Opinion.consultation_id == consultation_id,
        Opinion.state == State.COUNTED,
        Opinion.id.not_in(filed),
    )
