"""Windows of sound through the recogniser: what it writes, and when in the window each word is said.

faster-whisper's own loop over a window is not used: it fills a window up to 30 s with what is no silence to the model,
computes all of it, and takes what is left behind the last word for a new window (docs/decisions/asr-decoding.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from speechaudit.asr.gathering import Gatherer
from speechaudit.asr.sound import RATE
from speechaudit.asr.tied import HYPOTHESES, TIED, Written, others
from speechaudit.asr.windows import Samples
from speechaudit.model import Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

# One search at temperature 0: sampling at higher ones would give another transcript each time.
ASKED: Mapping[str, int | bool] = {"beam_size": 5, "suppress_blank": True}
TOKENS, TOKENS_PER_SECOND = 20, 10  # at most for a window; without a bound a loop goes on to 448
# Seconds of silence that the encoder gets behind the sound, at least and at most, and seconds with both that suffice.
SILENCE, ENOUGH = (3.0, 8.0), 20.0
SIZES = (15, 30)  # seconds of sound: windows of a batch are as long as one of these, whatever else is in it
NO_SPEECH, UNSURE = 0.6, -1.0  # nothing was said where the model believes so and its words have such a log probability
_BEFORE, _AFTER = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # marks that belong to the word behind, and before


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Features of shape (mels, frames), for so many samples, and the words that stand before."""

    features: Samples
    samples: int
    prompt: str | None


class Writer:
    """Writes down windows with a loaded model, `batch` of them at a time: a card wants many, a processor one.

    Windows of all threads that write at once go together, in the threads of `streams`.
    """

    def __init__(self, model: WhisperModel, batch: int = 1, streams: Executor | None = None) -> None:
        self._model = model
        self._alone = batch == 1
        self._gatherer = Gatherer(self._written, batch, lambda each: (each.prompt, each.features.shape), streams)

    @property
    def batch(self) -> int:
        """How many windows go through at once."""
        return self._gatherer.size

    @property
    def waiting(self) -> int:
        """How many windows of all threads are not at the recogniser yet."""
        return self._gatherer.waiting

    def write(self, windows: Sequence[Samples], prompt: str | None) -> tuple[Written, ...]:
        """Return the words of each window of samples (mono, 16 kHz, 30 s at most), with times in the window.

        They are as the model writes them: traditional characters, inventions and loops included. Raises ModelError
        where the memory of the card does not hold a single window.
        """
        asked = [_Window(self._features(samples), len(samples), prompt) for samples in windows]
        return tuple(self._gatherer.through(asked))

    def _written(self, windows: Sequence[_Window]) -> list[Written]:
        """The words of windows with one prompt and as many frames."""
        encoded = self._model.encode(np.stack([window.features for window in windows]))
        start = self._start(windows[0].prompt)
        bounds = [_most_tokens(window.samples / RATE) for window in windows]
        longest = bounds[0] if self._alone else _most_tokens(self._seconds(windows[0].features))
        found = self._model.model.generate(
            encoded,
            [start] * len(windows),
            **ASKED,
            suppress_tokens=self._suppressed,
            max_length=min(len(start) + longest, self._model.max_length),
            num_hypotheses=HYPOTHESES,
            return_scores=True,
            return_no_speech_prob=True,
        )
        texts = [self._tokens(one, bound) for one, bound in zip(found, bounds, strict=True)]
        timed = self._timed(texts, encoded, [window.samples for window in windows])
        return [Written(words, others(words, self._tied(one))) for words, one in zip(timed, found, strict=True)]

    def _tied(self, found: Any) -> list[str]:
        """The texts of the hypotheses of a window that are nearly as likely as the best."""
        pairs = zip(found.sequences_ids[1:], found.scores[1:], strict=True)
        return [self._tokenizer.decode(ids) for ids, score in pairs if score >= found.scores[0] - TIED]

    def _tokens(self, found: Any, bound: int) -> list[int]:
        """The tokens of a window, none where nobody spoke; a longer neighbour does not lengthen a loop."""
        tokens = [token for token in found.sequences_ids[0] if token < self._tokenizer.eot][:bound]
        return [] if _nothing_said(found) else tokens

    def _timed(self, texts: list[list[int]], encoded: Any, counts: Sequence[int]) -> list[tuple[Word, ...]]:
        """The words of each text, each where the sound of so many samples fits it best."""
        frames = [count * self._model.frames_per_second // RATE for count in counts]
        if not any(text and length for text, length in zip(texts, frames, strict=True)):
            return [()] * len(texts)
        asked = [text or [self._suppressed[0]] for text in texts]  # the aligner takes no empty text
        found = self._model.find_alignment(self._tokenizer, asked, encoded, [max(1, length) for length in frames])
        rows = zip(texts, frames, found, strict=True)
        return [_words(words) if text and length else () for text, length, words in rows]

    def _features(self, samples: Samples) -> Samples:
        """The spectrogram of the samples and of the silence behind them, of whole seconds, (mels, frames).

        In a batch it is of one of two sizes: what is heard of a window must not hang on its neighbours.
        """
        extractor = self._model.feature_extractor
        length = len(samples) / RATE
        size = length if self._alone else next((size for size in SIZES if length <= size), SIZES[-1])
        seconds = min(extractor.chunk_length, _enough(size))
        padded = np.pad(samples, (0, max(0, seconds * RATE - len(samples))))
        return np.ascontiguousarray(extractor(padded)[:, : seconds * self._model.frames_per_second])

    def _seconds(self, features: Samples) -> float:
        return float(features.shape[1] / self._model.frames_per_second)

    def _start(self, prompt: str | None) -> list[int]:
        before = self._tokenizer.encode(f" {prompt}") if prompt else []
        found: list[int] = self._model.get_prompt(self._tokenizer, before, without_timestamps=True)
        return found

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="zh")

    @cached_property
    def _suppressed(self) -> list[int]:
        from faster_whisper.transcribe import get_suppressed_tokens

        found: list[int] = get_suppressed_tokens(self._tokenizer, [-1])
        return found


def _enough(sound: float) -> int:
    """Whole seconds with silence that suffice for so many seconds of sound."""
    least, most = (sound + silence for silence in SILENCE)
    return math.ceil(min(max(ENOUGH, least), most))


def _most_tokens(seconds: float) -> int:
    return TOKENS + round(TOKENS_PER_SECOND * seconds)


def _words(found: list[dict[str, Any]]) -> tuple[Word, ...]:
    """The words of a window; faster-whisper gives numpy numbers, whose comparisons add up to truth values."""
    from faster_whisper.transcribe import merge_punctuations

    merge_punctuations(found, _BEFORE, _AFTER)
    return tuple(
        Word(
            start=float(word["start"]),
            end=float(word["end"]),
            text=word["word"],
            confidence=float(word["probability"]),
        )
        for word in found
    )


def _nothing_said(found: Any) -> bool:
    """Return whether the model believes that nobody speaks, and is unsure of what it wrote nevertheless."""
    length = len(found.sequences_ids[0])
    return bool(found.no_speech_prob > NO_SPEECH and found.scores[0] * length / (length + 1) < UNSURE)
