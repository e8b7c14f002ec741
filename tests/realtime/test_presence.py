"""How many people are here: people, not tabs, and told now and then."""

from __future__ import annotations

from queue import Empty, Queue

import pytest

from realtime.presence import Presence

SOON = 0.02


def counting() -> tuple[Presence, Queue[tuple[str, int]]]:
    told: Queue[tuple[str, int]] = Queue()
    return Presence(lambda topic, count: told.put((topic, count)), every=SOON), told


def test_three_tabs_of_one_person_are_one() -> None:
    presence, _told = counting()
    for sid in ("a", "b", "c"):
        presence.came("park", sid, "sato")
    presence.came("park", "d", "d")
    assert presence.count("park") == 2
    presence.left("a")
    assert presence.count("park") == 2
    presence.left("d")
    assert presence.count("park") == 1
    presence.stop()


def test_two_hundred_who_come_at_once_are_one_piece_of_news() -> None:
    presence, told = counting()
    for number in range(200):
        presence.came("park", f"s{number}", f"s{number}")
    assert told.get(timeout=2) == ("park", 200)
    with pytest.raises(Empty):
        told.get(timeout=5 * SOON)
    presence.stop()


def test_nobody_is_told_when_the_last_one_leaves() -> None:
    presence, told = counting()
    presence.came("park", "a", "a")
    assert told.get(timeout=2) == ("park", 1)
    presence.left("a")
    presence.left("a")
    with pytest.raises(Empty):
        told.get(timeout=5 * SOON)
    assert presence.count("park") == 0
    presence.stop()
