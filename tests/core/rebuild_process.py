"""A worker as `flask worker` starts it, whose rebuild of the index hangs half-way.

Run as: python rebuild_process.py DATABASE_URL DATA_DIR FILE; the file appears when it hangs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask

from core import cli, clock, db, jobs, search
from core.search import Document


def visible(ids: Iterable[int], _viewer: Any) -> list[Document]:
    if 300 in ids:
        Path(sys.argv[3]).touch()
        time.sleep(60)
    return [Document("test", n, None, "", "池をつくる", clock.now(), f"/test/{n}") for n in ids]


if __name__ == "__main__":
    import forum.models  # noqa: F401 the tables a job's row refers to

    app = Flask("worker")
    db.connect(sys.argv[1])
    search.configure(Path(sys.argv[2]) / "index")
    search.register("test", lambda: list(range(1, 400)), visible)
    app.extensions["queue"] = jobs.connect(Path(sys.argv[2]) / "queue.db")
    app.cli.add_command(cli.worker)
    app.test_cli_runner().invoke(args=["worker"], catch_exceptions=False)
