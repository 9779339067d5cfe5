"""A recogniser that needs no model: what it writes depends on the sound alone. As a program it audits until killed."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from speechaudit import pipeline
from speechaudit.asr import whisper
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.windows import Samples
from speechaudit.model import Audit, Word
from speechaudit.rules import rulebook

TEXTS = ("您好,请问办什么业务?", "我想办居住证。", "要带什么材料?", "请稍等。", "好的,谢谢。", "不客气,请慢走。")


@dataclass
class Recogniser:
    """Stands for what writes with faster-whisper's model; `seconds` is how long a window takes."""

    seconds: float = 0.0
    windows: list[int] = field(default_factory=list)

    def write(self, samples: Samples, _prompt: str | None) -> tuple[Word, ...]:
        time.sleep(self.seconds)
        self.windows.append(len(samples))
        first = int(np.abs(samples).sum()) % len(TEXTS)
        text = "".join(TEXTS[first:] + TEXTS[:first])
        step = len(samples) / 16000 / (len(text) + 1)
        return tuple(Word(start=n * step, end=(n + 1) * step, text=char, confidence=0.9) for n, char in enumerate(text))


def audit(recording: Path, folder: Path, recogniser: Recogniser) -> Audit:
    """Audit `recording`, however short, as if it were long; `folder` stands for that of the model."""
    (folder / "model.bin").write_bytes(b"weights")
    loaded = LoadedModel(model=recogniser, name="simulated", folder=folder, device="cpu", compute_type="int8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whisper, "SHORTEST_KEPT", 0.0)
        patch.setattr(whisper, "Writer", lambda model: model)
        transcriber = whisper.WhisperTranscriber(loaded)
        return pipeline.audit_recording(recording, rulebook.load(), transcriber, pipeline.Overrides())


if __name__ == "__main__":
    audit(Path(sys.argv[1]), Path(sys.argv[2]), Recogniser(seconds=0.5))
