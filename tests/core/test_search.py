from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core import clock, db, grams, jobs, search
from core.search import Document, Filters, SearchOutbox


class Shelf:
    """A kind of document of the test's own: what is hidden is in no result."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.hidden: set[int] = set()
        self.asked = 0
        self.facets: dict[int, dict[str, Any]] = {}

    def put(self, number: int, text: str) -> None:
        self.texts[number] = text
        search.enqueue("test", number)

    def document(self, number: int) -> Document:
        url, text = f"/test/{number}", self.texts[number]
        facets = {"at": clock.now(), **self.facets.get(number, {})}
        return Document(
            "test", number, None, f"題{number}", text, url=url, place="試しの案件", **facets
        )

    def before(self) -> None:
        """What happens just before documents are read."""

    def visible(self, ids: Collection[int], _viewer: Any) -> Iterable[Document]:
        self.asked += 1
        self.before()
        return [self.document(n) for n in ids if n in self.texts and n not in self.hidden]


@pytest.fixture
def shelf(client: FlaskClient) -> Iterator[Shelf]:
    shelf = Shelf()
    search.register("test", lambda: list(shelf.texts), shelf.visible)
    yield shelf
    search._kinds.pop("test")


def found(query: str, **filters: Any) -> list[int]:
    return [
        one.id for one in search.documents(search.find(query, None, Filters(**filters)).keys, None)
    ]


def waiting() -> int:
    db.session().rollback()
    return db.session().scalar(select(func.count(SearchOutbox.id))) or 0


def test_kyoto_is_found_in_tokyo(shelf: Shelf) -> None:
    shelf.put(1, "東京都の補助を受けます。")
    shelf.put(2, "京都市の例です。")
    shelf.put(3, "東の京です。")
    jobs.run_due()
    assert sorted(found("京都")) == [1, 2]
    assert found("東京都") == [1]
    assert found("東京 補助") == [1]
    assert found("補助　東京") == [1]
    assert found("東京 市") == []


ALIKE = [
    ("橋をかけてください", "橋"),
    ("古い鉄橋", "橋"),
    ("ﾊﾞｽ停の屋根", "バス停"),
    ("バス停の屋根", "ﾊﾞｽ"),
    ("Ｗｉ－Ｆｉをつけて", "wi-fi"),
    ("WIFI", "ＷｉＦｉ"),
    ("スケート・ボード", "スケートボード"),
    ("第２期は①です", "第2期"),
    ("髙木さん", "髙木"),
    ("𠮷野家のあたり", "𠮷野"),
    ("葛\U000e0100飾区", "葛飾"),
    ("夜の「開館」を", "「開館」　夜"),
    ("がくどう", "か\u3099くどう"),
    ("よい😊です", "😊"),
    ("a", "A"),
]


def test_what_a_reader_would_call_the_same_is_found(shelf: Shelf) -> None:
    for number, (said, _query) in enumerate(ALIKE):
        shelf.put(number, said)
    jobs.run_due()
    for number, (said, query) in enumerate(ALIKE):
        assert number in found(query), f"{query} does not find {said}"
    assert found("別のことば") == []


def test_a_query_is_words_and_never_a_language(shelf: Shelf) -> None:
    shelf.put(1, "東京都")
    jobs.run_due()
    for query in ["*", "?", "a*", "[", '"', "AND", "NOT", "~", "()", "key:1", "^2", "\0"]:
        assert found(query) == [], query


def test_a_hidden_text_is_not_shown_even_before_the_index_forgets_it(shelf: Shelf) -> None:
    shelf.put(1, "広場に池をつくる")
    jobs.run_due()
    assert found("広場") == [1]
    shelf.hidden.add(1)
    assert found("広場") == []
    search.enqueue("test", 1)
    jobs.run_due()
    shelf.hidden.clear()
    assert found("広場") == []  # the index itself no longer holds it


def test_a_changed_text_is_found_by_its_new_words_only(shelf: Shelf) -> None:
    shelf.put(1, "池をつくる")
    jobs.run_due()
    shelf.put(1, "森をつくる")
    jobs.run_due()
    assert (found("池を"), found("森を")) == ([], [1])


def test_an_act_that_failed_leaves_no_trace(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        shelf.put(1, "池をつくる")
        _ = 1 / 0
    assert waiting() == 0
    assert jobs.run_due() == 0


def test_many_acts_wake_one_drain(shelf: Shelf) -> None:
    for number in range(5):
        shelf.put(number, "池")
    assert waiting() == 5
    assert jobs.run_due() == 1
    assert waiting() == 0


def test_a_change_made_while_the_drain_runs_is_not_forgotten(shelf: Shelf) -> None:
    shelf.put(1, "池をつくる")
    jobs.run_due()
    late = [2]

    def be_interrupted() -> None:
        if late:
            shelf.put(late.pop(), "森をつくる")

    shelf.before = be_interrupted  # type: ignore[method-assign]
    shelf.put(1, "川をつくる")
    jobs.run_due()
    assert sorted(found("つくる")) == [1, 2]


def test_a_page_only_reads(shelf: Shelf, client: FlaskClient, statements: list[str]) -> None:
    for number in range(30):
        shelf.put(number, "池をつくる")
    jobs.run_due()
    statements.clear()
    shelf.asked = 0
    client.get("/search?q=池をつくる")
    assert not [s for s in statements if not s.startswith("SELECT")]
    assert shelf.asked == 2  # which may be shown, then the page's own


def test_the_console_makes_the_index_anew(shelf: Shelf, app: Flask) -> None:
    shelf.put(1, "池をつくる")
    shelf.put(2, "森をつくる")
    shelf.hidden.add(2)
    said = app.test_cli_runner().invoke(args=["search", "rebuild"])
    assert (said.exit_code, said.stdout) == (0, "1 documents\n")
    assert found("池をつくる") == [1]
    assert waiting() == 0


def test_an_outbox_nobody_drains_is_seen_to(shelf: Shelf) -> None:
    """The process died between the commit and the wake."""
    with db.transaction() as tx:
        shelf.texts[1] = "池をつくる"
        tx.add(SearchOutbox(kind="test", object_id=1, at=clock.now()))
    jobs.tidy()
    jobs.run_due()
    assert found("池をつくる") == [1]


def test_what_was_found_is_marked_and_nothing_else_is_html(
    shelf: Shelf, client: FlaskClient
) -> None:
    shelf.put(1, "<script>alert(1)</script>の池と<b>ﾊﾞｽ停</b>です。")
    jobs.run_due()
    page = client.get("/search", query_string={"q": "バス停 池"}).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;の<mark>池</mark>と" in page
    assert "&lt;b&gt;<mark>ﾊﾞｽ停</mark>&lt;/b&gt;" in page
    assert 'href="/test/1"' in page
    assert "試しの案件" in page


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", '"><img src=x>', "a" * 10_000, "\ud7ff\0"]
)
def test_a_hostile_query_is_shown_as_text(client: FlaskClient, query: str) -> None:
    page = client.get("/search", query_string={"q": query})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text


def test_many_results_come_fifty_to_a_page(shelf: Shelf, client: FlaskClient) -> None:
    for number in range(120):
        shelf.put(number, "池をつくる")
    jobs.run_due()
    first = client.get("/search?q=池をつくる").text
    assert "120件" in first
    assert first.count('class="hit hit--test"') == 50
    assert "page=2" in first
    assert client.get("/search?q=池をつくる&page=3").text.count('class="hit hit--test"') == 20
    assert client.get("/search?q=池をつくる&page=99").text.count('class="hit hit--test"') == 20
    assert client.get("/search?q=池をつくる&page=x").status_code == 200


def test_nothing_found_says_what_to_try(shelf: Shelf, client: FlaskClient) -> None:
    shelf.put(1, "学童クラブの話")
    jobs.run_due()
    page = client.get("/search", query_string={"q": "学童　送迎"}).text
    assert "「学童　送迎」は見つかりませんでした" in page
    assert "「学童」だけでさがす（1件）" in page
    assert "「送迎」だけ" not in page


def test_a_search_without_words_asks_for_some(client: FlaskClient) -> None:
    assert "見つかりませんでした" not in client.get("/search").text
    assert "文字か数字を入れてください" in client.get("/search?q=。。").text


def test_an_excerpt_shows_the_place_that_was_found() -> None:
    said = "前" * 200 + "池をつくる" + "後" * 200
    marked = grams.marked(said, ["池を"], length=60)
    assert "<mark>池を</mark>" in marked
    assert marked.startswith("…")
    assert marked.endswith("…")
    assert len(marked) < 90


def test_marks_never_overlap() -> None:
    assert grams.marked("東京都庁", ["東京", "京都"]) == "<mark>東京都</mark>庁"


def test_an_excerpt_of_a_long_paper_shows_the_place_at_once() -> None:
    said = "前" * 100_000 + "ﾊﾞｽ停の屋根" + "後" * 100_000
    began = time.process_time()
    marked = grams.marked(said, ["バス停"], length=110)
    assert time.process_time() - began < 5
    assert "<mark>ﾊﾞｽ停</mark>の屋根" in marked
    assert marked.count("前") + marked.count("後") < 110


def test_more_than_a_search_looks_at_is_said(
    shelf: Shelf, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        shelf.put(number, "池をつくる")
    jobs.run_due()
    monkeypatch.setattr(search, "MOST", 4)
    page = client.get("/search?q=池").text
    assert "4件以上" in page
    assert page.count('class="hit hit--test"') == 4


def test_the_newest_come_first_after_what_bears_the_words_in_its_title(shelf: Shelf) -> None:
    now = clock.now()
    for number, (day, text) in enumerate([(3, "池"), (1, "池"), (2, "題0の池"), (9, "森")]):
        shelf.facets[number] = {"at": now + timedelta(days=day)}
        shelf.put(number, text)
    jobs.run_due()
    assert found("池") == [0, 2, 1]
    assert found("題0") == [0, 2]
    assert found("池", since=now + timedelta(days=2), until=now + timedelta(days=3)) == [2]


@pytest.mark.parametrize("query", ["*", "[" * 4000, "a" * 10_000, '"' * 99, "あ い " * 2000, "\0"])
def test_no_query_takes_long(shelf: Shelf, client: FlaskClient, query: str) -> None:
    for number in range(50):
        shelf.put(number, "あ い う a * [ 池をつくる" * 20)
    jobs.run_due()
    began = time.process_time()
    assert client.get("/search", query_string={"q": query}).status_code == 200
    assert time.process_time() - began < 5
