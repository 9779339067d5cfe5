"""What decoding in a process of its own costs: the same call here and apart, several times, in milliseconds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

from speechaudit.asr.apart import LIMITS
from speechaudit.asr.audio import probe
from speechaudit.asr.foreign import heading
from speechaudit.asr.sound import _decoded, decode

_TIMES = 9


def _milliseconds(call: Callable[[], object]) -> float:
    spent = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)


def _here(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _decoded(path, Path(folder), progress=lambda _: None)


def _apart(path: Path) -> None:
    decode(path).close()


def main() -> None:
    """Print the first start and the medians."""
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (1, 60, 600):
            path = Path(folder) / f"{seconds}.flac"
            noise = np.random.default_rng(0).normal(0, 0.1, seconds * 8000).astype(np.float32)
            soundfile.write(path, noise, 8000)
        began = time.perf_counter()
        heading(path)
        print(f"server of decoders started: {1000 * (time.perf_counter() - began):.0f} ms, once per process")
        for seconds in (1, 60, 600):
            path = Path(folder) / f"{seconds}.flac"
            here, apart = _milliseconds(partial(probe, path)), _milliseconds(partial(heading, path))
            print(f"header of {seconds} s: {here:.1f} ms here, {apart:.1f} ms apart")
            here, apart = _milliseconds(partial(_here, path)), _milliseconds(partial(_apart, path))
            print(f"decoding {seconds} s: {here:.1f} ms here, {apart:.1f} ms apart")
    print(f"limits: {LIMITS}")


if __name__ == "__main__":
    main()
