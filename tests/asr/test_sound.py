"""Decoding: every channel apart, in bounded memory, whatever the container."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechaudit.asr.sound import FRAME, RATE, decode
from speechaudit.errors import AudioError
from tests.asr.sounds import noise, pitch, save, save_aac, stereo, tone

KINDS = {
    "pcm16.wav": "PCM_16",
    "pcm24.wav": "PCM_24",
    "unsigned8.wav": "PCM_U8",
    "float.wav": "FLOAT",
    "alaw.wav": "ALAW",
    "ulaw.wav": "ULAW",
    "ima.wav": "IMA_ADPCM",
    "ms.wav": "MS_ADPCM",
    "lossless.flac": "PCM_16",
    "vorbis.ogg": "VORBIS",
    "opus.ogg": "OPUS",
    "layer3.mp3": "MPEG_LAYER_III",
}


@pytest.mark.parametrize("name", KINDS)
def test_both_channels_come_out_apart(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, stereo(tone(400, 3), tone(1000, 3)), subtype=KINDS[name])
    with decode(path) as sound:
        assert sound.channels == 2
        assert sound.duration == pytest.approx(3, abs=0.15)
        assert pitch(sound.read(0)) == pytest.approx(400, abs=2)
        assert pitch(sound.read(1)) == pytest.approx(1000, abs=2)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.aac", "aac"), ("a.webm", "libopus"), ("a.wma", "wmav2")]
)
def test_what_telephones_and_browsers_record_is_read(tmp_path: Path, name: str, codec: str) -> None:
    path = save_aac(tmp_path / name, stereo(tone(400, 3, 48000), tone(1000, 3, 48000)), 48000, codec)
    with decode(path) as sound:
        assert sound.duration == pytest.approx(3, abs=0.2)
        assert pitch(sound.read(1)) == pytest.approx(1000, abs=2)


def test_gsm_which_is_always_mono(tmp_path: Path) -> None:
    with decode(save(tmp_path / "a.wav", tone(400, 3), subtype="GSM610")) as sound:
        assert pitch(sound.read(0)) == pytest.approx(400, abs=2)


def test_m4a_that_is_called_wav_is_read(tmp_path: Path) -> None:
    path = save_aac(tmp_path / "a.m4a", tone(400, 3, 16000)).rename(tmp_path / "a.wav")
    with decode(path) as sound:
        assert pitch(sound.read(0)) == pytest.approx(400, abs=2)


def test_96_kilohertz_is_fine(tmp_path: Path) -> None:
    with decode(save(tmp_path / "a.wav", tone(400, 2, 96000), 96000)) as sound:
        assert sound.duration == pytest.approx(2, abs=0.01)
        assert pitch(sound.read(0)) == pytest.approx(400, abs=2)


def test_samples_keep_their_value_and_place(tmp_path: Path) -> None:
    samples = noise(2, RATE)
    with decode(save(tmp_path / "a.wav", samples, RATE, "PCM_16")) as sound:
        assert sound.read(0) == pytest.approx(samples, abs=1e-4)
        assert sound.read(0, 0.5, 0.75) == pytest.approx(samples[8000:12000], abs=1e-4)
        assert np.concatenate(list(sound.pieces(0, 0.3))) == pytest.approx(samples, abs=1e-4)
        assert len(sound.read(0, 5, 9)) == 0


def test_loudness_is_in_decibels_and_ignores_a_constant(tmp_path: Path) -> None:
    samples = np.concatenate([np.full(RATE, 0.4, np.float32), tone(1000, 1, RATE, 0.5) + 0.4])
    with decode(save(tmp_path / "a.wav", samples, RATE, "PCM_16")) as sound:
        levels = sound.loudness(0)
    assert len(levels) == round(2 / FRAME)
    assert levels[:19].max() < -80
    assert levels[21:] == pytest.approx(-9.03, abs=0.1)


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    with decode(save(tmp_path / "a.flac", noise(20)), seen.append):
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(1)


def test_a_declared_length_of_a_billion_seconds_costs_nothing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.flac", noise(3))
    data = bytearray(path.read_bytes())
    data[21:26] = bytes([data[21] | 0x0F]) + b"\xff\xff\xff\xff"  # 36 bits of STREAMINFO: the number of samples
    path.write_bytes(data)
    with decode(path) as sound:
        assert sound.duration == pytest.approx(3, abs=0.01)
        assert sound.info.duration is not None
        assert sound.info.duration > 1e6


def test_a_data_chunk_that_claims_four_gigabytes_costs_nothing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(3), subtype="PCM_16")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFF00)
    path.write_bytes(data)
    with decode(path) as sound:
        assert sound.duration == pytest.approx(3, abs=0.01)
        assert not sound.info.complete


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 199), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_damaged_header_is_read_or_refused(tmp_path: Path, suffix: str, changes: list[tuple[int, int]]) -> None:
    path = save(tmp_path / f"a.{suffix}", noise(2))
    data = bytearray(path.read_bytes())
    for at, value in changes:
        data[at] = value
    path.write_bytes(data)
    try:
        sound = decode(path)
    except AudioError:
        return
    with sound:
        assert 0 < sound.duration < 60
        assert len(sound.read(0)) == sound.frames


MEASURE = """
import resource, sys
from pathlib import Path
from speechaudit.asr.condition import inspect
from speechaudit.asr.sound import decode
import av
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with decode(Path(sys.argv[1])) as sound:
    inspect(sound)
    assert sound.channels == 2 and sound.duration == 1200
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """Twenty minutes of stereo are 154 MB as float32; a fixed 60 MB hold two hours just as well."""
    block = stereo(noise(60, level=0.05), tone(300, 60))
    path = save(tmp_path / "a.wav", np.tile(block, (20, 1)), subtype="ALAW")
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, timeout=300, check=True
    )
    assert int(result.stdout) < 60
