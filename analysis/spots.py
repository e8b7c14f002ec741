"""Where each opinion lies on the map: laid out by a job from where it stands, and kept.

A page only reads. What moved or came since is found by comparing, so nobody has to say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select

from analysis import renewals, stores
from analysis.picture_models import Picture, Spot
from core import clock, db, jobs
from core.jobs import Job, Running
from ledger.models import Consultation, Filing, Opinion, OpinionText, State, Theme

if TYPE_CHECKING:
    from analysis.caches import Cache
    from analysis.vectors import Space

KIND = "analysis.map"
RENEWED_AFTER = timedelta(hours=1)
UNIT = 10_000
_BATCH = 2_000


def lay_out(actor: Any, consultation: Consultation) -> Job:
    """Have the map laid out from where opinions stand now; one under way is returned."""
    return renewals.ask(actor, KIND, consultation)


@dataclass(frozen=True)
class Arranged:
    """Texts on the plane, in their order: (x, y) and nearness to the middle, all 0 to `UNIT`."""

    places: list[tuple[int, int]]
    centrality: list[int]
    pitch: int


@jobs.handler(KIND)
def work(running: Running) -> None:
    """Read, place, keep. Done again it ends in the same state."""
    consultation_id = int(running.args["consultation"])
    running.progress("read", 0, 1)
    rows = _standing(consultation_id)
    bodies = [row.body for row in rows]
    known = stores.words(consultation_id)
    found = arrange(
        bodies,
        [row.theme_id for row in rows],
        running.progress,
        space=stores.space(consultation_id),
        known=known,
    )
    stores.keep(consultation_id, known, bodies)
    running.progress("save", 0, 1)
    spots = [
        {"opinion_id": row.id, "x": x, "y": y, "centrality": near, "theme_id": row.theme_id}
        for row, (x, y), near in zip(rows, found.places, found.centrality, strict=True)
    ]
    _keep(consultation_id, spots, pitch=found.pitch)
    running.result = {"opinions": len(rows)}


def arrange(
    bodies: Sequence[str],
    theme_ids: Sequence[int | None],
    progress: Callable[[str, int, int], None],
    *,
    space: Space | None,
    known: Cache,
) -> Arranged:
    """Lay texts out: those of a theme together, the others near what they resemble.

    In the consultation's frozen `space`, if it has one, so that newcomers do not change what is
    like what. Same texts, themes and space, same places; only where a job runs.
    """
    from analysis import layouts, tokens, vectors  # 3 s and 120 MB
    from analysis.clusters import Grouping

    read = tokens.read(bodies, known=known, progress=lambda done, of: progress("tokens", done, of))
    words = [tokens.join(sentence.words for sentence in parts) for parts in read]
    progress("vectors", 0, 1)
    placed = (space or vectors.fit(words)).place(words)
    progress("layout", 0, 1)
    members: dict[int, list[int]] = defaultdict(list)
    loose: list[int] = []
    for index, theme_id in enumerate(theme_ids):
        (loose if theme_id is None else members[theme_id]).append(index)
    grouping = Grouping(
        members=tuple(sorted(tuple(inside) for inside in members.values())),
        lone=tuple(index for index in loose if placed.placed[index]),
        unplaced=tuple(index for index in loose if not placed.placed[index]),
    )
    points = layouts.plane(placed, grouping)
    centrality = [0] * len(bodies)
    for inside in members.values():
        middle = placed.rows[inside].mean(axis=0)
        for index in inside:
            centrality[index] = _share(placed.rows[index] @ middle)
    places = [(round(float(x) * UNIT), round(float(y) * UNIT)) for x, y in points]
    return Arranged(places, centrality, _pitch(points))


def renew() -> None:
    """Lay out what has no map yet, and anew what changed since, each at most once an hour."""
    changed = or_(Spot.opinion_id.is_(None), Spot.theme_id.is_distinct_from(Filing.theme_id))
    query = (
        select(Consultation.id, Consultation.slug)
        .join(Opinion, Opinion.consultation_id == Consultation.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Spot, Spot.opinion_id == Opinion.id)
        .outerjoin(Picture, Picture.consultation_id == Consultation.id)
        .where(
            Opinion.state == State.COUNTED,
            changed,
            or_(Picture.made_at.is_(None), Picture.made_at < clock.now() - RENEWED_AFTER),
            Consultation.id.in_(
                select(Theme.consultation_id).where(Theme.dissolved_at.is_(None)).distinct()
            ),
        )
        .group_by(Consultation.id, Consultation.slug)
        .order_by(Consultation.id)
    )
    renewals.renew(KIND, query)


jobs.chore(renew)


def newest(consultation: Consultation) -> Job | None:
    """The latest job that laid out this map, whatever became of it."""
    return renewals.newest(KIND, consultation)


def made_at(consultation: Consultation) -> datetime | None:
    """When the map was laid out last (one statement)."""
    query = select(Picture.made_at).where(Picture.consultation_id == consultation.id)
    return db.session().scalar(query)


def _standing(consultation_id: int) -> Sequence[Any]:
    query = (
        select(Opinion.id, OpinionText.body, Filing.theme_id)
        .join(OpinionText, OpinionText.opinion_id == Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation_id, Opinion.state == State.COUNTED)
        .order_by(Opinion.seq)
    )
    found = db.session().execute(query).all()
    db.session().rollback()
    return found


def _keep(consultation_id: int, rows: Sequence[dict[str, Any]], *, pitch: int) -> None:
    here = select(Opinion.id).where(Opinion.consultation_id == consultation_id)
    with db.transaction() as tx:
        tx.execute(delete(Spot).where(Spot.opinion_id.in_(here)))
        for start in range(0, len(rows), _BATCH):
            tx.execute(insert(Spot), rows[start : start + _BATCH])
        tx.execute(delete(Picture).where(Picture.consultation_id == consultation_id))
        tx.execute(
            insert(Picture).values(
                consultation_id=consultation_id, pitch=pitch, made_at=clock.now()
            )
        )


def _pitch(points: Any) -> int:
    """The distance of neighbouring dots: one tenth lie nearer than this to their next."""
    import numpy as np
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return UNIT // 24
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    return max(1, round(float(np.quantile(nearest, 0.1)) * UNIT))


def _share(cosine: Any) -> int:
    return round(max(0.0, min(1.0, float(cosine))) * UNIT)


def is_behind(consultation: Consultation) -> bool:
    """Whether opinions moved or came since the map was laid out (one statement)."""
    query = (
        select(Opinion.id)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Spot, Spot.opinion_id == Opinion.id)
        .where(
            and_(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED),
            or_(Spot.opinion_id.is_(None), Spot.theme_id.is_distinct_from(Filing.theme_id)),
        )
        .limit(1)
    )
    return db.session().scalar(query) is not None
