"""What files say of themselves, and which are refused with a reason."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from asr.sounds import noise, save, save_aac, stereo, tone
from speechaudit.asr.audio import probe
from speechaudit.asr.sound import decode
from speechaudit.errors import AudioError


def test_the_header_is_read_without_decoding(tmp_path: Path) -> None:
    info = probe(save(tmp_path / "a.wav", stereo(tone(300, 2), tone(500, 2)), subtype="ALAW"))
    assert (info.container, info.codec, info.sample_rate, info.channels) == ("wav", "pcm_alaw", 8000, 2)
    assert info.complete


def test_a_stated_length_is_told(tmp_path: Path) -> None:
    assert probe(save(tmp_path / "a.flac", tone(300, 3))).duration == pytest.approx(3)
    assert probe(save_aac(tmp_path / "a.m4a", tone(300, 3, 16000))).duration == pytest.approx(3, abs=0.2)


def test_an_estimated_length_is_not_told(tmp_path: Path) -> None:
    assert probe(save_aac(tmp_path / "a.aac", tone(300, 3, 16000))).duration is None


STRANGE = {
    "empty": (b"", "0 字节", "重新导出"),
    "zeros": (bytes(100_000), "全是零", "检查录音设备"),
    "pdf": (b"%PDF-1.7\n" + bytes(500), "PDF", "确认选对了文件"),
    "zip": (b"PK\x03\x04" + bytes(500), "压缩包", "解压"),
    "text": ("工号1017 今日录音清单\n".encode() * 50, "文本文件", "确认选对了文件"),
    "gbk text": ("今日录音清单\n".encode("gbk") * 50, "文本文件", "确认选对了文件"),
    "private": (np.random.default_rng(3).bytes(300_000), "私有格式", "导出为 wav"),
    "playlist": (b"#EXTM3U\n#EXTINF:9,\nhttp://localhost/a.ts\n", "播放列表", "确认选对了文件"),
    "only a header": (b"RIFF\x24\x00\x00\x00WAVE", "已损坏", "重新导出"),
    "unknown codec": (
        b"RIFF" + struct.pack("<I", 436) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 0x7FF3, 1, 8000, 8000, 1, 8)
        + b"data" + struct.pack("<I", 400) + bytes(range(200)) * 2,
        "编码",
        "ffmpeg",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_sound_gets_one_line_with_a_cure(tmp_path: Path, name: str) -> None:
    content, problem, cure = STRANGE[name]
    path = tmp_path / "录音.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        decode(path).close()
    assert problem in caught.value.problem
    assert cure in caught.value.cure
    assert caught.value.where == str(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="不存在"):
        probe(tmp_path / "none.wav")
    with pytest.raises(AudioError, match="不是一个文件"):
        probe(tmp_path)


def test_eight_channels_are_refused_with_a_cure(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", np.tile(tone(300, 1)[:, None], 8))
    with pytest.raises(AudioError, match=r"8 个声道.*ffmpeg"):
        probe(path)


@pytest.mark.parametrize("rate", [1, 3999, 2_000_000])
def test_an_absurd_rate_is_refused_before_it_costs_anything(tmp_path: Path, rate: int) -> None:
    path = save(tmp_path / "a.wav", noise(1))
    data = bytearray(path.read_bytes())
    data[24:28] = struct.pack("<I", rate)
    path.write_bytes(data)
    with pytest.raises(AudioError, match="采样率"):
        probe(path)


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match="没有声音轨"):
        probe(path)
