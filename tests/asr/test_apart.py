"""What a file does to the decoder, it does to nobody else: bounds of memory, time and calls, and three tries."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from speechaudit.asr.apart import TRIES, apart
from speechaudit.asr.decoders import Limits, Progress
from speechaudit.errors import AudioError

FILE = Path("call.wav")


def answering(path: Path, word: str, *, progress: Progress) -> dict[str, Any]:
    for done in (0.5, 0.501, 1.0):
        progress(done)
    return {"path": path.name, "word": word, "process": os.getpid()}


def refusing(path: Path, *, progress: Progress) -> dict[str, Any]:
    raise AudioError(path, "没有声音", "请检查", code="audio-silent")


def dying(_path: Path, tries: Path, *, progress: Progress) -> dict[str, Any]:
    with tries.open("a") as file:
        file.write("x")
    signal.raise_signal(signal.SIGSEGV)
    return {}


def dying_once(path: Path, tries: Path, *, progress: Progress) -> dict[str, Any]:
    return {"tries": tries.read_text()} if tries.exists() else dying(path, tries, progress=progress)


def greedy(_path: Path, *, progress: Progress) -> dict[str, Any]:
    return {"bytes": len(bytearray(3 << 30))}


def endless(_path: Path, *, progress: Progress) -> dict[str, Any]:
    while True:
        pass


def hanging(_path: Path, *, progress: Progress) -> dict[str, Any]:
    signal.pause()
    return {}


def filling(_path: Path, target: Path, *, progress: Progress) -> dict[str, Any]:
    target.write_bytes(bytes(2048))
    return {}


def calling(_path: Path, *, progress: Progress) -> dict[str, Any]:
    outcome = {}
    for name, call in (
        ("internet", lambda: socket.socket(socket.AF_INET)),
        ("local", lambda: socket.socket(socket.AF_UNIX)),
        ("program", lambda: subprocess.run([sys.executable, "-c", ""], check=True)),
        ("neighbour", lambda: os.kill(os.getppid(), 0)),
    ):
        try:
            call()
        except PermissionError:
            outcome[name] = "refused"
    outcome["core"] = str(resource.getrlimit(resource.RLIMIT_CORE)[0])
    return outcome


def ancestor(_path: Path, *, progress: Progress) -> dict[str, Any]:
    return {"server": os.getppid()}


def talking(_path: Path, *, progress: Progress) -> dict[str, Any]:
    return {"much": "x" * 100_000}


def test_a_job_runs_in_another_process_and_tells_how_far_it_is() -> None:
    steps: list[float] = []
    found = apart(answering, FILE, "好", progress=steps.append)
    assert (found["path"], found["word"], steps) == ("call.wav", "好", [0.5, 1.0])
    assert found["process"] != os.getpid()


def test_a_refusal_is_the_same_here() -> None:
    with pytest.raises(AudioError) as caught:
        apart(refusing, FILE)
    assert (str(caught.value), caught.value.code) == ("call.wav:没有声音。请检查", "audio-silent")


def test_a_file_that_kills_its_decoder_is_set_aside_after_three_tries(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    with pytest.raises(AudioError, match="3 次都中途终止") as caught:
        apart(dying, FILE, tries)
    assert (caught.value.code, tries.read_text()) == ("decoder-died", "x" * TRIES)


def test_a_decoder_that_died_of_something_else_is_tried_again(tmp_path: Path) -> None:
    assert apart(dying_once, FILE, tmp_path / "tries") == {"tries": "x"}


@pytest.mark.parametrize(
    ("job", "limits", "told"),
    [
        (greedy, Limits(), "内存用完"),
        (endless, Limits(processor_seconds=1), "中途终止"),
        (hanging, Limits(seconds=0.5), "太长时间"),
        (talking, Limits(), "中途终止"),
    ],
)
def test_memory_time_and_words_have_bounds(job: Any, limits: Limits, told: str) -> None:
    with pytest.raises(AudioError, match=told) as caught:
        apart(job, FILE, limits=limits)
    assert caught.value.code == "decoder-died"


def test_what_it_writes_has_a_bound(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="中途终止"):
        apart(filling, FILE, tmp_path / "full", limits=Limits(file=1024))
    assert (tmp_path / "full").stat().st_size <= 1024


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, whose kernel forbids the calls")
def test_a_decoder_opens_no_connection_and_starts_no_program() -> None:
    refused = dict.fromkeys(("internet", "local", "program", "neighbour"), "refused")
    assert apart(calling, FILE) == {**refused, "core": "0"}


def test_a_script_that_guards_no_main_module_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    sample = Path(__file__).parents[2] / "samples" / "counter-bad.flac"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom speechaudit.asr.sound import decode\nprint('here')\n"
        "with decode(Path(sys.argv[1])) as sound:\n    print(sound.channels)\n"
    )
    ran = subprocess.run(
        [sys.executable, script, sample], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
    )
    assert (ran.stdout, ran.stderr) == ("here\n1\n", "")


def test_it_begins_again_after_its_server_was_killed() -> None:
    first = apart(ancestor, FILE)["server"]
    os.kill(first, signal.SIGKILL)
    assert apart(ancestor, FILE)["server"] != first


def test_the_error_of_who_listens_is_not_taken_for_a_death() -> None:
    def listener(_done: float) -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        apart(answering, FILE, "好", progress=listener)
