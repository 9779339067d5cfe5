"""faster-whisper behind the `Transcriber` protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from itertools import chain
from pathlib import Path

from speechaudit import __version__
from speechaudit.asr import activity, packs
from speechaudit.asr.acoustics import channel_levels
from speechaudit.asr.condition import Condition, inspect, with_living_sides
from speechaudit.asr.crosstalk import audible_words, own_speech
from speechaudit.asr.decoding import SETTINGS, Decoder
from speechaudit.asr.listen import SecondListen
from speechaudit.asr.models import LoadedModel, load_model, machine_settings
from speechaudit.asr.mono import MonoSound
from speechaudit.asr.packs import Pack
from speechaudit.asr.prompts import Prompt, played_prompts
from speechaudit.asr.rescoring import Same, rescored, talk_sha256
from speechaudit.asr.resting import Resting
from speechaudit.asr.sound import Sound, decode
from speechaudit.asr.tied import Heard, alternatives
from speechaudit.asr.tones import tones
from speechaudit.asr.transcriber import Progress, Recognition
from speechaudit.asr.turns import merged, segments
from speechaudit.asr.writing import Writer
from speechaudit.cache import sha256
from speechaudit.checkpoint import NO_CHECKPOINT, SHORTEST_KEPT, Checkpoint
from speechaudit.errors import AudioError
from speechaudit.model import ListenRequest, MadeBy, PlayedPrompt, Probe, Segment, Span, Tone, Transcript, Word
from speechaudit.reasons import Reason, because
from speechaudit.stopwatch import Stopwatch

# Windows that a card hears at once; on a processor batches cost more than they save (docs/decisions/asr-decoding.md).
BATCH = 16
# Recordings for each stream of a card: a short call has two to four windows, and half of the calls are elsewhere.
_PER_STREAM = 8
_DECODED, _DETECTED = 0.05, 0.15


def load(model: str | None = None, device: str | None = None, *, rest_after: float | None = None) -> WhisperTranscriber:
    """Load a recogniser by name (`large-v3-turbo`), hub id or folder; None takes the best that is to be had.

    `device` is `cpu`, `cuda` or None for whatever works. After `rest_after` seconds without a recording its memory is
    given back until the next one; None keeps it. Raises `ModelError`.
    """
    return WhisperTranscriber(load_model(model, device), rest_after)


class WhisperTranscriber:
    """Opens recordings for a loaded model."""

    def __init__(self, loaded: LoadedModel, rest_after: float | None = None) -> None:
        """Use a loaded model, whose memory is given back after so many seconds without a recording, if any."""
        self._loaded = loaded
        self._resting = Resting(loaded.model.model, rest_after) if rest_after else None
        card = loaded.device == "cuda"
        # Its threads end with this process, or when nobody holds this transcriber any more.
        streams = ThreadPoolExecutor(loaded.streams, "recogniser") if card else None
        self._decoder = Decoder(Writer(loaded.model, BATCH if card else 1, streams))
        self._second = SecondListen(loaded.model, streams)

    @property
    def at_once(self) -> int:
        """How many recordings should be open at a time, each in a thread, so that the device is busy."""
        return self._loaded.streams * (_PER_STREAM if self._loaded.device == "cuda" else 1)

    @cached_property
    def made_by(self) -> MadeBy:
        """Program, model with the sha256 of its weights, device and settings."""
        loaded = self._loaded
        return MadeBy(
            program=f"speechaudit {__version__}",
            transcriber="faster-whisper",
            model=loaded.name,
            model_sha256=sha256(loaded.folder / "model.bin"),
            device=loaded.device,
            compute_type=loaded.compute_type,
            settings={
                **SETTINGS,
                "tokens": str(loaded.model.hf_tokenizer.get_vocab_size()),
                "rescored_by": talk_sha256()[:12],
                **machine_settings(loaded),
            },
        )

    @contextmanager
    def open(self, path: Path, progress: Progress = lambda _: None) -> Iterator[WhisperSession]:
        """Decode the recording at `path`. Raises `AudioError` if it cannot be used at all."""
        watch = Stopwatch()
        with ExitStack() as stack:
            if self._resting:
                stack.enter_context(self._resting.used())
            with watch.stage("decode"):
                sound = stack.enter_context(decode(path, lambda done: progress(_DECODED * done)))
                condition = inspect(sound)
            yield WhisperSession(sound, condition, self._decoder, self._second, self._loaded.limits, watch)

    def transcribe(self, path: Path, *, progress: Progress = lambda _: None) -> Recognition:
        """Write down the recording at `path`, and nothing more. Raises `AudioError` as a session does."""
        with self.open(path, progress) as session:
            return session.transcribe(progress=progress)


class WhisperSession:
    """Hears each channel apart: finds speech, packs it into windows, writes them down, and cuts into segments."""

    def __init__(
        self,
        sound: Sound,
        condition: Condition,
        decoder: Decoder,
        second: SecondListen,
        limits: tuple[Reason, ...],
        watch: Stopwatch,
    ) -> None:
        self.sound = sound
        self.condition = condition
        self._decoder = decoder
        self._second = second
        self._limits = limits
        self._watch = watch

    def transcribe(self, *, progress: Progress = lambda _: None, checkpoint: Checkpoint = NO_CHECKPOINT) -> Recognition:
        """Write down what is said, but for what the `checkpoint` holds. Raises `AudioError` without speech."""
        checkpoint = checkpoint if self.sound.duration >= SHORTEST_KEPT else NO_CHECKPOINT
        with self._watch.stage("speech"):
            voiced = self._own(tuple(self._voiced(progress, checkpoint)))
        speech = tuple(activity.utterances(spans) for spans in voiced)
        if not any(speech):
            cure = "请确认选对了文件,或检查录音线路"
            problem = "没有检测到人声(可能只有音乐、振铃或噪声)"
            raise AudioError(self.sound.path, problem, cure, code="no-speech")
        progress(_DETECTED)
        with self._watch.stage("words"):
            heard = tuple(self._heard(speech, progress, checkpoint))
            said = merged(segments(each.words, channel) for channel, each in enumerate(heard))
        progress(1.0)
        return Recognition(
            transcript=self._transcript(said, heard),
            channels=len(self.condition.tracks),
            duration=self.sound.duration,
            limits=self._limits + self.condition.limits + (() if said else (because("nothing-understood"),)),
            speech=speech,
            voiced=voiced,
            levels=tuple(channel_levels(self.sound, *pair) for pair in zip(self.condition.tracks, speech, strict=True)),
            timings=self._watch.seconds,
        )

    def _own(self, found: tuple[tuple[Span, ...], ...]) -> tuple[tuple[Span, ...], ...]:
        """The speech of each channel that holds somebody, without music and the other's voice."""
        self.condition = self.condition.with_music(self.sound)
        own = tuple(own_speech(spans, channel, self.condition.tracks) for channel, spans in enumerate(found))
        self.condition, sides = with_living_sides(self.condition, own)
        return tuple(own[side] for side in sides)

    def _transcript(self, said: tuple[Segment, ...], heard: tuple[Heard, ...]) -> Transcript:
        return Transcript(
            segments=said,
            duration=self.sound.duration,
            cut_off=self.condition.cut_off,
            gaps=self.condition.gaps,
            music=self.condition.music,
            tones=self._tones(),
            alternatives=alternatives(heard),
        )

    def mono(self, recognition: Recognition) -> MonoSound:
        """Return the first channel, with the speech that was found in it."""
        return MonoSound(sound=self.sound, source=self.condition.tracks[0].source, speech=recognition.voiced[0])

    def sides(self, recognition: Recognition) -> tuple[MonoSound, ...]:
        """Return all channels, each with the speech that was found in it."""
        pairs = zip(self.condition.tracks, recognition.voiced, strict=True)
        return tuple(MonoSound(sound=self.sound, source=track.source, speech=voiced) for track, voiced in pairs)

    def played_prompts(self, prompts: Sequence[Prompt]) -> tuple[PlayedPrompt, ...]:
        """Return where the sides play one of the prompts."""
        sides = enumerate(self.condition.tracks)
        played = (played_prompts(self.sound, track.source, prompts, side) for side, track in sides)
        return tuple(chain.from_iterable(played))

    def rescored(self, said: Transcript, same: Same) -> Transcript:
        """Return it in likelier words of the same sound, where these are the `same` to the rules."""
        return rescored(said, same)

    def listen(self, requests: tuple[ListenRequest, ...], recognition: Recognition) -> tuple[Probe, ...]:
        """Score phrases against the sound of their places."""
        return self._second.probes(self.sound, self.condition, recognition.speech, requests)

    def best(self, requests: Iterable[ListenRequest]) -> dict[ListenRequest, Probe]:
        """Return for each request the place where it fits best, of a recording that nobody writes down."""
        speech = [activity.speech(self.sound, track) for track in self.condition.tracks]
        return self._second.best(self.sound, self.condition, speech, requests)

    def _tones(self) -> tuple[Tone, ...]:
        """Return the tones of all sides in order; numbered as the segments are."""
        sides = enumerate(self.condition.tracks)
        found = chain.from_iterable(tones(self.sound, track.source, side) for side, track in sides)
        return tuple(sorted(found, key=lambda tone: tone.start))

    def _voiced(self, progress: Progress, checkpoint: Checkpoint) -> Iterator[tuple[Span, ...]]:
        """Yield where somebody speaks in each channel in turn."""
        share = (_DETECTED - _DECODED) / len(self.condition.tracks)
        for channel, track in enumerate(self.condition.tracks):

            def advance(done: float, before: int = channel) -> None:
                progress(_DECODED + share * (before + done))

            yield checkpoint.spans(f"speech {channel}", partial(activity.voiced, self.sound, track, advance))

    def _heard(
        self, speech: tuple[tuple[Span, ...], ...], progress: Progress, checkpoint: Checkpoint
    ) -> Iterator[Heard]:
        """Yield the words of each channel in turn; windows of all channels are heard together."""
        said: list[list[Word]] = [[] for _ in speech]
        others: list[list[Word]] = [[] for _ in speech]
        waiting = [(n, pack) for n, spans in enumerate(speech) for pack in self._packs(n, spans)]
        total, done = sum(pack.duration for _, pack in waiting), 0.0
        while waiting:
            some, waiting = waiting[: self._decoder.batch], waiting[self._decoder.batch :]
            for (channel, _), heard in zip(some, self._windows(some, checkpoint), strict=True):
                said[channel] += audible_words(heard.words, channel, self.condition.tracks)
                others[channel] += heard.others
            done += sum(pack.duration for _, pack in some)
            progress(_DETECTED + (1 - _DETECTED) * min(1.0, done / total))
        yield from (Heard(tuple(words), tuple(instead)) for words, instead in zip(said, others, strict=True))

    def _packs(self, channel: int, spans: tuple[Span, ...]) -> Iterator[Pack]:
        return packs.packed(spans, self.condition.tracks[channel].loudness, self.sound.duration)

    def _windows(self, windows: Sequence[tuple[int, Pack]], checkpoint: Checkpoint) -> Iterator[Heard]:
        """Yield the words of each window; those that the checkpoint lacks are heard at once."""
        names = [f"{channel} {pack.name}" for channel, pack in windows]
        missing = [n for n, name in enumerate(names) if checkpoint.get(name) is None]
        asked = [(self.condition.tracks[channel], pack) for channel, pack in (windows[n] for n in missing)]
        heard = dict(zip(missing, self._decoder.words(self.sound, asked), strict=True))
        for n, name in enumerate(names):
            now = heard.get(n, Heard())
            others = checkpoint.words(f"others {name}", partial(iter, now.others))
            yield Heard(checkpoint.words(name, partial(iter, now.words)), others)
