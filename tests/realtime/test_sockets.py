"""Live news on a real server: what reaches an open page, what never does, who may not connect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any, TypeVar

import pytest
import requests
import socketio
import websocket
from flask import Flask
from sqlalchemy import inspect
from werkzeug.serving import make_server

from core import db, permissions
from core.config import Settings
from core.factory import create_app
from core.people import Account
from forum import posts
from forum.models import Topic
from moderation import decisions
from realtime import sockets

HOME = "http://localhost"  # the installation's own origin (the fixture's base_url)
T = TypeVar("T")
Reader = Callable[[], "Page"]


def again(thing: T) -> T:
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


class Page:
    """Somebody's open page: what the socket told it, in order."""

    def __init__(self, url: str) -> None:
        self.heard: Queue[tuple[str, Any]] = Queue()
        said = {"origin": HOME}
        self.client = socketio.Client(reconnection=False, websocket_extra_options=said)
        self.is_over = Event()
        self.client.on("*", lambda event, said: self.heard.put((event, said)))
        self.client.on("disconnect", lambda *_: self.is_over.set())
        self.client.connect(url, transports=["websocket"])
        self.line = self.client.eio.ws

    def joins(self, topic: str) -> Any:
        return self.client.call("join", {"topic": topic}, timeout=20)

    def hears(self, within: float = 1.0) -> tuple[str, Any] | None:
        try:
            return self.heard.get(timeout=within)
        except Empty:
            return None


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application of the test's own: news is told by the one that was put together last."""
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    db.session.remove()
    app.extensions["engine"].dispose()


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The application on a real, threaded server on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    sockets.close_all()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(url: str) -> Iterator[Reader]:
    pages: list[Page] = []

    def open_page() -> Page:
        pages.append(Page(url))
        return pages[-1]

    yield open_page
    sockets.close_all()
    for page in pages:
        page.is_over.wait(3)
        page.line.shutdown()  # the client leaves it to the garbage collector


def heard(page: Page) -> tuple[str, Any]:
    """The next thing a page is told; how fast is for `./dev bench live`."""
    found = page.hears(20)
    assert found is not None
    return found


def knock(url: str, **headers: str) -> requests.Response:
    """Ask for a websocket as a browser does, and take the refusal."""
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", **headers}
    return requests.get(f"{url}/socket.io/?EIO=4&transport=websocket", headers=asked, timeout=20)


def test_a_post_reaches_another_reader_without_being_asked(
    opened: Reader, url: str, topic: Topic, resident: Account
) -> None:
    page, elsewhere = opened(), opened()
    assert page.joins(topic.public_id) == {"last": 0, "here": 1}
    post = posts.reply(resident, topic, "木を残してください。")
    public_id = post.public_id
    event, news = heard(page)
    assert (event, news["id"]) == ("post", public_id)
    assert elsewhere.hears(0.1) is None
    fragment = requests.get(f"{url}/p/{public_id}/fragment", timeout=20)
    assert "木を残してください。" in fragment.text
    assert news["html"] == fragment.text  # all visitors read the same: it comes along


def test_what_is_hidden_is_told_without_a_word_of_it(
    opened: Reader, url: str, topic: Topic, resident: Account, moderator: Account
) -> None:
    page, secret = opened(), "ひどいことば"
    page.joins(topic.public_id)
    post = posts.reply(resident, topic, secret)
    public_id = post.public_id
    assert heard(page)[1]["id"] == public_id
    decisions.hide(moderator, "post", public_id, "第4条", "決めつけでした。")
    event, news = heard(page)
    assert (event, news["id"]) == ("changed", public_id)
    assert secret not in str(news)
    fragment = requests.get(f"{url}/p/{public_id}/fragment", timeout=20).text
    assert secret not in fragment
    assert "表示していません" in fragment


def test_a_failed_act_is_told_to_nobody(opened: Reader, topic: Topic, resident: Account) -> None:
    page = opened()
    page.joins(topic.public_id)
    with pytest.raises(RuntimeError), db.transaction():
        posts.reply(resident, topic, "なかったこと")
        raise RuntimeError
    assert page.hears(0.2) is None


def test_a_foreign_origin_is_refused(opened: Reader, url: str) -> None:
    assert opened().client.connected
    for origin in ("https://elsewhere.example", url, "null"):
        assert knock(url, Origin=origin).status_code == 400


def test_the_allowed_origins_are_the_configured_ones(app: Flask) -> None:
    from dataclasses import replace

    settings = app.config["TOMONI"]
    assert sockets.origins(settings) == [HOME]
    listed = replace(settings, socket_origins=("https://a.example", "https://b.example"))
    assert sockets.origins(listed) == ["https://a.example", "https://b.example"]


def test_strange_events_do_no_harm(opened: Reader, topic: Topic, resident: Account) -> None:
    page = opened()
    page.client.emit("rm -rf", {"all": True})
    page.client.emit("join", "x" * 200)
    page.client.emit("join", [1, {"a": [None]}])
    assert page.client.call("join", {"topic": "nowhere"}, timeout=20)["status"] == 404
    assert page.client.call("join", {"topic": {"a": 1}}, timeout=20)["status"] == 404
    assert page.client.call("join", None, timeout=20)["status"] == 404
    page.joins(topic.public_id)
    post = posts.reply(resident, topic, "まだ動いています")
    assert heard(page)[1]["id"] == post.public_id


def test_a_frame_over_the_limit_ends_only_its_own_connection(
    opened: Reader, url: str, topic: Topic
) -> None:
    page, other = opened(), opened()
    page.client.emit("join", {"topic": "x" * (sockets.FRAME + 1)})
    assert page.is_over.wait(5)
    assert other.joins(topic.public_id)["last"] == 0
    assert requests.get(f"{url}/healthz", timeout=20).ok


def test_frames_are_not_compressed_and_only_websockets_are_spoken(url: str) -> None:
    place = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    line = websocket.create_connection(
        place, origin=HOME, header=["Sec-WebSocket-Extensions: permessage-deflate"], timeout=5
    )
    assert "sec-websocket-extensions" not in line.getheaders()
    line.shutdown()
    polling = requests.get(f"{url}/socket.io/?EIO=4&transport=polling", timeout=20)
    assert polling.status_code == 400


def test_when_every_seat_is_taken_pages_are_still_answered(
    opened: Reader, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "SEATS", 1)
    first = opened()
    assert knock(url, Origin=HOME).status_code == 503
    assert requests.get(f"{url}/healthz", timeout=20).ok
    assert first.client.connected


def test_closing_all_tells_every_browser_at_once(opened: Reader) -> None:
    pages = [opened(), opened()]
    sockets.close_all()
    assert all(page.is_over.wait(3) for page in pages)


def test_every_event_declares_a_permission(app: Flask) -> None:
    boards = {"board.join", "board.op", "board.busy"}
    assert set(sockets.handlers()) == {"join", "desk.join", "desk.writing", *boards}
    for handler in sockets.handlers().values():
        assert permissions.declared(handler.permission)  # type: ignore[attr-defined]


def test_japanese_is_sent_as_itself() -> None:
    assert sockets._Json.dumps({"a": "木"}, separators=(",", ":")) == '{"a":"木"}'
    assert sockets._Json.loads('{"a":"木"}') == {"a": "木"}


def test_who_wrote_and_who_has_a_role_fetches_what_is_theirs(
    opened: Reader, app: Flask, topic: Topic, resident: Account, neighbour: Account
) -> None:
    """All others read a new post alike; nothing of anybody's own comes along."""
    for is_known, writes in ((False, "（発言1へ）"), (True, "（発言1へ）")):
        post = posts.reply(again(resident), again(topic), f"木陰がほしいです。{is_known}")
        path = f"/p/{post.public_id}/fragment"
        drawn = sockets.as_reader(path, "ja", is_known=is_known)
        assert drawn is not None
        assert "木陰がほしいです。" in drawn
        assert "data-mine" not in drawn
        assert "取り下げる" not in drawn
        assert (writes in drawn or "（発言2へ）" in drawn) is is_known
    assert sockets.as_reader("/p/nowhere/fragment", "ja", is_known=True) is None
    assert sockets.as_reader("/notices", "ja", is_known=False) is None
