"""The index in files: written while it is read, damaged, of another layout, killed half-made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, db, grams, indexes, jobs, search
from core.config import ROOT, Settings
from core.documents import ANYTHING, Broken, Document, Filters
from core.indexes import WhooshIndex
from core.jobs import Job, State

TEXTS = {1: "池をつくる", 2: "森をつくる"}
SAID = "索引を作り直しているため"


def document(number: int, text: str, **facts: Any) -> Document:
    facts = {"at": clock.now(), "url": f"/test/{number}", **facts}
    return Document("test", number, None, "", text, **facts)


def visible(ids: Iterable[int], _viewer: Any) -> list[Document]:
    return [document(number, TEXTS[number]) for number in ids if number in TEXTS]


@pytest.fixture
def indexed(client: FlaskClient) -> Iterator[None]:
    """Two texts of the test's own, in the index."""
    search.register("test", lambda: list(TEXTS), visible)
    for number in TEXTS:
        with db.transaction():
            search.enqueue("test", number)
    jobs.run_due()
    yield
    search._kinds.pop("test")


def keys(query: str, index: WhooshIndex | None = None) -> list[str]:
    if index is None:
        return search.find(query, None).keys
    return index.find(grams.words(query), ANYTHING, limit=500)


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def damaged(folder: Path, how: str) -> None:
    current = folder / "current"
    generation = folder / current.read_text()
    (toc,), (segment, *_more) = generation.glob("_MAIN_*.toc"), generation.glob("*.seg")
    if how == "deleted":
        shutil.rmtree(folder)
    elif how == "no pointer":
        current.unlink()
    elif how == "pointer to nowhere":
        current.write_text("nowhere")
    elif how == "generation deleted":
        shutil.rmtree(generation)
    elif how == "layout cut short":
        toc.write_bytes(toc.read_bytes()[:20])
    elif how == "layout replaced":
        toc.write_bytes(b"not an index")
    elif how == "segment cut short":
        os.truncate(segment, segment.stat().st_size // 2)
    elif how == "segment replaced":
        segment.write_bytes(b"not an index")
    elif how == "segment deleted":
        segment.unlink()
    elif how == "older layout":
        generation.rename(folder / "g0123456789ab")
        current.write_text("g0123456789ab")


DAMAGES = [
    "deleted",
    "no pointer",
    "pointer to nowhere",
    "generation deleted",
    "layout cut short",
    "layout replaced",
    "segment cut short",
    "segment replaced",
    "segment deleted",
    "older layout",
]


@pytest.mark.parametrize("is_open", [True, False], ids=["while open", "before start"])
@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_index_is_noticed_search_answers_and_it_makes_itself_anew(
    indexed: None, client: FlaskClient, settings: Settings, how: str, is_open: bool
) -> None:
    assert keys("池をつくる") == ["test:1"]
    damaged(settings.index_dir, how)
    if not is_open:
        search.configure(settings.index_dir)
    page = client.get("/search?q=池をつくる")
    assert page.status_code == 200
    assert SAID in page.text
    assert 'href="/test/1"' in page.text
    assert db.session().scalar(select(Job.id).where(Job.state == State.QUEUED)) is None
    jobs.tidy()  # the worker's minute
    jobs.run_due()
    again = client.get("/search?q=池をつくる").text
    assert SAID not in again
    assert 'href="/test/1"' in again
    assert len(generations(settings.index_dir)) == 1


def test_no_index_yet_is_no_reason_not_to_answer(client: FlaskClient, settings: Settings) -> None:
    search.register("test", lambda: list(TEXTS), visible)
    try:
        page = client.get("/search?q=池をつくる").text
        assert SAID in page
        assert 'href="/test/1"' in page
        assert 'href="/test/2"' not in page
    finally:
        search._kinds.pop("test")


def test_without_an_index_the_newest_are_looked_at_for_a_moment_only(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def slowly(ids: Iterable[int], _viewer: Any) -> list[Document]:
        numbers = list(ids)
        looked.extend(numbers)
        if len(numbers) > 1:
            time.sleep(0.06)
        return [document(number, "池をつくる") for number in numbers]

    search.register("test", lambda: range(1, 5001), slowly)
    monkeypatch.setattr(search, "SCAN_SECONDS", 0.1)
    try:
        found = search.find("池を", None)
        assert found.is_partial
        assert not found.is_ready
        assert looked[0] == 5000
        assert len(looked) <= 4 * search.BATCH
        page = client.get("/search?q=池を").text
        assert "索引を作り直しているため、新しいものから一部だけを探しました" in page
    finally:
        search._kinds.pop("test")


def test_a_worker_killed_in_the_middle_of_a_rebuild_leaves_search_answering(
    indexed: None, client: FlaskClient, settings: Settings, tmp_path: Path
) -> None:
    """The real worker, `kill -9`; whoever comes next makes the index anew."""
    shutil.rmtree(settings.index_dir)
    halfway = tmp_path / "halfway"
    script = Path(__file__).parent / "rebuild_process.py"
    worker = subprocess.Popen(
        [sys.executable, str(script), settings.database, str(settings.data_dir), str(halfway)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        end = time.monotonic() + 60
        while not halfway.exists():
            assert worker.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    half_made = generations(settings.index_dir)
    assert half_made  # and no pointer leads there
    page = client.get("/search?q=池をつくる").text
    assert SAID in page
    assert 'href="/test/1"' in page
    with clock.at(clock.now() + timedelta(minutes=2)):
        jobs.tidy()
        jobs.run_due()
    assert search.find("池をつくる", None).is_ready
    assert keys("池をつくる") == ["test:1"]
    assert generations(settings.index_dir) != half_made
    assert len(generations(settings.index_dir)) == 1


def test_a_rebuild_that_fails_leaves_the_old_index_answering(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    index.rebuild([document(1, "池をつくる")])

    def texts() -> Iterator[Document]:
        yield document(2, "森をつくる")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        index.rebuild(texts())
    assert keys("つくる", index) == ["test:1"]
    assert index.is_sound
    assert len(generations(tmp_path / "index")) == 1


def test_searching_while_the_index_is_written_always_answers(tmp_path: Path) -> None:
    index, reader_of_it = WhooshIndex(tmp_path / "busy"), WhooshIndex(tmp_path / "busy")
    index.rebuild([document(0, "池をつくる")])
    stop, wrong = threading.Event(), list[object]()

    def read(index: WhooshIndex) -> None:
        while not stop.is_set():
            try:
                if "test:0" not in keys("池を", index):
                    wrong.append("not found")
            except Broken as error:
                wrong.append(error.__cause__)

    readers = [threading.Thread(target=read, args=[one]) for one in (index, reader_of_it)]
    for reader in readers:
        reader.start()
    for number in range(1, 12):
        with index.exclusively():
            index.write({f"test:{number}": document(number, "池をつくる")}, [])
        if number == 6:
            index.rebuild(document(n, "池をつくる") for n in range(7))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(keys("池を", index)) == len(keys("池を", reader_of_it)) == 12


def test_writers_in_two_processes_wait_for_each_other(tmp_path: Path) -> None:
    """Two indexes on one folder know nothing of each other's thread lock, as two processes do."""
    one, other = WhooshIndex(tmp_path / "index"), WhooshIndex(tmp_path / "index")
    one.rebuild([document(0, "池")])

    def write(index: WhooshIndex, first: int) -> None:
        for number in range(first, first + 8):
            with index.exclusively():
                index.write({f"test:{number}": document(number, "池")}, [])

    writers = [threading.Thread(target=write, args=[i, n]) for i, n in ((one, 1), (other, 101))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(keys("池", one)) == 17


def test_a_search_that_takes_too_long_answers_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = WhooshIndex(tmp_path / "large")
    index.rebuild(document(n, "池をつくる" * 20) for n in range(300))
    monkeypatch.setattr(indexes, "TIME_LIMIT", 0.0)
    began = time.process_time()
    found = keys("池を つくる", index)
    assert time.process_time() - began < 5
    assert len(found) == 1


def test_an_empty_index_is_sound(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "empty")
    assert index.rebuild([]) == 0
    assert index.is_sound
    assert index.find(["池"], Filters(room="x"), limit=5) == []
    with index.exclusively():
        index.write({"test:1": document(1, "池")}, ["test:2"])
    assert keys("池", index) == ["test:1"]
