"""What the rest of the house sees of the hearing room: a `Transcriber` gives a `Hearing`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from speechaudit.asr.acoustics import Trace
from speechaudit.model import Ask, MadeBy, Probe, Span, Transcript
from speechaudit.pieces import NONE, Pieces

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What was heard in one recording.

    `channels` is 1 for mono and for two identical channels, else 2. `speech` holds for each channel the spans in
    which somebody speaks, unpadded and ordered. `remarks` say in Chinese what limited the hearing. `traces` hold for
    each channel how it sounds from moment to moment; empty where the sound was not heard anew.
    """

    transcript: Transcript
    channels: int
    duration: float
    remarks: tuple[str, ...] = ()
    speech: tuple[tuple[Span, ...], ...] = ()
    traces: tuple[Trace, ...] = field(default=(), compare=False)  # arrays have no truth value


class Transcriber(Protocol):
    """Audio in, words out. `speaker` and `role` of the segments are left untouched."""

    @property
    def made_by(self) -> MadeBy:
        """By what the transcripts are made."""

    def transcribe(self, path: Path, *, progress: Progress, pieces: Pieces = NONE) -> Hearing:
        """Hear the recording at `path`; `progress` gets the fraction done, 0.0 to 1.0.

        `pieces` are those of it that were finished before; further ones are put there.

        Raises `AudioError` where the sound cannot be used at all.
        """

    def listen(self, path: Path, asks: tuple[Ask, ...], speech: tuple[tuple[Span, ...], ...]) -> tuple[Probe, ...]:
        """Listen a second time, for phrases in their places, to a recording whose `speech` is known.

        Raises `AudioError` where the sound cannot be used at all.
        """
