"""How a theme may be split into several, and a letter into the points it makes: proposals only."""

from collections.abc import Sequence

import numpy as np

from analysis import clusters, points, suggestions, tokens
from analysis.clusters import Tree
from analysis.points import ALIKE, Point, Weights
from analysis.vectors import Vectors


def theme(vectors: Vectors, members: Sequence[int], parts: int = 2) -> tuple[tuple[int, ...], ...]:
    """Propose how the opinions of one theme fall apart into `parts` or more, largest part first.

    `members` are rows of `vectors`; each of them is in exactly one part, parts have two members or
    more, and there may be more parts than asked for. Empty when the members do not fall apart so.
    The dendrogram of the members alone is opened from its top until there are enough parts;
    whoever then stands alone follows the part most like it, and who has no words at all stays
    with the largest.
    """
    own = vectors.only(members)
    tree = clusters.link(own)
    count = _enough(tree, parts)
    return _complete(own, members, tree.cut_into(count)) if count else ()


def letter(text: str, weights: Weights = ALIKE) -> tuple[Point, ...]:
    """Propose the points of one letter: `text[begin:end]`, in order, covering it completely.

    One point where it should stay whole, none for an empty text. `weights` are those of the
    consultation's words (`points.weigh`); without them fewer points are found.
    """
    [sentences] = tokens.read([text])
    return points.propose(text, sentences, weights)


def _enough(tree: Tree, parts: int) -> int | None:
    """Into how many pieces a tree must be cut for `parts` of them to have two members."""
    sizes = np.bincount(tree.leaf[tree.leaf >= 0], minlength=len(tree.links) + 1).tolist()
    for left, right in tree.links[:, :2].astype(int).tolist():
        sizes.append(sizes[left] + sizes[right])
    found = int(sizes[-1] >= 2)
    for undone, (left, right, height, _) in enumerate(tree.links[::-1].tolist(), 1):
        if height <= 0:
            break  # copies of each other
        found += (sizes[int(left)] >= 2) + (sizes[int(right)] >= 2) - 1
        if found >= parts:
            return undone + 1
    return None


def _complete(
    own: Vectors, members: Sequence[int], found: clusters.Grouping
) -> tuple[tuple[int, ...], ...]:
    parts = sorted((list(part) for part in found.members), key=lambda part: (-len(part), part))
    keyed = {str(number): part for number, part in enumerate(parts)}
    rest = np.array([*found.lone, *found.unplaced], dtype=np.int64)
    ranked = suggestions.top(own, keyed, Vectors(own.rows[rest], own.placed[rest]), 1)
    for index, best in zip(rest.tolist(), ranked, strict=True):
        parts[int(best[0].theme) if best else 0].append(index)
    named = [tuple(sorted(members[i] for i in part)) for part in parts]
    return tuple(sorted(named, key=lambda part: (-len(part), part)))
