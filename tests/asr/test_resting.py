"""A recogniser rests when nobody needs it, and is there again for the next recording."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from speechaudit.asr.models import load_model
from speechaudit.asr.resting import Resting
from speechaudit.asr.whisper import WhisperTranscriber

CALL = Path(__file__).parents[2] / "samples" / "phone-mono-good.wav"


class Model:
    """What CTranslate2 says of a model in memory."""

    def __init__(self) -> None:
        self.model_is_loaded = True

    def unload_model(self) -> None:
        self.model_is_loaded = False

    def load_model(self) -> None:
        self.model_is_loaded = True


class Timer:
    """A timer that rings when the test says so, also after it was called off."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self.ring = ring

    def start(self) -> None: ...
    def cancel(self) -> None: ...


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    made: list[Timer] = []

    def timer(_seconds: float, ring: Callable[[], None]) -> Timer:
        made.append(Timer(ring))
        return made[-1]

    monkeypatch.setattr(threading, "Timer", timer)
    return made


def test_who_is_not_used_rests_and_comes_back(timers: list[Timer]) -> None:
    model = Model()
    held = Resting(model, 60)
    with held.used():
        assert model.model_is_loaded
    timers[-1].ring()
    assert not model.model_is_loaded
    with held.used():
        assert model.model_is_loaded


def test_nobody_loses_the_model_under_their_hands(timers: list[Timer]) -> None:
    model = Model()
    held = Resting(model, 60)
    with held.used():
        with held.used():
            pass
        timers[-1].ring()  # one of two is still at work
        assert model.model_is_loaded
    with held.used():
        pass
    timers[-2].ring()  # was called off too late, while somebody came
    assert model.model_is_loaded
    timers[-1].ring()
    assert not model.model_is_loaded


@pytest.mark.model
def test_a_model_that_rested_hears_as_before() -> None:
    loaded = load_model("base", "cpu")
    transcriber = WhisperTranscriber(loaded, rest_after=3600)
    silence = np.zeros((1, loaded.model.model.n_mels, 200), np.float32)
    before = np.array(loaded.model.encode(silence))
    loaded.model.model.unload_model()
    with transcriber.open(CALL):
        assert loaded.model.model.model_is_loaded
    assert np.array_equal(np.array(loaded.model.encode(silence)), before)
    assert [t for t in threading.enumerate() if isinstance(t, threading.Timer) and t.daemon]
