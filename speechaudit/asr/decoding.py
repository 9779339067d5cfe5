"""What is asked of the recogniser for windows, and which of the words it gives were spoken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from speechaudit.asr import activity, packs, writing
from speechaudit.asr.cleaning import PROMPT, cleaned
from speechaudit.asr.condition import Track
from speechaudit.asr.packs import Pack
from speechaudit.asr.sound import Sound
from speechaudit.asr.tied import TIED, Heard, Written, placed
from speechaudit.asr.windows import Samples
from speechaudit.asr.writing import Writer
from speechaudit.model import Word
from speechaudit.text import strip_marks

FAINT = 18.0  # decibels below the track's voice: what is no louder is said in the background of the room
BEHIND = 0.2  # seconds behind the end of speech: a word whose middle lies later was not said
FEWEST_PER_SECOND = 1.0  # characters for a second of speech; with fewer the prompt made the window collapse
SETTINGS: Mapping[str, str] = {
    "language": "zh",
    "temperature": "0.0",
    "initial_prompt": PROMPT,
    "without_timestamps": "True",
    **{name: str(value) for name, value in writing.ASKED.items()},
    "tied_within": f"{TIED}/token",
    "vad_threshold": str(activity.THRESHOLD),
    "pad_before": str(packs.PAD_BEFORE),
    "max_new_tokens": f"{writing.TOKENS}+{writing.TOKENS_PER_SECOND}/s",
    "silence_behind": "{}-{} s, {} s in all".format(*writing.SILENCE, writing.ENOUGH),
    "without_prompt_below": f"{FEWEST_PER_SECOND}/s",
    "heard_alone_above": f"{-FAINT:g} dB",
}


Window = tuple[Track, Pack]  # the channel, and what is heard of it at once


class Decoder:
    """Writes down windows."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    @property
    def batch(self) -> int:
        """How many windows are heard at once."""
        return self._writer.batch

    def words(self, sound: Sound, windows: Sequence[Window]) -> tuple[Heard, ...]:
        """Return the cleaned words of each window, with their times in the recording in seconds.

        Speech without a word (left out, behind a tone) is heard alone, unless it is faint: of people who talk in the
        background the model makes words and loops. Raises ModelError where the memory of a card is too small.
        """
        found = self._best(sound, windows)
        pieces = ((n, (track, one)) for n, (track, pack) in enumerate(windows) for one in pack.without(found[n].words))
        lost = [(number, window) for number, window in pieces if not _faint(*window)]
        alone = self._best(sound, [window for _, window in lost])
        for (number, (_, pack)), more in zip(lost, alone, strict=True):
            found[number] = _joined(found[number], more, pack)
        return tuple(found)

    def _best(self, sound: Sound, windows: Sequence[Window]) -> list[Heard]:
        """The words of the windows; where few came out, those without the prompt if these are more."""
        loud = [_loud(sound, *window) for window in windows]
        found = self._decoded(loud, windows, PROMPT)
        # What has no word at all stays so: without the prompt it would write words into music.
        few = [n for n, (_, pack) in enumerate(windows) if found[n].words and _collapsed(found[n].words, pack)]
        again = self._decoded([loud[n] for n in few], [windows[n] for n in few], None)
        for number, other in zip(few, again, strict=True):
            found[number] = max(found[number], other, key=lambda each: _characters(each.words))
        return found

    def _decoded(self, samples: Sequence[Samples], windows: Sequence[Window], prompt: str | None) -> list[Heard]:
        """The cleaned words of windows up to the end of their speech, with their times in the recording."""
        written = self._writer.write(samples, prompt)
        return [_placed(each, pack) for each, (_, pack) in zip(written, windows, strict=True)]


def _faint(track: Track, pack: Pack) -> bool:
    return all(track.loudest(span) < track.level - FAINT for span in pack.speech)


def _loud(sound: Sound, track: Track, pack: Pack) -> Samples:
    samples = np.concatenate([sound.read(track.source, span.start, span.end) for span in pack.spans])
    return activity.louder(samples, track)


def _placed(written: Written, pack: Pack) -> Heard:
    last = pack.end_of_speech + BEHIND
    spoken = (word for word in written.words if (word.start + word.end) / 2 <= last)
    words = (pack.place(word) for word in spoken if strip_marks(word.text))
    kept = cleaned([replace(word, text=word.text.strip()) for word in words])
    return Heard(kept, tuple(placed(written, kept, pack.place)))


def _joined(found: Heard, more: Heard, pack: Pack) -> Heard:
    """The words of a window, with those of another that lie in a lost piece of it."""
    words = (*found.words, *(word for word in more.words if pack.holds(word)))
    others = (*found.others, *(other for other in more.others if pack.holds(other)))
    return Heard(tuple(sorted(words, key=lambda word: word.end)), others)


def _collapsed(words: Iterable[Word], pack: Pack) -> bool:
    return _characters(words) < FEWEST_PER_SECOND * pack.speech_seconds


def _characters(words: Iterable[Word]) -> int:
    return sum(len(strip_marks(word.text)) for word in words)
