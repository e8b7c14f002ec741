"""A grouping as a list to read: themes under headings, and where each opinion went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis import exemplars, labels, levels
from analysis.grouping import Grouped, Prepared
from analysis.labels import UNNAMED, Label


class Where(StrEnum):
    """Where an opinion is; each is in exactly one place."""

    THEME = "theme"
    LONE = "lone"
    UNSORTED = "unsorted"


@dataclass(frozen=True)
class Theme:
    """A theme to read: its number from 1, its label, its heading and what shows best what it is.

    `members` and `quotes` are indices of texts; of exact copies only the first is quoted.
    """

    number: int
    label: Label
    heading: int
    members: tuple[int, ...]
    quotes: tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where one text went: `theme` is 0 for what has no words; a lone text's is a number alone."""

    where: Where
    theme: int


@dataclass(frozen=True)
class Listing:
    """Everything a page or a table says; `places` has one for each text, in their order."""

    grouped: Grouped
    headings: tuple[str, ...]
    themes: tuple[Theme, ...]
    places: tuple[Place, ...]

    def under(self, heading: int) -> list[Theme]:
        """The themes under one heading, in their order."""
        return [theme for theme in self.themes if theme.heading == heading]


def draw_up(prepared: Prepared, grouped: Grouped, chapters: Sequence[str] | None = None) -> Listing:
    """List a grouping, its themes under headings by Ward on their centres.

    With `chapters`, one for each text or "", under the chapter that most of a theme speaks of.
    Themes keep the order of their first opinions: a list by size would look like a ranking.
    """
    members = grouped.grouping.members
    distinct = [prepared.among_distinct(own) for own in members]
    if chapters is None:
        numbers = levels.by_centres(prepared.vectors, distinct)
        headings = _headings(prepared, distinct, numbers)
    else:
        named = levels.by_chapter(members, chapters)
        order = {name: number for number, name in enumerate(dict.fromkeys(named))}
        numbers = tuple(order[name] for name in named)
        headings = tuple(name or UNNAMED for name in order)
    themes = []
    for number, (own, label) in enumerate(zip(members, grouped.labels, strict=True)):
        chosen = exemplars.choose(prepared.vectors, distinct[number])
        quotes = tuple(prepared.copies[i][0] for i in chosen)
        themes.append(Theme(number + 1, label, numbers[number], own, quotes))
    return Listing(grouped, headings, tuple(themes), _places(grouped))


def _places(grouped: Grouped) -> tuple[Place, ...]:
    grouping = grouped.grouping
    found = [Place(Where.UNSORTED, 0)] * grouping.text_count
    for number, members in enumerate(grouping.members, 1):
        for index in members:
            found[index] = Place(Where.THEME, number)
    for number, index in enumerate(grouping.lone, len(grouping.members) + 1):
        found[index] = Place(Where.LONE, number)
    return tuple(found)


def _headings(
    prepared: Prepared, distinct: Sequence[Sequence[int]], numbers: Sequence[int]
) -> tuple[str, ...]:
    """A name for each heading: phrases that tell it from the others, for a person to better."""
    count = max(numbers, default=-1) + 1
    below: list[list[Sequence[int]]] = [[] for _ in range(count)]
    for members, number in zip(distinct, numbers, strict=True):
        below[number].append(members)
    found = labels.headings(below, prepared.sentences)
    named = ["・".join(phrases) or UNNAMED for phrases in found]
    seen: Counter[str] = Counter()
    for at, name in enumerate(named):
        seen[name] += 1
        if seen[name] > 1:
            named[at] = f"{name}（{seen[name]}）"
    return tuple(named)
