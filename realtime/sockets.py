"""Live connections: which there may be, what they may say, and how they end.

One process, one thread per connection (ADR 4), websocket only: a page without it asks now and then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, g, request
from flask_socketio import SocketIO, join_room
from simple_websocket import ConnectionClosed  # type: ignore[import-untyped]

from core import db, i18n, permissions, web
from core.config import Settings
from core.errors import DomainError, Forbidden
from core.people import Account
from core.web import permits
from forum import queries
from realtime import frames, pings, wires
from realtime.asks import Allowance
from realtime.presence import Presence

log = structlog.get_logger(__name__)
Handler = Callable[..., dict[str, Any] | None]
FRAME = 64 * 1024
ROOMS = 20  # topics one connection may listen to
SEATS = 600  # of gunicorn's 680 threads: the rest always answers pages
MESSAGES = 300.0  # at once on one connection,
MESSAGE_RATE = 30.0  # and a second from then on: more than that is no browser
HANDS = 16  # rare events that are answered at the same moment
POLICY = 1008  # RFC 6455, 7.4.1
_handlers: dict[str, Handler] = {}
_rare: set[str] = set()
_live: list[SocketIO] = []
_presence: list[Presence] = []
_pings: list[pings.Pings] = []
_leavers: list[Callable[[str], None]] = []
_apps: list[Flask] = []
_hands = ThreadPoolExecutor(max_workers=HANDS, thread_name_prefix="event")
_visits = ThreadPoolExecutor(max_workers=1, thread_name_prefix="visitor")


def on(event: str, *, is_rare: bool = False) -> Callable[[Handler], Handler]:
    """Answer a socket event with the decorated function; it declares its permission like a view.

    What a connection asks once (`is_rare`) is answered in one of a few hands: the stack that needs
    is then not kept by each connection's own thread (143 kB became 119), but it costs 0.6 ms.
    """

    def register(handler: Handler) -> Handler:
        _handlers[event] = handler
        if is_rare:
            _rare.add(event)
        return handler

    return register


def handlers() -> dict[str, Handler]:
    """Every event a browser may send, and who answers it."""
    return dict(_handlers)


@on("join", is_rare=True)
@permits("public")
def join(said: dict[str, Any]) -> dict[str, Any]:
    """Listen to a topic from now on; `{"topic": public id}`. Somebody signed in is also told what
    they do in another tab.
    """
    topic = queries.topic(str(said.get("topic", ""))[:40])
    who = web.actor()
    here_id = sid()
    if len(_here().server.rooms(here_id)) <= ROOMS:
        join_room(room_of(topic.public_id))
        if who is not None:
            join_room(tabs_of(who.public_id))
        if who is not None and who.roles:
            join_room(staff_of(topic.public_id))
        else:
            join_room(readers_of(topic.public_id, i18n.language(), is_known=who is not None))
        for presence in _presence:
            presence.came(topic.public_id, here_id, who.public_id if who is not None else here_id)
    here = max((one.count(topic.public_id) for one in _presence), default=1)
    return {"last": topic.post_count, "here": here}


def room_of(topic: str) -> str:
    """The name of a topic's listeners."""
    return f"topic:{topic}"


def staff_of(topic: str) -> str:
    """The name of a topic's listeners with a role: each fetches what they may do."""
    return f"topic:{topic}:staff"


def readers_of(topic: str, language: str, *, is_known: bool) -> str:
    """The name of a topic's listeners who read a new post alike: without an account, or with one
    that has no role.
    """
    return f"topic:{topic}:{'members' if is_known else 'visitors'}:{language}"


def tabs_of(account: str) -> str:
    """The name of one person's open pages."""
    return f"account:{account}"


def tell(room: str, event: str, said: dict[str, Any], *, skip: Collection[str] = ()) -> None:
    """Send something to everybody in a room (a connection's own id is a room) but to `skip`."""
    for live in _live:
        live.emit(event, said, to=room, skip_sid=list(skip) or None)


def listeners(room: str) -> list[str]:
    """The ids of the connections in a room."""
    return [sid for live in _live for sid, _eio in live.server.manager.get_participants("/", room)]


def as_reader(path: str, language: str, *, is_known: bool) -> str | None:
    """A page of this site as anybody gets it who has no role, and no account unless `is_known`.

    None when they get none. It is asked for as every browser asks, in a thread of its own:
    whoever's act is told stays who they are. The account is nobody's, so nothing of anybody's own
    is on the page; the proof in its forms is no browser's and is put in by the page's script.
    """
    return _visits.submit(_visited, path, language, is_known).result(timeout=10)


def _visited(path: str, language: str, is_known: bool) -> str | None:
    app = _apps[0]
    with app.test_request_context(path, headers={"Accept-Language": language}):
        if is_known:
            g._login_user = Account(id=-1, public_id="", display_name="", ties=[], grants=[])
        answer = app.full_dispatch_request()
        return answer.get_data(as_text=True) if answer.status_code == 200 else None


def enter(room: str, sid: str) -> None:
    """Put a connection into a room."""
    for live in _live:
        live.server.enter_room(sid, room)


def leave(room: str, sid: str) -> None:
    """Take a connection out of a room."""
    for live in _live:
        live.server.leave_room(sid, room)


def sid() -> str:
    """The id of the connection that speaks now."""
    found: str = request.sid  # type: ignore[attr-defined]
    return found


def when_left(left: Callable[[str], None]) -> None:
    """Call `left` with the id of each connection that is over."""
    if left not in _leavers:
        _leavers.append(left)


def init_app(app: Flask) -> None:
    """Put the sockets in front of the application."""
    live = SocketIO(
        async_mode="threading",
        async_handlers=False,  # else one client's events are answered out of order
        cors_allowed_origins=lambda origin: origin in origins(app.config["TOMONI"]),
        transports=["websocket"],
        max_http_buffer_size=FRAME,
        json=_Json,
        manage_session=False,
        client_manager=frames.manager(),
    )
    for event, handler in _handlers.items():
        guarded = _guarded(handler)
        live.on_event(event, _in_a_hand(guarded) if event in _rare else guarded)
    live.on_event("disconnect", _left)
    live.init_app(app)
    engine: Any = live.server.eio
    engine._async = {**engine._async, "websocket": _Connection}
    for before_us in _pings:
        before_us.stop()
    _pings[:] = [pings.share_pings(engine)]
    app.wsgi_app = _Door(app.wsgi_app, engine)  # type: ignore[method-assign]
    for before in _presence:
        before.stop()
    _live[:] = [live]
    _apps[:] = [app]
    _presence[:] = [Presence(lambda topic, count: tell(room_of(topic), "here", {"n": count}))]


def origins(settings: Settings) -> list[str]:
    """Where pages that may connect come from; never the request's own Host header."""
    if settings.socket_origins:
        return list(settings.socket_origins)
    parts = urlsplit(settings.base_url)
    return [f"{parts.scheme}://{parts.netloc}"]


def close_all() -> None:
    """End every connection, so that browsers notice at once and connect to the next process."""
    for presence in _presence:
        presence.stop()
    for asking in _pings:
        asking.stop()
    for live in _live:
        for connection in list(live.server.eio.sockets.values()):
            connection.close(wait=False)  # its own thread sends what is left, and the end


class _Json:
    """Japanese as itself, three bytes a letter instead of six."""

    @staticmethod
    def dumps(said: object, **options: Any) -> str:
        return json.dumps(said, **{**options, "ensure_ascii": False})

    loads = staticmethod(json.loads)


class _Door:
    """Lets a connection in while there are seats, and declines to compress its frames."""

    def __init__(self, inner: Any, engine: Any) -> None:
        self.inner = inner
        self.engine = engine

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/socket.io"):
            taken = sum(not one.closed for one in list(self.engine.sockets.values()))
            if taken >= SEATS:
                start_response("503 Service Unavailable", [("Retry-After", "30")])
                return [b""]
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        answer: Iterable[bytes] = self.inner(environ, start_response)
        return answer


class _Connection:
    """Engine.IO's websocket, but a message over the limit ends it before it is read whole, and so
    do more messages than anybody's hands can send.
    """

    def __init__(self, handler: Any, _server: Any) -> None:
        self.handler = handler
        self.line: Any = None
        self.messages = Allowance(MESSAGE_RATE, MESSAGES, MESSAGES)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.line = wires.Line(environ, FRAME)
        lines = _lines()
        engine_id = self.handler.__self__.sid
        lines[engine_id] = self.line
        try:
            answer = self.handler(self)
        finally:
            lines.pop(engine_id, None)
        if self.line.mode == "gunicorn":
            raise StopIteration  # the socket is closed: there is nothing to answer
        if self.line.mode == "werkzeug":
            raise ConnectionError
        return answer

    def close(self) -> None:
        if self.line.connected:
            self.line.close()

    def send(self, message: str | bytes) -> None:
        try:
            self.line.send(message)
        except ConnectionClosed as error:
            raise OSError from error

    def wait(self) -> str | bytes | None:
        """The next message, None at the end."""
        try:
            received: str | bytes = self.line.receive()
        except ConnectionClosed:
            return None
        if not self.messages.take():
            self.line.close(POLICY, "too many messages")
            return None
        return received


def _guarded(handler: Handler) -> Callable[..., dict[str, Any] | None]:
    """The handler behind its permission; a refusal is an answer, an error ends in the log."""

    def answer(said: object = None, *_more: object) -> dict[str, Any] | None:
        try:
            if not permissions.could(web.actor(), getattr(handler, "permission", "")):
                raise Forbidden
            return handler(said if isinstance(said, dict) else {})
        except DomainError as error:
            return {"error": str(error.message), "status": error.status}
        except Exception:
            log.exception("socket event failed", handler=handler.__name__)
            return {"error": "", "status": 500}
        finally:
            db.session.remove()

    return answer


def _in_a_hand(answer: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said: _hands.submit(copy_context().run, answer, *said).result()


def _left(*_reason: object) -> None:
    for presence in _presence:
        presence.left(sid())
    for left in _leavers:
        left(sid())


def _here() -> SocketIO:
    return _live[0]


def _lines() -> dict[str, Any]:
    """Where the manager finds the socket of each connection; nowhere, when it is the stock one."""
    found: dict[str, Any] = getattr(_here().server.manager, "lines", {})
    return found
