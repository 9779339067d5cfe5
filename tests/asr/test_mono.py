"""The only channel of a recording, read piece by piece."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from speechaudit.asr.mono import MonoSound, open_mono
from speechaudit.asr.sound import decode
from speechaudit.errors import AudioError
from speechaudit.model import Span
from tests.asr.sounds import noise, save, stereo

SAMPLES = Path(__file__).parents[2] / "samples"


def test_reading_a_span_gives_its_samples_and_no_more_than_there_are(tmp_path: Path) -> None:
    ramp = np.arange(-16000, 16000).astype(np.float32) / np.float32(32768)
    with decode(save(tmp_path / "a.wav", ramp, 16000, "PCM_16")) as decoded:
        sound = MonoSound(sound=decoded, source=0, speech=())
        assert sound.duration == 2.0
        assert sound.read(Span(start=0.5, end=1.0)) == pytest.approx(ramp[8000:16000], abs=1e-4)
        lengths = [len(sound.read(Span(start=start, end=end))) for start, end in ((-1, 0.5), (1.5, 9), (5, 9))]
        assert lengths == [8000, 8000, 0]


def test_two_different_channels_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", stereo(noise(3), noise(3, seed=1)))
    with pytest.raises(AudioError, match=r"a\.wav.*立体声.*取出本人的声道"), open_mono(path):
        pass


def test_speech_is_found_in_fine_spans() -> None:
    with open_mono(SAMPLES / "phone-mono-good.wav") as sound:
        assert len(sound.speech) > 10
        assert all(a.end + 0.1 <= b.start for a, b in zip(sound.speech, sound.speech[1:], strict=False))
