"""Random access to a 16 kHz mono 16-bit wav, so that memory does not grow with the length of the file."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit.errors import AudioError
from speechaudit.model import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16000


class WavFile:
    """An open wav; use it in a `with`. Raises AudioError unless it is 16 kHz, mono, 16 bit."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = wave.open(str(path), "rb")  # noqa: SIM115 -- closed in __exit__
        except (OSError, EOFError, wave.Error) as error:
            raise AudioError(path, "不是可读的 wav 文件", "请先用本软件解码成 16 kHz 单声道 16 位 wav") from error
        found = (self._file.getframerate(), self._file.getnchannels(), self._file.getsampwidth())
        if found != (RATE, 1, 2):
            self._file.close()
            problem = f"格式是 {found[0]} Hz、{found[1]} 声道、{8 * found[2]} 位"
            raise AudioError(path, problem, "需要 16 kHz 单声道 16 位 wav")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self._file.getnframes() / RATE)

    def read(self, span: Span) -> NDArray[np.float32]:
        """The samples of `span`, -1 to 1; what lies outside of the file is left out."""
        import numpy as np

        first = min(max(0, round(span.start * RATE)), self._file.getnframes())
        self._file.setpos(first)
        raw = self._file.readframes(max(0, round(span.end * RATE) - first))
        return np.frombuffer(raw, dtype="<i2").astype(np.float32) / np.float32(32768.0)

    def __enter__(self) -> WavFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
