"""Names on the map: near their themes, never one over another, always inside the picture."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import names
from analysis.names import Land, Name

LANDS = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=40),
        st.floats(0, 1000),
        st.floats(0, 900),
        st.floats(2, 120),
    ),
    max_size=60,
)


def placed(raw: list[tuple[str, float, float, float]], scale: float = 1.0) -> list[Name]:
    lands = [Land(key, *one) for key, one in enumerate(raw)]
    dots = [(x, y) for _title, x, y, _reach in raw]
    return names.place(lands, dots, width=1000, height=900, scale=scale)


@given(LANDS, st.sampled_from([0.45, 1.0]))
@settings(deadline=None, max_examples=60)
def test_no_name_covers_another_or_leaves_the_picture(
    raw: list[tuple[str, float, float, float]], scale: float
) -> None:
    found = placed(raw, scale)
    for left, top, right, bottom in (one.box for one in found):
        assert 0 <= left < right <= 1000
        assert 0 <= top < bottom <= 900
    for one, other in combinations((name.box for name in found), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert placed(raw, scale) == found


def test_a_few_themes_all_have_their_names() -> None:
    raw = [(f"テーマの名前{n}", 150.0 + n % 4 * 200, 150.0 + n // 4 * 180, 40.0) for n in range(16)]
    assert {name.key for name in placed(raw)} == set(range(16))


def test_a_name_far_from_its_theme_is_joined_to_it() -> None:
    raw = [("おなじ所にある名前", 500.0, 450.0, 30.0)] * 12
    found = placed(raw)
    assert any(name.lead for name in found)
    assert len(found) == 12


def test_a_line_ends_where_a_phrase_does() -> None:
    assert names.broken("夜の園路を明るく") == ("夜の園路を明るく",)
    assert names.broken("負担の上限と、見える数字") == ("負担の上限と、", "見える数字")
    for title in ("あ" * 40, "、" * 30, "a" * 60, "𠮷野家の前の、髙い木を残してほしいという声"):
        lines = names.broken(title)
        assert len(lines) <= 2
        assert all(names._measure(line) <= 12 for line in lines)


def test_among_many_no_name_lies_on_a_like_neighbour() -> None:
    raw = [(f"名前{n}", 40.0 + n % 12 * 80, 60.0 + n // 12 * 90, 38.0) for n in range(108)]
    found = placed(raw)
    lands = {key: Land(key, *one) for key, one in enumerate(raw)}
    assert found
    for name in found:
        others = [land for key, land in lands.items() if key != name.key]
        assert sum(names._touches(name.box, land) for land in others) <= 1
