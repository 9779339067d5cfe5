"""Where somebody speaks: Silero's voice activity detector over a channel, in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from speechaudit.asr.condition import Line
from speechaudit.asr.sound import RATE, Samples, Sound
from speechaudit.model import Span

PIECE = 120.0
THRESHOLD = 0.4
LONGEST_PAUSE = 0.5
_TARGET = -20.0
_MOST_GAIN = 30.0


def louder(samples: Samples, line: Line) -> Samples:
    """The samples with the line's voice raised to about -20 dB, by 30 dB at most: the detector misses faint voices."""
    gain = min(_MOST_GAIN, max(0.0, _TARGET - line.level))
    raised: Samples = np.clip(samples * np.float32(10 ** (gain / 20)), -1.0, 1.0)
    return raised


def speech(sound: Sound, line: Line, progress: Callable[[float], None] = lambda _: None) -> tuple[Span, ...]:
    """Spans of speech in the line, unpadded, ordered, with pauses over half a second between them."""
    if line.silent:
        return ()
    found: list[Span] = []
    for number, piece in enumerate(sound.pieces(line.source, PIECE)):
        found += _in_piece(louder(piece, line), number * PIECE)
        progress(min(1.0, (number + 1) * PIECE / sound.duration))
    return joined(found, LONGEST_PAUSE)


def joined(spans: Iterable[Span], gap: float) -> tuple[Span, ...]:
    """Ordered spans, where those nearer than `gap` seconds became one."""
    result: list[Span] = []
    for span in spans:
        if result and span.start - result[-1].end < gap:
            span = Span(start=result.pop().start, end=span.end)  # noqa: PLW2901 - the joined span takes its place
        result.append(span)
    return tuple(result)


def _in_piece(samples: Samples, offset: float) -> list[Span]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=THRESHOLD,
        min_silence_duration_ms=int(1000 * LONGEST_PAUSE),
        min_speech_duration_ms=60,
        speech_pad_ms=0,
    )
    chunks = get_speech_timestamps(samples, options)
    return [Span(start=offset + c["start"] / RATE, end=offset + c["end"] / RATE) for c in chunks]
