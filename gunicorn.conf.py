"""gunicorn: one process with threads; live connections need one owner (ADR 4)."""

import contextlib
import ctypes
import os
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = 1
worker_class = "gthread"
threads = 680  # one for each who listens (realtime.sockets.SEATS), and 80 that answer pages
graceful_timeout = 3
keepalive = 15
backlog = 1024  # after a restart everybody comes back at once
control_socket_disable = True
errorlog = "-"
loglevel = "warning"
M_ARENA_MAX = -8  # malloc.h


def post_fork(_server: Any, _worker: Any) -> None:
    """Keep 1,200 mostly sleeping threads from each holding memory of their own (glibc only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def worker_exit(_server: Any, _worker: Any) -> None:
    """Close sockets, or their browsers stay deaf until a time-out (measured: 32 s)."""
    from realtime import sockets

    sockets.close_all()
