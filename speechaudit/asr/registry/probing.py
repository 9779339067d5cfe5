"""What a model does with pieces of sound whose words and times are known: text, its own times, the language."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Final

import numpy as np

from speechaudit.asr.sound import RATE
from speechaudit.asr.windows import Samples

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

SILENCE: Final = 4.0  # seconds behind each piece: a model without times of its own ends its text at the end of that
LATE: Final = 1.5  # seconds by which its own end may lie beside the end of speech
_ASKED: Mapping[str, object] = {
    "language": "zh",
    "beam_size": 1,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "without_timestamps": False,
    "max_new_tokens": 120,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The text that a model wrote, whether its own times are plausible, and the seconds that it took."""

    text: str
    plausible: bool
    seconds: float


def heard(model: WhisperModel, samples: Samples) -> Answer:
    """Let the model write down a piece of speech, shape (n,), that begins and ends with its samples."""
    began = time.perf_counter()
    padded = np.concatenate([samples, np.zeros(round(SILENCE * RATE), np.float32)])
    found = [(part.start, part.end, part.text) for part in model.transcribe(padded, **_ASKED)[0]]
    ends = [end for _, end, _ in found]
    rising = all(start < end for start, end, _ in found) and ends == sorted(ends)
    near = bool(ends) and abs(ends[-1] - len(samples) / RATE) <= LATE
    text = "".join(part for _, _, part in found)
    return Answer(text=text, plausible=rising and near, seconds=time.perf_counter() - began)


def language(model: WhisperModel, pieces: list[Samples]) -> tuple[str, float]:
    """Return the language that the model takes these pieces for, with its mean share of 1."""
    shares: dict[str, list[float]] = {}
    for piece in pieces:
        for name, share in model.detect_language(piece)[2]:
            shares.setdefault(name, []).append(float(share))
    best = max(shares, key=lambda name: mean(shares[name]))
    return best, min(1.0, mean(shares[best]))
