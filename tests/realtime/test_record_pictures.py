"""The board's picture can be read: on paper nothing can be pushed aside."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations

import pytest

from core.people import Account
from ledger.models import Consultation
from realtime import exports_places, exports_svg, records
from realtime.exports_places import Box, width_of, wrapped
from realtime.told import IslandTold, LinkTold, NoteTold, SumTold, TableTold, Told
from tests.answered import again
from tests.realtime.hands import open_workshop

SVG = "{http://www.w3.org/2000/svg}"
WORDS = "坂の途中に腰かけがほしい。バスが一時間に一本では、病院に間に合わないＷＩＦＩ wifi"


@pytest.fixture
def told(officer: Account, consultation: Consultation) -> Told:
    return records.tell(again(open_workshop(officer, consultation, plan={"tables": 1})))


def strewn(told: Told, seed: int, tables: int, islands: int, notes: int) -> Told:
    """A board on which everything lies anywhere, much of it at the same place."""
    chance = random.Random(seed)

    def note(key: str, island: str) -> NoteTold:
        words = (WORDS * 3)[: chance.choice((2, 11, 40, 100))]
        return NoteTold(
            key=key,
            text=None if chance.random() < 0.05 else words,
            why="hidden",
            reason="",
            table="",
            island=island,
            question=0,
            color=chance.randint(1, 4),
            meant="",
            x=chance.choice((0, 40, chance.randint(-400, 4000))),
            y=chance.choice((0, 40, chance.randint(-400, 4000))),
            votes=chance.choice((None, 0, 3)),
            talks=(),
            is_copy=False,
            seq=None,
            said_at=told.workshop.held_at,
        )

    def table(t: int) -> TableTold:
        found = [
            IslandTold(
                f"i{t}-{n}",
                WORDS[: chance.choice((0, 6, 40))],
                chance.choice((0, chance.randint(0, 3000))),
                chance.choice((0, chance.randint(0, 3000))),
                tuple(note(f"n{t}-{n}-{m}", f"i{t}-{n}") for m in range(chance.randint(0, 12))),
                (),
            )
            for n in range(islands)
        ]
        loose = notes - sum(len(island.notes) for island in found)
        return TableTold(
            f"t{t}",
            f"{t}班　{WORDS[:20]}",
            SumTold(f"t{t}"),
            tuple(found),
            tuple(note(f"n{t}-l{n}", "") for n in range(max(0, loose))),
        )

    made = tuple(table(t) for t in range(tables))
    links = tuple(
        LinkTold(f"l{t}-{n}", f"i{t}-0", f"i{t}-{n}", "だから")
        for t in range(tables)
        for n in range(1, islands)
    )
    return replace(told, tables=made, links=links)


def drawn(told: Told) -> tuple[Box, list[Box], list[Box]]:
    """The whole picture, its islands and its notes, as they stand in the SVG."""
    root = ET.fromstring(exports_svg.picture(told))

    def boxes(rx: str) -> list[Box]:
        return [
            Box(*(float(el.attrib[name]) for name in ("x", "y", "width", "height")))
            for el in root.iter(f"{SVG}rect")
            if el.get("rx") == rx
        ]

    whole = Box(0, 0, float(root.attrib["width"]), float(root.attrib["height"]))
    return whole, boxes("22"), boxes("3")


def is_within(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.right <= outer.right
        and inner.bottom <= outer.bottom
    )


@pytest.mark.parametrize(
    ("tables", "islands", "notes"), [(1, 0, 300), (1, 9, 300), (3, 5, 100), (12, 3, 25), (1, 30, 0)]
)
def test_nothing_lies_on_anything_else(told: Told, tables: int, islands: int, notes: int) -> None:
    for seed in range(3):
        board = strewn(told, seed, tables, islands, notes)
        whole, seas, papers = drawn(board)
        assert len(seas) == tables * islands
        assert len(papers) == sum(1 for _note in board.notes)
        assert not [1 for one, other in combinations(papers, 2) if one.meets(other, 0)]
        assert not [1 for one, other in combinations(seas, 2) if one.meets(other, 0)]
        assert all(is_within(whole, box) for box in (*seas, *papers))
        for paper in papers:
            met = [sea for sea in seas if sea.meets(paper, 0)]
            assert len(met) <= 1
            assert all(is_within(sea, paper) for sea in met)


def test_a_picture_has_about_the_shape_of_a_paper(told: Told) -> None:
    for tables in (2, 5, 12):
        whole, _seas, _papers = drawn(strewn(told, 1, tables, 3, 20))
        assert 0.6 < whole.w / whole.h < 3


def test_the_word_of_a_line_covers_no_note_where_there_is_room(told: Told) -> None:
    a, b = Box(0, 0, 300, 200), Box(0, 600, 300, 200)
    between = Box(0, 260, 300, 180)  # in the middle of the line
    plate = exports_svg._plate("だから", a, b, [between])
    assert not plate.meets(between, 0)
    assert exports_svg._plate("だから", a, b, []).middle[1] == 400


def test_words_fit_their_note() -> None:
    """Also those in Latin capitals, and a full stop that hangs behind the last letter."""
    room = exports_places.NOTE_W - 20
    for said in ("W" * 40, "MOTTAINAI " * 9, WORDS, "か\u3099" * 30, "Å@%" * 20):
        for line in wrapped(said, exports_places.PER_LINE):
            assert width_of(line.rstrip("、。")) * 15 <= room


def test_lines_are_wrapped_and_none_begins_with_a_full_stop() -> None:
    assert wrapped("木陰のあるベンチがほしいです。", 9) == ["木陰のあるベンチが", "ほしいです。"]
    assert wrapped("あいうえおかきくけ。", 9) == ["あいうえおかきくけ。"]
    assert wrapped("あいうえおかきくけー", 9) == ["あいうえおかきく", "けー"]
    assert wrapped("abcdefghijklnopq", 9) == ["abcdefghijklnopq"]
    assert wrapped("一\n二", 9) == ["一", "二"]


def test_islands_that_lay_on_each_other_are_moved_apart() -> None:
    boxes = {f"i{n}": Box(0 if n < 5 else 50_000, n * 3, 300, 200) for n in range(9)}
    placed = list(exports_places._spread(boxes, 32, 32).values())
    assert not [1 for one, other in combinations(placed, 2) if one.meets(other)]
    assert max(box.right for box in placed) < 2_000  # the empty stretch is folded
