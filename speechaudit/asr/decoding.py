"""One window through faster-whisper: what is asked of the model, and which of the words it gives were spoken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from speechaudit.asr import activity
from speechaudit.asr.cleaning import PROMPT, cleaned
from speechaudit.asr.condition import Track
from speechaudit.asr.packs import PAD_BEFORE, Pack
from speechaudit.asr.sound import Sound
from speechaudit.asr.windows import Samples
from speechaudit.model import Word
from speechaudit.text import strip_marks

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

# Temperature 0 alone: sampling at higher ones would give another transcript each time.
DECODING: Mapping[str, object] = {
    "language": "zh",
    "beam_size": 5,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "initial_prompt": PROMPT,
    "word_timestamps": True,
    "without_timestamps": False,
}
# In the silence behind the last word base writes a sentence that nobody said, and pays for it with half the time.
REACHED = 0.6  # seconds before the end of speech in a window: words that come so near are the last
BEHIND = 0.2  # seconds behind the end of speech: a word whose middle lies later was not said
TOKENS, TOKENS_PER_SECOND = 20, 10  # at most for a window; without a bound a loop goes on to 448
FEWEST_PER_SECOND = 1.0  # characters for a second of speech; with fewer the prompt made the window collapse
SETTINGS: Mapping[str, str] = {
    **{name: str(value) for name, value in DECODING.items()},
    "vad_threshold": str(activity.THRESHOLD),
    "pad_before": str(PAD_BEFORE),
    "max_new_tokens": f"{TOKENS}+{TOKENS_PER_SECOND}/s",
    "stop_before_end_of_speech": str(REACHED),
    "without_prompt_below": f"{FEWEST_PER_SECOND}/s",
}


class Decoder:
    """Writes down windows with a loaded model."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model

    def words(self, sound: Sound, track: Track, pack: Pack) -> tuple[Word, ...]:
        """Return the cleaned words of a window; utterances of it without a word (behind a tone) are heard alone."""
        words = self._best(sound, track, pack)
        alone = [word for lost in pack.without(words) for word in self._best(sound, track, lost)]
        return tuple(sorted((*words, *alone), key=lambda word: word.end))

    def _best(self, sound: Sound, track: Track, pack: Pack) -> tuple[Word, ...]:
        """The words of one window; where few came out, those without the prompt if these are more."""
        samples = np.concatenate([sound.read(track.source, span.start, span.end) for span in pack.spans])
        loud = activity.louder(samples, track)
        words = self._decoded(loud, pack, PROMPT)
        if not words or _characters(words) >= FEWEST_PER_SECOND * pack.speech_seconds:
            return words  # without the prompt it would write words into music
        return max(words, self._decoded(loud, pack, None), key=_characters)

    def _decoded(self, samples: Samples, pack: Pack, prompt: str | None) -> tuple[Word, ...]:
        """The cleaned words of one window, with their times in the recording."""
        bound = TOKENS + round(TOKENS_PER_SECOND * pack.duration)
        settings = {**DECODING, "initial_prompt": prompt, "max_new_tokens": bound}
        found, _ = self._model.transcribe(samples, **settings)
        words = (pack.place(word) for word in _while_spoken(found, pack.end_of_speech))
        return cleaned([replace(word, text=word.text.strip()) for word in words if strip_marks(word.text)])


def _while_spoken(found: Iterable[Any], end: float) -> Iterator[Word]:
    """The words of a window up to the `end` of its speech. What lies behind is not decoded: `found` is lazy."""
    for segment in found:
        # faster-whisper gives numpy numbers, whose comparisons add up to truth values instead of counts.
        words = [
            Word(start=float(w.start), end=float(w.end), text=w.word, confidence=float(w.probability))
            for w in segment.words or ()
        ]
        yield from (word for word in words if (word.start + word.end) / 2 <= end + BEHIND)
        if words and words[-1].end >= end - REACHED:
            return


def _characters(words: Iterable[Word]) -> int:
    return sum(len(strip_marks(word.text)) for word in words)
