"""Readers with a topic open and a post a second: how long until each sees it, and whether all do.

    ./dev bench live [READERS SECONDS] [--signed-in]

A real gunicorn; readers speak the browser's protocol, with an account when `--signed-in`. They
get a post along with its news, or fetch it. A tenth of them loses the line once and comes back, as
a phone in a tunnel does. Time runs from before the writer's POST is sent to the
last byte of the post.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask.sessions import SecureCookieSessionInterface

from core import db, people
from core.config import ROOT, Settings
from core.factory import create_app
from core.people import Account, Department, Role
from forum import rooms, topics

HOST = "127.0.0.1"
WRITERS = 10  # in turn: one account may write sixty times in ten minutes
BIN = Path(sys.executable).parent


@dataclass
class Site:
    """A running server with one open topic, and the cookies of those who write in it."""

    port: int
    topic: str
    cookies: list[str]


@dataclass
class Reader:
    """One open page: which posts it has seen, and how long after they were sent."""

    number: int
    cookie: str
    seen: dict[str, float] = field(default_factory=dict)
    last: int = 0
    drops: bool = False
    came_back: bool = False


def main(arguments: list[str]) -> None:
    """Print the latencies' percentiles and how many of all appearances came."""
    numbers = [one for one in arguments if one.isdecimal()]
    readers, seconds = (int(one) for one in (numbers + ["200", "30"][len(numbers) :])[:2])
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            secret_key="b" * 32,
            database_url=f"sqlite:///{folder}/live.db",
            data_dir=Path(folder),
            base_url=f"http://{HOST}:{_free_port()}",
        )
        site = _prepare(settings)
        server = _serve(settings, site.port)
        try:
            asyncio.run(_run(site, readers, seconds, server.pid, "--signed-in" in arguments))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


async def _run(site: Site, count: int, seconds: int, pid: int, is_known: bool) -> None:
    sent: dict[str, float] = {}
    delays: list[float] = []
    cookie = site.cookies[-1] if is_known else ""
    pages = [Reader(n, cookie, drops=n % 10 == 0) for n in range(count)]
    over = asyncio.Event()
    reading = [asyncio.create_task(_read(site, page, sent, delays, over)) for page in pages]
    await asyncio.sleep(4 + count / 100)
    before = _cpu(pid)
    began = time.monotonic()
    await _write(site, seconds, sent)
    wall = time.monotonic() - began
    await asyncio.sleep(3)
    spent = _cpu(pid) - before
    over.set()
    await asyncio.gather(*reading)
    _report(pages, sent, delays, spent / wall)


def _report(pages: list[Reader], sent: dict[str, float], delays: list[float], busy: float) -> None:
    delays.sort()
    due = len(pages) * len(sent)
    there = sum(len(page.seen.keys() & sent.keys()) for page in pages)
    back = sum(page.came_back for page in pages)
    at = lambda share: 1000 * delays[min(len(delays) - 1, int(share * len(delays)))]  # noqa: E731
    sys.stdout.write(
        f"{len(pages)} readers, {len(sent)} posts, {back} readers lost the line and came back\n"
        f"POST sent → fragment there: p50 {at(0.5):.0f} ms, p95 {at(0.95):.0f} ms, "
        f"p99 {at(0.99):.0f} ms, longest {at(1):.0f} ms (while on the line)\n"
        f"appearances: {there} of {due} ({due - there} missed)\n"
        f"server: {100 * busy:.0f} % of one core\n"
    )


async def _write(site: Site, seconds: int, sent: dict[str, float]) -> None:
    """A post a second, as a form sends it."""
    reader, writer = await asyncio.open_connection(HOST, site.port)
    page = await _get(reader, writer, f"/t/{site.topic}", cookie=site.cookies[0])
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    for number in range(seconds):
        started = time.monotonic()
        body = urlencode(
            {
                "csrf_token": token[1],
                "body": f"{number}番目の発言です。坂の上の停留所に、屋根とベンチがほしいです。",
                "key": f"live-{number}",
                "parent": "",
            }
        )
        writer.write(
            f"POST /t/{site.topic} HTTP/1.1\r\nHost: {HOST}:{site.port}\r\n"
            f"Cookie: {site.cookies[number % WRITERS]}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        status, _page, _headers = await _answer(reader)
        assert status == 303, status
        sent[str(number + 1)] = started
        await asyncio.sleep(max(0, 1 - (time.monotonic() - started)))
    writer.close()


async def _read(
    site: Site, page: Reader, sent: dict[str, float], delays: list[float], over: asyncio.Event
) -> None:
    await asyncio.sleep(page.number / 100)
    await _catch_up(site, page)
    line = await _connect(site, page.cookie)
    quiet_from = time.monotonic() + random.uniform(12, 25) if page.drops else None
    hearing = asyncio.ensure_future(_frame(line[0]))
    while not over.is_set():
        if quiet_from is not None and time.monotonic() > quiet_from:
            hearing.cancel()
            line[1].close()
            await asyncio.sleep(3)
            line = await _connect(site, page.cookie)
            hearing = asyncio.ensure_future(_frame(line[0]))
            page.came_back, quiet_from = True, None
            await _catch_up(site, page)
        await asyncio.wait({hearing}, timeout=0.5)
        if not hearing.done():
            continue
        said = hearing.result()
        hearing = asyncio.ensure_future(_frame(line[0]))
        if said == "2":
            _send(line[1], "3")
        elif said.startswith("42"):
            event, what = json.loads(said[2:])
            if event == "post":
                await _shown(site, page, what, sent, delays)
    hearing.cancel()
    await _catch_up(site, page)
    line[1].close()


async def _shown(
    site: Site, page: Reader, what: dict[str, str], sent: dict[str, float], delays: list[float]
) -> None:
    """Put one new post into a page: it came along, or is fetched."""
    if (there := what.get("html")) is not None:
        number = _noted(page, there)
    else:
        http = await asyncio.open_connection(HOST, site.port)
        number = await _fragment(http, page, what["id"])
        http[1].close()
    if number in sent:
        delays.append(time.monotonic() - sent[number])
    else:
        now = time.monotonic()
        asyncio.get_running_loop().call_later(1, _late, number, now, sent, delays)


def _late(number: str, at: float, sent: dict[str, float], delays: list[float]) -> None:
    """The news overtook the answer to the writer, so its start was not noted yet."""
    delays.append(at - sent[number])


async def _catch_up(site: Site, page: Reader) -> None:
    http = await asyncio.open_connection(HOST, site.port)
    answer = await _get(
        *http, f"/t/{site.topic}/since/{page.last}", cookie=page.cookie, accept="application/json"
    )
    for public_id in json.loads(answer)["ids"]:
        await _fragment(http, page, public_id)
    http[1].close()


async def _fragment(
    http: tuple[asyncio.StreamReader, asyncio.StreamWriter], page: Reader, public_id: str
) -> str:
    return _noted(page, await _get(*http, f"/p/{public_id}/fragment", cookie=page.cookie))


def _noted(page: Reader, html: str) -> str:
    """Write down that a page shows a post, and which number it has."""
    number = re.search(r'data-number="(\d+)"', html)
    assert number is not None
    page.seen[number[1]] = time.monotonic()
    while str(page.last + 1) in page.seen:
        page.last += 1
    return number[1]


async def _get(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    path: str,
    *,
    cookie: str = "",
    accept: str = "text/html",
) -> str:
    extra = f"Cookie: {cookie}\r\n" if cookie else ""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: {accept}\r\n{extra}\r\n".encode())
    status, body, _headers = await _answer(reader)
    assert status == 200, (path, status)
    return body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(length[1])) if length else b""
    return int(head.split(" ", 2)[1]), body.decode(), head


async def _connect(site: Site, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A websocket that has joined the topic, as the page's script does."""
    reader, writer = await asyncio.open_connection(HOST, site.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {HOST}:{site.port}\r\n"
        f"Origin: http://{HOST}:{site.port}\r\nUpgrade: websocket\r\n"
        f"{f'Cookie: {cookie}' if cookie else 'X: y'}\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await _frame(reader)  # Engine.IO: open
    _send(writer, "40")
    await _frame(reader)  # Socket.IO: connected
    _send(writer, "420" + json.dumps(["join", {"topic": site.topic}]))
    while not (await _frame(reader)).startswith("43"):
        pass
    return reader, writer


def _send(writer: asyncio.StreamWriter, text: str) -> None:
    said, mask = text.encode(), os.urandom(4)
    size = (
        struct.pack("!BB", 0x81, 0x80 | len(said))
        if len(said) < 126
        else (struct.pack("!BBH", 0x81, 0x80 | 126, len(said)))
    )
    writer.write(size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(said)))


async def _frame(reader: asyncio.StreamReader) -> str:
    _kind, size = await reader.readexactly(2)
    size &= 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    return (await reader.readexactly(size)).decode()


def _prepare(settings: Settings) -> Site:
    from alembic import command

    from bench import wards
    from core.cli import alembic_config

    command.upgrade(alembic_config(settings.database), "head")
    app = create_app(settings)
    with db.transaction() as tx:
        tx.add(Department(slug="bench", name="測る課"))
    officer = people.create("bench@example.jp", "測る課 担当")
    people.entrust(officer, Role.OFFICER, "department:bench", by="bench")
    writers = [people.create(f"r{n}@example.jp", f"坂の上{n}") for n in range(WRITERS + 1)]
    target = wards.consultation(officer, "live")
    phase = target.phases[0]
    room = rooms.open_room(
        officer, target, "測る部屋", "測ります。", ["一つのこと。"], phase.opens_at, phase.closes_at
    )
    topic = topics.open_topic(officer, room, "測る話題", "どうですか。")
    cookies = [_cookie(app, writer) for writer in writers]
    made = Site(int(settings.base_url.rpartition(":")[2]), topic.public_id, cookies)
    db.session.remove()
    return made


def _cookie(app: object, account: Account) -> str:
    interface = SecureCookieSessionInterface()
    signer = interface.get_signing_serializer(app)  # type: ignore[arg-type]
    assert signer is not None
    token = "t" * 40
    kept = {"_user_id": account.public_id, "_fresh": True, "csrf_token": token, "_permanent": True}
    return f"session={signer.dumps(kept)}"


def _serve(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    env = {
        **os.environ,
        "TOMONI_DATA_DIR": str(settings.data_dir),
        "TOMONI_DATABASE_URL": settings.database_url,
        "TOMONI_SECRET_KEY": settings.secret_key,
        "TOMONI_BASE_URL": settings.base_url,
    }
    bound = [str(BIN / "gunicorn"), "--config", "gunicorn.conf.py", "--bind", f"{HOST}:{port}"]
    server = subprocess.Popen([*bound, "wsgi:app"], cwd=ROOT, env=env)
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=1):
                return server
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process and its children so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    total = 0
    for one in [str(pid), *listed.stdout.split()]:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / ticks


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


if __name__ == "__main__":
    main(sys.argv[1:])
