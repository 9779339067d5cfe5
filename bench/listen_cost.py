"""What the second listen adds to the processor time of transcription.

`python -m bench.listen_cost RECORDING...` hears each recording as `speechaudit audit` does, and prints the processor
seconds of both, what was listened for, and the share. The first recording warms up and is heard twice.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from speechaudit import formats, pipeline
from speechaudit.asr import whisper
from speechaudit.asr.mono import MonoSound
from speechaudit.asr.prompts import Prompt
from speechaudit.asr.rescoring import Same
from speechaudit.asr.transcriber import Progress, Recognition
from speechaudit.checkpoint import NO_CHECKPOINT, Checkpoint
from speechaudit.model import ListenRequest, MadeBy, PlayedPrompt, Probe, Transcript
from speechaudit.rules import rulebook


@dataclass(slots=True)
class Timed:
    """A transcriber that notes its processor seconds."""

    inner: whisper.WhisperTranscriber
    first: float = 0.0
    second: float = 0.0
    requests: int = 0

    @property
    def made_by(self) -> MadeBy:
        """By what the transcripts are made."""
        return self.inner.made_by

    @contextmanager
    def open(self, path: Path, progress: Progress = lambda _: None) -> Iterator[TimedSession]:
        """As the inner one; decoding counts as writing down."""
        began = time.process_time()
        with self.inner.open(path, progress) as session:
            self.first, self.second, self.requests = time.process_time() - began, 0.0, 0
            yield TimedSession(session, self)


@dataclass(frozen=True, slots=True)
class TimedSession:
    """A session whose processor seconds are noted."""

    inner: whisper.WhisperSession
    notes: Timed

    def transcribe(self, *, progress: Progress, checkpoint: Checkpoint = NO_CHECKPOINT) -> Recognition:
        """As the inner one."""
        began = time.process_time()
        heard = self.inner.transcribe(progress=progress, checkpoint=checkpoint)
        self.notes.first += time.process_time() - began
        return heard

    def mono(self, recognition: Recognition) -> MonoSound:
        """As the inner one."""
        return self.inner.mono(recognition)

    def sides(self, recognition: Recognition) -> tuple[MonoSound, ...]:
        """As the inner one."""
        return self.inner.sides(recognition)

    def played_prompts(self, prompts: Sequence[Prompt]) -> tuple[PlayedPrompt, ...]:
        """As the inner one."""
        return self.inner.played_prompts(prompts)

    def rescored(self, said: Transcript, same: Same) -> Transcript:
        """As the inner one."""
        return self.inner.rescored(said, same)

    def listen(self, requests: tuple[ListenRequest, ...], recognition: Recognition) -> tuple[Probe, ...]:
        """As the inner one."""
        began = time.process_time()
        found = self.inner.listen(requests, recognition)
        self.notes.second, self.notes.requests = time.process_time() - began, len(requests)
        return found


def main() -> None:
    """Print one line a recording, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path)
    paths: list[Path] = parser.parse_args().recordings
    first = second = 0.0
    timed, book = Timed(whisper.load("base", "cpu")), rulebook.load()
    for number, path in enumerate([paths[0], *paths]):
        known = formats.recording_of(path.name, formats.read_sidecar(formats.sidecar_of(path)), None, None)
        heard = pipeline.hear(path, known, timed, book, lambda _: None)
        if number:
            share = timed.second / timed.first
            counts = f"{heard.duration:.0f} s, {timed.requests} requests: {timed.first:.2f} + {timed.second:.2f} s"
            print(f"{path.name}: {counts} = {share:.1%}", flush=True)
            first, second = first + timed.first, second + timed.second
    print(f"together: {first:.1f} + {second:.1f} s = {second / first:.1%}")


if __name__ == "__main__":
    main()
