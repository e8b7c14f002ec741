"""A real server under fire: killed while people write, and told things no browser says.

Members speak the board's own protocol over real sockets (`bench.realtime_members`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.live import HOST
from bench.realtime import came, gathered, write
from bench.realtime_members import Counts, Member
from bench.realtime_site import Site, prepare
from realtime import folds

KILLS = 5


def served(
    tmp_path: Path, count: int, work: Callable[[Site], Coroutine[Any, Any, None]], **more: Any
) -> None:
    """Run `work` against a server of its own."""
    site = prepare(tmp_path, count, **more)
    try:
        site.start()
        with ThreadPoolExecutor(1) as aside:  # this thread may have a browser's event loop
            aside.submit(asyncio.run, work(site)).result()
    finally:
        site.stop()


def test_what_was_acknowledged_outlives_every_kill(app: Any, tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        counts = Counts()
        everybody = gathered(site, counts)
        await came(everybody, lambda one: one.is_joined, 30)
        over = asyncio.Event()
        writing = asyncio.create_task(write(everybody, 60, over))
        for _kill in range(KILLS):
            before = len(counts.acknowledged)
            while len(counts.acknowledged) < before + 20:
                await asyncio.sleep(0.02)
            await asyncio.to_thread(site.kill)
            await asyncio.to_thread(site.start)
            began = time.monotonic()
            await came(everybody, lambda one: one.is_joined, 30)
            assert time.monotonic() - began < 80
        over.set()
        await writing
        await came(everybody, lambda one: not one.waiting, 30)
        rows = site.log()
        await came(everybody, lambda one: one.seq >= rows[-1][0], 30)
        assert [seq for seq, _cid, _n in rows] == list(range(1, len(rows) + 1))
        where = {(cid, n): seq for seq, cid, n in rows}
        assert len(where) == len(rows)
        assert len(counts.acknowledged) >= 20 * KILLS
        assert all(where.get(one) == seq for one, seq in counts.acknowledged.items())
        for one in everybody[:3]:
            folded = json.loads(json.dumps(one.state))
            await one._read()
            assert one.state == folded
        for one in everybody:
            one.close()
        await asyncio.sleep(0.2)

    served(tmp_path, 11, work)


class Odd(Member):
    """Somebody who says what no browser says."""

    heard: list[bytes]

    def _hear(self, said: bytes) -> None:
        self.heard = [*getattr(self, "heard", []), said]
        super()._hear(said)

    async def answered(self, text: str) -> Any:
        """What is answered to an event, or None."""
        self.heard = []
        self.say(text)
        for _n in range(150):
            for said in self.heard:
                if said.startswith(b"43"):
                    return json.loads(said[said.index(b"[") :])[0]
            await asyncio.sleep(0.02)
        return None

    async def came_back(self, lost: int) -> bool:
        """Whether the line was cut, and the same browser is at the board again."""
        for _n in range(300):
            if self.counts.lost_lines > lost and self.is_joined:
                return True
            await asyncio.sleep(0.02)
        return False


def test_what_no_browser_says_is_refused_and_touches_nobody_else(app: Any, tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        quiet, fire = Counts(), Counts()
        ann, ben = (
            Member(site.port, site.board, site.cookies[n], quiet, fold=folds.apply) for n in (1, 2)
        )
        odd = Odd(site.port, site.board, site.cookies[3], fire)
        stranger = Odd(site.port, site.board, "", fire)
        everybody = [ann, ben, odd]
        await came(everybody, lambda one: one.is_joined, 30)
        await stranger.connect()
        await asyncio.sleep(0.5)
        assert stranger.is_turned_away
        join = json.dumps({"board": site.board, "seq": 0})
        asked = json.dumps({"c": "stranger1", "ops": [{"n": 1, "op": "note.add", "id": "new1"}]})
        for event in (f'421["board.join",{join}]', f'421["board.op",{asked}]'):
            said = await stranger.answered(event)
            assert said["status"] == 403
        for nonsense in (
            *(
                '42["rm",{}]',
                '42["board.op"]',
                '42["board.op",5]',
                '42["board.op",{"c":[],"ops":1}]',
            ),
            *('42["board.op",{"c":"12345678","ops":[null,1,{"n":"x"},{"n":1,"op":{}}]}]',),
            *('42["board.join",{"board":{},"seq":"x"}]', '42["board.busy",{"writing":[1]}]'),
            *('42["board.op",{"c":"aaaaaaaa","ops":' + "[" * 500 + "]" * 500 + "}]",),
        ):
            odd.say(nonsense)
        for sender in ("x", "\\ud800aaaaaaa", "\\u0000aaaaaaa", "a" * 41):
            said = await odd.answered(f'421["board.op",{{"c":"{sender}","ops":[]}}]')
            assert said["error"] == "shape", sender
        for rude in (
            "x",
            '42["',
            "9",
            "42" + "[" * 3_000,
            '4["' + "\ud83c".encode("utf-8", "surrogatepass").hex(),
        ):
            lost = fire.lost_lines
            odd.say(rude)
            await asyncio.sleep(0.3)
            assert odd.is_joined or await odd.came_back(lost)
        lost = fire.lost_lines
        odd.transport.write(b"\x81\xff" + (70_000).to_bytes(8, "big") + b"\0\0\0\0" + b"4" * 70_000)  # type: ignore[union-attr]
        assert await odd.came_back(lost)
        lost = fire.lost_lines
        for _n in range(3_000):
            odd.say('42["board.join",{"board":"x","seq":0}]')
        ann.ask({"op": "note.add", "id": "calm1", "text": "落ち着いて書けます", "color": 1})
        began = time.monotonic()
        await came([ann, ben], lambda one: "calm1" in one.state.get("notes", {}), 30)
        assert time.monotonic() - began < 8
        assert await odd.came_back(lost)
        odd.notes = []
        for n in range(900):
            odd.ask({"op": "note.color", "id": f"no{n:04d}", "color": 1})
        ben.ask({"op": "note.add", "id": "calm2", "text": "こちらもです", "color": 1})
        began = time.monotonic()
        await came([ann, ben], lambda one: "calm2" in one.state.get("notes", {}), 30)
        assert time.monotonic() - began < 8
        assert quiet.lost_lines == 0
        assert quiet.refused == {}
        for one in (*everybody, stranger):
            one.close()
        await asyncio.sleep(0.2)

    served(tmp_path, 4, work)


def test_from_elsewhere_nobody_may_connect(app: Any, tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        for origin in ("https://elsewhere.example", "null", f"http://{HOST}:1"):
            reader, writer = await asyncio.open_connection(HOST, site.port)
            writer.write(
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                f"Host: {HOST}:{site.port}\r\n"
                f"Origin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Cookie: {site.cookies[1]}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            assert (await reader.readline()).split()[1] == b"400"
            writer.close()

    served(tmp_path, 1, work)
