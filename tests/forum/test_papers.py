"""The papers of a room: put in, read, searched, taken out."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from core import db, files, pdfs, record
from core.errors import Forbidden, Gone, Invalid, NotFound
from core.people import Account
from core.search import SearchOutbox
from forum import papers
from forum.models import Paper, Room
from tests.forum.pdf_files import pdf
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]


def picture(colour: str = "teal", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def add(
    actor: Account | None,
    room: Room,
    content: bytes | None = None,
    title: str = "時刻表",
    name: str = "図.png",
) -> Paper:
    return papers.add(actor, room, title, io.BytesIO(content or picture()), name)


def url(paper: Paper) -> str:
    return f"/rm/{paper.room.public_id}/papers/{paper.public_id}/x"


def test_the_words_of_a_pdf_are_kept_for_search(room: Room, officer: Account) -> None:
    paper = add(officer, room, pdf("Timetable 2026", "Night bus"), name="時刻表.pdf")
    assert paper.text == "Timetable 2026\nNight bus"
    assert paper.file.name == "時刻表.pdf"
    assert ("paper", paper.id) in db.session().execute(
        select(SearchOutbox.kind, SearchOutbox.object_id)
    ).all()
    (listed,) = papers.of(room)
    assert listed.has_words
    assert "paper.added" in db.session().scalars(select(record.Entry.kind)).all()


def test_a_pdf_that_hides_its_words_is_kept_and_says_so(
    room: Room, officer: Account, browser_of: Browser
) -> None:
    path, room_id = f"/rm/{room.public_id}/papers", room.id
    browser = browser_of(officer)
    for number, content in enumerate([pdf("Secret", password="x"), b"%PDF-1.4 broken"]):
        page = browser.post(
            path,
            data={"title": f"資料{number}", "file": (io.BytesIO(content), "x.pdf")},
            follow_redirects=True,
        )
        assert "文字を読みとれませんでした" in page.get_data(as_text=True)
    assert [paper.has_words for paper in papers.of(db.session().get_one(Room, room_id))] == [
        False,
        False,
    ]


def test_no_more_pages_or_letters_are_read_than_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdfs, "MAX_PAGES", 2)
    assert pdfs.extracted(pdf("one", "two", "three")) == "one\ntwo"
    monkeypatch.setattr(pdfs, "MAX_CHARACTERS", 5)
    assert pdfs.extracted(pdf("one", "two", "three")) == "one\nt"
    monkeypatch.setattr(pdfs, "SECONDS", -1)
    assert pdfs.extracted(pdf("one", "two")) == ""


def test_a_pdf_locked_with_an_empty_password_is_read() -> None:
    assert pdfs.extracted(pdf("Open to all")) == "Open to all"


@pytest.mark.parametrize(
    "content",
    [b"<html>%PDF-1.4</html>", b"<svg xmlns='x'/>", b"MZ" + bytes(60), b"PK\x03\x04", b"plain"],
    ids=["html", "svg", "exe", "zip", "text"],
)
def test_other_kinds_of_files_are_refused(room: Room, officer: Account, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        add(officer, room, content, name="x.pdf")
    assert refused.value.field == "file"
    assert db.session().scalar(select(func.count()).select_from(files.StoredFile)) == 0


def test_a_large_pdf_is_refused(
    room: Room, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "PDF_LIMIT", 1024)
    with pytest.raises(Invalid):
        add(officer, room, b"%PDF-1.4" + bytes(1024))
    assert papers.of(room) == []


def test_facilitators_add_papers_and_others_do_not(
    room: Room, facilitator: Account, stranger: Account, resident: Account
) -> None:
    paper = add(facilitator, room)
    for actor in (stranger, resident, None):
        with pytest.raises(Forbidden):
            add(actor, room)
        with pytest.raises(Forbidden):
            papers.remove(actor, paper, "なぜなら")


def test_the_same_file_is_not_added_twice(room: Room, officer: Account) -> None:
    assert add(officer, room).id == add(officer, room, title="もう一度").id
    other = add(officer, room, picture("red"))
    assert [paper.id for paper in papers.of(room)] == [papers.of(room)[0].id, other.id]
    assert db.session().scalar(select(func.count()).select_from(files.StoredContent)) == 2


def test_a_paper_without_a_title_is_called_like_its_file(room: Room, officer: Account) -> None:
    assert add(officer, room, title=" ", name="令和8年 時刻表.png").title == "令和8年 時刻表"


def test_a_pdf_is_handed_out_to_be_kept_and_runs_nothing(
    room: Room, officer: Account, client: FlaskClient
) -> None:
    paper = add(officer, room, pdf("Words"), name="時刻表.pdf")
    got = client.get(url(paper))
    assert got.status_code == 200
    assert got.mimetype == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("attachment; ")
    assert "%E6%99%82%E5%88%BB%E8%A1%A8.pdf" in got.headers["Content-Disposition"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got.data == pdf("Words")


def test_a_picture_is_shown_and_known_again(
    room: Room, officer: Account, client: FlaskClient, statements: list[str]
) -> None:
    paper = add(officer, room)
    first = client.get(url(paper))
    assert first.mimetype == "image/png"
    assert first.headers["Content-Disposition"].startswith("inline; ")
    assert "no-cache" in first.headers["Cache-Control"]
    statements.clear()
    again = client.get(url(paper), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert not any("stored_content" in said for said in statements)


def test_a_paper_is_found_in_its_own_room_only(
    room: Room, officer: Account, client: FlaskClient
) -> None:
    paper = add(officer, room)
    with pytest.raises(NotFound):
        papers.find(room.public_id, paper.file.public_id)
    other = f"/rm/{db.public_id()}/papers/{paper.public_id}/x"
    assert client.get(f"/files/{paper.file.public_id}").status_code == 404
    assert client.get(other).status_code == 404


def test_a_paper_taken_out_leaves_its_reason_and_nothing_else(
    room: Room, officer: Account, client: FlaskClient
) -> None:
    paper = add(officer, room, pdf("Private words"), title="個人の図")
    where, page_of = url(paper), f"/rm/{room.public_id}"
    with pytest.raises(Invalid):
        papers.remove(officer, paper, " ")
    papers.remove(officer, paper, "人が分かる写真だったため")
    kept = db.session().get_one(Paper, paper.id)
    assert kept.text == ""
    with pytest.raises(Gone):
        files.content(kept.file)
    outbox = select(func.count()).where(SearchOutbox.object_id == paper.id)
    assert db.session().scalar(outbox.where(SearchOutbox.kind == "paper")) == 2
    known = {"If-None-Match": f'"{kept.file.sha256}"'}
    headers: dict[str, str]
    for headers in ({}, known):
        gone = client.get(where, headers=headers)
        assert gone.status_code == 410
        assert "人が分かる写真だったため" in gone.get_data(as_text=True)
    page = client.get(page_of).get_data(as_text=True)
    assert "人が分かる写真だったため" in page
    assert where.removesuffix("x") not in page


def test_an_officer_adds_and_removes_on_a_page(
    room: Room, officer: Account, browser_of: Browser
) -> None:
    path = f"/rm/{room.public_id}/papers"
    visitor = Visitor(browser_of(officer)).open(path)
    assert "まだ資料がありません" in visitor.text
    assert visitor.press("資料を置く", title="からっぽ").status == 422
    assert "ファイルを選んでください" in visitor.text
    given = (io.BytesIO(picture()), "停留所の図.png")
    visitor.press("資料を置く", _files={"file": given}, title="")
    assert "「停留所の図」を置きました" in visitor.text
    assert visitor.press("取りのぞく", reason="").status == 422
    visitor.press("取りのぞく", reason="古い図だったため")
    assert "古い図だったため" in visitor.text


def test_a_list_of_papers_reads_no_content_and_no_words(
    room: Room, officer: Account, statements: list[str]
) -> None:
    for colour in ("red", "green", "blue"):
        add(officer, room, picture(colour))
    here = db.session().get_one(Room, room.id)
    statements.clear()
    assert len(papers.of(here)) == 3
    assert all(paper.room.title and paper.file.size for paper in papers.of(here))
    assert len(statements) == 2
    assert not any("stored_content" in said for said in statements)
