"""One frame for a whole room: the same bytes, never waited for, and nobody slows the others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio
from flask import Flask
from simple_websocket import ConnectionClosed

from realtime import frames, sockets
from realtime.frames import Frames
from realtime.wires import Line, frame

Knock = Callable[[str], tuple[socket.socket, Line]]


@pytest.fixture
def hub() -> Frames:
    chosen = Frames()
    server = socketio.Server(client_manager=chosen, async_mode="threading", monitor_clients=False)
    chosen.set_server(server)
    return chosen


@pytest.fixture
def opened(hub: Frames) -> Iterator[Knock]:
    """`opened("a")` is a browser's end of a connection in the room, and the server's."""
    pairs: list[tuple[socket.socket, socket.socket]] = []

    def knock(name: str) -> tuple[socket.socket, Line]:
        here, there = socket.socketpair()
        pairs.append((here, there))
        line = Line({**frames._KNOCK, "werkzeug.socket": here}, sockets.FRAME)
        frames._read(there, b"\r\n\r\n")
        hub.lines[name] = line
        hub.server.eio.sockets[name] = frames._Engine(hub.server.eio, line)
        hub.basic_enter_room(f"sid-{name}", "/", None, eio_sid=name)
        hub.basic_enter_room(f"sid-{name}", "/", "room", eio_sid=name)
        return there, line

    yield knock
    for pair in pairs:
        for one in pair:
            one.close()


def heard(there: socket.socket) -> bytes:
    return frames._read(there, None)


def masked(text: str, mask: bytes = b"abcd") -> bytes:
    said = text.encode()
    size = bytes((0x81, 0x80 | len(said))) if len(said) < 126 else b""
    assert size
    return size + mask + bytes(one ^ mask[n % 4] for n, one in enumerate(said))


def test_every_byte_is_the_stock_managers() -> None:
    assert [frames._said_by(Frames(), *one) for one in frames.SAMPLES] == [
        frames._said_by(socketio.Manager(), *one) for one in frames.SAMPLES
    ]
    assert isinstance(frames.manager(), Frames)


def test_where_the_bytes_differ_the_stock_manager_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "agrees", lambda: False)
    assert type(frames.manager()) is socketio.Manager
    monkeypatch.setattr(frames, "agrees", lambda: {}["changed"])
    assert type(frames.manager()) is socketio.Manager


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_read_as_what_was_said(size: int) -> None:
    from wsproto.connection import ConnectionState  # the other end's own reading
    from wsproto.frame_protocol import FrameProtocol

    reader = FrameProtocol(client=True, extensions=[])
    reader.receive_bytes(frame("a" * size))
    assert "".join(one.payload for one in reader.received_frames()) == "a" * size  # type: ignore[misc]
    assert ConnectionState.OPEN


def test_a_room_hears_and_who_is_skipped_does_not(hub: Frames, opened: Knock) -> None:
    ends = {name: opened(name)[0] for name in ("a", "b", "c")}
    hub.emit("ops", {"to": 1}, "/", room="room", skip_sid=["sid-b"])
    hub.emit("no", {"n": 1}, "/", room="sid-a")
    hub.basic_enter_room("sid-c", "/", "sid-c", eio_sid="c")
    hub.emit("no", {"n": 2}, "/", to="sid-c")
    said = {name: heard(end) for name, end in ends.items()}
    assert said["a"] == frame('42["ops",{"to":1}]')
    assert said["b"] == b""
    assert said["c"] == said["a"] + frame('42["no",{"n":2}]')


def test_who_reads_nothing_is_dropped_and_keeps_nobody_waiting(hub: Frames, opened: Knock) -> None:
    stalled, line = opened("a")
    other = opened("b")[0]
    news, read = {"text": "x" * 20_000}, 0
    for _n in range(60):  # more than the buffers between them hold
        hub.emit("ops", news, "/", room="room")
        read += len(heard(other))
    assert read == 60 * len(frame('42["ops",{"text":"' + "x" * 20_000 + '"}]'))
    assert hub.dropped >= 1
    stalled.setblocking(True)
    while stalled.recv(1 << 20):
        pass  # what had gone out before, then the end of the line
    with pytest.raises(ConnectionClosed):
        line.receive()


def test_what_somebody_is_being_sent_is_not_cut_into(hub: Frames, opened: Knock) -> None:
    there, line = opened("a")
    queued: list[Any] = []
    hub.server.eio.sockets["a"].send = queued.append
    with line.sock.lock:  # its own thread is in the middle of a long frame
        hub.emit("ops", {"to": 1}, "/", room="room")
    assert heard(there) == b""
    assert [one.encode() for one in queued] == ['42["ops",{"to":1}]']


def test_a_queue_that_grows_ends_its_own_connection(hub: Frames, opened: Knock) -> None:
    there, _line = opened("a")
    waiting = hub.server.eio.sockets["a"].queue
    hub.server.eio.sockets["a"].send = waiting.put
    waiting.put("one packet its thread has not taken")
    for _n in range(frames.BEHIND):
        hub.emit("ops", {"to": 1}, "/", room="room")
    assert (waiting.qsize(), hub.dropped) == (frames.BEHIND, 1)
    assert heard(there) == b""


def test_who_waits_for_a_message_reads_it(opened: Knock) -> None:
    there, line = opened("a")
    there.sendall(masked("2probe") + masked("木陰"))
    assert (line.receive(), line.receive()) == ("2probe", "木陰")
    ended: list[Exception] = []

    def read() -> None:
        try:
            line.receive()
        except ConnectionClosed as error:
            ended.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    line.close()  # from another thread: the reader wakes
    reader.join(3)
    assert len(ended) == 1
    assert heard(there)[:1] == b"\x88"


def test_what_is_no_websocket_ends_the_line(opened: Knock) -> None:
    for garbage in (b"\xff" * 64, b"GET / HTTP/1.1\r\n\r\n" * 3, b"\x81\x05hello", b""):
        there, line = opened(f"g{len(garbage)}")
        there.sendall(garbage)
        there.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionClosed):
            line.receive()


def test_the_application_serves_with_it(app: Flask) -> None:
    assert isinstance(sockets._here().server.manager, Frames)
