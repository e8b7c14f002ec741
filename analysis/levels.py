"""Headings above themes: the consultation's own chapters, or groups of themes for staff to name."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist
from sklearn.preprocessing import normalize

from analysis.vectors import Vectors


def by_chapter(groups: Sequence[Sequence[int]], chapters: Sequence[str]) -> tuple[str, ...]:
    """For each theme the chapter most of its opinions speak of; "" where they name none.

    `chapters` holds each opinion's, "" for none. Ties go to the chapter that was named first.
    """
    found = []
    for members in groups:
        named = Counter(chapters[i] for i in members if chapters[i])
        found.append(max(named, key=lambda name: named[name]) if named else "")
    return tuple(found)


def by_centres(
    vectors: Vectors, groups: Sequence[Sequence[int]], count: int | None = None
) -> tuple[int, ...]:
    """For each theme the number of its heading, 0 up, in the order of their first themes.

    Ward's method (Ward 1963) on the themes' centres: headings of even breadth, all themes weighing
    alike. Without a `count` there are √n for n themes, which makes the list of headings and the
    lists below them equally short to read.
    """
    wanted = count or max(1, round(len(groups) ** 0.5))
    if len(groups) <= wanted:
        return tuple(range(len(groups)))
    if wanted == 1:
        return (0,) * len(groups)
    means = np.array([vectors.rows[list(members)].mean(axis=0) for members in groups])
    # Rounded: ties should not be decided by the processor.
    links = hierarchy.ward(np.round(pdist(normalize(means)), 9))
    numbers: dict[int, int] = {}
    found = hierarchy.fcluster(links, wanted, "maxclust").tolist()
    return tuple(numbers.setdefault(number, len(numbers)) for number in found)
