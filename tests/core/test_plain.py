from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import plain


@given(st.text(alphabet="木の、。「」（）ab 1\n😊ｱがか\u3099", max_size=200), st.integers(10, 70))
def test_nothing_is_lost_and_no_line_is_too_wide(said: str, columns: int) -> None:
    made = plain.wrap(said, columns=columns)
    assert "".join(made.split()) == "".join(said.split())
    for line in made.split("\n"):
        assert plain.width(line) <= columns or not any(ch in line[1:-1] for ch in "木の")


@pytest.mark.parametrize("mark", "、。」）")
def test_no_line_begins_with_a_mark_that_ends_something(mark: str) -> None:
    made = plain.wrap(("木を残す" + mark) * 20, columns=30)
    assert all(line[0] != mark for line in made.split("\n"))
    assert max(plain.width(line) for line in made.split("\n")) <= 30


def test_an_address_stays_whole() -> None:
    url = "https://tomoni.example.jp/p/" + "a" * 60
    lines = plain.wrap(f"くわしくは {url} をご覧ください。", columns=40).split("\n")
    assert url in lines


def test_an_indent_is_on_every_line() -> None:
    made = plain.wrap("木" * 50, indent="  ", columns=20)
    assert {line[:2] for line in made.split("\n")} == {"  "}
    assert max(plain.width(line) for line in made.split("\n")) <= 20
