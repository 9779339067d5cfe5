"""Nothing leaves the machine: a whole audit with the embedded models asks for no address and opens no connection."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = """
import sys
seen = []
sys.addaudithook(lambda event, told: seen.append((event, told)) if event.startswith("socket.") else None)
from speechaudit.cli import main
main(["audit", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
main(["report", sys.argv[2]], standalone_mode=False)
leaving = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
print("leaving:", [event for event in seen if event[0] in leaving])
"""


@pytest.mark.model
def test_an_audit_and_its_reports_open_no_connection(tmp_path: Path) -> None:
    sample = ROOT / "samples" / "phone-stereo-opening-order-left.wav"
    ran = subprocess.run(
        [sys.executable, "-c", CODE, sample, tmp_path / "out"], capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.rstrip().endswith("leaving: []")
    assert list((tmp_path / "out").rglob("index.html"))
