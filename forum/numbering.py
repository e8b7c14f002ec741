"""The numbers and paths of posts that move: pure, so that it can be tested on any tree."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from forum import spans
from forum.models import PATH_STEP
from forum.places import under
from forum.spans import Spans

_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_DASHES = str.maketrans(dict.fromkeys("〜～~ー–—−‐→", "-"))


@dataclass(frozen=True)
class Spot:
    """Where a post stands in its topic; `parent_id` is the post it answers."""

    id: int
    parent_id: int | None
    number: int
    path: str
    depth: int


def after(spots: Sequence[Spot], last: int) -> list[Spot]:
    """The same tree behind the post `last`, in the order things were said.

    A path is made of the numbers of the posts above: each is put in the new one's words.
    """
    ordered = sorted(spots, key=lambda spot: spot.number)
    steps = {_step(spot.number): _step(new) for new, spot in enumerate(ordered, last + 1)}
    return [
        Spot(
            spot.id,
            spot.parent_id,
            new,
            "".join(
                steps[spot.path[at : at + PATH_STEP]] for at in range(0, len(spot.path), PATH_STEP)
            ),
            spot.depth,
        )
        for new, spot in enumerate(ordered, last + 1)
    ]


def with_replies(spots: Sequence[Spot], chosen: Collection[int]) -> list[Spot]:
    """The chosen posts (ids) and all that answers them, however deep."""
    answers = _children(spots)
    found: set[int] = set()
    waiting = [spot for spot in spots if spot.id in chosen]
    while waiting:
        spot = waiting.pop()
        if spot.id not in found:
            found.add(spot.id)
            waiting += answers[spot.id]
    return [spot for spot in spots if spot.id in found]


def planted(spots: Sequence[Spot]) -> list[Spot]:
    """These posts as a topic of their own, numbered 1, 2, 3 … as they are read.

    What answered a post that stays behind begins a thread; where there is more room above it than
    before, a deep reply stands under its parent again.
    """
    here = {spot.id for spot in spots}
    answers = _children(spots)
    roots = sorted((s for s in spots if s.parent_id not in here), key=lambda s: s.path)
    made: dict[int, Spot] = {}
    waiting = list(reversed(roots))
    while waiting:
        spot = waiting.pop()
        number = len(made) + 1
        parent = made.get(spot.parent_id) if spot.parent_id is not None else None
        path, depth = under(parent, number)
        # a root answers nothing here: what it answered stays its parent only in the old topic
        made[spot.id] = Spot(spot.id, parent.id if parent else None, number, path, depth)
        waiting += reversed(answers[spot.id])
    return list(made.values())


def read(said: str) -> Spans:
    """Spans as people write them (12-18, 30　１２〜１８、３０); raises ValueError otherwise."""
    plain = unicodedata.normalize("NFKC", said).translate(_DASHES)
    found: Spans = []
    close = " ".join(plain.split()).replace(" -", "-").replace("- ", "-")
    for part in re.split(r"[,、，・\s]+", close):
        if not part:
            continue
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(part)
        first, last = int(match[1]), int(match[2] or match[1])
        found.append([min(first, last), max(first, last)])
    return spans.union(found)


def picked(said: str, were: str, checked: Collection[int]) -> Spans:
    """What is chosen by numbers and by boxes; of the boxes that `were` checked when the page was
    drawn, one that is not any more is taken out.
    """
    ticked = spans.of(checked)
    return spans.union(spans.subtract(read(said), spans.subtract(read(were), ticked)), ticked)


def _step(number: int) -> str:
    return under(None, number)[0]


def _children(spots: Sequence[Spot]) -> dict[int | None, list[Spot]]:
    under: dict[int | None, list[Spot]] = defaultdict(list)
    for spot in sorted(spots, key=lambda s: s.number):
        under[spot.parent_id].append(spot)
    return under
