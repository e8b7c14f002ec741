"""Both indexes find the same texts in the same order, and both as the folded texts themselves say.

The corpus is made here: awkward texts, sentences put together, and what hypothesis thinks of.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from core import db, grams, jobs, search
from core.documents import ANYTHING, Broken, Document, Entry, Filters, SearchIndex, entry
from core.indexes import WhooshIndex
from core.postgres_index import PostgresIndex, search_text

pytestmark = pytest.mark.postgres
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
AWKWARD = [
    "東京都の補助を受けます。",
    "京都市の例です。",
    "東の京です。",
    "ﾊﾞｽ停の屋根",
    "バス停の屋根",
    "Ｗｉ－Ｆｉをつけて",
    "WIFI",
    "スケート・ボード場",
    "第２期は①です",
    "髙木さんと﨑",
    "高木さんと崎",
    "𠮷野家のあたり",
    "吉野",
    "葛\U000e0100飾区",
    "よい😊です 👨\u200d👩\u200d👧 🇯🇵 ☔️",
    "か\u3099くどう",
    "がくどう",
    "e\u0301cole école ECOLE",
    "İstanbul ıspanak ẞ ß ǅ",
    "ﷺ ㌔ ㍻ ⑩ ½ ﬁ",
    "あ\u3099\u3099い",
    "a_b%c\\d'e\"f",
    "C++ と C#　100%",
    "\x1fまえ\x85うしろ\u2028つぎ",
    "　　　",
    "木",
    "木木木木木",
    "ハ\uff9eハ\u3099",
    "\u200bみ\u200bえ\u200bない\ufeff",
    "長" * 70_000 + "最後の一言",
]
SUBJECTS = [
    "公園",
    "広場",
    "図書館",
    "学童クラブ",
    "バス停",
    "池",
    "木",
    "ベンチ",
    "みどり野駅",
    "川",
]
PLACES = ["の北側", "の入口", "のまわり", "", "の夜", "の雨の日"]
ASKS = [
    "を明るくしてほしい",
    "が足りません",
    "は残してください",
    "に屋根がほしいです",
    "で話したい",
]
ENDS = ["。", "。子どもが困っています。", "。費用も知りたいです。", "？", "　と思います。"]


def sentences(count: int) -> list[str]:
    """`count` of the sentences that can be put together, shuffled the same each time."""
    made = ["".join(parts) for parts in product(SUBJECTS, PLACES, ASKS, ENDS)]
    random.Random(3).shuffle(made)
    return made[:count]


def document(number: int, body: str, title: str = "") -> Document:
    return Document(
        kind=("post", "topic", "paper")[number % 3],
        id=number,
        consultation_id=number % 4 or None,
        title=title,
        body=body,
        at=BEGAN + timedelta(hours=number // 3, microseconds=number % 2),
        url=f"/test/{number}",
        room=("", "room-a", "room-b")[number % 5 % 3],
        is_official=number % 7 == 0,
        has_own_title=number % 3 != 0,
    )


CORPUS = [
    document(number, body, title=SUBJECTS[number % 10] if number % 2 else "まとめ")
    for number, body in enumerate([*AWKWARD, *sentences(300)])
]
FILTERS = [
    ANYTHING,
    Filters(kind="post"),
    Filters(room="room-a"),
    Filters(consultation_id=2),
    Filters(is_official=True),
    Filters(since=BEGAN + timedelta(hours=20)),
    Filters(until=BEGAN + timedelta(hours=20, microseconds=1)),
    Filters(kind="topic", room="room-b", is_official=True),
    Filters(since=BEGAN + timedelta(hours=9), until=BEGAN + timedelta(hours=60), kind="paper"),
    Filters(room="nowhere"),
]
ASKED = [
    *(
        "木",
        "池",
        "の",
        "。",
        "😊",
        "𠮷",
        "﨑",
        "a",
        "🇯🇵",
        "髙木",
        "高木",
        "京都",
        "東京都",
        "広場",
    ),
    *("バス停", "ﾊﾞｽ", "wifi", "WI-FI", "がくどう", "が", "école", "ß", "①", "㌔", "%", "_", "c++"),
    *("最後の一言", "長" * 100, "みえない", "スケートボード", "かくどう", "まえうしろ", "İ"),
    *(
        "公園 ベンチ",
        "学童クラブ の 子ども",
        "夜 明るく",
        "明るく 夜",
        "木 残して 費用",
        "屋根がほしい",
    ),
    *(
        "みどり野駅の入口に屋根がほしいです",
        "a b c d e f g",
        "*",
        "[" * 4000,
        '"',
        "' OR 1=1 --",
        "\0",
    ),
]


@pytest.fixture
def both_engines() -> str:
    """These tests are for PostgreSQL: only there the second index exists."""
    return "postgresql"


@pytest.fixture
def indexes(app: Flask, both_engines: str, tmp_path: Path) -> Sequence[SearchIndex]:
    return WhooshIndex(tmp_path / "index"), PostgresIndex()


@cache
def kept(document: Document) -> Entry:
    return entry(document)


def expected(documents: Sequence[Document], words: list[str], filters: Filters) -> list[str]:
    """What the texts themselves say."""
    hits = [one for one in map(kept, documents) if one.holds(words) and one.facts.passes(filters)]
    return [one.facts.key for one in sorted(hits, key=lambda one: one.rank(words))]


def test_both_indexes_find_the_same_in_the_same_order(indexes: Sequence[SearchIndex]) -> None:
    for index in indexes:
        assert index.rebuild(CORPUS) == len(CORPUS)
    found = 0
    for query, filters in product(ASKED, FILTERS):
        words = grams.words(query[:100])
        if not words:
            continue
        right = expected(CORPUS, words, filters)
        for index in indexes:
            assert index.find(words, filters, limit=500) == right, (query, filters, index)
            assert index.find(words, filters, limit=3) == right[:3]
        found += len(right)
    assert found > 1500


_LETTERS = "あいか゛がｶﾞﾊ\u3099゙木𠮷髙ーAa1①・-😊\U000e0100\u200d ﬁß　。"
_texts = st.lists(st.text(st.sampled_from(_LETTERS), max_size=12), min_size=1, max_size=6)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=_texts, query=st.text(st.sampled_from(_LETTERS), min_size=1, max_size=5))
def test_any_text_is_found_by_any_part_of_it(
    indexes: Sequence[SearchIndex], said: list[str], query: str
) -> None:
    documents = [document(number, body, title=body[:4]) for number, body in enumerate(said)]
    words = grams.words(query)
    for index in indexes:
        index.rebuild(documents)
        if words:
            assert index.find(words, ANYTHING, limit=500) == expected(documents, words, ANYTHING)


def test_both_indexes_follow_changes(indexes: Sequence[SearchIndex]) -> None:
    there = {one.key: one for one in CORPUS}
    for index in indexes:
        index.rebuild(CORPUS)
    shuffled = random.Random(5)
    for turn in range(6):
        changed = [
            replace(one, body=f"{one.body}{turn}回め") for one in shuffled.sample(CORPUS, 20)
        ]
        gone = shuffled.sample(sorted(set(there) - {one.key for one in changed}), 7)
        there = {key: one for key, one in there.items() if key not in gone}
        there.update({one.key: one for one in changed})
        for index in indexes:
            with index.exclusively():
                index.write({one.key: one for one in changed}, gone)
    for query, filters in product(["木", "公園", "3回め", "してほしい", "夜 0回め"], FILTERS):
        words = grams.words(query)
        right = expected(list(there.values()), words, filters)
        for index in indexes:
            assert index.find(words, filters, limit=500) == right


def test_postgresql_is_asked_where_it_is_the_database(app: Flask, both_engines: str) -> None:
    assert isinstance(search._index[0], PostgresIndex)


def test_an_index_nobody_finished_is_not_sound(app: Flask, both_engines: str) -> None:
    index = PostgresIndex()
    assert not index.is_sound
    with pytest.raises(Broken):
        index.find(["木"], ANYTHING, limit=5)

    def texts() -> Iterator[Document]:
        yield from CORPUS[:250]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        index.rebuild(texts())
    assert not index.is_sound
    index.rebuild(CORPUS)
    assert index.is_sound


def test_an_older_layout_is_made_anew_by_the_worker(app: Flask, both_engines: str) -> None:
    search.register(
        "test", lambda: [1], lambda ids, _viewer: [replace(CORPUS[0], kind="test", id=1)]
    )
    try:
        jobs.tidy()
        jobs.run_due()
        assert search.find("補助", None).keys == ["test:1"]
        with db.transaction() as tx:
            tx.execute(search_text.update().where(search_text.c.key == "schema").values(number=1))
        found = search.find("補助", None)
        assert (found.keys, found.is_ready) == (["test:1"], False)
        jobs.tidy()
        jobs.run_due()
        assert search.find("補助", None).is_ready
    finally:
        search._kinds.pop("test")


def test_a_rebuild_answers_while_it_runs_and_forgets_what_is_gone(
    app: Flask, both_engines: str
) -> None:
    index = PostgresIndex()
    index.rebuild(CORPUS)
    old = len(index.find(["木"], ANYTHING, limit=500))
    seen: list[int] = []

    def texts() -> Iterator[Document]:
        for number, one in enumerate(CORPUS[:260]):
            if number == 230:
                seen.append(len(index.find(["木"], ANYTHING, limit=500)))
                db.session().rollback()
            yield one

    index.rebuild(texts())
    assert seen == [old]
    assert index.find(["木"], ANYTHING, limit=500) == expected(CORPUS[:260], ["木"], ANYTHING)


def test_what_is_written_during_a_rebuild_is_newer_than_what_it_read(
    app: Flask, both_engines: str
) -> None:
    index = PostgresIndex()
    index.rebuild(CORPUS[:3])

    def texts() -> Iterator[Document]:
        old = CORPUS[0]
        with index.exclusively():
            index.write({old.key: replace(old, body="新しい言葉")}, [])
        yield old

    index.rebuild(texts())
    assert index.find(["新しい言葉"], ANYTHING, limit=5) == [CORPUS[0].key]
    assert index.find(["補助"], ANYTHING, limit=5) == []


def test_a_table_that_is_gone_is_no_reason_not_to_answer(app: Flask, both_engines: str) -> None:
    search.register(
        "test", lambda: [1], lambda ids, _viewer: [replace(CORPUS[0], kind="test", id=1)]
    )
    with db.transaction() as tx:
        tx.execute(text("ALTER TABLE search_text RENAME TO away"))
    try:
        found = search.find("補助", None)
        assert (found.keys, found.is_ready) == (["test:1"], False)
        assert db.session().scalar(select(1)) == 1
    finally:
        db.session().rollback()
        with db.transaction() as tx:
            tx.execute(text("ALTER TABLE away RENAME TO search_text"))
            tx.execute(delete(search_text))
        search._kinds.pop("test")


def test_a_search_takes_two_statements(
    app: Flask, both_engines: str, statements: list[str]
) -> None:
    index = PostgresIndex()
    index.rebuild(CORPUS)
    statements.clear()
    index.find(["公園", "木"], FILTERS[8], limit=500)
    assert len(statements) == 2
