"""Where the opinions lie on the map: themes that are alike lie near, no two on one spot.

A dot is an opinion and all dots are of one size: a theme takes room for its members and no more.
What is drawn with it is for the page.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.preprocessing import normalize

from analysis import threads
from analysis.clusters import Grouping
from analysis.vectors import Vectors

Points = NDArray[np.float64]

# Stress is brought down for so many themes, the largest; the others go where these draw them.
LANDMARKS = 600
_STRESS_ROUNDS = 60
_PUSH_ROUNDS = 400
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
# Free space around a theme, in dots; and how much of the plane themes cover before they are
# pushed apart: enough to see lands, not so much that they have no room to go round each other.
_MARGIN = 0.9
_DENSITY = 0.5
# Themes under one heading lie so much nearer than their words alone would put them.
_UNDER_ONE_HEADING = 0.45


def plane(
    vectors: Vectors, grouping: Grouping | None = None, headings: Sequence[int] = ()
) -> Points:
    """(n, 2) a place for every row, in [0, 1] both ways, one length being the same along each.

    With a `grouping` its themes are discs that do not overlap, the most central member in the
    middle; lone ones lie by themselves near what they resemble; unplaced ones stand in rows below
    all others (y grows downwards, as in SVG). `headings` has one number for each theme, from
    `levels`: themes under one heading are drawn nearer to each other. Without a grouping,
    rows lie along their two chief axes.
    Distances between themes follow the cosine distances of their centres as well as a plane allows
    (metric scaling from its classical solution: Torgerson 1952, de Leeuw 1977). No seed, no chance:
    same rows and groups, same places.
    """
    with threads.one():
        return _fit(
            _principal(vectors.rows) if grouping is None else _map(vectors, grouping, headings)
        )


def _map(vectors: Vectors, grouping: Grouping, headings: Sequence[int]) -> Points:
    """(n, 2) a place for every row, in units of a dot's width."""
    discs = [*grouping.members, *((one,) for one in grouping.lone)]
    found = np.zeros((grouping.text_count, 2))
    if discs:
        placed = _place(vectors, discs, headings)
        for members, spot in zip(discs, placed, strict=True):
            order = np.array(members)[_central_first(vectors.rows[list(members)])]
            found[order] = spot + _sunflower(len(members))
    if grouping.unplaced:
        _stand_below(found, grouping)
    return found


def dot(points: Points) -> float:
    """The width a dot may have to touch its neighbours and cover none, in the plane's units."""
    if len(points) < 2:
        return 0.05
    distances, _ = cKDTree(points).query(points, k=2)
    return float(np.clip(np.median(distances[:, 1]), 1e-4, 0.05))


def centres(points: Points, grouping: Grouping) -> Points:
    """(themes, 2) the middle of each theme on the map: where its name stands."""
    found = [points[list(members)].mean(axis=0) for members in grouping.members]
    return np.array(found).reshape(-1, 2)


def _place(vectors: Vectors, discs: Sequence[Sequence[int]], headings: Sequence[int]) -> Points:
    """(discs, 2) the middle of each disc, in units of a dot's width."""
    rows = normalize(np.array([vectors.rows[list(members)].mean(axis=0) for members in discs]))
    sizes = np.array([len(members) for members in discs])
    chief = np.argsort(-sizes, kind="stable")[:LANDMARKS]
    spots = np.empty((len(discs), 2))
    under = np.full(len(discs), -1)
    under[: len(headings)] = headings
    spots[chief] = _scale(rows[chief], under[chief])
    others = np.setdiff1d(np.arange(len(discs)), chief)
    if len(others):
        spots[others] = _drawn(rows[others], rows[chief], spots[chief])
    radii = np.sqrt(sizes) * 0.5 + _MARGIN
    return _apart(_spread(spots, radii), radii)


def _principal(rows: Points) -> Points:
    """Classical scaling of unit rows by cosine distance: their two chief axes, signs fixed."""
    if len(rows) < 2:
        return np.zeros((len(rows), 2))
    centred = rows - rows.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    chosen = axes[:, ::-1][:, :2]
    chosen = chosen * np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    flat = np.zeros((len(rows), 2))
    flat[:, : chosen.shape[1]] = centred @ chosen
    return flat


def _scale(rows: Points, under: NDArray[np.int64]) -> Points:
    """Bring down the stress of the classical solution, all distances weighing alike (SMACOF)."""
    spots = _principal(rows)
    if len(rows) < 3:
        return spots
    wanted = np.sqrt(np.clip(2 - 2 * rows @ rows.T, 0, 4))
    wanted[(under[:, None] == under) & (under[:, None] >= 0)] *= _UNDER_ONE_HEADING
    for _ in range(_STRESS_ROUNDS):
        there = cdist(spots, spots)
        ratio = np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 1e-9)
        pull = -ratio
        pull[np.diag_indices(len(rows))] = ratio.sum(axis=1)
        spots = pull @ spots / len(rows)
    return spots


def _drawn(rows: Points, chief_rows: Points, chief_spots: Points) -> Points:
    """Between the three largest themes' spots most like each row, nearer the more like it."""
    cosines = np.clip(rows @ chief_rows.T, 0, None)
    best = np.argsort(-np.round(cosines, 9), axis=1, kind="stable")[:, :3]
    weights = np.take_along_axis(cosines, best, axis=1) ** 2 + 1e-6
    weights /= weights.sum(axis=1, keepdims=True)
    drawn: Points = (weights[:, :, None] * chief_spots[best]).sum(axis=1)
    return drawn


def _spread(spots: Points, radii: NDArray[np.float64]) -> Points:
    """Spots blown up to the room that discs of these radii need, one measure for both ways."""
    side = np.sqrt(np.pi * (radii**2).sum() / _DENSITY)
    width = float(np.ptp(spots, axis=0).max()) or 1.0
    blown: Points = (spots - spots.min(axis=0)) / width * side
    return blown


def _apart(spots: Points, radii: NDArray[np.float64]) -> Points:
    """Push discs apart until none overlap, each pair by half of what it lacks."""
    spots = spots.copy()
    # Where two lie on one spot they leave it in directions of their own.
    angle = np.arange(len(spots)) * _GOLDEN_ANGLE
    spots += 1e-3 * np.column_stack([np.cos(angle), np.sin(angle)])
    reach = 2 * float(radii.max())
    for _ in range(_PUSH_ROUNDS):
        pairs = _near_pairs(spots, radii, reach)
        if not len(pairs):
            break
        left, right = pairs.T
        apart = spots[left] - spots[right]
        distance = np.maximum(np.hypot(*apart.T), 1e-9)
        lack = radii[left] + radii[right] - distance
        total = radii[left] + radii[right]
        push = apart / distance[:, None] * (lack + 1e-3)[:, None]
        move = np.zeros_like(spots)
        # The smaller one goes further: large themes hold their place.
        np.add.at(move, left, push * (radii[right] / total)[:, None])
        np.add.at(move, right, -push * (radii[left] / total)[:, None])
        spots += move
    return spots


def _near_pairs(spots: Points, radii: NDArray[np.float64], reach: float) -> NDArray[np.int64]:
    """(p, 2) pairs of overlapping discs, in an order that only the places decide."""
    large = radii > np.median(radii) * 2
    tree = cKDTree(spots)
    found = [tree.query_pairs(2 * float(radii[~large].max(initial=0)), output_type="ndarray")]
    for index in np.flatnonzero(large):
        near = np.array(tree.query_ball_point(spots[index], radii[index] + reach / 2))
        near = near[(near != index) & (~large[near] | (near > index))]
        found.append(np.column_stack([np.full(len(near), index), near]))
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0).astype(np.int64)
    left, right = pairs.T
    distance = np.hypot(*(spots[left] - spots[right]).T)
    overlapping: NDArray[np.int64] = pairs[distance < radii[left] + radii[right] - 1e-6]
    return overlapping


def _central_first(rows: Points) -> NDArray[np.int64]:
    cosines = np.round(rows @ rows.mean(axis=0), 9)
    return np.argsort(-cosines, kind="stable")


def _sunflower(count: int) -> Points:
    """(count, 2) dots one width apart, filling a disc from its middle (Vogel 1979)."""
    number = np.arange(count)
    radius = np.sqrt(number) * 0.5
    angle = number * _GOLDEN_ANGLE
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _stand_below(found: Points, grouping: Grouping) -> None:
    """Rows of dots under all others: they have no words to lie by."""
    there = [i for members in grouping.members for i in members] + list(grouping.lone)
    left, bottom, width = 0.0, -3.0, 20.0
    if there:
        left, width = found[there, 0].min(), max(float(np.ptp(found[there, 0])), 20.0)
        bottom = found[there, 1].max()
    number = np.arange(len(grouping.unplaced))
    across = int(width) + 1
    rows = np.column_stack([left + number % across, bottom + 3 + number // across])
    found[list(grouping.unplaced)] = rows


def _fit(points: Points) -> Points:
    """Into [0, 1], both ways by one measure, the shorter way in the middle."""
    if not len(points):
        return points
    span = np.ptp(points, axis=0)
    side = float(span.max()) or 1.0
    fitted: Points = np.round((points - points.min(axis=0)) / side + (1 - span / side) / 2, 6)
    return fitted
