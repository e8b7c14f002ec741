"""A real server with one open workshop, and everybody's cookies: for benches and tests."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask.sessions import SecureCookieSessionInterface

from bench.live import HOST, _cpu, _free_port
from core import clock, db, people
from core.config import ROOT, Settings
from core.factory import create_app
from core.people import Department, Role

BIN = Path(sys.executable).parent
SECRET = "b" * 32


@dataclass
class Site:
    """Where a workshop runs, and with which cookie each of its members comes; the lead is first."""

    folder: Path
    port: int
    board: str
    members: list[str]
    cookies: list[str]
    server: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> float:
        """Start the server; returns the seconds until it answers."""
        env = {
            **os.environ,
            "TOMONI_DATA_DIR": str(self.folder),
            "TOMONI_DATABASE_URL": f"sqlite:///{self.folder}/live.db",
            "TOMONI_SECRET_KEY": SECRET,
            "TOMONI_BASE_URL": self.origin,
        }
        began = time.monotonic()
        bound = [str(BIN / "gunicorn"), "--config", "gunicorn.conf.py", "--bind"]
        self.server = subprocess.Popen(
            [*bound, f"{HOST}:{self.port}", "wsgi:app"], cwd=ROOT, env=env, start_new_session=True
        )
        while time.monotonic() - began < 60:
            try:
                with urllib.request.urlopen(f"{self.origin}/healthz", timeout=1):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """End the server as a power cut does."""
        assert self.server is not None
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(20)

    def stop(self) -> None:
        """End the server as an operator does."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def cpu(self) -> float:
        """Seconds of CPU it has spent."""
        assert self.server is not None
        return _cpu(self.server.pid)

    def memory(self) -> int:
        """Bytes its worker holds in memory."""
        assert self.server is not None
        return max(_resident(pid) for pid in _family(self.server.pid))

    def log(self) -> list[tuple[int, str, int]]:
        """The board's log as it is on disk: number, sender, the sender's number."""
        with sqlite3.connect(f"file:{self.folder}/live.db?mode=ro", uri=True) as read:
            query = "SELECT seq, cid, n FROM board_op ORDER BY seq"
            return list(read.execute(query))


def prepare(folder: Path, count: int, *, phase: str = "p4", tables: int = 1) -> Site:
    """A workshop with `count` members who have joined, in a phase of the KJ template."""
    from alembic import command

    from bench import wards
    from core.cli import alembic_config
    from realtime import boards, members, plans, workshops
    from realtime.asks import Answer, Ask

    port = _free_port()
    settings = Settings(
        secret_key=SECRET,
        database_url=f"sqlite:///{folder}/live.db",
        data_dir=folder,
        base_url=f"http://{HOST}:{port}",
    )
    command.upgrade(alembic_config(settings.database), "head")
    app = create_app(settings)
    with db.transaction() as tx:
        tx.add(Department(slug="bench", name="測る課"))
    officer = people.create("bench@example.jp", "測る課 担当")
    people.entrust(officer, Role.OFFICER, "department:bench", by="bench")
    consultation = wards.consultation(officer, "live")
    plan = {**plans.begun_from("kj", consultation.department), "tables": tables}
    workshop = workshops.open_workshop(
        officer,
        consultation,
        title="測るワークショップ",
        held_at=clock.now() + timedelta(hours=1),
        plan=plan,
        questions=["どうですか。"],
        capacity=600,
        key="bench",
    )
    lead = members.lead(officer, workshop)
    joined = [members.join(workshop, f"坂の上{n}", key=f"bench-{n}") for n in range(count)]
    heard: list[Answer] = []
    step: dict[str, Any] = {"op": "phase.set", "id": phase}
    still: dict[str, Any] = {"op": "timer.set", "act": "clear"}
    asked = [
        Ask(lead.public_id, "bench-lead", n, op, heard.append) for n, op in ((1, step), (2, still))
    ]
    boards.of(workshop).do(asked)
    assert all(one.row for one in heard), heard
    ids = [lead.public_id, *(one.public_id for one in joined)]
    site = Site(folder, port, workshop.public_id, ids, _cookies(app, workshop.public_id, ids))
    db.session.remove()
    app.extensions["engine"].dispose()
    return site


def _cookies(app: Any, board: str, ids: Sequence[str]) -> list[str]:
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    kept = [{f"w:{board}": one, "csrf_token": "t" * 40, "_permanent": True} for one in ids]
    return [f"session={signer.dumps(one)}" for one in kept]


def _family(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [pid, *(int(one) for one in listed.stdout.split())]


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
