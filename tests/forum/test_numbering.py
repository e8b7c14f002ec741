"""Numbers and paths of posts that move, on any tree."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum import numbering, spans
from forum.models import MAX_DEPTH
from forum.numbering import Spot
from forum.places import under


def grown(parents: list[int]) -> list[Spot]:
    """A topic: post n answers the post `parents[n]` of those before it, or none (0)."""
    made: list[Spot] = []
    for number, choice in enumerate(parents, 1):
        parent = made[choice % number - 1] if choice % number else None
        path, depth = under(parent, number)
        made.append(Spot(100 + number, parent.id if parent else None, number, path, depth))
    return sorted(made, key=lambda spot: spot.path)


trees = st.lists(st.integers(0, 50), min_size=1, max_size=40).map(grown)


@given(trees, st.integers(0, 900))
def test_a_tree_behind_another_reads_in_the_same_order(tree: list[Spot], last: int) -> None:
    moved = sorted(numbering.after(tree, last), key=lambda spot: spot.path)
    assert [s.id for s in moved] == [s.id for s in tree]
    assert [s.depth for s in moved] == [s.depth for s in tree]
    assert sorted(s.number for s in moved) == list(range(last + 1, last + len(tree) + 1))


@given(trees, st.sets(st.integers(101, 140)))
def test_what_is_planted_is_numbered_as_it_is_read(tree: list[Spot], chosen: set[int]) -> None:
    going = numbering.with_replies(tree, chosen)
    planted = numbering.planted(going)
    assert [s.number for s in planted] == list(range(1, len(going) + 1))
    assert [s.path for s in planted] == sorted(s.path for s in planted)
    there = {s.id: s for s in planted}
    for spot in planted:
        assert spot.depth <= MAX_DEPTH
        if spot.parent_id is None:
            assert spot.depth == 0
        else:
            assert there[spot.parent_id].number < spot.number
    here = {s.id for s in going}
    assert all(s.id in here for s in tree if s.parent_id in here)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("12-18, 30", [[12, 18], [30, 30]]),
        ("１２〜１８、３０", [[12, 18], [30, 30]]),
        (" 3 - 5 4・6 ", [[3, 6]]),
        ("9-7", [[7, 9]]),
        ("", []),
    ],
)
def test_numbers_are_read_as_people_write_them(said: str, meant: list[list[int]]) -> None:
    assert numbering.read(said) == meant


@pytest.mark.parametrize("said", ["七", "1-", "1--3", "1-2-3", "1234567"])
def test_what_is_no_number_is_refused(said: str) -> None:
    with pytest.raises(ValueError):
        numbering.read(said)


def test_a_million_blanks_are_read_at_once() -> None:
    began = time.process_time()
    assert numbering.read("1" + " " * 1_000_000 + "- 3") == [[1, 3]]
    assert time.process_time() - began < 2


def test_a_box_that_is_checked_no_more_is_taken_out() -> None:
    assert numbering.picked("1-4, 80", "1-4", [2, 3]) == spans.of([2, 3, 80])


def test_a_number_stays_chosen_though_its_box_was_never_touched() -> None:
    assert numbering.picked("7-9", "", [2]) == spans.of([2, 7, 8, 9])
