"""Websockets to which two threads may write, and which are read by whoever waits for a message.

They stand on private names of `simple_websocket`, which is pinned; `frames.agrees` judges them.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from typing import Any

from simple_websocket import ConnectionClosed, Server  # type: ignore[import-untyped]

SILENT = 60  # seconds: who answers no ping for so long is gone, who reads nothing is dropped
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
