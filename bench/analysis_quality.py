"""How well a grouping agrees with people's own: every figure on opinions that they had grouped.

Lone and unsorted opinions count as groups of one: leaving out is never rewarded.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from analysis import points, suggestions, tokens, vectors
from analysis.clusters import Grouping
from analysis.grouping import Prepared
from analysis.vectors import Vectors

Labels = NDArray[np.int64]

SMALL = 2  # analysis.md: 14 to 16 % of opinions are in staff groups of one or two
_ROUNDS = 5


def labels(found: Grouping) -> Labels:
    """(n,) the group of each text, those in none each by itself."""
    every = found.labels()
    every[every < 0] = np.arange((every < 0).sum()) + len(found.members)
    return every


def agreement(found: Labels, gold: Sequence[str]) -> tuple[float, float]:
    """ARI (Hubert & Arabie 1985) and AMI (Vinh 2010)."""
    ari = float(adjusted_rand_score(gold, found))
    return ari, float(adjusted_mutual_info_score(gold, found))


def swallowed(found: Labels, gold: Sequence[str]) -> tuple[int, int]:
    """(opinions of small gold groups swallowed by a larger foreign one, all such opinions).

    Swallowed: in the group found they are outnumbered by one gold group that is larger than theirs,
    so that whoever answers the group answers that one.
    """
    sizes: Counter[str] = Counter(gold)
    groups: dict[int, Counter[str]] = defaultdict(Counter)
    for own, label in zip(gold, found.tolist(), strict=True):
        groups[label][own] += 1
    small = [i for i, own in enumerate(gold) if sizes[own] <= SMALL]
    lost = sum(
        any(
            count > groups[int(found[i])][gold[i]] and sizes[other] > sizes[gold[i]]
            for other, count in groups[int(found[i])].items()
        )
        for i in small
    )
    return lost, len(small)


def again(texts: Sequence[str], cut: float, seed: int, first: Labels) -> float:
    """ARI of the same run in another process, with other hash seeds and one thread."""
    code = (
        "import json, sys; from analysis import grouping;"
        "from bench.analysis_quality import labels;"
        "texts, cut, seed = json.load(sys.stdin);"
        "print(labels(grouping.group_texts(texts, cut=cut, seed=seed).grouping).tolist())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([list(texts), cut, seed]),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parent.parent,
    )
    return float(adjusted_rand_score(first, json.loads(done.stdout)))


def hits(prepared: Prepared, gold: Sequence[str], seed: int = 0) -> float:
    """Of newcomers, a fifth of the opinions, how many find their own group among three suggested.

    The vocabulary is fitted without them; groups that only newcomers are in do not count.
    """
    words = [tokens.join(s.words for s in parts) for parts in prepared.sentences]
    own = [gold[same[0]] for same in prepared.copies]
    chance, found, asked = random.Random(seed), 0, 0
    for _ in range(_ROUNDS):
        order = chance.sample(range(len(words)), len(words))
        fresh, filed = order[: len(order) // 5], sorted(order[len(order) // 5 :])
        space = vectors.fit([words[i] for i in filed])
        members: dict[str, list[int]] = defaultdict(list)
        for row, index in enumerate(filed):
            members[own[index]].append(row)
        fresh = [index for index in fresh if own[index] in members]
        placed: Vectors = space.place([words[i] for i in fresh])
        ranked = suggestions.top(space.place([words[i] for i in filed]), members, placed)
        asked += len(fresh)
        found += sum(
            own[index] in {one.theme for one in best}
            for index, best in zip(fresh, ranked, strict=True)
        )
    return found / max(asked, 1)


def split_f1(texts: Sequence[str], gold: Sequence[str], seed: int = 0) -> tuple[float, float]:
    """(precision, recall) of proposed points on letters of two to four opinions of other groups.

    People's own splits are what the file holds: its opinions are put back into letters.
    """
    chance, weights = random.Random(seed), points.weigh(tokens.read(texts))
    order = chance.sample(range(len(texts)), len(texts))
    right, proposed, wanted = 0, 0, 0
    while len(order) >= 2:
        part = [order.pop() for _ in range(min(chance.randint(2, 4), len(order)))]
        part = [i for n, i in enumerate(part) if n == 0 or gold[i] != gold[part[n - 1]]]
        said = [texts[i].strip() for i in part]
        letter = "".join(text if text.endswith(tuple("。！？!?")) else text + "。" for text in said)
        ends = np.cumsum([len(text) + (not text.endswith(tuple("。！？!?"))) for text in said])
        [sentences] = tokens.read([letter])
        begins = {point.begin for point in points.propose(letter, sentences, weights)} - {0}
        true = set(ends[:-1].tolist())
        right += len(begins & true)
        proposed += len(begins)
        wanted += len(true)
    return right / max(proposed, 1), right / max(wanted, 1)
