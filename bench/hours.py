"""Hours in which little is said: recordings laid one after the other, with the noise of their rooms in between.

Nothing is said that is not in the recordings; where there are too few of them for the share of speech that is wanted,
they are laid again from the first. Such hours show what pauses cost and whether memory grows, and not what another
hour of other people would do to the hearing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit.asr.sound import decode
from speechaudit.model import Transcript

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
BLOCK = 0.05  # seconds in which the noise of a room is looked for
QUIETEST = 10  # of a hundred blocks, so many are taken for noise alone
PIECE = 60 * RATE  # samples of noise that are made at a time


def repeated(seconds: Sequence[float], wanted: float) -> list[int]:
    """Return which recordings (places in `seconds`) follow each other until `wanted` seconds are full; one at least."""
    order: list[int] = []
    total = 0.0
    for place in cycle(range(len(seconds))):
        total += seconds[place]
        if order and total > wanted:
            return order
        order.append(place)
    return order


def lay(paths: Sequence[Path], order: Sequence[int], seconds: float, out: Path) -> None:
    """Write the first channels of `paths` in `order` as one channel of `seconds`, evenly apart, as 16-bit FLAC.

    Raises ValueError if they do not fit.
    """
    import soundfile

    pieces = [_samples(path) for path in paths]
    spoken = sum(len(pieces[place]) for place in order)
    gap = (round(seconds * RATE) - spoken) // (len(order) + 1)
    if gap < 0:
        raise ValueError(f"{spoken / RATE:.0f} s do not fit into {seconds:.0f} s")
    with soundfile.SoundFile(out, "w", RATE, 1, "PCM_16") as file:
        for place in order:
            for block in _noise(pieces[place], gap):
                file.write(block)
            file.write(pieces[place])
        for block in _noise(pieces[order[-1]], gap):
            file.write(block)


def said_in(said: Sequence[Transcript], order: Sequence[int], seconds: float) -> Transcript:
    """Return all that is said, in its order; its times are not those of the laid recording."""
    segments = tuple(segment for place in order for segment in said[place].segments)
    return Transcript(segments=segments, duration=seconds)


def _samples(path: Path) -> Samples:
    with decode(path) as sound:
        return sound.read(0)


def _noise(samples: Samples, length: int) -> Iterator[Samples]:
    """Yield white noise as loud as the quietest blocks of a recording, always the same."""
    import numpy as np

    size = round(BLOCK * RATE)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    level = np.percentile(np.sqrt((blocks**2).mean(axis=1)), QUIETEST)
    drawn = np.random.default_rng(0)
    for start in range(0, length, PIECE):
        yield (level * drawn.standard_normal(min(PIECE, length - start))).astype(np.float32)
