"""A recording is opened once for all who listen to it: recogniser, voices and second listen."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import soundfile

from speechaudit import pipeline, speakers, terms
from speechaudit.asr import activity, sound
from speechaudit.model import Recording
from speechaudit.rules import rulebook
from speechaudit.speakers import Voices
from tests.asr.simulated import Recogniser, transcriber

SAMPLE = Path(__file__).parents[2] / "samples" / "phone-mono-good.wav"


def counted(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> list[Any]:
    """The first argument of each call of a function from now on."""
    calls: list[Any] = []
    function = getattr(where, name)

    def calling(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments[0])
        return function(*arguments, **named)

    monkeypatch.setattr(where, name, calling)
    return calls


def test_a_mono_recording_is_decoded_once_and_searched_for_speech_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Any] = []

    def hear_voices(mono: Any, **_: Any) -> Voices:
        given.append(mono)
        return Voices()

    monkeypatch.setattr(speakers, "hear_voices", hear_voices)
    decoded, searched = counted(monkeypatch, sound, "apart"), counted(monkeypatch, activity, "probabilities")
    recording = Recording(file=SAMPLE.name, setting="phone")
    found = pipeline.hear(SAMPLE, recording, transcriber(tmp_path, Recogniser()), rulebook.load(), lambda _: None)
    assert tuple(found.timings) == tuple(terms.STAGES)[:-1]
    assert len(decoded) == 1
    assert len(searched) == math.ceil(soundfile.info(SAMPLE).duration / activity.PIECE)
    assert given[0].speech == found.voiced[0]
    assert len(found.voiced[0]) > len(found.speech[0])
