"""The same second is the same moment in the transcript, the listening copy, a clip and a beep, whatever the file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from speechaudit.asr.clip import write_clip
from speechaudit.asr.clock import RATE
from speechaudit.asr.condition import inspect
from speechaudit.asr.listening import Peaks, make_copies
from speechaudit.asr.sound import decode
from speechaudit.model import Span
from tests.asr.sounds import Samples, pitch, save, save_timed, stereo, tone

SECONDS, CLICKS, GAPS = 20.0, (2.0, 9.0, 16.0), (Span(start=4.0, end=7.5), Span(start=11.0, end=12.0))
FILES = {"a.webm": "libopus", "a.mkv": "aac", "a.m4a": "aac", "a.ogg": "libopus", "a.wma": "wmav2"}
AGREE = 0.05
# While one works, plain sound and one that is coded and begins late are enough.
LATE = [("a.wav", 0.0), ("a.webm", 7.0)]
CODED = [(name, offset) for name in FILES for offset in (0.0, 7.0) if (name, offset) not in LATE]
SOURCES = [*LATE, *(pytest.param(source, marks=pytest.mark.slow) for source in CODED)]


def clicks(rate: int) -> Samples:
    """Silence with a short tone at each click."""
    samples = np.zeros(int(SECONDS * rate), np.float32)
    for at in CLICKS:
        burst = tone(700, 0.2, rate)
        samples[int(at * rate) : int(at * rate) + len(burst)] = burst
    return samples


@pytest.fixture(scope="module", params=SOURCES, ids=lambda source: f"{source[0]}+{source[1]:.0f}")
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, offset = request.param
    file = tmp_path_factory.mktemp("source") / name
    if name == "a.wav":
        return save(file, clicks(8000), 8000)
    return save_timed(file, clicks(48000), FILES[name], offset=offset, gaps=GAPS)


@pytest.fixture(scope="module")
def said(source: Path) -> list[float]:
    """When each tone begins in what the recogniser hears."""
    return heard_at(decoded(source))


@pytest.fixture(scope="module")
def copied(source: Path) -> tuple[Path, Peaks]:
    """The listening copy with nothing masked, and its outline."""
    return source.parent / "copy", make_copies(source, source.parent / "copy", source.parent / "masked", ())


def heard_at(samples: Samples) -> list[float]:
    """When each tone begins, in seconds."""
    loud = np.flatnonzero(np.abs(samples) > 0.1) / RATE
    return list(loud[np.diff(loud, prepend=-1) > 0.1])


def decoded(path: Path) -> Samples:
    with decode(path) as sound:
        return sound.read(0)


def clip(path: Path, start: float, end: float, *beeps: Span, jump: bool = False) -> Samples:
    buffer = BytesIO()
    write_clip(path, buffer, start, end, beeps, jump=jump)
    buffer.seek(0)
    samples: Samples = soundfile.read(buffer, dtype="float32")[0]
    return samples


def shown_at(path: Path) -> list[float]:
    """When each tone begins for a player, which goes by the times that the file states."""
    with av.open(str(path)) as container:
        loud = [frame.time for frame in container.decode(audio=0) if np.abs(frame.to_ndarray()).max() > 0.1]
    return [at for at, before in zip(loud, [-1.0, *loud], strict=False) if at - before > 0.1]


def test_transcript_copy_and_clip_agree(source: Path, said: list[float], copied: tuple[Path, Peaks]) -> None:
    assert said == pytest.approx(CLICKS, abs=0.1)  # AAC begins a little late, for everybody
    copy, peaks = copied
    assert peaks.duration == pytest.approx(SECONDS, abs=0.2)
    assert heard_at(decoded(copy)) == pytest.approx(said, abs=AGREE)
    assert shown_at(copy) == pytest.approx(said, abs=AGREE)
    for at in said:
        assert heard_at(clip(source, at - 1, at + 1)) == pytest.approx([1.0], abs=AGREE)
        assert heard_at(clip(copy, at - 1, at + 1, jump=True)) == pytest.approx([1.0], abs=AGREE)


def test_a_beep_lies_where_the_words_are(source: Path, said: list[float], tmp_path: Path) -> None:
    at = said[-1]
    words = Span(start=at, end=at + 0.2)
    make_copies(source, tmp_path / "copy", tmp_path / "masked", [words])
    for covered in (clip(source, at, at + 0.2, words), clip(tmp_path / "masked", at, at + 0.2, jump=True)):
        assert pitch(covered[800:2400]) == pytest.approx(1000, abs=10)
    around = clip(tmp_path / "masked", at - 1, at + 1, jump=True)
    assert np.abs(around[: int(0.95 * RATE)]).max() < 0.02


def test_the_outline_is_that_of_the_sound(said: list[float], copied: tuple[Path, Peaks]) -> None:
    _, peaks = copied
    outline = np.frombuffer(peaks.channels[0], np.uint8)
    assert peaks.per_second == 50
    for each in said:
        first = round(each * 50)
        assert outline[first + 1 : first + 9].min() > 150
        assert outline[first - 10 : first - 4].max() < 20
    assert peaks.scale == pytest.approx(0.3, abs=0.06)


def test_an_offset_is_no_cut(tmp_path: Path) -> None:
    """Matroska states its length from zero on: sound that begins at second 60 is not missing a minute."""
    sound_with_air = clicks(48000)  # no recorder writes pure silence: that would be a cut
    sound_with_air = sound_with_air + np.random.default_rng(1).normal(0, 0.003, sound_with_air.shape).astype("f4")
    path = save_timed(tmp_path / "a.webm", sound_with_air, "libopus", offset=60, gaps=())
    with decode(path) as sound:
        assert sound.info.duration == pytest.approx(SECONDS, abs=0.1)
        assert not inspect(sound).cut_off


def test_a_time_that_cannot_be_true_makes_no_hours_of_silence(tmp_path: Path) -> None:
    path = save_timed(tmp_path / "a.mkv", clicks(48000), "libopus", offset=0, gaps=GAPS)
    with av.open(str(path)) as container, av.open(str(tmp_path / "b.mkv"), "w") as target:
        stream = target.add_stream_from_template(container.streams.audio[0])
        for packet in container.demux(audio=0):
            if packet.pts is None:
                continue
            packet.pts += 10_000_000 if packet.pts > 10_000 else 0
            packet.dts = packet.pts
            packet.stream = stream
            target.mux(packet)
    assert heard_at(decoded(tmp_path / "b.mkv"))[-1] < SECONDS


def test_both_sides_stay_apart_in_the_copy(tmp_path: Path) -> None:
    source = save(tmp_path / "a.wav", stereo(tone(400, 6), np.zeros(48000, np.float32)))
    peaks = make_copies(source, tmp_path / "copy", tmp_path / "masked", ())
    with decode(tmp_path / "copy") as copy:
        left, right = copy.read(0, 1, 5), copy.read(1, 1, 5)
        assert pitch(left) == pytest.approx(400, abs=2)
        assert 20 * np.log10(float(np.std(left)) / max(float(np.std(right)), 1e-9)) > 30
    assert [max(channel) for channel in peaks.channels] == [255, 0]
    assert not (tmp_path / "masked").exists()
