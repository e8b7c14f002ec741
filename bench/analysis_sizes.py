"""How long one grouping of so many texts takes, in a process of its own, and how much memory.

python -m bench.analysis_sizes COUNT SEED VECTORS.npy < texts.json       prints one line of JSON
"""

import json
import resource
import sys
import time

import numpy as np

from analysis import grouping, listings
from bench import analysis_texts


def main() -> None:
    """Group, and tell each step's seconds (wall and processor) and the peak of memory in MB."""
    count, seed, keep = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    texts = analysis_texts.make(count, json.load(sys.stdin), seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock = Clock()
    prepared = grouping.prepare(texts, seed=seed, progress=clock)
    grouped = prepared.at(grouping.clusters.DEFAULT_CUT, progress=clock)
    clock("list", 0, 1)
    listing = listings.draw_up(prepared, grouped)
    clock("", 0, 1)
    np.save(keep, prepared.vectors.rows[prepared.vectors.placed])
    found = {
        "steps": clock.steps,
        "before": before / 1024,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "characters": sum(map(len, texts)) / max(count, 1),
        "themes": len(listing.themes),
    }
    sys.stdout.write(json.dumps(found))


class Clock:
    """How long each step took: (seconds, processor seconds)."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float]] = {}
        self._step, self._wall, self._cpu = "", 0.0, 0.0

    def __call__(self, step: str, done: int, of: int) -> None:
        """Hear of a step; the one before it has ended."""
        if step == self._step:
            return
        wall, cpu = time.perf_counter(), time.process_time()
        if self._step:
            self.steps[self._step] = (wall - self._wall, cpu - self._cpu)
        self._step, self._wall, self._cpu = step, wall, cpu


if __name__ == "__main__":
    main()
