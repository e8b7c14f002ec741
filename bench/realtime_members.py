"""Simulated members: each speaks the board's real protocol, all in one process.

What identical frames say is read once for all of them, so that what is measured is the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import struct
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bench.live import HOST

Op = dict[str, Any]


@dataclass
class Counts:
    """What all members together heard."""

    sent: dict[tuple[str, int], float] = field(default_factory=dict)
    acknowledged: dict[tuple[str, int], int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    delays: array[float] = field(default_factory=lambda: array("d"))
    delivered: int = 0
    gaps: int = 0
    resyncs: int = 0
    lost_lines: int = 0
    is_counting: bool = False


class Member(asyncio.Protocol):
    """One browser at a board: joins, catches up, keeps what is not acknowledged, comes back."""

    _read_once: ClassVar[OrderedDict[bytes, Any]] = OrderedDict()

    def __init__(
        self,
        port: int,
        board: str,
        cookie: str,
        counts: Counts,
        *,
        name: str = "",
        fold: Callable[[Any, Op], Any] | None = None,
        me: str = "",
    ) -> None:
        self.port, self.board, self.cookie, self.counts = port, board, cookie, counts
        self.cid = name or base64.urlsafe_b64encode(os.urandom(9)).decode()
        self.me, self.fold, self.state = me, fold, {}
        self.n, self.seq = 0, -1
        self.waiting: dict[int, Op] = {}
        self.is_joined = self.is_over = self.is_joining = False
        self.held: list[Op] = []
        self.notes: list[str] = []
        self.transport: asyncio.Transport | None = None
        self._in, self._is_open, self._tries = bytearray(), False, 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.is_turned_away = False

    # -- the line --------------------------------------------------------------------------

    async def connect(self) -> None:
        """Open a line; when that fails, try again as browsers do."""
        while not self.is_over:
            try:
                await asyncio.get_running_loop().create_connection(lambda: self, HOST, self.port)
                return
            except OSError:
                self._tries += 1
                await asyncio.sleep(min(2.0, 0.4 * self._tries) * random.uniform(0.5, 1.5))

    def connection_made(self, transport: Any) -> None:
        self.transport, self._in, self._is_open = transport, bytearray(), False
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n"
            f"Origin: http://{HOST}:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Cookie: {self.cookie}\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_joined = self.is_joining = False
        self.transport = None
        if not self.is_over:
            self.counts.lost_lines += 1
            self._do(self._come_back())

    async def _come_back(self) -> None:
        await asyncio.sleep(random.uniform(0.2, 1.0))
        await self.connect()

    def _do(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def close(self) -> None:
        self.is_over = True
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self._in += data
        if not self._is_open:
            end = self._in.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in self._in[:20]:
                assert self.transport is not None
                self.transport.close()
                return
            del self._in[: end + 4]
            self._is_open = True
        while (said := self._frame()) is not None:
            self._hear(said)

    def _frame(self) -> bytes | None:
        """The next whole text frame."""
        while len(self._in) >= 2:
            kind, size = self._in[0] & 15, self._in[1] & 127
            at = 2
            if size == 126:
                if len(self._in) < 4:
                    return None
                size, at = struct.unpack_from("!H", self._in, 2)[0], 4
            elif size == 127:
                if len(self._in) < 10:
                    return None
                size, at = struct.unpack_from("!Q", self._in, 2)[0], 10
            if len(self._in) < at + size:
                return None
            said = bytes(self._in[at : at + size])
            del self._in[: at + size]
            if kind == 1:
                return said
        return None

    def say(self, text: str) -> None:
        """Send a text frame."""
        if self.transport is None:
            return
        said, mask = text.encode(), os.urandom(4)
        size = len(said)
        head = (
            struct.pack("!BB", 0x81, 0x80 | size)
            if size < 126
            else struct.pack("!BBH", 0x81, 0xFE, size)
        )
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        body = (int.from_bytes(said, "big") ^ key).to_bytes(size, "big") if size else b""
        self.transport.write(head + mask + body)

    # -- the protocol ------------------------------------------------------------------------

    def _hear(self, said: bytes) -> None:
        if said == b"2":
            self.say("3")
        elif said.startswith(b'42["ops"'):
            self._ops(self._parsed(said))
        elif said.startswith(b"430"):
            self._do(self._joined(json.loads(said[3:])[0]))
        elif said.startswith(b'42["no"'):
            self._no(json.loads(said[2:])[1])
        elif said.startswith(b'42["again"'):
            told = json.loads(said[2:])[1]
            if told["c"] == self.cid:
                self.waiting.pop(told["n"], None)
        elif said.startswith(b"0"):
            self.say("40")
        elif said.startswith(b"40"):
            self._join()

    def _parsed(self, said: bytes) -> tuple[Op, list[float]]:
        """A frame and when each of its operations was sent; the same bytes are read once."""
        known = Member._read_once.get(said)
        if known is None:
            frame = json.loads(said[2:])[1]
            times = [self.counts.sent.get((op["c"], op["n"]), 0.0) for op in frame["ops"]]
            known = Member._read_once[said] = (frame, [one for one in times if one])
            if len(Member._read_once) > 500:
                Member._read_once.popitem(last=False)
        return known  # type: ignore[no-any-return]

    def _join(self) -> None:
        self.is_joined, self.is_joining, self.held = False, True, []
        self.say("420" + json.dumps(["board.join", {"board": self.board, "seq": self.seq}]))

    async def _joined(self, told: Op) -> None:
        if told.get("error") is not None:
            self.is_turned_away = told.get("status") == 403
            if not self.is_turned_away:
                await asyncio.sleep(0.5)
                if self.transport is not None:
                    self.transport.close()
            return
        if told.get("resync"):
            self.counts.resyncs += 1
            try:
                await self._read()
            except (OSError, asyncio.IncompleteReadError, ValueError):
                if self.transport is not None:
                    self.transport.close()
                return
        else:
            self._fold(told["ops"])
        self.is_joining, self.is_joined, self._tries = False, self.transport is not None, 0
        for frame in self.held:
            self._ops((frame, []))
        self.held = []
        listed = [{**op, "n": n} for n, op in self.waiting.items()]
        for start in range(0, len(listed), 100):
            said = {"c": self.cid, "ops": listed[start : start + 100]}
            self.say("42" + json.dumps(["board.op", said]))

    async def _read(self) -> None:
        """Read the whole board over HTTP."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            path = f"/w/{self.board}/state"
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nCookie: {self.cookie}\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head[:20]:
                raise ValueError(head[:20])
            told = json.loads(await reader.read())
        finally:
            writer.close()
        if told["seq"] >= self.seq:
            self.seq = told["seq"]
            if self.fold is not None:
                self.state = told["state"]

    def _ops(self, known: tuple[Op, list[float]]) -> None:
        frame, times = known
        if self.is_joining:
            self.held.append(frame)
        elif self.is_joined and frame["to"] > self.seq:
            if frame["from"] > self.seq:
                self.counts.gaps += 1
                self._join()
                return
            if self.counts.is_counting:
                now = time.monotonic()
                self.counts.delays.extend(now - one for one in times)
            self._fold(frame["ops"])

    def _fold(self, told: list[Op]) -> None:
        for op in told:
            if op["s"] <= self.seq:
                continue
            self.seq = op["s"]
            self.counts.delivered += 1
            if self.fold is not None:
                self.fold(self.state, op)
            if op["c"] == self.cid and self.waiting.pop(op["n"], None) is not None:
                self.counts.acknowledged[(self.cid, op["n"])] = op["s"]

    def _no(self, told: Op) -> None:
        op = self.waiting.pop(told["n"], None)
        self.counts.refused[told["code"]] = self.counts.refused.get(told["code"], 0) + 1
        if op is not None and told["code"] == "busy":
            asyncio.get_running_loop().call_later(1.5, self.ask, op)

    def ask(self, op: Op) -> None:
        """Do something; it is kept until the board has answered."""
        self.n += 1
        self.waiting[self.n] = op
        self.counts.sent[(self.cid, self.n)] = time.monotonic()
        if self.is_joined:
            said = {"c": self.cid, "ops": [{**op, "n": self.n}]}
            self.say("42" + json.dumps(["board.op", said], ensure_ascii=False))


WORDS = ("ベンチがほしいです", "木陰を残してください", "夜も明るく", "段差をなくす", "水飲み場")


def something(chance: random.Random, member: Member, notes: list[str]) -> Op:
    """What somebody may do next while islands are made: mostly they move notes."""
    roll = chance.random()
    at = {"x": chance.randrange(-2_000, 2_000), "y": chance.randrange(-2_000, 2_000)}
    if not notes or roll < 0.2:
        id_ = f"n{member.cid[:6]}{member.n}".replace("=", "-")
        notes.append(id_)
        member.notes.append(id_)
        text = f"{chance.choice(WORDS)}{member.n}"
        return {"op": "note.add", "id": id_, "text": text, "color": chance.randint(1, 4), **at}
    if roll < 0.3 and member.notes:
        said = {"id": chance.choice(member.notes), "text": chance.choice(WORDS), "base": 1}
        return {"op": "note.text", **said}
    return {"op": "note.move", "id": chance.choice(notes), **at}
