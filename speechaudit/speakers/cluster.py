"""How many voices there are, and how each sounds. Pure numbers, no sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Places = NDArray[np.intp]

# Likeness between two voices over likeness within them, by the number of voices: under it they are different, above it
# one voice was cut in two. Each further voice must be more surely another one.
MAX_RATIO = {2: 0.79, 3: 0.68, 4: 0.68}
MAX_RATIO_SIMILAR = 0.92  # the same for two that may be two or one cut in two: words have to say so
SAME_VOICE = 0.75  # cosine of two embeddings of a minute each from which on they are one voice
MIN_SHARE = 0.03  # a voice with a smaller share of the embeddings is a noise or mixed speech
_MIN_WEIGHT = 1e-3  # seconds of a voice that was never surely heard
MIN_EMBEDDINGS = 2  # embeddings that a voice must have


def find_voices(embeddings: Floats, most: int) -> Floats:
    """Return the centres of the voices, shape (voices, 192), 1 <= voices <= `most` <= 4; the voice heard most is first.

    `embeddings` are unit vectors of shape (n, 192), n >= 1.
    The largest number of clusters in which no two sound alike counts.
    """
    for count in range(min(most, len(embeddings)), 1, -1):
        clusters = _kmeans(embeddings, count)
        if _are_distinct(clusters, len(embeddings), MAX_RATIO[count]):
            return _sorted_centres(clusters)
    return _sorted_centres([embeddings])


def two_similar_voices(embeddings: Floats) -> Floats | None:
    """Return the centres of two voices, shape (2, 192), where `find_voices` finds one and two are possible."""
    halves = two_clusters(embeddings, MAX_RATIO_SIMILAR)
    return None if halves is None else _sorted_centres([embeddings[half] for half in halves])


def two_clusters(embeddings: Floats, limit: float) -> tuple[Places, Places] | None:
    """Return which embeddings are of one and which of the other of two voices, None where they are more alike.

    `limit` is what the likeness between the two may be over the likeness within them.
    """
    import numpy as np

    if len(embeddings) < 2 * MIN_EMBEDDINGS:
        return None
    labels = _labels(embeddings, 2)
    one, two = np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)
    return (one, two) if _are_distinct([embeddings[one], embeddings[two]], len(embeddings), limit) else None


def mean_likeness(clusters: Sequence[Floats]) -> float:
    """Return how alike two embeddings of the same cluster are on average, over clusters of two or more."""
    import numpy as np

    kept = [cluster for cluster in clusters if len(cluster) >= MIN_EMBEDDINGS]
    return float(np.average([_mean_similarity(own) for own in kept], weights=[len(own) for own in kept]))


@dataclass(frozen=True, slots=True)
class LinkedVoices:
    """The voices of all pieces of a recording: `numbers` says for each piece which of them its own ones are.

    `embeddings` has a row for each voice, `seconds` how long it was heard; the voice heard most is first.
    """

    numbers: list[list[int]]
    embeddings: Floats
    seconds: list[float]


def link_voices(pieces: Sequence[tuple[Floats, Sequence[float]]]) -> LinkedVoices:
    """Match the voices of different pieces. A piece is the centres of its voices and the seconds each was heard.

    Within a piece no two voices are one. Raises nothing; without pieces there are no voices.
    """
    import numpy as np

    sums: list[Floats] = []
    seconds: list[float] = []
    numbers: list[list[int]] = []
    for centres, heard in pieces:
        numbers.append(_matched_numbers(centres, sums))
        for number, centre, weight in zip(numbers[-1], centres, heard, strict=True):
            if number == len(sums):
                sums.append(np.zeros_like(centre))
                seconds.append(0.0)
            sums[number] = sums[number] + centre * max(weight, _MIN_WEIGHT)
            seconds[number] += weight
    order = sorted(range(len(sums)), key=lambda number: -seconds[number])
    place = {number: i for i, number in enumerate(order)}
    return LinkedVoices(
        numbers=[[place[number] for number in own] for own in numbers],
        embeddings=unit_vectors(np.stack([sums[number] for number in order]))
        if order
        else np.zeros((0, 0), np.float32),
        seconds=[seconds[number] for number in order],
    )


def _matched_numbers(centres: Floats, sums: Sequence[Floats]) -> list[int]:
    """For each centre the number of the known voice that it is, the likest pair first; new voices get new numbers."""
    import numpy as np

    found: dict[int, int] = {}
    likeness = centres @ unit_vectors(np.stack(sums)).T if sums else np.zeros((len(centres), 0), dtype=np.float32)
    for place in np.argsort(-likeness, axis=None):
        voice, number = divmod(int(place), likeness.shape[1])
        if likeness[voice, number] >= SAME_VOICE and voice not in found and number not in found.values():
            found[voice] = number
    new = iter(range(len(sums), len(sums) + len(centres)))
    return [found[voice] if voice in found else next(new) for voice in range(len(centres))]


def _kmeans(embeddings: Floats, count: int) -> list[Floats]:
    labels = _labels(embeddings, count)
    return [embeddings[labels == name] for name in range(count)]


def _labels(embeddings: Floats, count: int) -> Places:
    from sklearn.cluster import KMeans

    return cast("Places", KMeans(count, n_init=10, random_state=0).fit_predict(embeddings))


def _are_distinct(clusters: list[Floats], total: int, limit: float) -> bool:
    sizes = [len(cluster) for cluster in clusters]
    if min(sizes) < max(MIN_EMBEDDINGS, MIN_SHARE * total):
        return False
    within = mean_likeness(clusters)
    between = max(float(one.mean(axis=0) @ two.mean(axis=0)) for one, two in combinations(clusters, 2))
    return between < limit * within


def _mean_similarity(cluster: Floats) -> float:
    """Mean similarity of different embeddings of one cluster, from their sum: comparing all pairs would take long."""
    size = len(cluster)
    total = cluster.sum(axis=0)
    return float((total @ total - size) / (size * (size - 1)))


def _sorted_centres(clusters: list[Floats]) -> Floats:
    import numpy as np

    return unit_vectors(np.stack([cluster.sum(axis=0) for cluster in sorted(clusters, key=len, reverse=True)]))


def mean_voice(voices: Floats) -> Floats:
    """Return the mean direction of embeddings of shape (n, 192), shape (192,), at the length of 1."""
    mean: Floats = unit_vectors(voices.sum(axis=0, keepdims=True))[0]
    return mean


def unit_vectors(sums: Floats) -> Floats:
    """Return vectors of shape (n, 192) at the length of 1."""
    import numpy as np

    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)
