"""A hearing that is killed in the middle goes on from the last finished piece, and ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechaudit.asr import whisper
from tests.asr import simulated
from tests.asr.simulated import Recogniser, audit, transcriber

CALL = Path(__file__).parents[2] / "samples" / "phone-stereo-good-left.wav"
PATIENCE = 120.0


@pytest.fixture
def long_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample call twice over, with its metadata."""
    monkeypatch.setenv("SPEECHAUDIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(whisper, "SHORTEST_KEPT", 0.0)
    samples, rate = soundfile.read(CALL)
    soundfile.write(tmp_path / "call.wav", np.concatenate([samples] * 2), rate, "ALAW")
    shutil.copy(CALL.with_suffix(".json"), tmp_path / "call.json")
    return tmp_path / "call.wav"


def finished(folder: Path) -> int:
    """How many windows lie in the cache; the speech of the two channels and what was nearly as likely lie there too."""
    lines = [line for path in (folder / "cache").glob("partial/*.pieces") for line in path.read_bytes().splitlines()]
    return sum(not line.startswith((b'["speech', b'["others')) for line in lines)


def killed_after(pieces: int, recording: Path) -> int:
    """Audit in a process of its own, kill -9 it when so many windows are finished, and give how many were."""
    folder = recording.parent
    command = [sys.executable, simulated.__file__, str(recording), str(folder)]
    with subprocess.Popen(command, env=os.environ, cwd=Path(__file__).parents[2]) as process:
        deadline = time.monotonic() + PATIENCE
        while finished(folder) < pieces and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    return finished(folder)


@pytest.mark.slow
def test_a_killed_hearing_goes_on_and_ends_the_same(long_call: Path) -> None:
    folder = long_call.parent
    whole = Recogniser()
    uninterrupted = audit(long_call, folder, whole)
    assert finished(folder) == 0
    kept = killed_after(2, long_call)
    assert 2 <= kept < len(whole.windows)
    rest = Recogniser()
    assert audit(long_call, folder, rest) == uninterrupted
    assert rest.windows == whole.windows[kept:]
    assert finished(folder) == 0


def test_windows_of_both_channels_are_heard_together_and_say_the_same(long_call: Path) -> None:
    one_by_one, together = Recogniser(), Recogniser(batch=16)
    said = [transcriber(long_call.parent, way).transcribe(long_call).transcript for way in (one_by_one, together)]
    assert said[0] == said[1]
    assert together.asked[0] == sum(one_by_one.asked[: together.asked[0]]) > 2
    assert together.windows == one_by_one.windows
