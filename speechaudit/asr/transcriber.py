"""What the rest of the house sees of the recogniser: a `Transcriber` gives a `Recognition`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from speechaudit.asr.acoustics import ChannelLevels
from speechaudit.checkpoint import NO_CHECKPOINT, Checkpoint
from speechaudit.model import ListenRequest, MadeBy, Probe, Span, Transcript
from speechaudit.reasons import Reason

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was heard in one recording.

    `channels` is 1 for mono and for two identical channels, else 2. `speech` holds for each channel the spans in
    which somebody speaks, unpadded and ordered. `limits` say what limited the hearing. `levels` hold for
    each channel how it sounds from moment to moment; empty where the sound was not heard anew.
    """

    transcript: Transcript
    channels: int
    duration: float
    limits: tuple[Reason, ...] = ()
    speech: tuple[tuple[Span, ...], ...] = ()
    levels: tuple[ChannelLevels, ...] = field(default=(), compare=False)  # arrays have no truth value


class Transcriber(Protocol):
    """Audio in, words out. `speaker` and `role` of the segments are left untouched."""

    @property
    def made_by(self) -> MadeBy:
        """By what the transcripts are made."""

    def transcribe(self, path: Path, *, progress: Progress, checkpoint: Checkpoint = NO_CHECKPOINT) -> Recognition:
        """Hear the recording at `path`; `progress` gets the fraction done, 0.0 to 1.0.

        `checkpoint` holds the pieces of it that were finished before; further ones are put there.

        Raises `AudioError` where the sound cannot be used at all.
        """

    def listen(
        self, path: Path, requests: tuple[ListenRequest, ...], speech: tuple[tuple[Span, ...], ...]
    ) -> tuple[Probe, ...]:
        """Listen a second time, for phrases in their places, to a recording whose `speech` is known.

        Raises `AudioError` where the sound cannot be used at all.
        """
