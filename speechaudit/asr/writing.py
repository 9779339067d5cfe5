"""One window of sound through the recogniser: what it writes, and when in the window each word is said.

faster-whisper's own loop over a window is not used: it fills a window up to 30 s with what is no silence to the model,
computes all of it, and takes what is left behind the last word for a new window (docs/decisions/asr-decoding.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

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
    """Writes down windows with a loaded model."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model

    def write(self, samples: Samples, prompt: str | None) -> tuple[Word, ...]:
        """Return the words of a window of samples (mono, 16 kHz, 30 s at most), with times in the window.

        They are as the model writes them: traditional characters, inventions and loops included.
        """
        encoded = self._model.encode(self._features(samples))
        start = self._start(prompt)
        bound = TOKENS + round(TOKENS_PER_SECOND * len(samples) / RATE)
        longest = min(len(start) + bound, self._model.max_length)
        (found,) = self._model.model.generate(
            encoded,
            [start],
            **ASKED,
            suppress_tokens=self._suppressed,
            max_length=longest,
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [token for token in found.sequences_ids[0] if token < self._tokenizer.eot]
        return () if _nothing_said(found) else self._timed(tokens, encoded, len(samples))

    def _timed(self, tokens: list[int], encoded: Any, count: int) -> tuple[Word, ...]:
        """The words of the tokens, each where the sound of `count` samples fits it best."""
        from faster_whisper.transcribe import merge_punctuations

        frames = count * self._model.frames_per_second // RATE
        if not tokens or not frames:
            return ()
        (words,) = self._model.find_alignment(self._tokenizer, [tokens], encoded, [frames])
        merge_punctuations(words, _BEFORE, _AFTER)
        # faster-whisper gives numpy numbers, whose comparisons add up to truth values instead of counts.
        return tuple(
            Word(
                start=float(word["start"]),
                end=float(word["end"]),
                text=word["word"],
                confidence=float(word["probability"]),
            )
            for word in words
        )

    def _features(self, samples: Samples) -> Samples:
        """The spectrogram of the samples and of the silence behind them, of whole seconds, shape (mels, frames)."""
        extractor = self._model.feature_extractor
        seconds = min(extractor.chunk_length, int(np.ceil(len(samples) / RATE + SILENCE)))
        found: Samples = extractor(np.pad(samples, (0, max(0, seconds * RATE - len(samples)))))
        return np.ascontiguousarray(found[:, : seconds * self._model.frames_per_second])

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


def _nothing_said(found: Any) -> bool:
    """Return whether the model believes that nobody speaks, and is unsure of what it wrote nevertheless."""
    length = len(found.sequences_ids[0])
    return bool(found.no_speech_prob > NO_SPEECH and found.scores[0] * length / (length + 1) < UNSURE)
