"""What is asked for one window, with the embedded Whisper's own tokenizer, features and alignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from speechaudit.asr import whisper
from speechaudit.asr.cleaning import PROMPT, cleaned
from speechaudit.asr.models import load_model
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.tied import HYPOTHESES, TIED, Written
from speechaudit.asr.writing import TOKENS, TOKENS_PER_SECOND, Writer
from speechaudit.evaluation.characters import errors
from speechaudit.model import Word
from tests.asr.words import greetings

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

pytestmark = pytest.mark.model

CALL = Path(__file__).parents[2] / "samples" / "phone-stereo-good-left.wav"
LABELLED = Path(__file__).parents[2] / "labelled" / "tuning"


@pytest.fixture(scope="module")
def model() -> WhisperModel:
    return load_model("base", "cpu").model


@pytest.fixture
def streams() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def said(writer: Writer, windows: list[Any]) -> list[tuple[Word, ...]]:
    return [written.words for written in writer.write(windows, PROMPT)]


class Watched:
    """The model, but for encoder and search: these note what they get, and the search finds `tokens`."""

    def __init__(
        self,
        model: WhisperModel,
        tokens: list[int],
        no_speech: float = 0.0,
        score: float = -0.1,
        others: Sequence[tuple[list[int], float]] = (),
    ) -> None:
        self._inner = model
        self.shapes: list[tuple[int, ...]] = []
        self.asked: list[dict[str, Any]] = []
        self._found = SimpleNamespace(
            sequences_ids=[tokens, *(other for other, _ in others)],
            scores=[score, *(less for _, less in others)],
            no_speech_prob=no_speech,
        )
        self.room = 100  # windows that the memory holds
        self.model = SimpleNamespace(generate=self._generate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def encode(self, features: Any) -> Any:
        self.shapes.append(features.shape)
        return self._inner.encode(features) if self._found.sequences_ids[0] else None  # nobody asks when it was said

    def _generate(self, _encoded: Any, starts: list[list[int]], **asked: Any) -> list[SimpleNamespace]:
        self.asked.append({"start": starts[0], "windows": len(starts), **asked})
        if len(starts) > self.room:
            raise RuntimeError("CUDA failed with error out of memory")
        return [self._found] * len(starts)


LENGTHS = [(2.0, 10), (2.3, 11), (12.0, 20), (15.0, 20), (17.3, 21), (26.0, 29), (28.0, 30), (30.0, 30)]


@pytest.mark.parametrize(("seconds", "computed"), LENGTHS)
def test_the_encoder_gets_the_sound_and_some_silence(model: WhisperModel, seconds: float, computed: int) -> None:
    watched = Watched(model, [])
    assert Writer(watched).write([np.zeros(round(seconds * RATE), np.float32)], PROMPT) == (Written(),)
    assert watched.shapes == [(1, 80, computed * 100)]


def test_a_loop_is_bounded_by_the_length_of_the_window(model: WhisperModel) -> None:
    watched = Watched(model, [])
    for seconds in (6.4, 30.0):
        Writer(watched).write([np.zeros(round(seconds * RATE), np.float32)], None)
    bounds = [one["max_length"] - len(one["start"]) for one in watched.asked]
    assert bounds == [TOKENS + 64, TOKENS + 30 * TOKENS_PER_SECOND]


@pytest.mark.parametrize(("no_speech", "score", "kept"), [(0.9, -3.0, False), (0.9, -0.2, True), (0.2, -3.0, True)])
def test_words_are_dropped_where_the_model_hears_nobody_and_is_unsure(
    model: WhisperModel, no_speech: float, score: float, kept: bool
) -> None:
    tokens = model.hf_tokenizer.encode("你好", add_special_tokens=False).ids
    watched = Watched(model, tokens, no_speech, score)
    assert bool(Writer(watched).write([np.zeros(RATE, np.float32)], None)[0].words) == kept


def test_hypotheses_that_nearly_tie_are_told(model: WhisperModel) -> None:
    best, near, far = (model.hf_tokenizer.encode(text, add_special_tokens=False).ids for text in ("你好", "你们", "他"))
    watched = Watched(model, best, others=[(near, -0.1 - TIED / 2), (far, -0.1 - TIED * 2)])
    (written,) = Writer(watched).write([np.zeros(RATE, np.float32)], None)
    (other,) = written.others
    assert (other.text.endswith("们"), watched.asked[0]["num_hypotheses"]) == (True, HYPOTHESES)


def test_what_nearly_tied_in_a_recording_is_told_in_its_place() -> None:
    said = whisper.load("base", "cpu").transcribe(LABELLED / "p08-bad-dont-know.opus").transcript
    assert said.alternatives
    for other in said.alternatives:
        own = (word for segment in said.segments if segment.channel == other.channel for word in segment.words)
        assert other.text != "".join(word.text for word in own if other.start <= word.start < other.end)
        assert 0 <= other.start < other.end <= said.duration


def test_words_are_timed_within_the_sound(model: WhisperModel) -> None:
    with decode(CALL) as sound:
        (words,) = said(Writer(model), [sound.read(0, 0.6, 5.6)])
    assert greetings("".join(word.text for word in words)[:4]) == 1
    assert all(0 <= word.start <= word.end <= 5.0 for word in words)
    assert {type(word.start) for word in words} == {type(word.confidence) for word in words} == {float}


def test_a_batch_says_what_its_windows_say_alone(model: WhisperModel) -> None:
    with decode(CALL) as sound:
        windows = [sound.read(0, 0.6, 5.6), np.zeros(RATE, np.float32), sound.read(1, 5.0, 14.0)]
    together, alone = said(Writer(model, 3), windows), said(Writer(model), windows)
    texts = [["".join(word.text for word in cleaned(words)) for words in way] for way in (together, alone)]
    assert [greetings(way[0][:4]) for way in texts] == [1, 1]
    assert [way[1] for way in texts] == ["", ""]
    assert errors(*(way[2] for way in texts)).edits <= 2  # int8 rounds by what else is computed
    assert all(0 <= word.start <= word.end <= 9.0 for words in together for word in words)


def test_no_window_of_a_batch_hangs_on_its_neighbours(model: WhisperModel, streams: ThreadPoolExecutor) -> None:
    """Each gets the sound and silence of its size, the search of its size, and no more tokens than alone."""
    watched = Watched(model, model.hf_tokenizer.encode("你好", add_special_tokens=False).ids * 40)
    windows = [np.zeros(round(seconds * RATE), np.float32) for seconds in (1.0, 28.0, 15.0)]
    written = said(Writer(watched, 3, streams), windows)
    assert watched.shapes == [(2, 80, 2000), (1, 80, 3000)]
    short, long, middle = ("".join(word.text for word in words) for words in written)
    assert (len(short), len(long), len(middle)) == (2 * (TOKENS + TOKENS_PER_SECOND), 2 * 40, 2 * 40)
    assert [one["max_length"] - len(one["start"]) for one in watched.asked] == [TOKENS + 200, TOKENS + 300]


def test_windows_of_several_recordings_say_what_they_say_alone(
    model: WhisperModel, streams: ThreadPoolExecutor
) -> None:
    with decode(CALL) as sound:
        windows = [sound.read(0, 0.6, 5.6), sound.read(1, 5.0, 14.0), sound.read(0, 24.0, 27.0)]
    counted = Counted(model)
    writer = Writer(counted, 3, streams)
    streams.submit(counted.free.wait)  # all bring their windows before the first batch
    with ThreadPoolExecutor(3) as recordings:
        found = [recordings.submit(said, writer, [window]) for window in windows]
        while writer.waiting < 3:
            counted.free.wait(0.001)
        counted.free.set()
    assert counted.batches == [3]
    alone = said(Writer(model), windows)
    for (together,), words in zip((each.result() for each in found), alone, strict=True):
        texts = ["".join(word.text for word in cleaned(way)) for way in (words, together)]
        assert errors(*texts).edits <= 2  # int8 rounds by what else is computed


def test_a_batch_that_the_memory_does_not_hold_becomes_smaller(model: WhisperModel) -> None:
    watched = Watched(model, [])
    watched.room = 2
    writer = Writer(watched, 4)
    assert writer.write([np.zeros(RATE, np.float32)] * 3, PROMPT) == (Written(),) * 3
    assert [asked["windows"] for asked in watched.asked] == [3, 2, 1]
    assert writer.batch == 2


class Counted:
    """The model, but that it notes how many windows go into its encoder."""

    def __init__(self, model: WhisperModel) -> None:
        self._inner = model
        self.batches: list[int] = []
        self.free = Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def encode(self, features: Any) -> Any:
        self.batches.append(len(features))
        return self._inner.encode(features)
