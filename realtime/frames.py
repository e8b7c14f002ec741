"""What goes out on websockets: built once for a whole room, and never waited for.

The stock manager costs four threads, a queue, a packet and a frame for each who hears something.
`Frames` builds one frame and writes it to each socket without blocking: 500 who hear 30 operations
a second take a sixth of the time. A socket whose buffers are full is dropped; its browser comes
back and catches up by number. It stands on private names of four libraries, which are pinned:
`agrees` compares every byte with the stock manager's at start-up; else the stock manager serves.
"""

from __future__ import annotations

import functools
import socket
from typing import Any

import socketio
import structlog
from engineio import packet as packets  # type: ignore[import-untyped]
from socketio import packet

from realtime.wires import Line, frame

log = structlog.get_logger(__name__)
BEHIND = 100  # packets that may wait for a socket that is slower than its board
LARGE = 65_536  # bytes: a longer frame goes the patient way, through its socket's own thread


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
