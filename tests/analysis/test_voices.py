"""Groups of voices: who answers alike, what every group agrees with, what divides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import voices

NAN = np.nan
# Two groups of five and three; all agree with opinion 0; opinions 1 to 3 divide them.
LEFT = [[1, 1, 1, -1, 0], [1, 1, 1, -1, 1], [1, 1, 1, NAN, 0], [1, 1, NAN, -1, 0], [1, 1, 1, -1, 0]]
RIGHT = [[1, -1, -1, 1, 0], [1, -1, -1, 1, 1], [1, -1, -1, NAN, 0]]
VOTES = np.array([*LEFT, *RIGHT, [NAN, NAN, NAN, NAN, 1]], dtype=float)


def test_voices_that_answer_alike_are_a_group() -> None:
    found = voices.groups(VOTES, fewest=3)
    assert found.groups == ((0, 1, 2, 3, 4), (5, 6, 7))
    assert found.outside == (8,)
    assert np.isnan(found.positions[8]).all()
    assert np.isfinite(found.positions[:8]).all()


def test_what_every_group_agrees_with_is_told_in_people() -> None:
    found = voices.groups(VOTES, fewest=3)
    [every] = voices.agreed(VOTES, found.groups)
    assert every.opinion == 0
    assert [(stand.agree, stand.disagree, stand.passed) for stand in every.stands] == [
        (5, 0, 0),
        (3, 0, 0),
    ]


def test_what_divides_comes_widest_first() -> None:
    found = voices.groups(VOTES, fewest=3)
    apart = voices.dividing(VOTES, found.groups)
    assert [one.opinion for one in apart] == [1, 2, 3]
    assert apart[0].spread > apart[2].spread


def test_nothing_is_said_of_groups_that_are_not_there() -> None:
    assert voices.agreed(VOTES, ()) == ()
    assert voices.dividing(VOTES, ()) == ()


@pytest.mark.parametrize(
    "votes",
    [
        np.empty((0, 0)),
        np.empty((0, 3)),
        np.empty((4, 0)),
        np.full((4, 3), NAN),
        np.ones((1, 3)),
        np.ones((9, 3)),
        np.array([[1.0, -1.0]] * 3),
    ],
)
def test_too_few_voices_or_all_alike_are_no_groups(votes: np.ndarray) -> None:
    found = voices.groups(votes)
    assert found.groups == ()
    assert found.outside == tuple(range(len(votes)))


def test_one_who_stands_alone_is_no_group() -> None:
    votes = np.array([[1, 1, 1, 1]] * 4 + [[-1, -1, -1, -1]] * 4 + [[1, -1, 1, -1]], dtype=float)
    found = voices.groups(votes)
    assert all(len(rows) > 1 for rows in found.groups)
    assert sorted([*found.outside, *(i for rows in found.groups for i in rows)]) == list(range(9))


@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([1.0, 0.0, -1.0, NAN]), min_size=width, max_size=width),
            min_size=1,
            max_size=10,
        )
    )
)
@settings(max_examples=6, deadline=None)
def test_every_voice_is_in_one_group_or_outside(rows: list[list[float]]) -> None:
    votes = np.array(rows)
    found = voices.groups(votes, fewest=2)
    again = voices.groups(votes, fewest=2)
    every = [i for group in found.groups for i in group]
    assert sorted([*every, *found.outside]) == list(range(len(votes)))
    assert all(len(group) > 1 for group in found.groups)
    assert (found.groups, found.outside) == (again.groups, again.outside)


def test_another_number_of_groups_is_shown_only_after_it_came_out_again_and_again() -> None:
    assert voices.steady([], None) is None
    assert voices.steady([3], None) == 3
    assert voices.steady([3, 4], 3) == 3
    assert voices.steady([3, 4, 4, 4], 3) == 3
    assert voices.steady([3, 4, 4, 4, 4], 3) == 4
