"""The drawing itself: one shape a dot, all of one size, told apart without colour."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from analysis import drawings


def test_the_first_56_themes_look_each_different() -> None:
    looks = [drawings.mark(number) for number in range(56)]
    assert len({(one.shape, one.tint) for one in looks}) == 56
    assert drawings.mark(56) == looks[0]
    neighbours = pairwise(looks)
    assert all(a.shape != b.shape and a.tint != b.tint for a, b in neighbours)
    assert {drawings.LONE.shape, drawings.UNFILED.shape}.isdisjoint(one.shape for one in looks)


@pytest.mark.parametrize("shape", [*drawings.SHAPES, "ring", "dash"])
def test_a_path_draws_one_shape_at_each_place(shape: str) -> None:
    places = [(10.0, 20.5), (30.0, 40.0), (30.0, 40.0)]
    drawn = drawings.path(places, shape, 4.0)
    assert re.findall(r"M([\d.]+) ([\d.]+)", drawn) == [("10", "20.5"), ("30", "40"), ("30", "40")]
    assert drawings.path([], shape, 4.0) == ""


def test_a_frame_holds_every_place_with_room_for_its_dot() -> None:
    places = [(0.0, 0.0), (10_000.0, 2_500.0), (5_000.0, 9_000.0)]
    frame = drawings.frame(places, 100)
    for x, y in (frame.of(place) for place in places):
        assert frame.radius <= x <= drawings.WIDTH - frame.radius
        assert frame.radius <= y <= frame.height - frame.radius


@pytest.mark.parametrize("places", [[], [(5.0, 5.0)], [(5.0, 5.0)] * 3])
def test_few_dots_are_not_blown_up_to_blots(places: list[tuple[float, float]]) -> None:
    frame = drawings.frame(places, 400)
    assert frame.radius <= 9
    assert frame.height > 0


def test_what_has_no_place_stands_under_all_others() -> None:
    places = [(0.0, 0.0), (1000.0, 700.0)]
    late = drawings.below(60, places, 20)
    assert len(set(late)) == 60
    assert min(y for _x, y in late) > 700
    assert max(x for x, _y in late) <= 1000


def test_one_that_was_moved_does_not_drag_the_ground_out() -> None:
    here = [(100.0 + n % 5, 100.0 + n // 5) for n in range(25)]
    assert drawings.land([*here, (900.0, 900.0)], 2)[2] < 10
