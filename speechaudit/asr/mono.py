"""The one voice channel of a recording, for those who tell voices apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from speechaudit.asr import activity
from speechaudit.asr.condition import inspect
from speechaudit.asr.sound import Sound, decode
from speechaudit.asr.windows import Samples
from speechaudit.errors import AudioError
from speechaudit.model import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class MonoSound:
    """One channel of a decoded sound. `speech` is where somebody speaks, parted at every short pause."""

    sound: Sound
    source: int
    speech: tuple[Span, ...]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.sound.duration

    def read(self, span: Span) -> Samples:
        """Return the samples of `span`, shape (n,), -1 to 1; what lies outside of the sound is left out."""
        return self.sound.read(self.source, span.start, span.end)


@contextmanager
def open_mono(recording: Path) -> Iterator[MonoSound]:
    """Decode a recording of one channel, or two identical ones. Raises AudioError, with two different ones too."""
    with decode(recording) as sound:
        tracks = inspect(sound).tracks
        if len(tracks) > 1:
            raise AudioError(recording, "是立体声,分不清哪个声道是本人", "请先取出本人的声道,存成单声道")
        yield MonoSound(sound=sound, source=tracks[0].source, speech=activity.voiced(sound, tracks[0]))
