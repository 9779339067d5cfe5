"""What is asked for one window, and which words count: what writes says what the test wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from speechaudit.asr.batches import Batches
from speechaudit.asr.cleaning import PROMPT
from speechaudit.asr.condition import Condition, inspect
from speechaudit.asr.decoding import Decoder
from speechaudit.asr.packs import Pack
from speechaudit.asr.sound import Sound, decode
from speechaudit.asr.tied import Written
from speechaudit.asr.windows import Samples
from speechaudit.asr.writing import Writer
from speechaudit.model import Span, Word
from tests.asr.sounds import noise, save

# Speech ends at 6.0 of the window.
WINDOW = Pack((Span(start=1.0, end=7.4),), (Span(start=2.0, end=3.4), Span(start=6.1, end=7.0)))


class Saying(Writer):
    """Gives the words of each window in turn, as (text, start, end) in the window."""

    def __init__(self, *answers: list[tuple[str, float, float]]) -> None:
        self._batches = Batches(1)
        self.answers = list(answers)
        self.prompts: list[str | None] = []

    def write(self, windows: Sequence[Samples], prompt: str | None) -> tuple[Written, ...]:
        return tuple(Written(self._said(prompt)) for _ in windows)

    def _said(self, prompt: str | None) -> tuple[Word, ...]:
        self.prompts.append(prompt)
        answer = self.answers.pop(0) if self.answers else []
        return tuple(Word(start=start, end=end, text=text, confidence=0.9) for text, start, end in answer)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Sound, Condition]]:
    with decode(save(tmp_path / "a.wav", noise(10))) as sound:
        yield sound, inspect(sound)


def written(writer: Saying, opened: tuple[Sound, Condition], pack: Pack = WINDOW) -> str:
    sound, condition = opened
    (heard,) = Decoder(writer).words(sound, [(condition.tracks[0], pack)])
    return "".join(word.text for word in heard.words)


GREETING = [("您好,", 1.0, 1.6), ("请", 1.6, 1.9), ("问", 1.9, 2.2)]
FAREWELL = [("谢", 5.2, 5.5), ("谢。", 5.5, 5.8)]
BOTH = [*GREETING, *FAREWELL]


def test_a_word_that_lies_behind_the_end_of_speech_was_not_said(opened: tuple[Sound, Condition]) -> None:
    assert written(Saying([*BOTH, ("请", 6.1, 6.4)]), opened) == "您好,请问谢谢。"


def test_speech_to_the_end_of_a_cut_window_is_kept(opened: tuple[Sound, Condition]) -> None:
    cut = Pack((Span(start=1.0, end=7.4),), (Span(start=2.0, end=3.4), Span(start=6.7, end=30.0)))
    assert written(Saying([*GREETING, ("谢", 5.9, 6.1), ("谢。", 6.1, 6.4)]), opened, cut) == "您好,请问谢谢。"


def test_a_window_with_hardly_a_word_is_heard_once_more_without_the_prompt(opened: tuple[Sound, Condition]) -> None:
    writer = Saying([("嗯", 1.2, 1.5)], BOTH)
    assert written(writer, opened) == "您好,请问谢谢。"
    assert writer.prompts == [PROMPT, None]


def test_the_longer_of_both_is_kept(opened: tuple[Sound, Condition]) -> None:
    assert written(Saying([("嗯", 1.0, 1.3)], []), opened) == "嗯"


def test_a_window_without_any_word_is_left_alone(opened: tuple[Sound, Condition]) -> None:
    """Music and noise that the detector takes for a voice: without the prompt the model writes something there."""
    writer = Saying([])
    assert written(writer, opened) == ""
    assert set(writer.prompts) == {PROMPT}


def test_enough_words_are_not_heard_again(opened: tuple[Sound, Condition]) -> None:
    writer = Saying(BOTH)
    assert written(writer, opened) == "您好,请问谢谢。"
    assert len(writer.prompts) == 1


def test_speech_without_a_word_is_heard_alone_and_what_stands_there_already_not_twice(
    opened: tuple[Sound, Condition],
) -> None:
    """The second window begins half a second before the speech that was lost, at 5.6 s of the recording."""
    writer = Saying(GREETING, [("问", 0.0, 0.1), ("谢", 0.6, 0.8), ("谢。", 0.8, 1.2)])
    assert written(writer, opened) == "您好,请问谢谢。"
    assert writer.prompts == [PROMPT, PROMPT]


@pytest.mark.parametrize(("quieter", "asked"), [(12.0, 2), (26.0, 1)])
def test_what_is_said_in_the_background_is_not_heard_alone(tmp_path: Path, quieter: float, asked: int) -> None:
    """A hall full of people stands beside the window: of their talk the model would make words and loops."""
    behind = noise(5, level=0.1 * 10 ** (-quieter / 20), seed=1)
    with decode(save(tmp_path / "a.wav", np.concatenate([noise(5), behind]))) as sound:
        writer = Saying(GREETING, [("谢", 0.6, 0.8), ("谢。", 0.8, 1.2)])
        assert written(writer, (sound, inspect(sound))) == ("您好,请问谢谢。" if asked == 2 else "您好,请问")
    assert len(writer.prompts) == asked
