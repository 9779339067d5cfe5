"""Who spoke when in one channel of sound: each window of speech goes to the voice that it sounds most like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechaudit.model import Span
from speechaudit.speakers.cluster import find_voices
from speechaudit.speakers.embed import embed
from speechaudit.speakers.turns import Turn
from speechaudit.speakers.wav import RATE, WavFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WINDOW, STEP = 1.5, 0.75  # CAM++ tells voices apart well from 1.5 s on
FINE_WINDOW, FINE_STEP = 1.0, 0.2  # the second look at a change of voice
CLEAR = 1.0  # shorter windows do not take part in finding the voices
BLOCK = 300.0  # seconds of sound in memory at a time


def diarize(path: Path, most: int) -> tuple[Turn, ...]:
    """Turns of at most `most` voices in a 16 kHz mono 16-bit wav, ordered, not overlapping; () without speech.

    Neighbours may be of one voice: each keeps its own margin, so that doubt stays where it is.
    Raises AudioError if the wav cannot be used, ModelError if the network cannot be loaded.
    """
    import numpy as np

    with WavFile(path) as wav:
        regions = tuple(speech(wav))
        windows = [window for region in regions for window in tile(region)]
        if not windows:
            return ()
        prints = embed(wav, windows)
        clear = np.array([window.duration >= CLEAR for window in windows])
        centres = find_voices(prints[clear] if clear.any() else prints, most)
        return tuple(_without_overlap(wav, _label(windows, prints, centres), centres))


def speech(wav: WavFile) -> Iterator[Span]:
    """Where Silero hears speech, a block at a time."""
    import torch
    from silero_vad import get_speech_timestamps

    start = 0.0
    while start < wav.duration:
        samples = wav.read(Span(start=start, end=start + BLOCK))
        found = get_speech_timestamps(torch.from_numpy(samples), _detector(), min_speech_duration_ms=200)
        yield from (Span(start=start + hit["start"] / RATE, end=start + hit["end"] / RATE) for hit in found)
        start += BLOCK


@cache
def _detector() -> Any:
    import torch
    from silero_vad import load_silero_vad

    threads = torch.get_num_threads()
    detector = load_silero_vad(onnx=True)
    torch.set_num_threads(threads)  # loading it sets them to one for the whole process
    return detector


def tile(region: Span) -> tuple[Span, ...]:
    """Windows of 1.5 s that cover `region` evenly, about 0.75 s apart; a short region is one window."""
    if region.duration <= WINDOW:
        return (region,)
    steps = max(1, round((region.duration - WINDOW) / STEP))
    step = (region.duration - WINDOW) / steps
    return tuple(Span(start=region.start + i * step, end=region.start + i * step + WINDOW) for i in range(steps + 1))


def _label(windows: Sequence[Span], prints: Floats, centres: Floats) -> list[Turn]:
    """Each window with the voice that it sounds most like."""
    import numpy as np

    likeness = prints @ centres.T
    order = np.sort(likeness, axis=1)
    margins = order[:, -1] - order[:, -2] if len(centres) > 1 else order[:, -1]
    return [
        Turn(start=window.start, end=window.end, voice=int(voice), margin=float(margin))
        for window, voice, margin in zip(windows, likeness.argmax(axis=1), margins, strict=True)
    ]


def _without_overlap(wav: WavFile, turns: Sequence[Turn], centres: Floats) -> list[Turn]:
    """Windows overlap: the border is half way, or where a second look finds the change of voice."""
    cut = list(turns)
    for i, (one, two) in enumerate(pairwise(turns)):
        if one.end > two.start:
            border = (one.end + two.start) / 2 if one.voice == two.voice else _change(wav, one, two, centres)
            cut[i], cut[i + 1] = replace(cut[i], end=border), replace(cut[i + 1], start=border)
    return cut


def _change(wav: WavFile, one: Turn, two: Turn, centres: Floats) -> float:
    """The moment between the middles of two windows that best parts the first voice from the second."""
    import numpy as np

    first, last = (one.start + one.end) / 2, (two.start + two.end) / 2
    middles = np.arange(first + FINE_STEP / 2, last, FINE_STEP)
    prints = embed(wav, [Span(start=middle - FINE_WINDOW / 2, end=middle + FINE_WINDOW / 2) for middle in middles])
    lead = prints @ (centres[one.voice] - centres[two.voice])
    gains = np.concatenate([[0.0], np.cumsum(lead)])
    return float(first + int(gains.argmax()) * FINE_STEP)
