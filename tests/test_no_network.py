"""Nothing leaves the machine: a whole audit with the embedded models makes no socket that could reach another."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).parents[1]
# The kernel ends the process at the first internet socket, whoever makes it: libraries that report their use do so in
# machine code, which no hook of Python sees. A classic BPF program over `struct seccomp_data` (seccomp(2)): load the
# architecture, the number of the call, the first argument; compare; allow or kill.
GUARD = """
import ctypes, platform, struct, sys
architecture, socket = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}[platform.machine()]
load, equal, give = 0x20, 0x15, 0x06
program = b"".join(struct.pack("=HBBI", *line) for line in [
    (load, 0, 0, 4), (equal, 0, 6, architecture), (load, 0, 0, 0), (equal, 0, 4, socket), (load, 0, 0, 16),
    (equal, 1, 0, 2), (equal, 0, 1, 10), (give, 0, 0, 0x80000000), (give, 0, 0, 0x7FFF0000),
])
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_char_p)]
kernel = ctypes.CDLL(None, use_errno=True)
assert kernel.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert kernel.prctl(22, 2, ctypes.byref(Filter(len(program) // 8, program)), 0, 0) == 0, ctypes.get_errno()
"""
AUDIT = """
from speechaudit.cli import main
main(["audit", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
main(["report", sys.argv[2]], standalone_mode=False)
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, whose kernel watches")


def guarded(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", GUARD + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_the_guard_ends_what_makes_an_internet_socket(family: str) -> None:
    assert guarded(f"import socket; socket.socket(socket.{family}); print('alive')").returncode == -signal.SIGSYS
    assert guarded("import socket; socket.socket(socket.AF_UNIX); print('alive')").stdout == "alive\n"


@pytest.mark.model
def test_an_audit_and_its_reports_make_no_internet_socket(tmp_path: Path) -> None:
    name = "phone-stereo-opening-order-left"
    beginning, rate = soundfile.read(ROOT / "samples" / f"{name}.wav", frames=15 * 8000)
    soundfile.write(tmp_path / f"{name}.wav", beginning, rate)
    shutil.copy(ROOT / "samples" / f"{name}.json", tmp_path)
    ran = guarded(AUDIT, tmp_path / f"{name}.wav", tmp_path / "out")
    assert ran.returncode == 0, (ran.returncode, ran.stderr)
    assert list((tmp_path / "out").rglob("index.html"))
