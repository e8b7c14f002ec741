"""Pictures in posts: described, drawn anew, and seen only while the post is."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, inspect, select, update
from werkzeug.datastructures import FileStorage

from core import db
from core.errors import Invalid
from core.files import StoredContent
from core.people import Account
from forum import pictures, posts
from forum.models import Post, PostImage, Room, Topic
from forum.pictures import Prepared
from moderation import decisions

Browser = Callable[[Account], FlaskClient]


def jpeg(size: tuple[int, int] = (64, 48), secret: str = "") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    if secret:
        exif[0x010E] = secret
    Image.new("RGB", size, "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def upload(content: bytes, name: str = "停留所.jpg") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def drawn(*alts: str) -> list[Prepared]:
    return pictures.prepare([upload(jpeg()) for _alt in alts], list(alts))


def account(kept: Account) -> Account:
    return db.session().get_one(Account, inspect(kept).identity[0])


@pytest.fixture
def post(topic: Topic, resident: Account) -> Post:
    """A post with two pictures."""
    two = drawn("坂の途中の停留所", "朝の列")
    return posts.reply(resident, topic, "停留所の写真です。", pictures=two)


def form(**more: Any) -> dict[str, Any]:
    return {"body": "写真です。", "key": "k", **more}


def test_a_post_shows_its_pictures_with_their_words(client: FlaskClient, post: Post) -> None:
    page = client.get(f"/t/{post.topic.public_id}").text
    assert 'alt="坂の途中の停留所" width="64" height="48" loading="lazy"' in page
    answer = client.get(f"/p/{post.public_id}/images/1")
    assert answer.status_code == 200
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")
    again = client.get(
        f"/p/{post.public_id}/images/1", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    for nowhere in (f"/p/{post.public_id}/images/2", "/p/nowhere/images/0"):
        assert client.get(nowhere).status_code == 404
    assert client.get(f"/p/{post.public_id}/images/x").status_code == 404


def test_what_the_camera_wrote_stays_behind() -> None:
    (one,) = pictures.prepare([upload(jpeg(secret="35.0N 139.0E"))], ["停留所"])
    assert b"35.0N" not in one.picture.content


def test_a_large_picture_is_made_smaller() -> None:
    (one,) = pictures.prepare([upload(jpeg((3000, 1500)))], ["停留所"])
    assert (one.picture.width, one.picture.height) == (1600, 800)


def test_every_picture_is_described_and_there_are_four_at_most() -> None:
    assert pictures.prepare([upload(b"", name="")], [""]) == []
    cases: list[tuple[list[bytes], list[str], str]] = [
        ([jpeg()], [" "], "pictures-0-alt"),
        ([jpeg(), jpeg()], ["停留所", ""], "pictures-1-alt"),
        ([jpeg()], ["あ" * 201], "pictures-0-alt"),
        ([b"<svg onload=alert(1)>"], ["図"], "pictures-0-file"),
        ([jpeg()[:40]], ["図"], "pictures-0-file"),
        ([jpeg()] * 5, ["図"] * 5, "pictures"),
    ]
    for files, alts, field in cases:
        with pytest.raises(Invalid) as refused:
            pictures.prepare([upload(one) for one in files], alts)
        assert refused.value.field == field


@pytest.mark.parametrize("how", ["hidden", "withdrawn", "held"])
def test_the_pictures_of_a_post_that_is_not_shown_are_served_to_nobody_else(
    how: str,
    browser_of: Browser,
    client: FlaskClient,
    topic: Topic,
    room: Room,
    resident: Account,
    neighbour: Account,
    moderator: Account,
) -> None:
    if how == "held":
        with db.transaction() as tx:
            tx.execute(update(Room).where(Room.id == room.id).values(checked="before"))
        db.session().expire_all()
    post = posts.reply(resident, topic, "写真です。", pictures=drawn("交差点の人"))
    assert post.is_held == (how == "held")
    path, page = f"/p/{post.public_id}/images/0", f"/t/{topic.public_id}"
    if how == "hidden":
        decisions.hide(moderator, "post", post.public_id, "第4条", "人の顔が写っていました。")
    elif how == "withdrawn":
        posts.withdraw(resident, post)
    for browser in (client, browser_of(neighbour)):
        assert browser.get(path).status_code == 404
        assert "交差点の人" not in browser.get(page).text
    assert browser_of(resident).get(path).status_code == (200 if how == "held" else 404)
    assert browser_of(moderator).get(path).status_code == (404 if how == "withdrawn" else 200)


def test_pictures_are_sent_with_the_form(
    browser_of: Browser, client: FlaskClient, topic: Topic, resident: Account
) -> None:
    path = f"/t/{topic.public_id}"
    browser = browser_of(resident)
    assert 'enctype="multipart/form-data"' in browser.get(path).text
    files = {
        "pictures-0-file": (io.BytesIO(jpeg()), "a.jpg"),
        "pictures-0-alt": "坂の途中の停留所",
        "pictures-1-file": (io.BytesIO(b""), ""),
        "pictures-1-alt": "",
    }
    sent = browser.post(path, data=form(**files), content_type="multipart/form-data")
    assert sent.status_code == 303
    assert 'alt="坂の途中の停留所"' in client.get(path).text


def test_a_refused_form_keeps_the_words_and_asks_for_the_files_again(
    browser_of: Browser, topic: Topic, resident: Account
) -> None:
    path = f"/t/{topic.public_id}"
    files = {
        "pictures-0-file": (io.BytesIO(jpeg()), "a.jpg"),
        "pictures-0-alt": "坂の途中の停留所",
        "pictures-1-file": (io.BytesIO(jpeg()), "b.jpg"),
        "pictures-1-alt": "",
    }
    browser = browser_of(resident)
    answer = browser.post(path, data=form(**files), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "写真です。" in answer.text
    assert 'value="坂の途中の停留所"' in answer.text
    assert "2枚目の写真に何が写っているか" in answer.text
    assert 'href="#pictures-1-alt"' in answer.text
    assert "写真は、もう一度お選びください" in answer.text
    assert db.session().scalar(select(func.count()).select_from(PostImage)) == 0


def test_the_same_form_sent_twice_has_its_pictures_once(topic: Topic, resident: Account) -> None:
    for _time in range(2):
        post = posts.reply(resident, topic, "写真です。", key="same", pictures=drawn("停留所"))
    assert len(pictures.of([post])[post.id]) == 1


def test_an_edit_keeps_the_pictures_takes_one_off_and_adds_one(
    browser_of: Browser, client: FlaskClient, post: Post, resident: Account
) -> None:
    path = f"/p/{post.public_id}/edit"
    image = f"/p/{post.public_id}/images"
    browser = browser_of(resident)
    page = browser.get(path).text
    assert "この写真を外す" in page
    words = {"body": "停留所の写真を直しました。", "version": "1"}
    assert browser.post(path, data=words).status_code == 303
    assert client.get(f"{image}/0").status_code == client.get(f"{image}/1").status_code == 200
    changed = {
        **words,
        "version": "2",
        "remove": "0",
        "pictures-0-file": (io.BytesIO(jpeg((20, 20))), "c.jpg"),
        "pictures-0-alt": "新しい停留所",
    }
    assert browser.post(path, data=changed, content_type="multipart/form-data").status_code == 303
    assert [client.get(f"{image}/{n}").status_code for n in (0, 1, 2)] == [404, 200, 200]
    found = pictures.of([db.session().get_one(Post, inspect(post).identity[0])])
    assert [[one.alt for one in row] for row in found.values()] == [["朝の列", "新しい停留所"]]
    assert db.session().scalar(select(func.count()).select_from(StoredContent)) == 2


def test_an_edit_leaves_no_more_than_four(
    browser_of: Browser, post: Post, resident: Account
) -> None:
    files: dict[str, Any] = {}
    for number in range(3):
        files[f"pictures-{number}-file"] = (io.BytesIO(jpeg()), "a.jpg")
        files[f"pictures-{number}-alt"] = "停留所"
    words = {"body": "停留所の写真です。", "version": "1", **files}
    path = f"/p/{post.public_id}/edit"
    answer = browser_of(resident).post(path, data=words, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "4枚まで" in answer.text


def test_who_writes_without_an_account_sends_no_pictures(
    client: FlaskClient, topic: Topic, room: Room
) -> None:
    path = f"/t/{topic.public_id}"
    with db.transaction() as tx:
        tx.execute(update(Room).where(Room.id == room.id).values(writers="guest"))
    db.session().expire_all()
    assert 'type="file"' not in client.get(path).text
    files = {"pictures-0-file": (io.BytesIO(jpeg()), "a.jpg"), "pictures-0-alt": "停留所"}
    client.post(path, data=form(guest_name="ゲスト", **files), content_type="multipart/form-data")
    assert db.session().scalar(select(func.count()).select_from(PostImage)) == 0
