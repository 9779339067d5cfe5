"""A worker whose recogniser only waits: `python -m bench.simulated SECONDS`. Settings come from the environment.

With `--serve` it is a server that has such a worker inside.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from service import settings
from service.jobs.work import Listener
from service.store.audits import TranscriptRecord
from service.worker import KEPT_OPEN, run, supervised
from speechaudit.model import MadeBy, Recording, Role, Segment, Transcript

SAID = (
    (0, "您好,请问您办什么业务?"),
    (1, "我想办居住证。"),
    (0, "好的,请稍等。"),
    (1, "谢谢。"),
    (0, "不客气,请慢走。"),
)
ROLES: tuple[Role, ...] = ("staff", "citizen")
MADE_BY = MadeBy(
    program="speechaudit", transcriber="simulated", model="", model_sha256="", device="cpu", compute_type=""
)


def transcript() -> Transcript:
    """A short polite call, which is always the same."""
    segments = tuple(
        Segment(start=3.0 * n, end=3.0 * n + 2.5, text=text, channel=channel, role=ROLES[channel], confidence=0.95)
        for n, (channel, text) in enumerate(SAID)
    )
    return Transcript(segments=segments, duration=3.0 * len(SAID))


def waiting(seconds: float) -> Callable[[settings.Settings], tuple[Listener, int]]:
    """A loader of a recogniser that takes so long for every recording."""

    def listen(_path: Path, _recording: Recording, progress: Callable[[float], None]) -> TranscriptRecord:
        for part in range(4):
            time.sleep(seconds / 4)
            progress((part + 1) / 4)
        return TranscriptRecord(transcript=transcript(), made_by=MADE_BY)

    return lambda _settings: (listen, 1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--parent", type=int)
    asked = parser.parse_args()
    read = settings.load()
    if asked.serve:  # a worker needs none of it, and would read it for seconds whenever it is started again
        import uvicorn

        from service.app import create_app

        inside = [sys.executable, "-m", "bench.simulated", str(asked.seconds), "--parent", str(os.getpid())]
        with supervised(inside):
            uvicorn.run(create_app(read), port=read.port, log_level="warning", timeout_keep_alive=KEPT_OPEN)
    else:
        run(read, waiting(asked.seconds), parent=asked.parent)


if __name__ == "__main__":
    main()
