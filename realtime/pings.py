"""Asking every connection now and then whether it is there: one thread for all, not one each."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

import structlog
from engineio import packet as packets  # type: ignore[import-untyped]

log = structlog.get_logger(__name__)


class Pings:
    """Connections in the order in which each is asked next."""

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
