"""How fast lines enter the ledger, one by one and in bulk, and how fast the chain is walked."""

from __future__ import annotations

import sys
import time

from bench import wards
from core import record
from ledger import opinions


def main(arguments: list[str]) -> None:
    """Print lines per second, each a durable commit, beside one commit for all."""
    count = int(arguments[0]) if arguments else 500
    with wards.ward() as (_app, officer):
        target = wards.consultation(officer, "entries")
        started = time.perf_counter()
        for one in wards.said(count, start=1_000_000):
            opinions.enter(target, one, role="resident")
        single = time.perf_counter() - started
        started = time.perf_counter()
        wards.fill(target, count * 20, start=2_000_000)
        bulk = time.perf_counter() - started
        started = time.perf_counter()
        faults = list(record.verify())
        walked = time.perf_counter() - started
        total = record.head()[0]
    sys.stdout.write(
        f"one by one, durable: {count / single:8.0f} lines/s\n"
        f"in bulk:             {count * 20 / bulk:8.0f} lines/s "
        f"({single / count / (bulk / count / 20):.1f} x)\n"
        f"record verified:     {total / walked:8.0f} entries/s, {len(faults)} faults\n"
    )
