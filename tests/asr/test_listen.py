"""The second listen with the embedded Whisper: a greeting that is there, one silenced, another word in its place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from speechaudit.asr import activity
from speechaudit.asr.condition import Track, inspect
from speechaudit.asr.listen import SecondListen, fit_score, windows_of
from speechaudit.asr.models import load_model
from speechaudit.asr.sound import decode
from speechaudit.model import ListenRequest, Probe, Span
from speechaudit.rules import rulebook
from speechaudit.rules.schema import Threshold
from tests.asr.sounds import Samples, save

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

CALL = Path(__file__).parents[2] / "samples" / "phone-stereo-good-left.wav"
RATE = 8000
HELLO = ListenRequest(
    start=0.0, end=60.0, phrase="您好", variants=("您好", "你好", "喂你好"), channel=0, place="opening"
)


@pytest.fixture(scope="module")
def limit() -> Threshold:
    return rulebook.load().thresholds("whisper-base")["您好"]


@pytest.fixture(scope="module")
def listener() -> SecondListen:
    return SecondListen(load_model("base", "cpu").model)


def staff(start: float, end: float) -> Samples:
    """The staff's channel of the sample call between two times; 您好 is at 0.8 to 1.5."""
    samples, _ = soundfile.read(CALL, start=int(start * RATE), frames=int((end - start) * RATE), dtype="float32")
    mine: Samples = samples[:, 0]
    return mine


def probes(listener: SecondListen, path: Path, samples: Samples) -> tuple[Probe, ...]:
    save(path, samples, subtype="ALAW")
    with decode(path) as sound:
        condition = inspect(sound)
        speech = [activity.speech(sound, track) for track in condition.tracks]
        return listener.probes(sound, condition, speech, [HELLO])


@pytest.mark.model
def test_a_greeting_is_found_where_it_is_and_nowhere_else(
    listener: SecondListen, limit: Threshold, tmp_path: Path
) -> None:
    (said,) = probes(listener, tmp_path / "said.wav", staff(0.0, 5.7))
    assert said.score >= limit.sure
    assert (said.channel, said.phrase) == (0, "您好")
    assert said.start == pytest.approx(0.8, abs=0.2)
    silenced = np.concatenate([np.zeros(int(1.6 * RATE), np.float32), staff(1.6, 5.7)])
    (left,) = probes(listener, tmp_path / "silenced.wav", silenced)
    other = np.concatenate([staff(24.5, 25.5), staff(1.6, 5.7)])
    (instead,) = probes(listener, tmp_path / "other.wav", other)
    assert max(left.score, instead.score) < limit.doubt
    assert probes(listener, tmp_path / "nothing.wav", np.full(RATE * 3, 1e-3, np.float32) * noise(RATE * 3)) == ()


def noise(length: int) -> Samples:
    return np.random.default_rng(1).normal(size=length).astype(np.float32)


def test_silence_says_neither_yes_nor_no() -> None:
    assert fit_score(-3.0, -3.0) == 0.5
    assert fit_score(-1.0, -5.0) > 0.95
    assert fit_score(-9.0, -5.0) < 0.05


def test_at_most_two_windows_where_the_phrase_would_be() -> None:
    loudness = np.full(1200, -20.0, np.float32)
    loudness[1150] = -60.0
    track = Track(source=0, loudness=loudness)
    spans = [Span(start=t, end=t + 2.5) for t in (1.0, 5.0, 8.0, 30.0, 56.5)]
    closing = replace(HELLO, place="closing")
    assert [round(w.start, 2) for w in windows_of(HELLO, spans, track)] == [0.7, 4.7]
    assert [round(w.start, 2) for w in windows_of(closing, spans, track)] == [57.2]
    assert list(windows_of(HELLO, [], track)) == []


def test_of_a_service_within_a_recording_only_its_own_speech_is_heard() -> None:
    track = Track(source=0, loudness=np.full(1200, -20.0, np.float32))
    spans = [Span(start=t, end=t + 2.5) for t in (1.0, 8.0, 30.0, 50.0)]
    inner = replace(HELLO, start=9.0, end=40.0)
    assert [round(w.start, 2) for w in windows_of(inner, spans, track)] == [8.7]
    (charged,) = windows_of(replace(inner, start=30.5, end=31.2, place="words"), spans, track)
    assert charged.start < 30.5
    assert charged.end > 31.2
    assert list(windows_of(replace(HELLO, start=12.0, end=20.0), spans, track)) == []


@pytest.mark.model
def test_one_text_is_weighed_against_another(listener: SecondListen, tmp_path: Path) -> None:
    save(tmp_path / "said.wav", staff(0.0, 5.7), subtype="ALAW")
    right = replace(HELLO, start=0.8, end=1.5, variants=("您好",), against="再见", place="words")
    wrong = replace(right, variants=("再见",), against="您好")
    with decode(tmp_path / "said.wav") as sound:
        found = listener.best(sound, inspect(sound), [[]], [right, wrong])
    assert found[right].score > 0.95
    assert found[right].score + found[wrong].score == pytest.approx(1.0, abs=0.001)


@pytest.mark.model
def test_words_that_lead_up_to_a_phrase_are_not_scored(listener: SecondListen, tmp_path: Path) -> None:
    """The staff says 您好, a pause, 这里是…: 是 fits behind 这里, and not as the first that is said."""
    save(tmp_path / "said.wav", staff(0.0, 5.7), subtype="ALAW")
    led = replace(HELLO, variants=("这里+是",), phrase="led")
    bare = replace(HELLO, variants=("是",), phrase="bare")
    with decode(tmp_path / "said.wav") as sound:
        condition = inspect(sound)
        speech = [activity.speech(sound, track) for track in condition.tracks]
        found = {
            request.phrase: probe for request, probe in listener.best(sound, condition, speech, [led, bare]).items()
        }
    assert found["led"].variant == "是"
    assert found["led"].score > 0.8
    assert found["bare"].score < 0.5


@pytest.mark.model
def test_words_that_were_said_come_again_where_the_place_is_written_down_once_more(
    listener: SecondListen, tmp_path: Path
) -> None:
    """Of the sample call: 您好 is said at 0.8 to 1.5, and no 再见 there."""
    save(tmp_path / "said.wav", staff(0.0, 5.7), subtype="ALAW")
    said = replace(HELLO, start=0.8, end=1.5, variants=("您好",), place="words", again=True)
    other, once = replace(said, phrase="再见", variants=("再见",)), replace(said, phrase="once", again=False, end=1.6)
    with decode(tmp_path / "said.wav") as sound:
        found = listener.best(sound, inspect(sound), [[]], [said, other, once])
    assert (found[said].agreement, found[other].agreement, found[once].agreement) == (1.0, 0.0, None)


class Short:
    """The model in a memory that holds two windows."""

    def __init__(self, model: WhisperModel) -> None:
        self._inner = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def encode(self, features: Any) -> Any:
        if len(features) > 2:
            raise RuntimeError("CUDA failed with error out of memory")
        return self._inner.encode(features)


@pytest.mark.model
def test_many_places_in_one_batch_are_heard_as_each_alone(listener: SecondListen) -> None:
    windows = [staff(0.5, 2.0), staff(24.5, 25.5), staff(0.5, 1.2)]
    spellings = [[("", "您好"), ("", "再见")], [("", "您好")], [("", "再见"), ("您", "好"), ("", "您好")]]
    together = listener.fits(windows, spellings)
    short = SecondListen(Short(load_model("base", "cpu").model))
    assert [[fit.variant for fit in row] for row in short.fits(windows, spellings)] == [
        [fit.variant for fit in row] for row in together
    ]
    alone = [listener.fits([window], [texts])[0] for window, texts in zip(windows, spellings, strict=True)]
    assert [[fit.variant for fit in row] for row in together] == [[text for _, text in row] for row in spellings]
    for row, single in zip(together, alone, strict=True):
        assert [fit.score for fit in row] == pytest.approx([fit.score for fit in single], abs=0.02)


@pytest.mark.model
def test_places_of_several_recordings_are_heard_together(listener: SecondListen) -> None:
    said, other = staff(0.5, 2.0), staff(24.5, 25.5)
    alone = [listener.fits([window], [[("", "您好")]])[0][0].score for window in (said, other)]
    with ThreadPoolExecutor(1) as streams, ThreadPoolExecutor(2) as recordings:
        card = SecondListen(listener._model, streams)
        found = list(recordings.map(lambda window: card.fits([window], [[("", "您好")]])[0][0].score, (said, other)))
    assert found == pytest.approx(alone, abs=0.02)
