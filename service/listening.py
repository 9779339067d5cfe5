"""Listening copies in the audio store, beside the sound that they were made of: what people hear, and its outline.

A recording's sound has parts: `.webm` (the copy), `.masked-….webm` (with tones over personal numbers; its name says
which spans it covers, so that a better mask makes a new one) and `.peaks.json`. They are deleted with the sound.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from service.audio import AudioStore
from speechaudit.asr.listening import Peaks, make_copies
from speechaudit.fingerprints import digest
from speechaudit.model import Span

COPY: Final = ".webm"
PEAKS: Final = ".peaks.json"


class Outline(BaseModel):
    """`Peaks` as JSON: each channel is base64 of one byte for each moment."""

    model_config = ConfigDict(frozen=True)

    duration: float
    per_second: int
    scale: float
    channels: tuple[str, ...]


def masked(beeps: Sequence[Span]) -> str:
    """Return the name of the part that has tones over these spans; without any it is the copy itself."""
    if not beeps:
        return COPY
    told = ";".join(f"{span.start:.3f}-{span.end:.3f}" for span in beeps)
    return f".masked-{digest(told, 16)}{COPY}"


def there(audio: AudioStore, sha256: str, beeps: Sequence[Span]) -> bool:
    """Return whether the copy and its form with tones over these spans are kept. Raises UnavailableError."""
    return all(audio.exists(sha256 + part) for part in {PEAKS, COPY, masked(beeps)})


def outline(audio: AudioStore, sha256: str) -> Outline:
    """Return the outline of a recording. Raises NotFoundError, UnavailableError."""
    return Outline.model_validate_json(b"".join(audio.read(sha256 + PEAKS)))


def make(audio: AudioStore, sha256: str, source: Path, beeps: Sequence[Span]) -> None:
    """Make all parts from the sound at `source`; older masked ones go. Raises AudioError, UnavailableError."""
    with audio.scratch() as base:
        plain, hidden, peaks = (base.with_name(base.name + each) for each in (COPY, ".masked", PEAKS))
        drawn = make_copies(source, plain, hidden, beeps)
        peaks.write_text(_told(drawn).model_dump_json(), encoding="utf-8")
        current = masked(beeps)
        for part in audio.parts(sha256):
            if part.startswith(".masked-") and part != current:
                audio.drop(sha256 + part)
        if beeps:
            audio.place(hidden, sha256 + current)
        audio.place(plain, sha256 + COPY)
        audio.place(peaks, sha256 + PEAKS)


def _told(drawn: Peaks) -> Outline:
    return Outline(
        duration=drawn.duration,
        per_second=drawn.per_second,
        scale=drawn.scale,
        channels=tuple(base64.b64encode(channel).decode() for channel in drawn.channels),
    )
