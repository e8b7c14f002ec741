"""The clustering steps of 広聴AI and BERTopic on vectors of ours, in an environment of their own.

    PEER/bin/python bench/analysis_peer.py VECTORS.npy K SEEDS      prints one line of JSON

Parameters are those of their repositories. Needs umap-learn, hdbscan and scikit-learn; imports
nothing of ours. 広聴AI's seed is 42; its step is done again with so many other SEEDS, for what it
finds varies with them. A small run before the clock starts compiles UMAP, which by itself takes
ten seconds.
"""

import json
import sys
import time
import warnings
from typing import Any


def main() -> None:
    import numpy as np

    warnings.simplefilter("ignore")
    rows = np.load(sys.argv[1])
    count = int(sys.argv[2])
    small = np.random.default_rng(0).normal(size=(200, rows.shape[1]))
    kouchou(small, 10)
    bertopic(small)
    found: dict[str, Any] = {}
    for name, step in (
        ("kouchou", lambda: kouchou(rows, count)),
        ("bertopic", lambda: bertopic(rows)),
    ):
        started, cpu = time.perf_counter(), time.process_time()
        labels = step()
        found[name] = {
            "labels": labels,
            "seconds": time.perf_counter() - started,
            "cpu": time.process_time() - cpu,
        }
    others = range(int(sys.argv[3]))
    found["kouchou"]["others"] = [kouchou(rows, count, seed) for seed in others]
    json.dump(found, sys.stdout)


def kouchou(rows: Any, count: int, seed: int = 42) -> list[int]:
    """UMAP to two dimensions, KMeans, then Ward on the centres for the levels above."""
    from scipy.cluster import hierarchy
    from sklearn.cluster import KMeans
    from umap import UMAP

    plane = UMAP(random_state=seed, n_components=2, n_neighbors=min(15, len(rows) - 1))
    model = KMeans(n_clusters=count, random_state=seed).fit(plane.fit_transform(rows))
    links = hierarchy.linkage(model.cluster_centers_, "ward")
    hierarchy.fcluster(links, max(1, round(count**0.5)), "maxclust")
    return [int(label) for label in model.labels_]


def bertopic(rows: Any) -> list[int]:
    """UMAP to five dimensions, then HDBSCAN; -1 is what it leaves out."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    model = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=42)
    found = HDBSCAN(min_cluster_size=10, metric="euclidean", prediction_data=True)
    return [int(label) for label in found.fit(model.fit_transform(rows)).labels_]


if __name__ == "__main__":
    main()
