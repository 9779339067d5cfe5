"""faster-whisper behind the `Transcriber` protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speechaudit import __version__
from speechaudit.asr import activity, packs
from speechaudit.asr.acoustics import channel_levels
from speechaudit.asr.cleaning import PROMPT, cleaned
from speechaudit.asr.condition import Condition, Track, inspect
from speechaudit.asr.credit import audible_words
from speechaudit.asr.listen import SecondListen
from speechaudit.asr.models import LoadedModel, load_model
from speechaudit.asr.sound import Sound, decode
from speechaudit.asr.transcriber import Progress, Recognition
from speechaudit.asr.turns import merged, segments
from speechaudit.cache import sha256
from speechaudit.checkpoint import NO_CHECKPOINT, SHORTEST_KEPT, Checkpoint
from speechaudit.errors import AudioError
from speechaudit.model import ListenRequest, MadeBy, Probe, Segment, Span, Transcript, Word
from speechaudit.reasons import because
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
_DECODED, _DETECTED = 0.05, 0.15


def load(model: str | None = None, device: str | None = None) -> WhisperTranscriber:
    """Load a recogniser by name (`large-v3-turbo`), hub id or folder; None takes the best that is to be had.

    `device` is `cpu`, `cuda` or None for whatever works. Raises `ModelError`.
    """
    return WhisperTranscriber(load_model(model, device))


class WhisperTranscriber:
    """Hears each channel apart: finds speech, packs it into windows, recognises, cleans, and cuts into segments."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        self.again = SecondListen(loaded.model)

    @cached_property
    def made_by(self) -> MadeBy:
        """Program, model with the sha256 of its weights, device and settings."""
        loaded = self._loaded
        settings = {name: str(value) for name, value in DECODING.items()}
        settings |= {"vad_threshold": str(activity.THRESHOLD), "pad_before": str(packs.PAD_BEFORE)}
        return MadeBy(
            program=f"speechaudit {__version__}",
            transcriber="faster-whisper",
            model=loaded.name,
            model_sha256=sha256(loaded.folder / "model.bin"),
            device=loaded.device,
            compute_type=loaded.compute_type,
            settings=settings,
        )

    def transcribe(
        self, path: Path, *, progress: Progress = lambda _: None, checkpoint: Checkpoint = NO_CHECKPOINT
    ) -> Recognition:
        """Hear the recording at `path`, but for the pieces of it that the `checkpoint` holds.

        Raises `AudioError` if it cannot be used at all, or nobody speaks in it.
        """
        with decode(path, lambda done: progress(_DECODED * done)) as sound:
            condition = inspect(sound)
            checkpoint = checkpoint if sound.duration >= SHORTEST_KEPT else NO_CHECKPOINT
            speech = tuple(self._speech(sound, condition, progress, checkpoint))
            if not any(speech):
                raise AudioError(path, "没有检测到人声(可能只有音乐、振铃或噪声)", "请确认选对了文件,或检查录音线路")
            progress(_DETECTED)
            said = merged(self._listen(sound, condition, speech, progress, checkpoint))
            progress(1.0)
            return Recognition(
                transcript=Transcript(segments=said, duration=sound.duration, cut_off=condition.cut_off),
                channels=len(condition.tracks),
                duration=sound.duration,
                limits=self._loaded.limits + condition.limits + (() if said else (because("nothing-understood"),)),
                speech=speech,
                levels=tuple(channel_levels(sound, *pair) for pair in zip(condition.tracks, speech, strict=True)),
            )

    def listen(
        self, path: Path, requests: tuple[ListenRequest, ...], speech: tuple[tuple[Span, ...], ...]
    ) -> tuple[Probe, ...]:
        """Score phrases against the sound of their places. Raises `AudioError` if the sound cannot be used."""
        with decode(path) as sound:
            return self.again.probes(sound, inspect(sound), speech, requests)

    @staticmethod
    def _speech(
        sound: Sound, condition: Condition, progress: Progress, checkpoint: Checkpoint
    ) -> Iterator[tuple[Span, ...]]:
        """Where somebody speaks in each channel in turn."""
        share = (_DETECTED - _DECODED) / len(condition.tracks)
        for channel, track in enumerate(condition.tracks):

            def advance(done: float, before: int = channel) -> None:
                progress(_DECODED + share * (before + done))

            yield checkpoint.spans(f"speech {channel}", partial(activity.speech, sound, track, advance))

    def _listen(
        self,
        sound: Sound,
        condition: Condition,
        speech: tuple[tuple[Span, ...], ...],
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> Iterator[tuple[Segment, ...]]:
        """The segments of each channel in turn."""
        total = sum(span.duration for spans in speech for span in packs.padded(spans, sound.duration))
        done = 0.0
        for channel, (track, spans) in enumerate(zip(condition.tracks, speech, strict=True)):
            words: list[Word] = []
            for pack in packs.packed(spans, track.loudness, sound.duration):
                said = checkpoint.words(f"{channel} {pack.name}", partial(self._recognise, sound, track, pack))
                words += audible_words(said, channel, condition.tracks)
                done += pack.duration
                progress(_DETECTED + (1 - _DETECTED) * min(1.0, done / total))
            yield segments(words, channel)

    def _recognise(self, sound: Sound, track: Track, pack: packs.Pack) -> tuple[Word, ...]:
        """The cleaned words of one window; utterances of it that got no word (behind a tone, music) are heard alone."""
        words = self._decoded(sound, track, pack)
        again = [self._decoded(sound, track, alone) for alone in pack.without(words)]
        return tuple(sorted((*words, *(word for some in again for word in some)), key=lambda word: word.end))

    def _decoded(self, sound: Sound, track: Track, pack: packs.Pack) -> tuple[Word, ...]:
        """The cleaned words of one window, with their times in the recording."""
        samples = np.concatenate([sound.read(track.source, span.start, span.end) for span in pack.spans])
        found, _ = self._model.transcribe(activity.louder(samples, track), **DECODING)
        # faster-whisper gives numpy numbers, whose comparisons add up to truth values instead of counts.
        words = [
            pack.place(Word(start=float(w.start), end=float(w.end), text=w.word, confidence=float(w.probability)))
            for segment in found
            for w in segment.words or ()
        ]
        return cleaned([replace(word, text=word.text.strip()) for word in words if strip_marks(word.text)])

    @property
    def _model(self) -> WhisperModel:
        return self._loaded.model
