"""Recorders that exchange the sides of a call half way: seen by the voices, which change their channels together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from speechaudit.model import Segment, Span, Transcript
from speechaudit.speakers.cluster import mean_voice
from speechaudit.speakers.samples import SampleReader
from speechaudit.speakers.turns import speaker_label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WINDOW, SHORTEST = 1.5, 0.8  # seconds of speech that are compared
PAUSE = 0.4  # seconds between two voiced spans that are still one
MOST = 20  # windows of a side
FEWEST = 2  # windows of a side before and after the exchange
CLEARER = 0.15  # cosine by which each voice must be more alike in the other channel


@dataclass(frozen=True, slots=True)
class _Heard:
    """The windows of one side, ordered, and their embeddings, shape (windows, 192)."""

    spans: tuple[Span, ...]
    voices: Floats


def swapped_at(sides: Sequence[SampleReader]) -> Span | None:
    """Return within which time the sides of a call exchange their channels, or None where voices do not tell it.

    Raises ModelError if the network cannot be loaded.
    """
    from speechaudit.speakers.embed import embed

    if len(sides) != 2:
        return None
    windows = [_windows(side.speech) for side in sides]
    if min(map(len, windows)) < 2 * FEWEST:
        return None
    heard = [_Heard(own, embed(side, own)) for side, own in zip(sides, windows, strict=True)]
    ends = sorted(span.end for own in heard for span in own.spans)
    clear = {at: lead for at in ends[:-1] if (lead := _lead(heard, at)) is not None}
    if not clear:
        return None
    at = max(clear, key=clear.__getitem__)
    later = min((span.start for own in heard for span in own.spans if span.end > at), default=at)
    return Span(start=min(at, later), end=max(at, later))


def with_voices_followed(transcript: Transcript, exchange: Span) -> Transcript:
    """Return the transcript in which `speaker` is who spoke, whatever the channel; None during the exchange."""

    def followed(segment: Segment) -> Segment:
        if segment.overlap(exchange) > 0:
            return replace(segment, speaker=None)
        return replace(segment, speaker=speaker_label(segment.channel ^ (segment.start >= exchange.end)))

    return replace(transcript, segments=tuple(followed(segment) for segment in transcript.segments))


def _windows(speech: Sequence[Span]) -> tuple[Span, ...]:
    """Return windows from the beginning of longer utterances, spread evenly over the recording."""
    spans: list[Span] = []
    for own in speech:
        if spans and own.start - spans[-1].end < PAUSE:
            spans[-1] = Span(start=spans[-1].start, end=own.end)
        else:
            spans.append(own)
    cut = [
        Span(start=start, end=min(span.end, start + WINDOW))
        for span in spans
        for start in (span.start + WINDOW * i for i in range(1 + int(span.duration / WINDOW)))
    ]
    long = [span for span in cut if span.duration >= SHORTEST]
    step = max(1, -(-len(long) // MOST))
    return tuple(long[::step])


def _lead(heard: Sequence[_Heard], at: float) -> float | None:
    """Return by how much voices after a moment are more alike crosswise than straight, None if not clearly."""
    means = []
    for own in heard:
        before = sum(span.end <= at for span in own.spans)
        if min(before, len(own.spans) - before) < FEWEST:
            return None
        means.append((mean_voice(own.voices[:before]), mean_voice(own.voices[before:])))
    (one, one_later), (two, two_later) = means
    leads = float(one @ two_later - one @ one_later), float(two @ one_later - two @ two_later)
    return sum(leads) if min(leads) >= CLEARER else None
