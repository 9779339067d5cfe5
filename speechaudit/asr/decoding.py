"""What is asked of the recogniser for one window, and which of the words it gives were spoken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from speechaudit.asr import activity, packs, writing
from speechaudit.asr.cleaning import PROMPT, cleaned
from speechaudit.asr.condition import Track
from speechaudit.asr.packs import Pack
from speechaudit.asr.sound import Sound
from speechaudit.asr.windows import Samples
from speechaudit.asr.writing import Writer
from speechaudit.model import Word
from speechaudit.text import strip_marks

BEHIND = 0.2  # seconds behind the end of speech: a word whose middle lies later was not said
FEWEST_PER_SECOND = 1.0  # characters for a second of speech; with fewer the prompt made the window collapse
SETTINGS: Mapping[str, str] = {
    "language": "zh",
    "temperature": "0.0",
    "initial_prompt": PROMPT,
    "without_timestamps": "True",
    **{name: str(value) for name, value in writing.ASKED.items()},
    "vad_threshold": str(activity.THRESHOLD),
    "pad_before": str(packs.PAD_BEFORE),
    "max_new_tokens": f"{writing.TOKENS}+{writing.TOKENS_PER_SECOND}/s",
    "silence_behind": str(writing.SILENCE),
    "without_prompt_below": f"{FEWEST_PER_SECOND}/s",
}


class Decoder:
    """Writes down windows."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def words(self, sound: Sound, track: Track, pack: Pack) -> tuple[Word, ...]:
        """Return the cleaned words of a window; speech without a word (left out, behind a tone) is heard alone."""
        words = self._best(sound, track, pack)
        alone = [w for lost in pack.without(words) for w in self._best(sound, track, lost) if lost.holds(w)]
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
        """The cleaned words of one window up to the end of its speech, with their times in the recording."""
        last = pack.end_of_speech + BEHIND
        written = (word for word in self._writer.write(samples, prompt) if (word.start + word.end) / 2 <= last)
        words = (pack.place(word) for word in written if strip_marks(word.text))
        return cleaned([replace(word, text=word.text.strip()) for word in words])


def _characters(words: Iterable[Word]) -> int:
    return sum(len(strip_marks(word.text)) for word in words)
