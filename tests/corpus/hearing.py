"""What a decoder's process does with many sounds; it imports this and nothing of the tests besides."""

from __future__ import annotations

import shutil
from pathlib import Path

from speechaudit.asr import sound
from speechaudit.asr.decoders import Progress
from speechaudit.errors import AudioError

Heard = dict[str, tuple[bool, str]]


def hear_all(folder: Path, names: tuple[str, ...], *, progress: Progress) -> Heard:
    """In a process of its own, with its limits."""
    found = {}
    for name in names:
        samples = folder / f"{name[:50]}.samples"
        samples.mkdir()
        try:
            told = sound._decoded(folder / name, samples, progress=lambda _: None)
            seconds = (samples / "0.pcm").stat().st_size / 2 / sound.RATE
            remarks = [" incomplete"] * (not told["info"]["complete"]) + [" bad packets"] * bool(told["bad_packets"])
            found[name] = True, ",".join([f"{seconds:.1f} s", *remarks])
        except AudioError as problem:
            found[name] = False, problem.problem
        shutil.rmtree(samples)
    return found
