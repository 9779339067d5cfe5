"""What is asked of the recogniser for one window, and which words count: a model that says what the test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from speechaudit.asr.condition import Condition, inspect
from speechaudit.asr.decoding import Decoder
from speechaudit.asr.packs import Pack
from speechaudit.asr.sound import Sound, decode
from speechaudit.model import Span
from tests.asr.sounds import noise, save

WINDOW = Pack((Span(start=1.0, end=7.4),), (Span(start=2.0, end=7.0),))  # speech ends at 6.0 of the window


class Model:
    """Gives the segments of each call in turn; a segment is a list of (text, start, end) in the window."""

    def __init__(self, *answers: list[list[tuple[str, float, float]]]) -> None:
        self.answers = list(answers)
        self.settings: list[dict[str, Any]] = []
        self.decoded: list[str] = []

    def transcribe(self, _samples: Any, **settings: Any) -> tuple[Iterator[SimpleNamespace], None]:
        self.settings.append(settings)
        return self._segments(self.answers.pop(0)), None

    def _segments(self, answer: list[list[tuple[str, float, float]]]) -> Iterator[SimpleNamespace]:
        for segment in answer:
            self.decoded.append("".join(text for text, _, _ in segment))
            words = [
                SimpleNamespace(word=text, start=np.float64(start), end=np.float64(end), probability=np.float64(0.9))
                for text, start, end in segment
            ]
            yield SimpleNamespace(words=words)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Sound, Condition]]:
    with decode(save(tmp_path / "a.wav", noise(10))) as sound:
        yield sound, inspect(sound)


def written(model: Model, opened: tuple[Sound, Condition], pack: Pack = WINDOW) -> str:
    sound, condition = opened
    words = Decoder(model).words(sound, condition.tracks[0], pack)
    return "".join(word.text for word in words)


GREETING = [("您好,", 1.0, 1.6), ("请", 1.6, 1.9), ("问", 1.9, 2.2)]
FAREWELL = [("谢", 5.2, 5.5), ("谢。", 5.5, 5.8)]


def test_nothing_is_decoded_behind_the_last_word(opened: tuple[Sound, Condition]) -> None:
    model = Model([GREETING, FAREWELL, [("请", 6.0, 6.4)]])
    assert written(model, opened) == "您好,请问谢谢。"
    assert model.decoded == ["您好,请问", "谢谢。"]


def test_a_word_that_lies_behind_the_end_of_speech_was_not_said(opened: tuple[Sound, Condition]) -> None:
    assert (
        written(Model([GREETING, [("谢", 5.2, 5.5), ("谢。", 5.5, 5.8), ("请", 6.1, 6.4)]]), opened)
        == "您好,请问谢谢。"
    )


def test_speech_to_the_end_of_a_cut_window_is_kept(opened: tuple[Sound, Condition]) -> None:
    cut = Pack((Span(start=1.0, end=7.4),), (Span(start=2.0, end=30.0),))
    assert written(Model([GREETING, [("谢", 5.9, 6.1), ("谢。", 6.1, 6.4)]]), opened, cut) == "您好,请问谢谢。"


def test_a_loop_is_bounded_by_the_length_of_the_window(opened: tuple[Sound, Condition]) -> None:
    model = Model([GREETING, FAREWELL])
    written(model, opened)
    assert [one["max_new_tokens"] for one in model.settings] == [20 + 64]


def test_a_window_with_hardly_a_word_is_heard_once_more_without_the_prompt(opened: tuple[Sound, Condition]) -> None:
    model = Model([[("嗯", 1.0, 1.3)]], [GREETING, FAREWELL])
    assert written(model, opened) == "您好,请问谢谢。"
    assert [bool(one["initial_prompt"]) for one in model.settings] == [True, False]


def test_the_longer_of_both_is_kept(opened: tuple[Sound, Condition]) -> None:
    assert written(Model([[("嗯", 1.0, 1.3)]], [[]]), opened) == "嗯"


def test_a_window_without_any_word_is_left_alone(opened: tuple[Sound, Condition]) -> None:
    """Music and noise that the detector takes for a voice: without the prompt the model writes something there."""
    model = Model([])
    assert written(model, opened) == ""
    assert len(model.settings) == 1


def test_enough_words_are_not_heard_again(opened: tuple[Sound, Condition]) -> None:
    model = Model([GREETING, FAREWELL])
    assert written(model, opened) == "您好,请问谢谢。"
    assert len(model.settings) == 1
