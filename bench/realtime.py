"""One board and many people: what an operation costs the server, and when everybody sees it.

    ./dev bench realtime [MEMBERS OPS_PER_SECOND SECONDS] [--kills N]

A real gunicorn and SQLite that waits for the disk; members speak the browser's protocol. Beside it,
where there is node, a bare socket.io relay serves the same members in the same run. With `--kills`
the server is ended by SIGKILL again and again while they write; then every acknowledged operation
must be in the log once, and every member must see the same board.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.live import HOST, _cpu, _free_port
from bench.realtime_members import Counts, Member, something
from bench.realtime_site import Site, prepare
from core.config import ROOT

FOLDING = 3  # members that build the board themselves, to be compared with the server's


@dataclass
class Figures:
    """What one run came to."""

    delivered: int
    due: int
    cpu: float
    seconds: float
    delays: Sequence[float]
    refused: dict[str, int]

    def at(self, share: float) -> float:
        """A percentile of the delays, in ms."""
        found = sorted(self.delays)
        return 1000 * found[min(len(found) - 1, int(share * len(found)))] if found else 0.0

    @property
    def each(self) -> float:
        """µs of server CPU for each operation that reached somebody."""
        return 1e6 * self.cpu / max(1, self.delivered)

    def __str__(self) -> str:
        busy, share = 100 * self.cpu / self.seconds, 100 * self.delivered / max(1, self.due)
        return (
            f"{self.each:.1f} µs of server CPU per delivered operation ({busy:.0f} % of one core);"
            f" sent → seen p50 {self.at(0.5):.0f} p95 {self.at(0.95):.0f} p99 {self.at(0.99):.0f}"
            f" ms; delivered {self.delivered} of {self.due} ({share:.2f} %)"
            + (f"; refused {self.refused}" if self.refused else "")
        )


def main(arguments: list[str]) -> None:
    """Print costs, delays, memory and catching up; with `--kills N` also what survived."""
    kills = 0
    if "--kills" in arguments:
        place = arguments.index("--kills")
        kills = int(arguments[place + 1])
        arguments = arguments[:place] + arguments[place + 2 :]
    count, rate, seconds = (
        int(one) for one in (arguments + ["500", "30", "20"][len(arguments) :])[:3]
    )
    say(f"{count} members, {rate} operations a second, {seconds} s; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        site = prepare(Path(folder), count)
        try:
            asyncio.run(_ours(site, rate, seconds, kills))
        finally:
            site.stop()
    if shutil.which("node") and shutil.which("npm") and not kills:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_relay(Path(folder), count, rate, seconds))


async def _ours(site: Site, rate: int, seconds: int, kills: int) -> None:
    started = site.start()
    counts = Counts()
    everybody = gathered(site, counts)
    before = site.memory()
    await came(everybody, lambda one: one.is_joined, 120)
    await asyncio.sleep(2)
    each = (site.memory() - before) / len(everybody)
    say(f"memory {each / 1000:.0f} kB per member; the server starts in {started:.1f} s")
    if kills:
        await _killed(site, everybody, counts, rate, kills)
    else:
        figures = await measured(everybody, counts, rate, seconds, site.cpu)
        say(f"tomoni   {figures}")
        say(f"         gaps {counts.gaps}, lines lost {counts.lost_lines}")
        await _restarted(site, everybody)
    await _checked(site, everybody, counts)
    for one in everybody:
        one.close()
    await asyncio.sleep(0.5)


async def _killed(
    site: Site, everybody: list[Member], counts: Counts, rate: int, kills: int
) -> None:
    over = asyncio.Event()
    writing = asyncio.create_task(write(everybody, rate, over))
    took: list[float] = []
    for number in range(kills):
        await asyncio.sleep(random.uniform(0.5, 1.5))
        await asyncio.to_thread(site.kill)
        await asyncio.to_thread(site.start)
        began = time.monotonic()
        await came(everybody, lambda one: one.is_joined, 60)
        took.append(time.monotonic() - began)
        if number % 10 == 9:
            say(f"{number + 1} kills, {len(counts.acknowledged)} acknowledged")
    over.set()
    await writing
    say(f"after a kill all were back {max(took):.1f} s at most behind the server's first answer")


async def _restarted(site: Site, everybody: list[Member]) -> None:
    await asyncio.to_thread(site.kill)
    died = time.monotonic()
    await asyncio.to_thread(site.start)
    began = time.monotonic()
    await came(everybody, lambda one: one.is_joined, 60)
    now = time.monotonic()
    say(
        f"all were back {now - began:.1f} s after the new server answered, {now - died:.1f} s after"
    )
    say("the old one's end")


async def _checked(site: Site, everybody: list[Member], counts: Counts) -> None:
    """Everything acknowledged is in the log once, without holes, and all see the same."""
    await came(everybody, lambda one: not one.waiting, 60)
    last = site.log()[-1][0]
    await came(everybody, lambda one: one.seq >= last, 30)
    rows = site.log()
    where = {(cid, n): seq for seq, cid, n in rows}
    lost = [one for one, seq in counts.acknowledged.items() if where.get(one) != seq]
    holes = [seq for place, (seq, _cid, _n) in enumerate(rows, 1) if seq != place]
    for one in everybody[:FOLDING]:
        seen = dict(one.state)
        await one._read()
        assert one.state == seen, "a member sees another board than the server"
    say(
        f"acknowledged {len(counts.acknowledged)}, lost {len(lost)}, twice "
        f"{len(rows) - len(where)}, holes {len(holes)}; {FOLDING} members' boards are the server's"
    )
    assert not lost
    assert not holes


def gathered(site: Site, counts: Counts) -> list[Member]:
    """Everybody, not connected yet; some of them build the board themselves."""
    from realtime import folds

    return [
        Member(
            site.port,
            site.board,
            cookie,
            counts,
            me=me,
            fold=folds.apply if n < FOLDING else None,
        )
        for n, (me, cookie) in enumerate(zip(site.members, site.cookies, strict=True))
    ]


async def came(everybody: list[Member], is_there: Callable[[Member], bool], within: float) -> None:
    """Wait until something is true of everybody; who has no line yet gets one, a few at a time."""
    began = time.monotonic()
    new = [one for one in everybody if one.transport is None and not one.tasks and not one.is_over]
    for start in range(0, len(new), 20):
        await asyncio.gather(*(one.connect() for one in new[start : start + 20]))
        await asyncio.sleep(0.1)
    while not all(is_there(one) for one in everybody):
        if time.monotonic() - began > within:
            missing = sum(not is_there(one) for one in everybody)
            raise TimeoutError(f"{missing} of {len(everybody)} after {within:.0f} s")
        await asyncio.sleep(0.02)


async def measured(
    everybody: list[Member], counts: Counts, rate: int, seconds: int, cpu: Callable[[], float]
) -> Figures:
    """Let people write for so long, and see what it costs and who sees it."""
    over = asyncio.Event()
    await asyncio.sleep(1)
    sent, spent, began = len(counts.sent), cpu(), time.monotonic()
    counts.delivered, counts.is_counting = 0, True
    writing = asyncio.create_task(write(everybody, rate, over))
    await asyncio.sleep(seconds)
    over.set()
    await writing
    await asyncio.sleep(1.5)
    wall = time.monotonic() - began
    counts.is_counting = False
    due = (len(counts.sent) - sent - sum(counts.refused.values())) * len(everybody)
    return Figures(counts.delivered, due, cpu() - spent, wall, counts.delays, dict(counts.refused))


async def write(everybody: list[Member], rate: int, over: asyncio.Event) -> None:
    """Operations at an even rate, each by somebody who is there."""
    chance, notes = random.Random(4), []
    began, done = time.monotonic(), 0
    while not over.is_set():
        while done < (time.monotonic() - began) * rate:
            done += 1
            one = chance.choice(everybody)
            if one.is_joined and len(one.waiting) < 50:
                one.ask(something(chance, one, notes))
        await asyncio.sleep(0.5 / rate)


async def _relay(folder: Path, count: int, rate: int, seconds: int) -> None:
    installed = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "socket.io@4"],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=180,
    )
    if installed.returncode != 0:
        say("node     (socket.io could not be installed)")
        return
    port = _free_port()
    shutil.copy(ROOT / "bench" / "realtime_relay.js", folder / "relay.js")
    node = subprocess.Popen(["node", "relay.js", str(port)], cwd=folder)
    try:
        counts = Counts()
        everybody = [Member(port, "b" * 26, "", counts) for _n in range(count)]
        for one in everybody:
            one.seq = 0
        await asyncio.sleep(1)
        await came(everybody, lambda one: one.is_joined, 60)
        figures = await measured(everybody, counts, rate, seconds, lambda: _cpu(node.pid))
        say(f"node     {figures}")
        for one in everybody:
            one.close()
        await asyncio.sleep(0.5)
    finally:
        node.kill()
        node.wait()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    assert HOST == "127.0.0.1"
    main(sys.argv[1:])
