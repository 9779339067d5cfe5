"""The condition of a recording: what is refused, what is remarked, which channels are heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from speechaudit.asr.condition import Condition, Track, inspect
from speechaudit.asr.sound import FRAME, decode
from speechaudit.errors import AudioError
from speechaudit.reasons import in_chinese
from tests.asr.sounds import Samples, noise, save, save_aac, stereo, tone


def condition(path: Path) -> Condition:
    with decode(path) as sound:
        return inspect(sound)


def cut(path: Path, fraction: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def test_a_sound_file_has_no_remarks(tmp_path: Path) -> None:
    found = condition(save(tmp_path / "a.wav", stereo(noise(3, seed=1), noise(3, seed=2)), subtype="ALAW"))
    assert found.limits == ()
    assert [track.source for track in found.tracks] == [0, 1]
    assert found.tracks[0].level == pytest.approx(-20, abs=1)


def test_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"太短.*0\.90 秒"):
        condition(save(tmp_path / "a.wav", noise(0.9)))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_U8", "ALAW", "ULAW", "GSM610"])
def test_silence_is_refused_in_every_coding(tmp_path: Path, subtype: str) -> None:
    with pytest.raises(AudioError, match="全程静音"):
        condition(save(tmp_path / "a.wav", np.zeros(16000, np.float32), subtype=subtype))


@pytest.mark.parametrize(("silent", "side"), [(0, "左声道"), (1, "右声道")])
def test_one_silent_channel_is_remarked_and_stays_a_channel(tmp_path: Path, silent: int, side: str) -> None:
    samples = stereo(noise(3), noise(3, seed=2))
    samples[:, silent] = 0
    found = condition(save(tmp_path / "a.wav", samples))
    assert in_chinese(found.limits) == f"{side}没有声音,只能听到一方"
    assert [track.silent for track in found.tracks] == [silent == 0, silent == 1]


VOICE = noise(4)
ALIKE = {
    "the same": stereo(VOICE, VOICE),
    "one inverted": stereo(VOICE, -VOICE),
    "with hiss of their own": stereo(VOICE + noise(4, level=0.003, seed=5), VOICE + noise(4, level=0.003, seed=6)),
}
UNLIKE = {
    "two parties": stereo(noise(4, seed=1), noise(4, seed=2)),
    "a party each half": stereo(VOICE * (np.arange(32000) < 16000), VOICE * (np.arange(32000) >= 16000)),
}


@pytest.mark.parametrize("name", ALIKE)
@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_dual_mono_is_heard_once(tmp_path: Path, name: str, suffix: str) -> None:
    found = condition(save(tmp_path / f"a.{suffix}", ALIKE[name]))
    assert len(found.tracks) == 1
    assert "双声道单音" in in_chinese(found.limits)


@pytest.mark.parametrize("name", UNLIKE)
def test_real_stereo_stays_stereo(tmp_path: Path, name: str) -> None:
    found = condition(save(tmp_path / "a.wav", UNLIKE[name]))
    assert len(found.tracks) == 2
    assert {reason.code for reason in found.limits} <= {"gaps"}  # a noise that breaks off was lost


def test_dual_mono_takes_the_louder_channel(tmp_path: Path) -> None:
    assert condition(save(tmp_path / "a.wav", stereo(VOICE * np.float32(0.7), VOICE))).tracks[0].source == 1


@pytest.mark.parametrize("subtype", ["PCM_16", "ALAW", "ULAW", "GSM610", "IMA_ADPCM", "MS_ADPCM"])
def test_a_truncated_wav_is_heard_with_a_remark(tmp_path: Path, subtype: str) -> None:
    found = condition(cut(save(tmp_path / "a.wav", noise(10), subtype=subtype), 0.6))
    assert len(found.limits) == 1
    assert "被截断" in in_chinese(found.limits)


SAVED = ["wav", "w64", "caf", "aiff", "au", "flac", "ogg", "mp3"]
ENCODED = {"aac": "aac", "webm": "libopus", "mka": "flac", "opus": "libopus", "amr": "libopencore_amrnb"}


@pytest.mark.parametrize("suffix", [*SAVED, *ENCODED])
def test_a_second_that_is_missing_at_the_end_is_told_and_a_whole_file_is_whole(tmp_path: Path, suffix: str) -> None:
    """Of twenty: long enough for a farewell. Half a packet stays where the format states no length."""
    path = tmp_path / f"a.{suffix}"
    if suffix in ENCODED:
        save_aac(path, noise(20), 8000, ENCODED[suffix])
    else:
        save(path, noise(20))
    whole = condition(path)
    assert (whole.cut_off, whole.limits) == (False, ())
    short = condition(cut(path, 0.9503))
    assert (short.cut_off, "录音不完整" in in_chinese(short.limits)) == (True, True)


@pytest.mark.parametrize("behind", [b"TAG" + b"x" * 125, bytes(500)])
def test_what_programs_write_behind_an_mp3_is_no_cut(tmp_path: Path, behind: bytes) -> None:
    path = save(tmp_path / "a.mp3", noise(5))
    path.write_bytes(path.read_bytes().replace(b"Xing", b"\0\0\0\0").replace(b"Info", b"\0\0\0\0") + behind)
    assert not condition(path).cut_off


def test_a_header_that_is_wrong_by_its_own_length_is_no_cut(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(3), subtype="ULAW")
    path.write_bytes(path.read_bytes()[:-44])
    assert not condition(path).cut_off


def test_a_stream_that_never_stated_its_length_is_complete(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(3), subtype="PCM_16")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert condition(path).limits == ()


@pytest.mark.parametrize("suffix", ["m4a", "aac", "webm"])
def test_whole_files_of_ffmpeg_have_no_remarks(tmp_path: Path, suffix: str) -> None:
    codec = "libopus" if suffix == "webm" else "aac"
    assert condition(save_aac(tmp_path / f"a.{suffix}", noise(20, 48000), 48000, codec)).limits == ()


def test_damage_inside_is_counted(tmp_path: Path) -> None:
    path = save_aac(tmp_path / "a.m4a", noise(20, 16000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = b"\xff" * 300
    path.write_bytes(data)
    assert "处损坏" in in_chinese(condition(path).limits)


def test_a_tone_has_a_level_far_above_its_silence(tmp_path: Path) -> None:
    samples: Samples = np.concatenate([np.zeros(80000, np.float32), tone(400, 1, level=0.5)])
    track = condition(save(tmp_path / "a.wav", samples)).tracks[0]
    assert track.level == pytest.approx(-9, abs=0.5)


@pytest.mark.parametrize("minutes_of_speech", [12, 60, 470])
def test_the_level_of_a_day_is_that_of_its_voices_however_seldom_they_speak(minutes_of_speech: int) -> None:
    day = np.full((8 * 60, int(60 / FRAME)), -40.0, np.float32)
    day[:: 480 // minutes_of_speech][:minutes_of_speech, ::2] = -20.0
    assert Track(source=0, loudness=day.ravel()).level == pytest.approx(-20.0)


def test_a_single_loud_moment_of_a_day_is_not_its_level() -> None:
    day = np.full(8 * 3600 * 20, -40.0, np.float32)
    day[:20] = -5.0
    assert Track(source=0, loudness=day).level == pytest.approx(-40.0)
