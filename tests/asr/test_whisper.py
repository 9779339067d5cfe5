"""The whole hearing with the embedded Whisper, on the sample recordings and on sound without speech."""

from __future__ import annotations

import gc
import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechaudit.asr.models import load_model
from speechaudit.asr.transcriber import Recognition
from speechaudit.asr.weights import SHA256
from speechaudit.asr.whisper import WhisperTranscriber, load
from speechaudit.crew import Crew
from speechaudit.errors import AudioError
from speechaudit.evaluation import characters
from speechaudit.reasons import in_chinese
from speechaudit.rules import plays
from speechaudit.text import strip_marks
from tests.asr.sounds import Samples, noise, ringback, save, stereo, tone, tune
from tests.asr.words import greetings

pytestmark = pytest.mark.model

SAMPLES = Path(__file__).parents[2] / "samples"
CALL = SAMPLES / "phone-stereo-good-left.wav"
_LINE = re.compile(r"(staff|citizen) @([\d.]+)-([\d.]+): (.+)")


@pytest.fixture(scope="module")
def whisper() -> WhisperTranscriber:
    return load("base", "cpu")


@pytest.fixture(scope="module")
def call(whisper: WhisperTranscriber) -> Recognition:
    return whisper.transcribe(CALL)


def opening() -> Samples:
    """The first 5.7 s of the sample call: the staff's greeting, channel 0."""
    samples: Samples = soundfile.read(CALL, frames=int(5.7 * 8000), dtype="float32")[0]
    return samples


def text(recognition: Recognition, channel: int = 0) -> str:
    return strip_marks("".join(s.text for s in recognition.transcript.segments if s.channel == channel))


def test_each_side_is_heard_in_its_channel(call: Recognition) -> None:
    assert (call.channels, call.limits) == (2, ())
    assert call.duration == pytest.approx(soundfile.info(CALL).duration, abs=0.01)
    play = CALL.with_name("plays") / f"{CALL.stem}.play"
    said = plays.parse(play.read_text(encoding="utf-8")).transcript
    errors = characters.errors_of(said, call.transcript)
    assert errors.edits / errors.characters < 0.15
    assert greetings(text(call)[:4]) == 1


def test_turns_lie_where_they_were_spoken(call: Recognition) -> None:
    """Every turn of the play is met by segments of its own channel, within half a second of its beginning and end."""
    play = CALL.with_name("plays") / f"{CALL.stem}.play"
    for who, start, end, _ in _LINE.findall(play.read_text(encoding="utf-8")):
        channel = 0 if who == "staff" else 1
        inside = [
            segment
            for segment in call.transcript.segments
            if segment.channel == channel and float(start) - 0.5 < segment.start and segment.end < float(end) + 0.5
        ]
        assert inside
        assert inside[0].start == pytest.approx(float(start), abs=0.5)
        assert inside[-1].end == pytest.approx(float(end), abs=0.5)


def test_segments_are_ordered_and_words_lie_within_them(call: Recognition) -> None:
    starts = [segment.start for segment in call.transcript.segments]
    assert starts == sorted(starts)
    for segment in call.transcript.segments:
        assert segment.text == "".join(word.text for word in segment.words)
        assert 0 < (segment.confidence or 0) <= 1
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)
        assert (segment.role, segment.speaker) == ("unknown", None)


def test_hearing_the_same_twice_gives_the_same(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", opening(), subtype="ALAW")
    assert whisper.transcribe(path) == whisper.transcribe(path)


def test_progress_rises_from_zero_to_one(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    seen: list[float] = []
    whisper.transcribe(save(tmp_path / "a.flac", opening()), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 3


def test_the_greeting_after_a_long_silence_is_timed_right(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    late = np.concatenate([np.zeros((20 * 8000, 2), np.float32), opening()])
    first = whisper.transcribe(save(tmp_path / "a.wav", late, subtype="ALAW")).transcript.segments[0]
    assert greetings(first.text[:4]) == 1
    assert first.start == pytest.approx(20.8, abs=0.4)


def test_dual_mono_is_heard_once(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    voice = opening()[:, 0]
    recognition = whisper.transcribe(save(tmp_path / "a.wav", stereo(voice, voice), subtype="ALAW"))
    assert recognition.channels == 1
    assert "双声道单音" in in_chinese(recognition.limits)
    assert greetings(text(recognition)) == 1


def test_cross_talk_is_heard_only_where_it_was_spoken(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    voice = opening()[:, 0]
    bleeding = stereo(voice, voice * np.float32(0.03) + noise(5.7, level=0.0003))
    recognition = whisper.transcribe(save(tmp_path / "a.wav", bleeding, subtype="PCM_16"))
    assert (greetings(text(recognition, 0)), text(recognition, 1)) == (1, "")


def test_a_faint_recording_is_heard(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    assert greetings(text(whisper.transcribe(save(tmp_path / "a.wav", opening() * np.float32(0.02))))) == 1


MUTE = {
    "white noise": noise(20),
    "hum": tone(50, 20) + tone(150, 20, level=0.05),
    "ringback": ringback(20),
    "dial tone": tone(450, 20),
    "music": tune(20),
    "faint noise": noise(20, level=0.003),
}


@pytest.mark.parametrize("name", MUTE)
def test_without_speech_there_are_no_words(whisper: WhisperTranscriber, tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "a.wav", MUTE[name], subtype="ALAW")
    try:
        recognition = whisper.transcribe(path)
    except AudioError as error:
        assert "没有检测到人声" in error.problem
    else:
        assert recognition.transcript.segments == ()
        assert in_chinese(recognition.limits) == "没有听清任何一句话"


def test_noise_alone_is_refused_with_a_cure(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"没有检测到人声.*检查录音线路"):
        whisper.transcribe(save(tmp_path / "a.wav", noise(20)))


def test_made_by_says_what_is_needed_to_repeat_it(whisper: WhisperTranscriber) -> None:
    made = whisper.made_by
    assert (made.transcriber, made.model, made.model_sha256) == ("faster-whisper", "whisper-base", SHA256["model.bin"])
    assert (made.device, made.compute_type) == ("cpu", "int8")
    assert made.settings["beam_size"] == "5"


def test_all_numbers_are_plain_floats(call: Recognition) -> None:
    """A numpy truth value plus another is a truth value, and counts downstream go wrong without a word."""
    spans = [*call.transcript.segments, *(w for s in call.transcript.segments for w in s.words), *sum(call.speech, ())]
    assert {type(number) for span in spans for number in (span.start, span.end)} == {float}
    assert {type(w.confidence) for s in call.transcript.segments for w in s.words} == {float}


def test_recordings_that_a_card_hears_at_once_are_heard_as_each_alone(
    tmp_path: Path,
) -> None:
    """The card is simulated: the model on the processor, with the streams and batches of a card."""
    card = WhisperTranscriber(replace(load_model("base", "cpu"), device="cuda", streams=2))
    longer: Samples = soundfile.read(CALL, frames=14 * 8000, dtype="float32")[0]
    paths = [save(tmp_path / f"{n}.wav", each, subtype="ALAW") for n, each in enumerate((opening(), longer))]
    with Crew(card.transcribe, card.at_once) as crew:
        found = [result() for _, result in crew.results(paths)]
    assert card.at_once == 16
    for together, alone in zip(found, map(card.transcribe, paths), strict=True):
        assert (together.speech, together.channels) == (alone.speech, alone.channels)
        for channel in range(together.channels):
            wrong = characters.errors(text(alone, channel), text(together, channel))
            assert wrong.edits <= 0.1 * wrong.characters
    del card, crew  # nobody holds it any more
    gc.collect()
    for thread in threading.enumerate():
        if thread.name.startswith("recogniser"):
            thread.join(60)
            assert not thread.is_alive()
