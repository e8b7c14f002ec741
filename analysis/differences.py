"""What a run would change on a desk as it stands: nothing is replaced, each change is one place.

Pure: places and groups in, changes out. A group takes the id of the theme it shares most with.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Place = int | str  # a theme's id, or one of:
LONE: Final = "lone"
UNFILED: Final = ""


@dataclass(frozen=True)
class Bring:
    """Opinions that would come to one place. `to` is None for a new theme; `group` its number."""

    group: int | None
    to: Place | None
    moves: tuple[tuple[Place, tuple[int, ...]], ...]


def between(
    now: Mapping[int, Place],
    groups: Sequence[Sequence[int]],
    lone: Iterable[int],
    themes: Iterable[int],
) -> list[Bring]:
    """The changes from where opinions stand `now` to what a run proposes.

    `themes` are those a run may change. Opinions that the run knows but `now` does not are gone.
    """
    matched = match(now, groups, frozenset(themes))
    found = [
        Bring(number, matched.get(number), _moves(now, members, matched.get(number)))
        for number, members in enumerate(groups)
    ]
    found.append(Bring(None, LONE, _moves(now, lone, LONE)))
    return [one for one in found if one.moves]


def match(
    now: Mapping[int, Place], groups: Sequence[Sequence[int]], themes: frozenset[int]
) -> dict[int, int]:
    """Which theme each group goes on as: pairs by what they share, most first, each theme once."""
    shared: list[tuple[int, int, int]] = []
    for number, members in enumerate(groups):
        places = Counter(now[i] for i in members if i in now)
        shared += [
            (-count, number, place)
            for place, count in places.items()
            if isinstance(place, int) and place in themes
        ]
    found: dict[int, int] = {}
    for _count, number, theme in sorted(shared):
        if number not in found and theme not in found.values():
            found[number] = theme
    return found


def agreement(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many groups are the same in two runs, and how many opinions both put in a group."""
    same = len({frozenset(g) for g in one} & {frozenset(g) for g in other})
    both = {i for g in one for i in g} & {i for g in other for i in g}
    return same, len(both)


def _moves(
    now: Mapping[int, Place], members: Iterable[int], to: Place | None
) -> tuple[tuple[Place, tuple[int, ...]], ...]:
    found: defaultdict[Place, list[int]] = defaultdict(list)
    for opinion_id in members:
        if opinion_id in now and now[opinion_id] != to:
            found[now[opinion_id]].append(opinion_id)
    return tuple((place, tuple(sorted(ids))) for place, ids in found.items())
