"""Windows of sound through the recogniser: what it writes, and when in the window each word is said.

faster-whisper's own loop over a window is not used: it fills a window up to 30 s with what is no silence to the model,
computes all of it, and takes what is left behind the last word for a new window (docs/decisions/asr-decoding.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from speechaudit.asr.batches import Batches
from speechaudit.asr.sound import RATE
from speechaudit.asr.windows import Samples
from speechaudit.model import Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

# One search at temperature 0: sampling at higher ones would give another transcript each time.
ASKED: Mapping[str, int | bool] = {"beam_size": 5, "suppress_blank": True}
TOKENS, TOKENS_PER_SECOND = 20, 10  # at most for a window; without a bound a loop goes on to 448
SILENCE = 8.0  # seconds of silence at least that the encoder gets behind the sound; it computes whole seconds
NO_SPEECH, UNSURE = 0.6, -1.0  # nothing was said where the model believes so and its words have such a log probability
_BEFORE, _AFTER = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # marks that belong to the word behind, and before


class Writer:
    """Writes down windows with a loaded model, `batch` of them at a time: a card wants many, a processor one."""

    def __init__(self, model: WhisperModel, batch: int = 1) -> None:
        self._model = model
        self._batches = Batches(batch)

    @property
    def batch(self) -> int:
        """How many windows go through at once."""
        return self._batches.size

    def write(self, windows: Sequence[Samples], prompt: str | None) -> tuple[tuple[Word, ...], ...]:
        """Return the words of each window of samples (mono, 16 kHz, 30 s at most), with times in the window.

        They are as the model writes them: traditional characters, inventions and loops included. Raises ModelError
        where the memory of the card does not hold a single window.
        """
        return tuple(self._batches.through(lambda some: self._written(some, prompt), windows))

    def _written(self, windows: Sequence[Samples], prompt: str | None) -> list[tuple[Word, ...]]:
        encoded = self._model.encode(self._features(windows))
        start = self._start(prompt)
        bounds = [TOKENS + round(TOKENS_PER_SECOND * len(samples) / RATE) for samples in windows]
        found = self._model.model.generate(
            encoded,
            [start] * len(windows),
            **ASKED,
            suppress_tokens=self._suppressed,
            max_length=min(len(start) + max(bounds), self._model.max_length),
            return_scores=True,
            return_no_speech_prob=True,
        )
        texts = [self._tokens(one, bound) for one, bound in zip(found, bounds, strict=True)]
        return self._timed(texts, encoded, [len(samples) for samples in windows])

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

    def _features(self, windows: Sequence[Samples]) -> Samples:
        """The spectrograms of the samples and of the silence behind them, of whole seconds, (windows, mels, frames).

        In a batch all are as long as the model takes: what is heard of a window must not hang on its neighbours.
        """
        extractor = self._model.feature_extractor
        enough = int(np.ceil(len(windows[0]) / RATE + SILENCE)) if len(windows) == 1 else extractor.chunk_length
        seconds = min(extractor.chunk_length, enough)
        padded = [np.pad(samples, (0, max(0, seconds * RATE - len(samples)))) for samples in windows]
        found = np.stack([extractor(one)[:, : seconds * self._model.frames_per_second] for one in padded])
        return np.ascontiguousarray(found)

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
