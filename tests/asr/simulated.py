"""A recogniser that needs no model: what it writes depends on the sound alone. As a program it audits until killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from speechaudit import pipeline
from speechaudit.asr import whisper
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.tied import Instead, Written
from speechaudit.asr.windows import Samples
from speechaudit.model import Audit, Word
from speechaudit.rules import rulebook

TEXTS = ("您好,请问办什么业务?", "我想办居住证。", "要带什么材料?", "请稍等。", "好的,谢谢。", "不客气,请慢走。")


@dataclass
class Recogniser:
    """Stands for what writes with faster-whisper's model; `seconds` is how long a window takes."""

    seconds: float = 0.0
    windows: list[int] = field(default_factory=list)
    batch: int = 1
    asked: list[int] = field(default_factory=list)  # how many windows at once

    @property
    def hf_tokenizer(self) -> SimpleNamespace:
        return SimpleNamespace(get_vocab_size=lambda: len(TEXTS))

    def write(self, windows: Sequence[Samples], _prompt: str | None) -> tuple[Written, ...]:
        self.asked += [len(windows)] if windows else []
        return tuple(map(self._written, windows))

    def _written(self, samples: Samples) -> Written:
        time.sleep(self.seconds)
        self.windows.append(len(samples))
        first = int(np.abs(samples).sum()) % len(TEXTS)
        text = "".join(TEXTS[first:] + TEXTS[:first])
        step = len(samples) / 16000 / (len(text) + 1)
        times = ((n * step, (n + 1) * step, char) for n, char in enumerate(text))
        words = tuple(Word(start=start, end=end, text=char, confidence=0.9) for start, end, char in times)
        return Written(words, (Instead(first=1, last=2, text="嗯"),))


def transcriber(folder: Path, recogniser: Recogniser) -> whisper.WhisperTranscriber:
    """What opens recordings for it; `folder` stands for that of the model."""
    (folder / "model.bin").write_bytes(b"weights")
    loaded = LoadedModel(model=recogniser, name="simulated", folder=folder, device="cpu", compute_type="int8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whisper, "Writer", lambda model, *_: model)
        return whisper.WhisperTranscriber(loaded)


def audit(recording: Path, folder: Path, recogniser: Recogniser) -> Audit:
    """Audit `recording`, however short, as if it were long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whisper, "SHORTEST_KEPT", 0.0)
        return pipeline.audit_recording(
            recording, rulebook.load(), transcriber(folder, recogniser), pipeline.Overrides()
        )


if __name__ == "__main__":
    audit(Path(sys.argv[1]), Path(sys.argv[2]), Recogniser(seconds=0.5))
