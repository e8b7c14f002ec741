"""A worker as `flask worker` starts it, with one kind of job that can be made to hang.

Run as: python worker_process.py DATABASE_URL QUEUE_FILE
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from flask import Flask

from core import cli, db, jobs


@jobs.handler("test.two_tries")
def two_tries(running: jobs.Running) -> None:
    """The first run hangs where it will be killed, the second one ends."""
    place = Path(running.args["place"])
    if not (place / "first").exists():
        (place / "first").touch()
        time.sleep(60)
    (place / "second").touch()
    running.result = {"by": "the second run"}


if __name__ == "__main__":
    from core import search

    app = Flask("worker")
    db.connect(sys.argv[1])
    search.configure(Path(sys.argv[2]).parent / "index")
    app.extensions["queue"] = jobs.connect(Path(sys.argv[2]))
    app.cli.add_command(cli.worker)
    app.test_cli_runner().invoke(args=["worker"], catch_exceptions=False)
