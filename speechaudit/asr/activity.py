"""Where somebody speaks: Silero's voice activity detector over a channel, in pieces.

The weights are those of the package silero-vad (6.2), not the 6.0 that faster-whisper 1.2.1 carries: on telephone sound
6.0 overlooks most of what is said (figures in docs/decisions/asr-hearing.md; SYSTRAN/faster-whisper pull request 1390).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speechaudit.asr.condition import Track
from speechaudit.asr.sound import RATE, Sound
from speechaudit.asr.windows import Samples
from speechaudit.errors import ModelError
from speechaudit.model import Span

if TYPE_CHECKING:
    from faster_whisper.vad import SileroVADModel

THRESHOLD = 0.4
LONGEST_PAUSE = 0.5
SHORTEST = 0.1
BREATH = 0.1  # seconds; shorter gaps are within a word
# The detector's memory starts anew with every piece: in a long stream with much silence it goes numb. What it says of
# the first half second after that is worth nothing (it takes hum for a voice): so long it listens before each piece.
PIECE = 10.0
LEAD = 0.512
_HOLD = 0.1
_WINDOW = 512
_TARGET = -14.0
_MOST_GAIN = 30.0


def louder(samples: Samples, track: Track) -> Samples:
    """Return samples, shape (n,), with the track's voice at about -14 dB, at most 30 dB louder; peaks may exceed 1."""
    gain = min(_MOST_GAIN, _TARGET - track.level)
    return samples * np.float32(10 ** (gain / 20))


def speech(sound: Sound, track: Track) -> tuple[Span, ...]:
    """Return the spans of speech in the track, unpadded, ordered, with pauses over half a second between them.

    Raises ModelError if the detector cannot be loaded.
    """
    return utterances(voiced(sound, track))


def utterances(voiced: Iterable[Span]) -> tuple[Span, ...]:
    """Return what `voiced` found with only the pauses over half a second between."""
    return tuple(span for span in joined(voiced, LONGEST_PAUSE) if span.duration >= SHORTEST)


def voiced(sound: Sound, track: Track, progress: Callable[[float], None] = lambda _: None) -> tuple[Span, ...]:
    """Return where somebody speaks in the track, unpadded, ordered, parted at every pause of a tenth of a second.

    `progress` gets the fraction done. Raises ModelError if the detector cannot be loaded.
    """
    if track.silent:
        return ()
    found: list[Span] = []
    start = 0.0
    while start < sound.duration:
        likely = probabilities(louder(_with_lead(sound, track, start), track))
        found += spans(likely[int(LEAD * RATE) // _WINDOW :], start)
        start += PIECE
        progress(min(1.0, start / sound.duration))
    return joined((Span(start=span.start, end=min(sound.duration, span.end)) for span in found), BREATH)


def _with_lead(sound: Sound, track: Track, start: float) -> Samples:
    """One piece with what comes before it; before the recording there is its beginning, backwards."""
    piece = sound.read(track.source, start - LEAD, start + PIECE)
    missing = max(0, int(LEAD * RATE) - round(start * RATE))
    before = piece[:missing][::-1]
    return np.concatenate([np.zeros(missing - len(before), np.float32), before, piece])


def probabilities(samples: Samples) -> Samples:
    """Return for every 32 ms of samples at 16 kHz, shape (n,), how probable speech is, 0 to 1: shape (n / 512,).

    Raises ModelError if the detector cannot be loaded.
    """
    padded = np.pad(np.clip(samples, -1.0, 1.0), (0, -len(samples) % _WINDOW))
    found: Samples = _detector()(padded).ravel()
    return found


def spans(likely: Iterable[float], offset: float) -> Iterator[Span]:
    """Yield the stretches that begin above the threshold and go on until 0.1 below it."""
    seconds, start, number = _WINDOW / RATE, None, -1
    for number, value in enumerate(likely):
        if start is None and value >= THRESHOLD:
            start = offset + number * seconds
        elif start is not None and value < THRESHOLD - _HOLD:
            yield Span(start=start, end=offset + number * seconds)
            start = None
    if start is not None:
        yield Span(start=start, end=offset + (number + 1) * seconds)


def joined(spans: Iterable[Span], gap: float) -> tuple[Span, ...]:
    """Return the ordered spans, where those nearer than `gap` seconds became one."""
    result: list[Span] = []
    for span in spans:
        if result and span.start - result[-1].end < gap:
            result[-1] = Span(start=result[-1].start, end=max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


@cache
def _detector() -> SileroVADModel:
    from faster_whisper.vad import SileroVADModel

    found = find_spec("silero_vad")  # importing the package would load torch
    if not found or not found.submodule_search_locations:
        raise ModelError("silero-vad", "语音检测的安装包不存在", "请安装:pip install silero-vad")
    return SileroVADModel(str(Path(found.submodule_search_locations[0]) / "data" / "silero_vad_16k_sequence.onnx"))
