"""What goes out on websockets: built once for a whole room, and never waited for.

The stock manager costs four threads, a queue, a packet and a frame for each who hears something.
`Frames` builds one frame and writes it to each socket without blocking: 500 who hear 30 operations
a second take a sixth of the time. A socket whose buffers are full is dropped; its browser comes
back and catches up by number. It stands on private names of four libraries, which are pinned:
`agrees` compares every byte with the stock manager's at start-up; else the stock manager serves.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import struct
import threading
import time
from collections import deque
from typing import Any

import socketio
import structlog
from engineio import packet as packets  # type: ignore[import-untyped]
from simple_websocket import ConnectionClosed, Server  # type: ignore[import-untyped]
from socketio import packet

log = structlog.get_logger(__name__)
BEHIND = 100  # packets that may wait for a socket that is slower than its board
SILENT = 60  # seconds: who answers no ping for so long is gone, who reads nothing is dropped
LARGE = 65_536  # bytes: a longer frame goes the patient way, through its socket's own thread
TEXT, FIN = 0x01, 0x80


def frame(text: str) -> bytes:
    """One unmasked, uncompressed websocket text frame (RFC 6455, 5.2)."""
    said = text.encode()
    size = len(said)
    if size < 126:
        return bytes((FIN | TEXT, size)) + said
    if size < 65_536:
        return struct.pack("!BBH", FIN | TEXT, 126, size) + said
    return struct.pack("!BBQ", FIN | TEXT, 127, size) + said


class Wire:
    """A socket to which two threads may write: each frame whole, or the line is cut."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.lock = threading.Lock()
        self.is_plain = not isinstance(inner, ssl.SSLSocket)
        seconds = struct.pack("ll", SILENT, 0)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            inner.setsockopt(socket.SOL_SOCKET, option, seconds)

    def send(self, said: bytes) -> int:
        """Send all of it and wait where the other end is slow; the library would send a part."""
        with self.lock:
            self.inner.sendall(said)
        return len(said)

    def offer(self, said: bytes) -> bool | None:
        """Send all at once: True, or False when the line must be cut; None: somebody writes."""
        if not (self.is_plain and self.lock.acquire(blocking=False)):
            return None
        try:
            return bool(self.inner.send(said, socket.MSG_DONTWAIT) == len(said))
        except OSError:
            return False
        finally:
            self.lock.release()

    def recv(self, size: int) -> bytes:
        said: bytes = self.inner.recv(size)
        return said

    def cut(self) -> None:
        """End the line for both directions; whoever reads or writes on it wakes."""
        with contextlib.suppress(OSError):
            self.inner.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.inner.close()

    def fileno(self) -> int:
        number: int = self.inner.fileno()
        return number


class _Nobody:
    """In place of the library's reading thread: who waits for a message reads it."""

    name = ""

    def __init__(self, target: Any) -> None:
        pass

    def start(self) -> None:
        pass


class _Over:
    """In place of a handshake that is done: nothing more comes of it."""

    @staticmethod
    def events() -> tuple[()]:
        return ()


class Line(Server):  # type: ignore[misc]
    """A websocket that is read by whoever waits for its next message: one thread less for each."""

    sock: Any
    connected: bool

    def __init__(self, environ: dict[str, Any], most: int) -> None:
        super().__init__(environ, max_message_size=most, thread_class=_Nobody)

    def handshake(self) -> None:
        self.sock = Wire(self.sock)
        super().handshake()
        self.ws.handshake = _Over  # 20 kB of parsers for each connection, not needed again

    def receive(self, timeout: float | None = None) -> str | bytes:
        """The next message; raises `ConnectionClosed` at the end of the line."""
        while self.connected and not self.input_buffer:
            try:
                said = self.sock.recv(self.receive_bytes)
                self.ws.receive_data(said or None)
                self.connected = self._handle_events() and bool(said)
            except Exception:  # what is no websocket, or no line any more
                self.connected = False
        if self.input_buffer:
            received: str | bytes = self.input_buffer.pop(0)
            return received
        self.sock.cut()
        raise ConnectionClosed(self.close_reason, self.close_message)

    def close(self, reason: Any = None, message: str | None = None) -> None:
        """Say goodbye, and wake whoever reads."""
        try:
            super().close(reason, message)
        except OSError:
            self.connected = False
        self.sock.cut()


class Pings:
    """Asks every connection now and then whether it is there: one thread for all, not one each."""

    def __init__(self, every: float) -> None:
        self.every = every
        self._due: deque[tuple[float, Any]] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def later(self, connection: Any) -> None:
        """Ask this connection when the time has come."""
        with self._lock:
            self._due.append((time.monotonic() + self.every, connection))
            if self._thread is None:
                self._wake.clear()
                self._thread = threading.Thread(target=self._run, daemon=True, name="pings")
                self._thread.start()

    def stop(self) -> None:
        """Ask nobody any more."""
        with self._lock:
            self._due.clear()
        self._wake.set()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._due:
                    self._thread = None
                    return
                at, connection = self._due[0]
            if self._wake.wait(max(0.0, at - time.monotonic())):
                continue  # stopped: nothing is due any more
            with self._lock:
                if self._due:
                    self._due.popleft()
            self._ask(connection)

    def _ask(self, connection: Any) -> None:
        try:
            if not connection.closing and not connection.closed:
                connection.last_ping = time.time()
                connection.send(packets.Packet(packets.PING))
        except Exception:
            log.exception("ping failed")


def share_pings(engine: Any) -> Pings:
    """Let an engine's connections be asked by one thread; everything else it does is its own."""
    pings, begin = Pings(engine.ping_interval), engine.start_background_task

    def start(target: Any, *said: Any, **more: Any) -> Any:
        if getattr(target, "__name__", "") == "_send_ping":
            return pings.later(target.__self__)
        return begin(target, *said, **more)

    engine.start_background_task = start
    return pings


class Frames(socketio.Manager):  # type: ignore[misc]
    """Tells a room something by one frame; what is addressed with a callback goes the stock way."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Line] = {}  # by the connection's engine id
        self.dropped = 0

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **more: Any,
    ) -> None:
        room = to or room
        encoded = None if callback else self._encoded(event, data, namespace)
        if encoded is None or len(encoded) > LARGE:
            super().emit(
                event, data, namespace, room=room, skip_sid=skip_sid, callback=callback, **more
            )
            return
        skipped = set(skip_sid) if isinstance(skip_sid, (list, tuple, set)) else {skip_sid}
        whole, late = frame(f"{packets.MESSAGE}{encoded}"), packets.Packet(packets.MESSAGE, encoded)
        connections = self.server.eio.sockets
        for sid, eio_sid in self.get_participants(namespace, room):
            if sid not in skipped and (connection := connections.get(eio_sid)) is not None:
                self._send(eio_sid, connection, whole, late)

    def _send(self, eio_sid: str, connection: Any, whole: bytes, late: Any) -> None:
        if connection.closed:
            return
        line, is_sent = self.lines.get(eio_sid), None
        if line is not None and connection.upgraded and not connection.queue.queue:
            is_sent = line.sock.offer(whole)
        if is_sent is None and connection.queue.qsize() < BEHIND:
            self.server._send_eio_packet(eio_sid, late)  # behind what waits already
        elif not is_sent and line is not None:
            self.dropped += 1
            line.sock.cut()

    def _encoded(self, event: str, data: Any, namespace: str) -> str | None:
        said = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        made = self.server.packet_class(packet.EVENT, namespace=namespace, data=[event, *said])
        encoded = made.encode()
        return encoded if isinstance(encoded, str) else None


def manager() -> Any:
    """The manager to serve with: `Frames` if it says what the stock one would, byte for byte."""
    try:
        if agrees():
            return Frames()
        log.error("frames differ from the library's: serving more slowly")
    except Exception:
        log.exception("frames do not fit the libraries: serving more slowly")
    return socketio.Manager()


SAMPLES: tuple[tuple[str, Any], ...] = (
    ("ops", {"from": 1, "to": 2, "ops": [{"text": "木陰🌳"}]}),
    ("none", None),
    ("several", (1, "二")),
    ("long", "木" * 200),
    ("longer", "あ" * 21_000),
)


@functools.cache
def agrees() -> bool:
    """Whether `Frames` and the stock manager put the same bytes on a socket."""
    return all(_said_by(Frames(), *one) == _said_by(socketio.Manager(), *one) for one in SAMPLES)


def _said_by(chosen: Any, event: str, data: Any) -> bytes:
    """What a browser would read from a socket when a room is told something."""
    here, there = socket.socketpair()
    server = socketio.Server(client_manager=chosen, async_mode="threading", monitor_clients=False)
    line = Line({**_KNOCK, "werkzeug.socket": here}, LARGE)
    try:
        _read(there, b"\r\n\r\n")
        connection = _Engine(server.eio, line)
        server.eio.sockets["eio"] = connection
        chosen.set_server(server)
        if isinstance(chosen, Frames):
            chosen.lines["eio"] = line
        chosen.basic_enter_room("sid", "/", None, eio_sid="eio")
        chosen.basic_enter_room("sid", "/", "room", eio_sid="eio")
        chosen.emit(event, data, "/", room="room", skip_sid=["nobody"])
        return _read(there, None)
    finally:
        here.close()
        there.close()


class _Engine:
    """A connection of Engine.IO's as far as managers know it; what is queued is sent at once."""

    closed = False
    upgraded = True

    def __init__(self, engine: Any, line: Line) -> None:
        self.line = line
        self.queue: Any = engine.create_queue()

    def send(self, queued: Any) -> None:
        self.line.send(queued.encode())


def _read(there: socket.socket, end: bytes | None) -> bytes:
    """All of one answer: up to `end`, or what is there now."""
    said = b""
    there.setblocking(end is not None)
    while end is None or not said.endswith(end):
        try:
            part = there.recv(65_536)
        except BlockingIOError:
            break
        said += part
        if not part:
            break
    return said


_KNOCK = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "HTTP_HOST": "localhost",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_UPGRADE": "websocket",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
}
