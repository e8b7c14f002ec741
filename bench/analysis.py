"""How well and how fast opinions are grouped.

    ./dev bench analysis                                             how fast, on generated texts
    ./dev bench analysis --labelled FILE --text COLUMN --gold COLUMN   how well, against people
    ./dev bench analysis … --peer ENVIRONMENT/bin/python             beside 広聴AI's and BERTopic's

Quality: ARI and AMI at as many groups as people made and at each cut; opinions of small groups
swallowed by larger ones; the same run in another process; newcomers whose group is suggested;
letters split where people split them. Speed: seconds (processor seconds) and the peak of memory
at each size, on real sentences where a file is given. The steps of the others run on the same
vectors in the same run, so that ratios hold on any machine.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis import clusters, cuts, encoders, grouping
from analysis.grouping import Prepared
from bench import analysis_quality as quality

ROOT = Path(__file__).parent.parent
# 広聴AI's step takes five minutes at 100,000.
_PEER_UP_TO = 10_000
# What UMAP finds varies with its seed by a tenth: its mean says more than one run.
_PEER_SEEDS = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, a line at a time."""
    parser = argparse.ArgumentParser(
        prog="./dev bench analysis",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--labelled", type=Path, metavar="FILE", help="a CSV of opinions")
    parser.add_argument("--text", metavar="COLUMN", help="the column with the text")
    parser.add_argument("--gold", metavar="COLUMN", help="the group that people put it in")
    parser.add_argument("--sizes", default="1000,10000,100000", help="numbers of texts; none: ''")
    parser.add_argument("--peer", type=Path, metavar="PYTHON", help="where umap-learn is installed")
    parser.add_argument("--sentences", action="store_true", help="with the optional encoder")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    texts: list[str] = []
    gold: list[str] | None = None
    if chosen.labelled:
        if not chosen.text:
            parser.error("--labelled needs --text")
        with chosen.labelled.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        texts = [row[chosen.text] for row in rows]
        gold = [row[chosen.gold] for row in rows] if chosen.gold else None
    if gold is not None:
        extra = encoders.BySentences() if chosen.sentences else None
        _print(measure(texts, gold, chosen.seed, chosen.peer, extra))
    sizes = [int(size) for size in chosen.sizes.split(",") if size.strip()]
    _print(speeds(sizes, texts, chosen.seed, chosen.peer))


def measure(
    texts: Sequence[str],
    gold: Sequence[str],
    seed: int = 0,
    peer: Path | None = None,
    extra: encoders.Encoder | None = None,
) -> Iterator[str]:
    """How well some opinions are grouped, a line for each figure."""
    prepared = grouping.prepare(texts, seed=seed, extra=extra)
    count = len(set(gold))
    yield f"{len(texts)} opinions, {len(prepared.copies)} distinct, {count} groups by people"
    whole = clusters.unfold(prepared.tree.cut_into(count), prepared.copies)
    yield f"k = {count}      {_judged(quality.labels(whole), gold)}"
    finest = clusters.DEFAULT_CUT if extra is None else cuts.WITH_SENTENCES
    for cut in (*clusters.CUTS[:-1], finest):
        found = prepared.at(cut)
        named = sum(label.is_named for label in found.labels)
        shape = f"{len(found.grouping.members)} themes, {len(found.grouping.lone)} lone"
        labels = quality.labels(found.grouping)
        yield f"cut {cut}     {_judged(labels, gold)}; {shape}, {named} named"
        if cut == clusters.DEFAULT_CUT and extra is None:
            ari = quality.again(texts, cut, seed, labels)
            yield f"again, in another process with one thread: ARI {ari:.3f}"
    yield f"newcomers whose group is among three suggested: {quality.hits(prepared, gold):.3f}"
    precision, recall = quality.split_f1(texts, gold)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    yield f"letters split: F1 {f1:.3f} (precision {precision:.3f}, recall {recall:.3f})"
    if peer is not None:
        yield from _peer_quality(peer, prepared, gold, count, quality.labels(whole))


def _peer_quality(
    peer: Path, prepared: Prepared, gold: Sequence[str], count: int, ours: quality.Labels
) -> Iterator[str]:
    order = [index for same in prepared.copies for index in same]
    first = np.repeat(np.arange(len(prepared.copies)), [len(same) for same in prepared.copies])
    rows = np.empty((len(order), prepared.vectors.rows.shape[1]))
    rows[order] = prepared.vectors.rows[first]
    own = quality.agreement(ours, gold)[1]
    lost = quality.swallowed(quality.labels(prepared.at(clusters.DEFAULT_CUT).grouping), gold)[0]
    ran = _run_peer(peer, rows, count, seeds=_PEER_SEEDS)
    for name, found in ran.items():
        labels, out = _with_outliers(found["labels"])
        yield f"{name:<11} {_judged(labels, gold)}; {out} left out"
    every = [
        _with_outliers(one)[0] for one in (ran["kouchou"]["labels"], *ran["kouchou"]["others"])
    ]
    theirs = [quality.agreement(labels, gold)[1] for labels in every]
    swallowed = [quality.swallowed(labels, gold)[0] for labels in every]
    yield (
        f"beside kouchou with {len(every)} seeds (AMI {min(theirs):.3f} to {max(theirs):.3f}):"
        f" our AMI at k is {own / np.mean(theirs):.2f} × its mean, {own / theirs[0]:.2f} × its own"
        f" seed's; we swallow {lost / max(np.mean(swallowed), 1):.2f} × at our default cut"
    )


def _with_outliers(found: Sequence[int]) -> tuple[quality.Labels, int]:
    """Labels with each opinion that was left out by itself, and how many those are."""
    labels = np.array(found)
    out = int((labels < 0).sum())
    labels[labels < 0] = np.arange(out) + labels.max() + 1
    return labels, out


def speeds(
    sizes: Sequence[int], texts: Sequence[str], seed: int = 0, peer: Path | None = None
) -> Iterator[str]:
    """How fast so many texts are grouped, a line for each size."""
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "vectors.npy"
            command = [sys.executable, "-m", "bench.analysis_sizes", str(count), str(seed)]
            found = _json([*command, str(kept)], json.dumps(list(texts)))
            yield _told(count, found)
            if peer is not None and count <= _PEER_UP_TO:
                groups = max(2, round(count ** (2 / 3)))  # 広聴AI's own choice
                ours = found["steps"]["clusters"][0]
                for name, step in _run_peer(peer, np.load(kept), groups).items():
                    yield (
                        f"  {name}: clustering {step['seconds']:.1f} s ({step['cpu']:.1f});"
                        f" ours is {step['seconds'] / ours:.1f} × faster"
                    )


def _told(count: int, found: dict[str, Any]) -> str:
    wall = sum(seconds for seconds, _ in found["steps"].values())
    cpu = sum(seconds for _, seconds in found["steps"].values())
    steps = " · ".join(f"{name} {took:.2f}" for name, (took, _) in found["steps"].items())
    return (
        f"{count:>7,} texts of {found['characters']:.0f} characters: {wall:.1f} s ({cpu:.1f}),"
        f" peak {found['peak']:,.0f} MB ({found['before']:,.0f} before); {steps};"
        f" {found['themes']} themes"
    )


def _run_peer(peer: Path, rows: Any, count: int, seeds: int = 0) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        np.save(path, rows)
        script = ROOT / "bench" / "analysis_peer.py"
        return _json([str(peer), str(script), str(path), str(count), str(seeds)])


def _json(command: Sequence[str], said: str = "") -> dict[str, Any]:
    done = subprocess.run(
        command, input=said, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _judged(found: quality.Labels, gold: Sequence[str]) -> str:
    ari, ami = quality.agreement(found, gold)
    lost, small = quality.swallowed(found, gold)
    return (
        f"ARI {ari:.3f} AMI {ami:.3f}; {len(set(found.tolist()))} groups;"
        f" {lost} of {small} opinions of small groups swallowed"
    )


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
