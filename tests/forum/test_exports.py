"""A room can be taken along from the first day: what everybody may read, and nothing else."""

from __future__ import annotations

import csv
import io
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from core import clock, db, files
from core.people import Account
from forum import closings, exports, posts
from forum.models import Paper, Post, PostImage, Room, Topic
from moderation import decisions

SECRET = "ここだけの話です"


def unpacked(client: FlaskClient, address: str) -> dict[str, str]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    with ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        return {
            name: packed.read(name).decode("utf-8-sig", "replace") for name in packed.namelist()
        }


@pytest.fixture
def address(room: Room) -> str:
    return f"/rm/{room.public_id}/export.zip"


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


def test_a_room_is_pages_tables_and_a_note(
    topic: Topic, resident: Account, officer: Account, client: FlaskClient, address: str
) -> None:
    first = posts.reply(resident, topic, "**木**を残してください。")
    posts.reply(officer, topic, "資料をご覧ください。", first)
    found = unpacked(client, address)
    assert set(found) == {
        "topics/01.html", "posts.csv", "topics.csv", "index.html", "style.css", "README.txt",
    }  # fmt: skip
    page = found["topics/01.html"]
    assert "<strong>木</strong>を残してください。" in page
    assert "公園みどり課" in page
    assert 'href="#p-1"' in page
    assert "森川" not in page  # the department speaks, not a person
    assert 'href="topics/01.html"' in found["index.html"]
    one, two = rows(found["posts.csv"])
    assert (one["発言"], one["立場"], one["本文"]) == ("1", "区民", "**木**を残してください。")
    assert (two["返信先の発言"], two["部署"]) == ("1", "公園みどり課")
    assert rows(found["topics.csv"])[0]["表示している発言"] == "2"
    assert "表示している発言    2" in found["README.txt"]


def test_nothing_in_it_needs_a_server_or_a_script(
    topic: Topic, resident: Account, client: FlaskClient, address: str
) -> None:
    posts.reply(resident, topic, "[資料](/t/x) <script>alert(1)</script>")
    page = unpacked(client, address)["topics/01.html"]
    assert "<script" not in page
    assert 'src="http' not in page
    assert 'href="http://localhost/t/x"' in page


def test_hidden_withdrawn_waiting_and_former_words_are_in_no_file(
    topic: Topic,
    room: Room,
    resident: Account,
    neighbour: Account,
    moderator: Account,
    client: FlaskClient,
    address: str,
) -> None:
    hidden = posts.reply(neighbour, topic, f"{SECRET}1")
    gone = posts.reply(resident, topic, f"{SECRET}2")
    edited = posts.reply(resident, topic, f"{SECRET}3")
    decisions.hide(moderator, "post", hidden.public_id, room.rules[1], "決めつけています")
    posts.withdraw(resident, gone, "考えが変わったため")
    posts.edit(resident, edited, "書き直しました", version=1)
    with db.transaction() as tx:
        waiting = {c.key: getattr(edited, c.key) for c in Post.__table__.columns if c.key != "id"}
        waiting |= {
            "public_id": db.public_id(),
            "number": -1,
            "path": "-000001",
            "key": "held",
            "body": f"{SECRET}4",
            "body_html": f"{SECRET}4",
            "held_at": clock.now(),
        }
        tx.execute(insert(Post).values(**waiting))
    found = unpacked(client, address)
    assert [name for name, said in found.items() if SECRET in said] == []
    assert "坂の上" not in found["posts.csv"]  # nor who said what was hidden
    states = [(row["発言"], row["状態"], row["本文"]) for row in rows(found["posts.csv"])]
    assert states == [("1", "非公開", ""), ("2", "取り下げ", ""), ("3", "表示", "書き直しました")]
    assert "確認を待つ発言      1" in found["README.txt"]
    assert "考えが変わったため" in found["topics/01.html"]


def test_cells_do_not_run_as_formulas(
    topic: Topic, resident: Account, client: FlaskClient, address: str
) -> None:
    posts.reply(resident, topic, "=HYPERLINK(0)")
    assert rows(unpacked(client, address)["posts.csv"])[0]["本文"] == "'=HYPERLINK(0)"


def test_the_summary_goes_along_once_it_is_public(
    room: Room,
    topic: Topic,
    resident: Account,
    facilitator: Account,
    client: FlaskClient,
    address: str,
) -> None:
    closes_at = room.closes_at
    post = posts.reply(resident, topic, "木を残してください。")
    link = f'href="http://localhost/p/{post.public_id}"'
    closings.write_summary(facilitator, room, f"日かげ {closings.citation(post)}", version=0)
    assert "日かげ" not in unpacked(client, address)["index.html"]
    with clock.at(closes_at):
        page = unpacked(client, address)["index.html"]
    assert "日かげ" in page
    assert link in page


def test_papers_and_pictures_go_along(
    room: Room, topic: Topic, resident: Account, client: FlaskClient, address: str
) -> None:
    post = posts.reply(resident, topic, "写真を付けます。")
    with db.transaction() as tx:
        kept = [
            files.store(b"%PDF-1.7", "application/pdf", "時刻表.pdf"),
            files.store(b"PDF", "application/pdf", "消した.pdf"),
            files.store(b"JPEG", "image/jpeg", "木.jpg"),
        ]
        tx.add(Paper(room_id=room.id, file_id=kept[0].id, title="時刻表"))
        tx.add(
            Paper(room_id=room.id, file_id=kept[1].id, title="消した資料", removed_at=clock.now())
        )
        tx.add(PostImage(post_id=post.id, file_id=kept[2].id, alt="大きな木", position=0))
    found = unpacked(client, address)
    assert found["papers/01.pdf"] == "%PDF-1.7"
    assert found["pictures/01-1-1.jpg"] == "JPEG"
    assert "時刻表" in found["index.html"]
    assert "消した資料" not in found["index.html"]
    assert 'src="../pictures/01-1-1.jpg" alt="大きな木"' in found["topics/01.html"]


def test_a_topic_is_read_in_batches_and_whole(
    both_engines: str, topic: Topic, resident: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 3)
    first = posts.reply(resident, topic, "1")
    for n in range(2, 9):
        posts.reply(resident, topic, str(n), first if n % 3 == 0 else None)
    found = [(entry.number, entry.parent) for entry in exports.entries(topic, "")]
    assert found == [
        (1, None), (3, 1), (6, 1), (2, None), (4, None), (5, None), (7, None), (8, None),
    ]  # fmt: skip


def test_who_takes_a_room_along_again_and_again_is_asked_to_wait(
    client: FlaskClient, address: str
) -> None:
    answers = [client.get(address).status_code for _turn in range(61)]
    assert (answers[:60], answers[60]) == ([200] * 60, 429)


def test_an_empty_room_can_be_taken_along(room: Room, client: FlaskClient, address: str) -> None:
    assert "まだ話題がありません" in unpacked(client, address)["index.html"]
