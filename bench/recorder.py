"""A line recorder: writes sound files at random speed and notes each call in its log.

`python -m bench.recorder FOLDER NUMBER SECONDS`: so many calls, each written within about so many seconds.
"""

from __future__ import annotations

import random
import struct
import sys
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

LINES = 4
HEADING = "通道,号码,呼叫类型,来电时间,接通时间,结束时间,接听状态,录音文件\r\n"
LINE = "8021"


def sound(number: int) -> bytes:
    """A quarter of a second that no other call has."""
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"".join(struct.pack("<h", (n * (number + 1)) % 20000 - 10000) for n in range(2000)))
    return file.getvalue()


class Recorder:
    """One box with several lines that share a log."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._lock = Lock()
        (folder / "calls.csv").write_bytes(HEADING.encode("gb18030"))

    def record(self, number: int) -> None:
        """Write one call piece by piece, under its own name or renamed at the end, and then its line of the log."""
        name = f"CH{number % LINES}_{number:06}.wav"
        path = self._folder / name
        draft = path.with_suffix(".wav.tmp") if random.random() < 0.3 else path
        content = sound(number)
        with draft.open("wb") as file:
            for start in range(0, len(content), 1000):
                file.write(content[start : start + 1000])
                file.flush()
                time.sleep(random.expovariate(len(content) / 1000 / self._seconds))
        draft.rename(path)
        self._note(name)

    def _note(self, name: str) -> None:
        begin = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(seconds=60)
        times = [f"{begin + timedelta(seconds=n):%Y-%m-%d %H:%M:%S}" for n in (0, 7, 59)]
        cells = [LINE, "13800001234", "呼入", *times, "已接", f"D:\\record\\{name}"]
        with self._lock, (self._folder / "calls.csv").open("ab") as log:
            log.write((",".join(cells) + "\r\n").encode("gb18030"))


def main() -> None:
    """From the command line."""
    folder, number, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    recorder = Recorder(folder, seconds)
    with ThreadPoolExecutor(LINES) as lines:
        list(lines.map(recorder.record, range(number)))


if __name__ == "__main__":
    main()
