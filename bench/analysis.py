"""How well and how fast opinions are grouped.

    python -m bench.analysis --labelled FILE --text COLUMN --gold COLUMN

Reads a CSV of opinions and prints agreement with the groups that staff made, where the file has
them (ARI: Hubert & Arabie 1985, AMI: Vinh 2010): at as many groups as staff made, and at each cut
of the slider. Lone and unplaced opinions count as groups of one: leaving out is never rewarded.
"""

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from analysis import clusters, grouping
from analysis.clusters import Grouping


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one file and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.analysis", description=__doc__)
    parser.add_argument("--labelled", type=Path, required=True, metavar="FILE", help="a CSV file")
    parser.add_argument("--text", required=True, metavar="COLUMN")
    parser.add_argument("--gold", metavar="COLUMN", help="the group that staff put the opinion in")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with chosen.labelled.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    gold = [row[chosen.gold] for row in rows] if chosen.gold else None
    for line in measure([row[chosen.text] for row in rows], gold, chosen.seed):
        sys.stdout.write(line + "\n")


def measure(texts: Sequence[str], gold: Sequence[str] | None, seed: int = 0) -> list[str]:
    """The figures for some opinions, one line for each way of cutting."""
    started = time.perf_counter()
    prepared = grouping.prepare(texts, seed=seed)
    took = time.perf_counter() - started
    lines = [f"{len(texts)} opinions, {len(prepared.copies)} distinct; prepared in {took:.2f} s"]
    if gold is not None:
        count = len(set(gold))
        folded = prepared.tree.cut_into(count)
        whole = clusters.unfold(folded, prepared.copies)
        lines.append(f"k = {count} as staff: {_agreement(whole, gold)}; {_shape(whole)}")
    for cut in clusters.CUTS:
        started = time.perf_counter()
        found = prepared.at(cut)
        took = time.perf_counter() - started
        named = sum(label.is_named for label in found.labels)
        agreement = f"{_agreement(found.grouping, gold)}; " if gold is not None else ""
        lines.append(
            f"cut {cut}: {agreement}{_shape(found.grouping)}, {named} named; "
            f"labelled in {took:.2f} s"
        )
    return lines


def _agreement(found: Grouping, gold: Sequence[str]) -> str:
    labels = _every_lone_its_own(found)
    ari = adjusted_rand_score(gold, labels)
    return f"ARI {ari:.3f} AMI {adjusted_mutual_info_score(gold, labels):.3f}"


def _every_lone_its_own(found: Grouping) -> NDArray[np.int64]:
    labels = found.labels()
    labels[labels < 0] = np.arange((labels < 0).sum()) + len(found.members)
    return labels


def _shape(found: Grouping) -> str:
    largest = max(map(len, found.members), default=0)
    lone = len(found.lone) / max(found.text_count, 1)
    groups = f"{len(found.members)} groups (largest {largest})"
    return f"{groups}, {lone:.1%} lone, {len(found.unplaced)} unplaced"


if __name__ == "__main__":
    main()
