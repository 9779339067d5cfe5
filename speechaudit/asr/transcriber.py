"""What the rest of the house sees of the recogniser: a `Transcriber` opens a `Session`, which gives a `Recognition`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from speechaudit.asr.acoustics import ChannelLevels
from speechaudit.asr.mono import MonoSound
from speechaudit.asr.prompts import Prompt
from speechaudit.asr.rescoring import Same
from speechaudit.checkpoint import NO_CHECKPOINT, Checkpoint
from speechaudit.model import ListenRequest, MadeBy, PlayedPrompt, Probe, Span, Transcript
from speechaudit.reasons import Reason

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was heard in one recording.

    `channels` is 1 for mono and for two identical channels, else 2. `speech` holds for each channel the spans in
    which somebody speaks, unpadded and ordered, `voiced` the same parted at every short pause. `limits` say what
    limited the hearing. `levels` hold for each channel how it sounds from moment to moment; both `voiced` and `levels`
    are empty where the sound was not heard anew. `timings` are the seconds that each stage took so far.
    """

    transcript: Transcript
    channels: int
    duration: float
    limits: tuple[Reason, ...] = ()
    speech: tuple[tuple[Span, ...], ...] = ()
    voiced: tuple[tuple[Span, ...], ...] = ()
    levels: tuple[ChannelLevels, ...] = field(default=(), compare=False)  # arrays have no truth value
    timings: Mapping[str, float] = field(default_factory=dict, compare=False)


class Session(Protocol):
    """One recording, opened and decoded once, for all who listen to it. `speaker` and `role` are left untouched."""

    def transcribe(self, *, progress: Progress, checkpoint: Checkpoint = NO_CHECKPOINT) -> Recognition:
        """Write down what is said; `progress` gets the fraction done, 0.0 to 1.0.

        `checkpoint` holds the pieces of it that were finished before; further ones are put there.

        Raises `AudioError` where nobody speaks.
        """

    def mono(self, recognition: Recognition) -> MonoSound | None:
        """Return the first channel, for those who tell voices apart; None where the sound is not at hand."""

    def sides(self, recognition: Recognition) -> tuple[MonoSound, ...]:
        """Return all channels, for those who tell voices apart; none where the sound is not at hand."""

    def played_prompts(self, prompts: Sequence[Prompt]) -> tuple[PlayedPrompt, ...]:
        """Return where the sound plays one of the prompts; nothing where the sound is not at hand."""

    def rescored(self, said: Transcript, same: Same) -> Transcript:
        """Return it in likelier words of the same sound, where these are the `same` to the rules (`rescoring.py`)."""

    def listen(self, requests: tuple[ListenRequest, ...], recognition: Recognition) -> tuple[Probe, ...]:
        """Listen a second time, for phrases in their places."""


class Transcriber(Protocol):
    """Audio in, words out."""

    @property
    def made_by(self) -> MadeBy:
        """By what the transcripts are made."""

    def open(self, path: Path, progress: Progress = ...) -> AbstractContextManager[Session]:
        """Decode the recording at `path`; `progress` gets the fraction done of decoding and writing down together.

        Raises `AudioError` where the sound cannot be used at all.
        """
