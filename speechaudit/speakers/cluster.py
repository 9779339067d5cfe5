"""How many voices there are, and which voice each print belongs to. Pure numbers, no sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

MAX_COMPARED = 1500  # prints that are compared pairwise; more would cost memory and add nothing
LOOSE = 0.55  # mean similarity under which branches of the tree are different clusters
SAME_VOICE = 0.87  # likeness between two clusters over likeness within them, from which they are one voice
MIN_SHARE = 0.03  # a cluster with a smaller share of the prints is noise or mixed speech


def find_voices(prints: Floats, most: int) -> Floats:
    """The centres of the voices, shape (voices, 192), 1 <= voices <= `most`; the voice heard most is first.

    `prints` are unit vectors, shape (n, 192), n >= 1. Average-linkage clustering over-splits on purpose; the clusters
    are then joined until at most `most` are left and no two of them sound alike.
    """
    import numpy as np

    sample = prints[np.linspace(0, len(prints) - 1, min(len(prints), MAX_COMPARED)).astype(int)]
    labels = _without_tiny(_tree(sample))
    while (pair := _closest(sample, labels, most)) is not None:
        labels[labels == pair[1]] = pair[0]
    for _ in range(3):
        centres = _centres(sample, labels)
        labels = np.argmax(sample @ centres.T, axis=1)
    return _centres(sample, labels)


def _tree(prints: Floats) -> Ints:
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    if len(prints) == 1:
        return np.zeros(1, dtype=np.int64)
    tree = linkage(pdist(prints, "cosine"), method="average")
    return np.asarray(fcluster(tree, 1.0 - LOOSE, criterion="distance"), dtype=np.int64)


def _without_tiny(labels: Ints) -> Ints:
    """Marks the members of tiny clusters -1, unless all are tiny."""
    import numpy as np

    names, sizes = np.unique(labels, return_counts=True)
    tiny = names[sizes < max(2.0, MIN_SHARE * len(labels))]
    return labels if len(tiny) == len(names) else np.where(np.isin(labels, tiny), -1, labels)


def _closest(prints: Floats, labels: Ints, most: int) -> tuple[int, int] | None:
    """The two clusters to join next, or None when those that are left are few and different."""
    import numpy as np

    names = [int(name) for name in np.unique(labels) if name >= 0]
    if len(names) < 2:
        return None
    groups = [prints[labels == name] for name in names]
    within = [_likeness_within(group) for group in groups]
    pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    ratio = [float((groups[i] @ groups[j].T).mean()) / min(within[i], within[j]) for i, j in pairs]
    best = int(np.argmax(ratio))
    if len(names) <= most and ratio[best] < SAME_VOICE:
        return None
    return names[pairs[best][0]], names[pairs[best][1]]


def _likeness_within(group: Floats) -> float:
    """Mean similarity of different prints of one cluster."""
    size = len(group)
    if size < 2:
        return 1.0
    return float(((group @ group.T).sum() - size) / (size * (size - 1)))


def _centres(prints: Floats, labels: Ints) -> Floats:
    import numpy as np

    names, sizes = np.unique(labels[labels >= 0], return_counts=True)
    sums = np.stack([prints[labels == name].sum(axis=0) for name in names[np.argsort(-sizes, kind="stable")]])
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)
