"""What files say of themselves, and which are refused with a reason."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechaudit.asr.audio import probe
from speechaudit.asr.sound import decode
from speechaudit.errors import AudioError
from tests.asr.sounds import noise, pitch, save, save_aac, stereo, tone


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


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


ID3 = b"ID3\x03\x00\x00" + bytes([0, 0, 2, 0]) + bytes(256)
PREAMBLES = {
    "ID3": ID3,
    "ID3 twice": ID3 + ID3,
    "a call record": "主叫=13800000000 分机=3201\r\n".encode("gb18030").ljust(128),
    "zeros": bytes(512),
    "byte order mark": b"\xef\xbb\xbf",
    "100 kB of its own": bytes(range(256)) * 400,
}
BEHIND = {"a.wav": "pcm_s16le", "a.flac": "flac", "a.ogg": "vorbis"}


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("preamble", PREAMBLES.values(), ids=PREAMBLES)
def test_what_a_recorder_writes_before_the_sound_is_skipped(tmp_path: Path, preamble: bytes, name: str) -> None:
    path = save(tmp_path / name, tone(440, 3))
    path.write_bytes(preamble + path.read_bytes())
    with decode(path) as sound:
        assert (sound.info.codec, sound.info.complete) == (BEHIND[name], True)
        assert sound.duration == pytest.approx(3, abs=0.01)
        assert pitch(sound.read(0)) == pytest.approx(440, abs=1)


def test_a_wav_cut_off_behind_a_preamble_is_told(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", tone(440, 3))
    path.write_bytes(ID3 + path.read_bytes()[:30_000])
    assert not probe(path).complete


def test_an_archive_that_holds_a_sound_is_still_an_archive(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", tone(440, 3))
    path.write_bytes(b"PK\x03\x04" + bytes(60) + path.read_bytes())
    with pytest.raises(AudioError, match="压缩包"):
        probe(path)


ORDERS = {
    "text first": lambda fmt, data: riff(chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0\0"), fmt, data),
    "odd lengths": lambda fmt, data: riff(chunk(b"JUNK", b"a" * 27), fmt, chunk(b"bext", b"x" * 603), data),
    "sound first": lambda fmt, data: riff(data, fmt),
    "ID3 inside": lambda fmt, data: riff(chunk(b"id3 ", ID3), fmt, data),
    "ID3 behind": lambda fmt, data: riff(fmt, data) + ID3,
    "no length": lambda fmt, data: b"RIFF\0\0\0\0" + riff(fmt, b"data\0\0\0\0" + data[8:])[8:],
}


@pytest.mark.parametrize("name", ORDERS)
def test_chunks_of_a_wav_may_come_in_any_order(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "a.wav", tone(440, 3))
    data = path.read_bytes()
    path.write_bytes(ORDERS[name](data[12:36], data[36:]))
    with decode(path) as sound:
        assert sound.duration == pytest.approx(3, abs=0.01)


DISGUISED = {
    "wav as mp3": ("WAV", "PCM_16", "mp3"),
    "GSM in wav": ("WAV", "GSM610", "wav"),
    "RF64": ("RF64", "ALAW", "wav"),
    "flac as wav": ("FLAC", "PCM_16", "wav"),
    "opus as mp3": ("OGG", "OPUS", "mp3"),
}


@pytest.mark.parametrize("name", DISGUISED)
def test_the_content_decides_and_not_the_name(tmp_path: Path, name: str) -> None:
    container, subtype, suffix = DISGUISED[name]
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(440, 3), 8000, format=container, subtype=subtype)
    with decode(path) as sound:
        assert sound.duration == pytest.approx(3, abs=0.05)
