"""The map of a published edition: laid out once after it was published, then the same for good.

Its dots are the lines of the edition, so that its figures are the report's, whatever was moved or
taken down since; it holds no words but the titles the edition froze.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from sqlalchemy import select

from analysis import drawings, maps, spots, stores
from analysis.maps import Chart, Topic
from analysis.picture_models import EditionMap
from core import clock, db, jobs
from core.jobs import Running
from ledger.models import Edition, EditionGroup, EditionLine, OpinionText

KIND = "analysis.edition_map"


@jobs.handler(KIND)
def work(running: Running) -> None:
    """Lay the lines of one edition out, unless that was done."""
    edition_id = int(running.args["edition"])
    running.progress("read", 0, 1)
    query = (
        select(EditionGroup.number, EditionGroup.theme_id, EditionGroup.is_lone, OpinionText.body)
        .join(EditionLine, EditionLine.group_id == EditionGroup.id)
        .join(OpinionText, OpinionText.opinion_id == EditionLine.opinion_id)
        .where(EditionGroup.edition_id == edition_id)
        .order_by(EditionLine.number)
    )
    rows = db.session().execute(query).all()
    consultation_id = db.session().get_one(Edition, edition_id).report.consultation_id
    db.session().rollback()
    found = spots.arrange(
        [row.body for row in rows],
        [None if row.is_lone else row.theme_id for row in rows],
        running.progress,
        space=stores.space(consultation_id),
        known=stores.words(consultation_id),  # not kept: a text may be gone since it was published
    )
    running.progress("save", 0, 1)
    with db.transaction() as tx:
        if tx.get(EditionMap, edition_id) is None:
            placed = zip(rows, found.places, strict=True)
            tx.add(
                EditionMap(
                    edition_id=edition_id,
                    pitch=found.pitch,
                    spots=[[row.number, x, y] for row, (x, y) in placed],
                    made_at=clock.now(),
                )
            )


def renew() -> None:
    """Lay out every edition that has no map yet, each once."""
    missing = select(Edition.id).where(Edition.id.not_in(select(EditionMap.edition_id)))
    ids = db.session().scalars(missing.order_by(Edition.id)).all()
    if ids:
        jobs.enqueue_all(KIND, {f"edition-map:{one}": {"edition": one} for one in ids})


jobs.chore(renew)


def chart(edition: Edition) -> Chart | None:
    """The map of an edition (two statements), None until it is laid out or where nothing is."""
    made = db.session().scalar(
        select(EditionMap.made_at).where(EditionMap.edition_id == edition.id)
    )
    return _chart(edition.id, edition.hash) if made is not None else None


@lru_cache(maxsize=32)
def _chart(edition_id: int, _hash: str) -> Chart | None:
    """Nothing of it changes: drawn once in each process, by the edition's own hash."""
    laid = db.session().get_one(EditionMap, edition_id)
    query = select(EditionGroup).where(EditionGroup.edition_id == edition_id)
    groups = list(db.session().scalars(query.order_by(EditionGroup.number)))
    where = {g.number: "lone" if g.is_lone else g.theme_id for g in groups}
    if not laid.spots:
        return None
    rows = [(where[number], x, y) for number, x, y in laid.spots]
    return maps.compose(_topics(groups), rows, laid.pitch, made=laid.made_at)


def _topics(groups: list[EditionGroup]) -> list[Topic]:
    """Themes in the report's order; single answers apart count with the theme they were filed in.

    人 is known of a theme that got one answer: people are not added up over several.
    """
    of_theme: dict[int, list[EditionGroup]] = defaultdict(list)
    for group in groups:
        if not group.is_lone and group.theme_id is not None:
            of_theme[group.theme_id].append(group)
    rank = {theme_id: n for n, theme_id in enumerate(sorted(of_theme))}
    return [
        Topic(
            id=theme_id,
            public_id=str(same[0].number),
            title=same[0].title,
            level1=same[0].level1,
            opinions=sum(group.opinion_count for group in same),
            people=same[0].people_count if len(same) == 1 else 0,
            mark=drawings.mark(rank[theme_id]),
        )
        for theme_id, same in of_theme.items()
    ]
