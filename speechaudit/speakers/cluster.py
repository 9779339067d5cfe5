"""How many voices there are, and how each sounds. Pure numbers, no sound."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

APART = 0.78  # likeness between two voices over likeness within them: under it they are two, above one voice cut in two
MIN_SHARE = 0.03  # a voice with a smaller share of the prints is a noise or mixed speech
FEWEST = 2  # prints that a voice must have


def find_voices(prints: Floats, most: int) -> Floats:
    """The centres of the voices, shape (voices, 192), 1 <= voices <= `most`; the voice heard most is first.

    `prints` are unit vectors of shape (n, 192), n >= 1.
    The largest number of clusters in which no two sound alike counts.
    """
    for count in range(min(most, len(prints)), 1, -1):
        clusters = _split(prints, count)
        if _all_apart(clusters, len(prints)):
            return _centres(clusters)
    return _centres([prints])


def _split(prints: Floats, count: int) -> list[Floats]:
    from sklearn.cluster import KMeans

    labels = KMeans(count, n_init=10, random_state=0).fit_predict(prints)
    return [prints[labels == name] for name in range(count)]


def _all_apart(clusters: list[Floats], total: int) -> bool:
    import numpy as np

    sizes = [len(cluster) for cluster in clusters]
    if min(sizes) < max(FEWEST, MIN_SHARE * total):
        return False
    within = float(np.average([_within(cluster) for cluster in clusters], weights=sizes))
    between = max(float(one.mean(axis=0) @ two.mean(axis=0)) for one, two in combinations(clusters, 2))
    return between < APART * within


def _within(cluster: Floats) -> float:
    """Mean similarity of different prints of one cluster, from their sum: comparing all pairs would take long."""
    size = len(cluster)
    total = cluster.sum(axis=0)
    return float((total @ total - size) / (size * (size - 1)))


def _centres(clusters: list[Floats]) -> Floats:
    import numpy as np

    sums = np.stack([cluster.sum(axis=0) for cluster in sorted(clusters, key=len, reverse=True)])
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)
