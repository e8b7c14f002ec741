"""The opinion map: every counted opinion one dot, drawn from the spots a job has laid out.

What is drawn is asked of the ledger each time: an opinion that stopped being counted has no dot,
one that came later stands under the others until the map is laid out anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from analysis import drawings, names, spots
from analysis.drawings import Frame, Mark, Place
from analysis.names import Land, Name
from analysis.picture_models import Picture, Spot
from core import db, record
from ledger import queries
from ledger.filings import UNNAMED
from ledger.models import Consultation, Filing, Opinion, Placement, State, Theme

LARGE_SCALE = 0.45


@dataclass(frozen=True)
class Topic:
    """A theme as the picture and its table tell it."""

    id: int
    public_id: str
    title: str
    level1: str
    opinions: int
    people: int
    mark: Mark
    is_named: bool = True


@dataclass(frozen=True)
class Ground:
    """A theme on the map: its dots as one path, the disc they lie in, and its name if it has room.

    `theme` is None for those that stand alone (`mark` says ring) or nowhere yet (dash).
    """

    theme: Topic | None
    mark: Mark
    path: str
    land: tuple[float, float, float] | None = None
    name: Name | None = None


@dataclass(frozen=True)
class Chart:
    """The whole map: in_themes + lone + unfiled dots, and how many the layout did not know."""

    topics: tuple[Topic, ...]
    grounds: tuple[Ground, ...]
    height: float
    radius: float
    in_themes: int
    lone: int
    unfiled: int
    new: int
    made_at: datetime | None
    scale: float = 1.0

    @property
    def dots(self) -> int:
        return self.in_themes + self.lone + self.unfiled

    @property
    def named(self) -> list[Ground]:
        return [one for one in self.grounds if one.name is not None]

    @property
    def width(self) -> float:
        return drawings.WIDTH

    @property
    def size(self) -> float:
        """The height of the writing."""
        return round(names.SIZE * self.scale, 1)

    @property
    def line(self) -> float:
        """From one line of a name to the next."""
        return round(names.LINE * self.scale, 1)

    @property
    def stroke(self) -> float:
        """How thick the lines of a shape are that is not filled."""
        return round(max(self.radius * 0.5, 0.9), 1)


def chart(
    consultation: Consultation, *, only_adopted: bool = False, is_large: bool = False
) -> Chart:
    """The map as it stands (at most five statements), drawn once for each change of the record.

    `is_large` is for a drawing more than twice as wide, with room for more names. `only_adopted`
    leaves the others' dots where they are but tells of no theme that people have not named: what
    everybody may see.
    """
    made = spots.made_at(consultation)
    key = ("map", consultation.id, only_adopted, is_large, made)
    scale = LARGE_SCALE if is_large else 1.0
    return record.unchanged(key, lambda: _chart(consultation, made, only_adopted, scale))


def topics(consultation: Consultation, *, only_adopted: bool = False) -> tuple[Topic, ...]:
    """The living themes with members, in the order of the desk (one statement).

    Shape and colour go by age, so that a new theme changes nobody else's.
    """
    rows = [row for row in queries.themes_of(consultation) if row.opinions]
    rank = {theme_id: n for n, theme_id in enumerate(sorted(row.theme.id for row in rows))}
    return tuple(
        Topic(
            row.theme.id,
            row.theme.public_id,
            row.theme.title.removeprefix(UNNAMED),
            row.theme.level1,
            row.opinions,
            row.people,
            drawings.mark(rank[row.theme.id]),
            is_named=not row.theme.title.startswith(UNNAMED),
        )
        for row in rows
        if not only_adopted or is_adopted(row.theme)
    )


def is_adopted(theme: Theme) -> bool:
    """Whether people have taken a theme up and named it: a machine's title may quote anybody."""
    return theme.locked_at is not None and not theme.title.startswith(UNNAMED)


# ── drawing ──


def _chart(
    consultation: Consultation, made: datetime | None, only_adopted: bool, scale: float
) -> Chart:
    told = topics(consultation, only_adopted=only_adopted)
    pitch = db.session().scalar(
        select(Picture.pitch).where(Picture.consultation_id == consultation.id)
    )
    query = (
        select(Filing.placement, Filing.theme_id, Spot.x, Spot.y)
        .select_from(Opinion)
        .outerjoin(Filing, Filing.opinion_id == Opinion.id)
        .outerjoin(Spot, Spot.opinion_id == Opinion.id)
        .where(Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED)
        .order_by(Opinion.seq)
    )
    rows = [
        (row.theme_id or ("lone" if row.placement == Placement.LONE else None), row.x, row.y)
        for row in db.session().execute(query)
    ]
    return compose(told, rows, pitch, made=made, scale=scale)


def compose(
    told: Sequence[Topic],
    rows: Sequence[tuple[int | str | None, int | None, int | None]],
    pitch: int | None,
    *,
    made: datetime | None,
    scale: float = 1.0,
) -> Chart:
    """Draw rows of (theme's id, "lone" or None; x; y), where x and y may not be known yet.

    A theme that is not among those told of is drawn like what stands nowhere yet.
    """
    known = [(float(x), float(y)) for _where, x, y in rows if x is not None and y is not None]
    step = float(pitch or spots.UNIT / 24)
    late = drawings.below(len(rows) - len(known), known, step)
    frame = drawings.frame([*known, *late], step)
    stand, waiting = iter(known), iter(late)
    shown = {"lone", *(topic.id for topic in told)}
    places: dict[int | str | None, list[Place]] = defaultdict(list)
    for where, x, _y in rows:
        place = frame.of(next(waiting) if x is None else next(stand))
        places[where if where in shown else None].append(place)
    inside = [topic for topic in told if places[topic.id]]
    return Chart(
        topics=tuple(inside),
        grounds=_grounds(inside, places, frame, scale),
        height=frame.height,
        radius=frame.radius,
        in_themes=sum(len(places[topic.id]) for topic in inside),
        lone=len(places["lone"]),
        unfiled=len(places[None]),
        new=len(late),
        made_at=made,
        scale=scale,
    )


def _grounds(
    told: Sequence[Topic],
    places: dict[int | str | None, list[Place]],
    frame: Frame,
    scale: float,
) -> tuple[Ground, ...]:
    lands = {topic.id: drawings.land(places[topic.id], frame.radius) for topic in told}
    every = [place for some in places.values() for place in some]
    wanted = [Land(topic.id, topic.title, *lands[topic.id]) for topic in told]
    stand = names.place(
        wanted,
        every,
        width=drawings.WIDTH,
        height=frame.height,
        radius=frame.radius,
        scale=scale,
    )
    named = {name.key: name for name in stand}
    loose = [
        Ground(None, mark, drawings.path(places[where], mark.shape, frame.radius))
        for where, mark in ((None, drawings.UNFILED), ("lone", drawings.LONE))
        if places[where]
    ]
    return (
        *loose,
        *(
            Ground(
                topic,
                topic.mark,
                drawings.path(places[topic.id], topic.mark.shape, frame.radius),
                lands[topic.id],
                named.get(topic.id),
            )
            for topic in told
        ),
    )
