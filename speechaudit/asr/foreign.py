"""What the service asks of files of strangers at once, each in a process of its own: the header, a stretch to hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from speechaudit.asr.apart import apart
from speechaudit.asr.audio import estimated_seconds, probe
from speechaudit.asr.clip import write_clip
from speechaudit.asr.decoders import Limits, Progress
from speechaudit.model import Span

_HEADER: Final = Limits(processor_seconds=60, seconds=120.0)
_CLIP: Final = Limits(processor_seconds=600, seconds=900.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Channels and length in seconds by the header, stated or estimated; None where neither can be said."""

    channels: int
    seconds: float | None


def heading(path: Path) -> Heading:
    """Read the header of `path`. Raises AudioError if it is no sound that can be used."""
    return Heading(**apart(_heading, path, limits=_HEADER))


def _heading(path: Path, *, progress: Progress) -> dict[str, Any]:  # noqa: ARG001 - as all jobs are called
    info = probe(path)
    return {"channels": info.channels, "seconds": info.duration or estimated_seconds(path)}


def clip(path: Path, target: Path, stretch: Span, beeps: Sequence[Span]) -> None:
    """Write a stretch of `path` to `target`, as `write_clip` does. Raises AudioError."""
    apart(_clip, path, target, stretch, tuple(beeps), limits=_CLIP)


def _clip(
    path: Path,
    target: Path,
    stretch: Span,
    beeps: Sequence[Span],
    *,
    progress: Progress,  # noqa: ARG001 - as all jobs are called
) -> dict[str, Any]:
    with target.open("wb") as file:
        write_clip(path, file, stretch.start, stretch.end, beeps)
    return {}
