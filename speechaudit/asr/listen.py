"""A second listen: how well a phrase fits the sound of the place where it should be, whatever was decoded there.

The phrase is forced upon the decoder (CTranslate2's `Whisper.align`), which tells the probability of each token. It
gives 对不起 in silence four hundred times the probability of 再见: what it believes without any sound is taken out.
Figures and thresholds: docs/decisions/asr-second-listen.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np

from speechaudit.asr.condition import Condition, Line
from speechaudit.asr.credit import heard
from speechaudit.asr.sound import FRAME, RATE, Samples, Sound
from speechaudit.model import Ask, Place, Probe, Span, Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

LEAD = 0.3  # seconds before the first sound that are listened to
TAIL = 0.3
LONGEST = 4.0
_OPENING = 8.0  # the second utterance is listened to if it begins so soon after the first
_LAST_WORDS = (2.2, 0.7)  # the farewell begins so long before the end, behind the quietest moment
# The encoder need not compute its 30 s: with 6 s the probabilities are the same, in an eighth of the time.
_WINDOW = 6.0
_MEL_PER_SECOND = 100
_STATES_PER_SECOND = 50
_FLOOR = 1e-9
_PEAK = 0.9


@dataclass(frozen=True, slots=True)
class Fit:
    """Where in a window a spelling would be (seconds of the window), and how well it fits, 0 to 1."""

    variant: str
    score: float
    start: float
    end: float


class SecondListen:
    """Listens for phrases with a loaded recogniser."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._without_sound: dict[str, float] = {}

    def probes(
        self, sound: Sound, condition: Condition, speech: Sequence[Sequence[Span]], asks: Sequence[Ask]
    ) -> tuple[Probe, ...]:
        """The best place for each phrase in each channel, at most two windows each; none where nobody speaks."""
        found: list[Probe] = []
        for place in sorted({ask.place for ask in asks}):
            here = [ask for ask in asks if ask.place == place]
            for channel, (line, spans) in enumerate(zip(condition.lines, speech, strict=True)):
                windows = tuple(windows_of(place, spans, line))
                if windows:
                    samples = [sound.read(line.source, w.start, w.end) for w in windows]
                    found += self._channel(here, windows, samples, channel, condition.lines)
        return tuple(found)

    def _channel(
        self,
        asks: Sequence[Ask],
        windows: Sequence[Span],
        samples: Sequence[Samples],
        channel: int,
        lines: Sequence[Line],
    ) -> Iterator[Probe]:
        fits = self.fits(samples, {ask.phrase: ask.variants for ask in asks})
        for phrase, per_window in fits.items():
            placed = (
                _placed(fit, window, channel, phrase, lines) for fit, window in zip(per_window, windows, strict=True)
            )
            best = max((p for p in placed if p), key=lambda p: p.score, default=None)
            if best:
                yield best

    def fits(self, samples: Sequence[Samples], phrases: dict[str, tuple[str, ...]]) -> dict[str, list[Fit]]:
        """For each phrase its best spelling in each window of samples (mono, 16 kHz, at most 6 s are listened to)."""
        encoded = self._encoded(samples)
        frames = [max(1, min(int(_WINDOW * _STATES_PER_SECOND), len(s) * _STATES_PER_SECOND // RATE)) for s in samples]
        found: dict[str, list[Fit]] = {}
        for phrase, variants in phrases.items():
            each = [self._forced(encoded, frames, variant) for variant in variants]
            found[phrase] = [max(column, key=lambda fit: fit.score) for column in zip(*each, strict=True)]
        return found

    def _forced(self, encoded: Any, frames: list[int], variant: str) -> Iterator[Fit]:
        prior = self._prior(variant)
        for result in self._aligned(encoded, frames, variant):
            mean = _mean_log(result)
            moments = [at for token, at in result.alignments if token < len(result.text_token_probs)]
            start, end = min(moments, default=0), max(moments, default=0) + 1
            yield Fit(variant, fit_score(mean, prior), start / _STATES_PER_SECOND, end / _STATES_PER_SECOND)

    def _prior(self, variant: str) -> float:
        """Mean log probability of the spelling where there is no sound at all."""
        if variant not in self._without_sound:
            (result,) = self._aligned(self._silence, [_STATES_PER_SECOND], variant)
            self._without_sound[variant] = _mean_log(result)
        return self._without_sound[variant]

    def _aligned(self, encoded: Any, frames: list[int], variant: str) -> list[Any]:
        tokens = self._tokenizer.encode(variant)
        found: list[Any] = self._model.model.align(
            encoded, self._tokenizer.sot_sequence, [tokens] * len(frames), frames
        )
        return found

    @cached_property
    def _silence(self) -> Any:
        return self._encoded([np.zeros(RATE, np.float32)])

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="zh")

    def _encoded(self, samples: Sequence[Samples]) -> Any:
        """Encoder states of all windows at once, each brought to the same peak."""
        features = np.stack([self._features(window) for window in samples])
        return self._model.encode(features)

    def _features(self, samples: Samples) -> Samples:
        length = int(_WINDOW * RATE)
        loud = samples[:length] * np.float32(_PEAK / max(_FLOOR, float(np.abs(samples).max(initial=0.0))))
        mel: Samples = self._model.feature_extractor(np.pad(loud, (0, length - len(loud))))
        return np.ascontiguousarray(mel[:, : int(_WINDOW * _MEL_PER_SECOND)])


def fit_score(with_sound: float, without: float) -> float:
    """Two mean log probabilities of a spelling to 0 (the sound speaks against it), 0.5 (says nothing) … 1."""
    return 1 / (1 + exp(without - with_sound))


def windows_of(place: Place, speech: Sequence[Span], line: Line) -> Iterator[Span]:
    """At most two stretches of a channel in which the phrase would be the first thing said."""
    if not speech:
        return
    if place == "opening":
        early = [span for span in speech if span.start < speech[0].start + _OPENING]
        yield from (_stretch(span.start, span.end) for span in early[:2])
        return
    last = speech[-1]
    begins = max(last.start, _quietest(line, last.end))
    yield _stretch(begins, last.end)
    if begins - last.start > LEAD and last.duration <= LONGEST:
        yield _stretch(last.start, last.end)


def _stretch(start: float, end: float) -> Span:
    start = max(0.0, start - LEAD)
    return Span(start=start, end=min(end + TAIL, start + LONGEST))


def _quietest(line: Line, end: float) -> float:
    """The quietest moment shortly before `end`, in seconds."""
    first, last = (max(0, int((end - before) / FRAME)) for before in _LAST_WORDS)
    frames = line.loudness[first:last]
    return FRAME * (first + int(np.argmin(frames))) if frames.size else end


def _placed(fit: Fit, window: Span, channel: int, phrase: str, lines: Sequence[Line]) -> Probe | None:
    """The fit in the time of the recording, unless this channel has no voice there."""
    word = Word(start=window.start + fit.start, end=window.start + fit.end, text=fit.variant, confidence=fit.score)
    audible = next(heard([word], channel, lines), None)
    if audible is None:
        return None
    return Probe(
        start=audible.start,
        end=audible.end,
        channel=channel,
        phrase=phrase,
        variant=fit.variant,
        score=round(fit.score, 4),
    )


def _mean_log(result: Any) -> float:
    return float(np.mean(np.log(np.maximum(result.text_token_probs, _FLOOR))))
