"""A second listen: how well a phrase fits the sound of the place where it should be, whatever was decoded there.

The phrase is forced upon the decoder (CTranslate2's `Whisper.align`), which tells the probability of each token. It
gives 对不起 in silence four hundred times the probability of 再见: what it believes without any sound is taken out.
Figures and thresholds: docs/decisions/asr-second-listen.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np

from speechaudit.asr.again import agreement
from speechaudit.asr.condition import Condition, Track
from speechaudit.asr.crosstalk import audible_words
from speechaudit.asr.gathering import Gatherer
from speechaudit.asr.sound import FRAME, RATE, Sound
from speechaudit.asr.windows import Samples
from speechaudit.asr.writing import ASKED, TOKENS, TOKENS_PER_SECOND
from speechaudit.model import LEAD_IN_MARK, ListenRequest, Probe, Span, Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

LEAD = 0.3  # seconds before the first sound that are listened to
TAIL = 0.3
LONGEST = 4.0
_OPENING = 8.0  # the second utterance is listened to if it begins so soon after the first
_LAST_WORDS = (2.2, 0.7)  # the farewell begins so long before the end, behind the quietest moment
# The encoder need not compute its 30 s: with 4 s the probabilities are the same, in a tenth of the time.
_WINDOW = 4.0
_MEL_PER_SECOND = 100
_STATES_PER_SECOND = 50
_FLOOR = 1e-9
_SHORTEST = 0.1  # seconds of speech that can hold a phrase
_BATCH = 8  # windows in one pass of the encoder: a large model takes about 100 MB for them
_PEAK = 0.9
_REMEMBERED = 1000  # spellings: those of the rules come again and again, words that are charged do not
Place = tuple[int, Span]  # a channel, and a window of it
Spelling = tuple[str, str]  # the words that lead up to it, and those that are scored


@dataclass(frozen=True, slots=True)
class Fit:
    """Where in a window a spelling would be (seconds of the window), and how well it fits, 0 to 1.

    `likely` is the natural logarithm of its probability, all tokens together. `again` is what the window was written
    down as, where that was asked for.
    """

    variant: str
    score: float
    start: float
    end: float
    likely: float
    again: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Features of a window, shape (mels, frames), as many encoder states as there is sound, and what is tried there.

    `again` asks that it is written down, too.
    """

    features: Samples
    states: int
    spellings: Sequence[Spelling]
    again: bool


class SecondListen:
    """Listens for phrases with a loaded recogniser; windows of all threads go together in the threads of `streams`."""

    def __init__(self, model: WhisperModel, streams: Executor | None = None) -> None:
        self._model = model
        self._gatherer = Gatherer(self._fits, _BATCH, lambda asked: (asked.again, len(asked.spellings)), streams)
        self._without_sound: dict[Spelling, float] = {}

    def probes(
        self, sound: Sound, condition: Condition, speech: Sequence[Sequence[Span]], requests: Iterable[ListenRequest]
    ) -> tuple[Probe, ...]:
        """Return the probes of all requests, in order of time."""
        found = self.best(sound, condition, speech, requests).values()
        return tuple(sorted(found, key=lambda p: (p.start, p.channel, p.phrase)))

    def best(
        self, sound: Sound, condition: Condition, speech: Sequence[Sequence[Span]], requests: Iterable[ListenRequest]
    ) -> dict[ListenRequest, Probe]:
        """Return for each request the window where it fits best (of two); none where its channel has no voice."""
        places: dict[Place, list[ListenRequest]] = {}
        for request in dict.fromkeys(requests):
            for window in windows_of(request, speech[request.channel], condition.tracks[request.channel]):
                places.setdefault((request.channel, window), []).append(request)
        best: dict[ListenRequest, Probe] = {}
        for request, fit, window in self._tried(places, sound, condition):
            probe = _placed(fit, window, request, condition.tracks)
            if probe and (request not in best or probe.score > best[request].score):
                best[request] = probe
        return best

    def _tried(
        self, places: dict[Place, list[ListenRequest]], sound: Sound, condition: Condition
    ) -> Iterator[tuple[ListenRequest, Fit, Span]]:
        """Every spelling of every request in its windows, a batch of windows at a time."""
        for batch in _batches(places):
            samples = [sound.read(condition.tracks[channel].source, w.start, w.end) for channel, w in batch]
            spellings = [[pair for request in places[p] for pair in _spellings(request)] for p in batch]
            found = self.fits(samples, spellings, again=any(request.again for request in places[batch[0]]))
            for place, row in zip(batch, found, strict=True):
                fits = iter(row)
                for request in places[place]:
                    yield request, _weighed(request, [next(fits) for _ in _spellings(request)]), place[1]

    def fits(
        self, samples: Sequence[Samples], spellings: Sequence[Sequence[Spelling]], *, again: bool = False
    ) -> list[list[Fit]]:
        """Return the score of each spelling in its window of samples (mono, 16 kHz, 4 s at most), in their order.

        With `again` each window is written down too, with no prompt and no silence behind it. Raises ModelError
        where the memory of a card does not hold a single window.
        """
        pairs = zip(samples, spellings, strict=True)
        return self._gatherer.through([self._asked(*pair, again) for pair in pairs])

    def _asked(self, samples: Samples, spellings: Sequence[Spelling], again: bool) -> _Asked:
        most = int(_WINDOW * _STATES_PER_SECOND)
        states = max(1, min(most, len(samples) * _STATES_PER_SECOND // RATE))
        return _Asked(self._features(samples), states, spellings, again)

    def _fits(self, batch: Sequence[_Asked]) -> list[list[Fit]]:
        encoded = self._model.encode(np.stack([asked.features for asked in batch]))
        states, spellings = [asked.states for asked in batch], [asked.spellings for asked in batch]
        found: list[list[Fit]] = [[] for _ in batch]
        for turn in range(max(map(len, spellings))):
            texts = [row[turn % len(row)] for row in spellings]
            for row, mine, fit in zip(spellings, found, self._forced(encoded, states, texts), strict=True):
                if turn < len(row):
                    mine.append(fit)
        if not batch[0].again:
            return found
        heard = self._written(encoded, len(batch))
        return [[replace(fit, again=text) for fit in row] for row, text in zip(found, heard, strict=True)]

    def _written(self, encoded: Any, count: int) -> list[str]:
        """The text of each of so many windows, written down without a prompt."""
        from faster_whisper.transcribe import get_suppressed_tokens

        start = self._model.get_prompt(self._tokenizer, [], without_timestamps=True)
        found = self._model.model.generate(
            encoded,
            [start] * count,
            **ASKED,
            suppress_tokens=get_suppressed_tokens(self._tokenizer, [-1]),
            max_length=len(start) + TOKENS + round(TOKENS_PER_SECOND * _WINDOW),
        )
        return [self._tokenizer.decode([t for t in one.sequences_ids[0] if t < self._tokenizer.eot]) for one in found]

    def _forced(self, encoded: Any, frames: list[int], texts: Sequence[Spelling]) -> Iterator[Fit]:
        for spelled, result in zip(texts, self._aligned(encoded, frames, texts), strict=True):
            first, count = len(self._tokens(spelled[0])), len(result.text_token_probs)
            moments = [at for token, at in result.alignments if first <= token < count]
            start, end = min(moments, default=0), max(moments, default=0) + 1
            mean = _mean_log(result, first)
            score = fit_score(mean, self._prior(spelled))
            yield Fit(spelled[1], score, start / _STATES_PER_SECOND, end / _STATES_PER_SECOND, mean * (count - first))

    def _prior(self, spelled: Spelling) -> float:
        """Mean log probability of the spelling where there is no sound at all."""
        prior = self._without_sound.get(spelled)
        if prior is None:
            if len(self._without_sound) >= _REMEMBERED:
                self._without_sound.clear()
            (result,) = self._aligned(self._silence, [_STATES_PER_SECOND], [spelled])
            prior = self._without_sound[spelled] = _mean_log(result, len(self._tokens(spelled[0])))
        return prior

    def _aligned(self, encoded: Any, frames: list[int], texts: Sequence[Spelling]) -> list[Any]:
        tokens = [[*self._tokens(before), *self._tokens(text)] for before, text in texts]
        found: list[Any] = self._model.model.align(encoded, self._tokenizer.sot_sequence, tokens, frames)
        return found

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(text) if text else []
        return found

    @cached_property
    def _silence(self) -> Any:
        return self._model.encode(self._features(np.zeros(RATE, np.float32))[np.newaxis])

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="zh")

    def _features(self, samples: Samples) -> Samples:
        """The spectrogram of a window brought to the same peak as all, (mels, frames)."""
        length = int(_WINDOW * RATE)
        loud = samples[:length] * np.float32(_PEAK / max(_FLOOR, float(np.abs(samples).max(initial=0.0))))
        mel: Samples = self._model.feature_extractor(np.pad(loud, (0, length - len(loud))))
        return np.ascontiguousarray(mel[:, : int(_WINDOW * _MEL_PER_SECOND)])


def fit_score(with_sound: float, without: float) -> float:
    """Turn two log probabilities into a score: 0 (the sound speaks against it), 0.5 (says nothing) … 1."""
    return 1 / (1 + exp(without - with_sound))


def _batches(places: Mapping[Place, Sequence[ListenRequest]]) -> Iterator[list[Place]]:
    """Windows with equally many spellings: a batch takes as many passes of the decoder as its longest list."""

    def alike_in(place: Place) -> tuple[bool, int]:
        own = places[place]
        return any(request.again for request in own), sum(len(_spellings(request)) for request in own)

    for _, alike in groupby(sorted(places, key=alike_in), key=alike_in):
        group = list(alike)
        yield from (group[first : first + _BATCH] for first in range(0, len(group), _BATCH))


def _spellings(request: ListenRequest) -> list[Spelling]:
    texts = (*request.variants, *((request.against,) if request.against else ()))
    return [(request.before or lead, said) for lead, _, said in (text.rpartition(LEAD_IN_MARK) for text in texts)]


def _weighed(request: ListenRequest, fits: Sequence[Fit]) -> Fit:
    """The spelling that fits best; `against` another text, its share of the probability of both."""
    if not request.against:
        return max(fits, key=lambda fit: fit.score)
    best = max(fits[:-1], key=lambda fit: fit.likely)
    return replace(best, score=fit_score(best.likely, fits[-1].likely))


def windows_of(request: ListenRequest, speech: Sequence[Span], track: Track) -> Iterator[Span]:
    """Yield at most two stretches of a channel that would begin with the phrase, or with words that lead up to it."""
    if request.place == "words":
        yield _stretch(request.start, request.end)
        return
    inside = tuple(_within(speech, request))
    if request.place == "opening":
        early = [span for span in inside if span.start < inside[0].start + _OPENING]
        yield from (_stretch(span.start, span.end) for span in early[:2])
    elif inside:
        last = inside[-1]
        yield _stretch(max(last.start, _quietest(track, last.end)), last.end)


def _within(speech: Sequence[Span], place: Span) -> Iterator[Span]:
    return (span for own in speech if (span := own & place) and span.duration >= _SHORTEST)


def _stretch(start: float, end: float) -> Span:
    start = max(0.0, start - LEAD)
    return Span(start=start, end=min(end + TAIL, start + LONGEST))


def _quietest(track: Track, end: float) -> float:
    """The quietest moment shortly before `end`, in seconds."""
    first, last = (max(0, int((end - before) / FRAME)) for before in _LAST_WORDS)
    frames = track.loudness[first:last]
    return FRAME * (first + int(np.argmin(frames))) if frames.size else end


def _placed(fit: Fit, window: Span, request: ListenRequest, tracks: Sequence[Track]) -> Probe | None:
    """The fit in the time of the recording, unless its channel has no voice there."""
    word = Word(start=window.start + fit.start, end=window.start + fit.end, text=fit.variant, confidence=fit.score)
    audible = next(audible_words([word], request.channel, tracks), None)
    if audible is None:
        return None
    return Probe(
        start=audible.start,
        end=audible.end,
        channel=request.channel,
        phrase=request.phrase,
        variant=fit.variant,
        score=round(fit.score, 4),
        agreement=round(agreement(request.before, fit.variant, fit.again), 4) if request.again else None,
    )


def _mean_log(result: Any, first: int) -> float:
    """Mean log probability of the tokens from the `first` on."""
    return float(np.mean(np.log(np.maximum(result.text_token_probs[first:], _FLOOR))))
