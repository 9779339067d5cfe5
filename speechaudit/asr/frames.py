"""Time in frames of `FRAME` seconds: spans as masks, and masks as spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from speechaudit.asr.sound import FRAME
from speechaudit.model import Span

Mask = npt.NDArray[np.bool_]


def frames_of(span: Span, count: int) -> slice:
    """Return the frames of a span among `count`, at least one."""
    first = min(max(0, int(span.start / FRAME)), max(0, count - 1))
    return slice(first, max(first + 1, int(np.ceil(span.end / FRAME))))


def mask_of(spans: Iterable[Span], count: int) -> Mask:
    """Return for each frame whether it lies in one of the spans, or touches one: shape (count,)."""
    mask = np.zeros(count, np.bool_)
    for span in spans:
        mask[frames_of(span, count)] = True
    return mask


def spans_of(mask: Mask, frame: float = FRAME) -> Iterator[Span]:
    """Yield each run of true frames of a mask, shape (frames,), as a span in seconds."""
    for first, last in runs(mask):
        yield Span(start=frame * float(first), end=frame * float(last))


def runs(mask: Mask) -> npt.NDArray[np.intp]:
    """Return the first frame and the last + 1 of each run of true ones, shape (runs, 2)."""
    return np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
