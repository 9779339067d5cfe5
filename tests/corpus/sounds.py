"""Sound files of every container that is taken: cut, emptied, lying about themselves, and what is no sound at all.

What is taken is told as `1.0 s`, with `incomplete` and `bad packets` where that is known.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import av
import numpy as np
import soundfile

from tests.asr.sounds import Samples, tone
from tests.corpus.case import Case, refused, taken

RATE = 8000
# Of libsndfile and of FFmpeg: suffix, container, how it is coded.
BY_SNDFILE = {
    "wav": ("WAV", "PCM_16"),
    "u8.wav": ("WAV", "PCM_U8"),
    "s24.wav": ("WAV", "PCM_24"),
    "float.wav": ("WAV", "FLOAT"),
    "alaw.wav": ("WAV", "ALAW"),
    "gsm.wav": ("WAV", "GSM610"),
    "adpcm.wav": ("WAV", "IMA_ADPCM"),
    "rf64.wav": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "ULAW"),
    "caf": ("CAF", "ALAC_16"),
}
BY_FFMPEG = {"m4a": ("ipod", "aac"), "aac": ("adts", "aac"), "webm": ("webm", "libopus"), "mka": ("matroska", "flac")}
HOUR = 3600
MP4 = struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0)
MATROSKA = b"\x1aE\xdf\xa3\x84" + bytes(4) + b"\x18S\x80g\x01" + b"\xff" * 7


@cache
def made(kind: str) -> bytes:
    """A second of sound, as a program writes it."""
    buffer = io.BytesIO()
    if kind in BY_SNDFILE:
        container, subtype = BY_SNDFILE[kind]
        soundfile.write(buffer, tone(440, 1, RATE), RATE, format=container, subtype=subtype)
    else:
        _by_ffmpeg(buffer, *BY_FFMPEG[kind], tone(440, 1, 48_000))
    return buffer.getvalue()


def _by_ffmpeg(buffer: io.BytesIO, container: str, codec: str, samples: Samples) -> None:
    form = "s16" if codec == "flac" else "fltp" if codec == "aac" else "flt"
    scaled = (samples * 32767).astype(np.int16) if form == "s16" else samples
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000, layout="mono")
        for start in range(0, len(scaled), 960):
            frame = av.AudioFrame.from_ndarray(scaled[None, start : start + 960].copy(), format=form, layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def cases() -> Iterator[Case]:
    for kind in (*BY_SNDFILE, *BY_FFMPEG):
        yield from _damaged(kind, made(kind))
    yield from _wav_headers()
    yield from _wav_contents()
    yield from _flac_headers()
    yield from _misnamed()
    yield from _no_sound()


# What each damage leaves: cut in the middle, a third of it zeros, the first byte turned.
CODED_ALIKE = {"u8.wav", "s24.wav", "float.wav", "alaw.wav", "gsm.wav", "rf64.wav", "w64", "aiff"}  # as wav
UNKNOWN, BROKEN, UNDECODABLE = "认不出的格式", "已损坏或不完整", "解不出声音"
WAV = ("0.5 s", "1.0 s", UNKNOWN)
DAMAGES = dict.fromkeys((*(kind for kind in BY_SNDFILE if "wav" in kind), "w64", "aiff", "au"), WAV) | {
    "flac": (UNDECODABLE, "0.5 s", "0.5 s, bad packets"),
    "ogg": (BROKEN, BROKEN, UNKNOWN),
    "opus": (BROKEN, BROKEN, UNKNOWN),
    "mp3": ("0.2 s", "0.4 s", "1.2 s"),
    "caf": (UNDECODABLE, UNDECODABLE, UNKNOWN),
    "m4a": (BROKEN, "1.0 s, bad packets", BROKEN),
    "aac": ("0.5 s, incomplete, bad packets", "0.6 s, bad packets", "1.0 s"),
    "webm": ("0.5 s", "0.3 s", UNKNOWN),
    "mka": ("0.5 s", "0.3 s, incomplete, bad packets", UNKNOWN),
}


def _damaged(kind: str, whole: bytes) -> Iterator[Case]:
    """The same damages to each container; what is left of the sound is used, and what is nothing is refused."""
    yield taken(f"good.{kind}", whole, "1.0 s")
    half, holed, turned = DAMAGES[kind]
    yield _left(f"half.{kind}", whole[: len(whole) // 2], half)
    if kind in CODED_ALIKE:
        return
    yield taken(f"tail.{kind}", whole + b"\r\n--boundary--\r\n" * 20, "1.0 s")
    yield refused(f"head-only.{kind}", whole[:12], UNKNOWN if kind in {"rf64.wav", "w64", "mp3"} else "文件")
    third = len(whole) // 3
    yield _left(f"holed.{kind}", whole[:third] + bytes(third) + whole[2 * third :], holed)
    yield _left(f"first-byte.{kind}", bytes([whole[0] ^ 255]) + whole[1:], turned)


def _left(name: str, content: bytes, told: str) -> Case:
    return taken(name, content, told) if " s" in told else refused(name, content, told)


def chunk(name: bytes, body: bytes, says: int | None = None) -> bytes:
    """A chunk of a RIFF file, which `says` another length than it has."""
    return name + struct.pack("<I", len(body) if says is None else says) + body


def wav(
    data: bytes, *, code: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, says: int | None = None
) -> bytes:
    """A WAV file by hand, whose header may claim what it likes."""
    frame = max(1, channels * bits // 8)
    form = struct.pack("<HHIIHH", code, channels, rate, min(rate * frame, 0xFFFFFFFF), min(frame, 0xFFFF), bits)
    body = b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", data, says)
    return chunk(b"RIFF", body)


PCM = (tone(440, 1, RATE) * 32767).astype("<i2").tobytes()


def _wav_headers() -> Iterator[Case]:
    for rate in (1, 3_999, 400_001, 10_000_000):
        yield refused(f"rate-{rate}.wav", wav(PCM, rate=rate), f"采样率 {rate} Hz")
    for rate in (0, 0xFFFFFFFF):
        yield refused(f"rate-{rate}.wav", wav(PCM, rate=rate), BROKEN)
    for rate, told in ((4_000, "2.0 s"), (11_025, "0.7 s"), (400_000, "0.0 s")):
        yield taken(f"rate-{rate}.wav", wav(PCM, rate=rate), told)
    for channels in (3, 8, 200):
        yield refused(f"channels-{channels}.wav", wav(PCM, channels=channels), f"有 {channels} 个声道")
    for channels in (0, 65_535):
        yield refused(f"channels-{channels}.wav", wav(PCM, channels=channels), "0 声道")
    for bits in (0, 33, 65_535):
        yield refused(f"bits-{bits}.wav", wav(PCM, bits=bits), "编码无法识别")
    for bits in (1, 7):
        yield taken(f"bits-{bits}.wav", wav(PCM, bits=bits), "2.0 s")
    for code in (0, 0x7FF3, 0xFFFF):
        yield refused(f"code-{code}.wav", wav(PCM, code=code), "编码无法识别")
    for name, says in (
        ("nothing", 0),
        ("everything", 0xFFFFFFFF),
        ("half", len(PCM) // 2),
        ("an-hour", HOUR * RATE * 2),
    ):
        yield taken(f"says-{name}.wav", wav(PCM, says=says), " s")
    yield refused("no-data.wav", chunk(b"RIFF", wav(PCM)[8:36]), "录音")
    yield refused("no-format.wav", chunk(b"RIFF", b"WAVE" + chunk(b"data", PCM)), "录音")
    yield refused("data-empty.wav", wav(b""), UNDECODABLE)
    yield taken("format-twice.wav", chunk(b"RIFF", wav(PCM)[8:36] + wav(PCM)[12:]), " s")
    junk = b"".join(chunk(b"JUNK", b"") for _ in range(20_000))
    yield taken("chunks-20000.wav", chunk(b"RIFF", wav(PCM)[8:36] + junk + wav(PCM)[36:]), "1.0 s")
    yield refused("chunk-endless.wav", chunk(b"RIFF", wav(PCM)[8:36] + chunk(b"JUNK", b"", 0xFFFFFFFF)), "录音")
    tag = b"ID3\x03\x00\x00" + bytes([0, 0, 2, 0]) + bytes(256)
    yield taken("id3-first.wav", tag + wav(PCM), "1.0 s")
    yield taken("id3-thrice.wav", tag * 3 + wav(PCM), "1.0 s")
    yield taken("riff-lower-size.wav", wav(PCM)[:4] + bytes(4) + wav(PCM)[8:], "1.0 s")
    yield taken("wav-in-wav.wav", wav(wav(PCM)), "1.0 s")


def _wav_contents() -> Iterator[Case]:
    hostile = np.tile(np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45], np.float32), 1000).tobytes()
    yield taken("not-numbers.wav", wav(hostile, code=3, bits=32), " s")
    yield taken("all-nan.wav", wav(np.full(RATE, np.nan, "<f4").tobytes(), code=3, bits=32), "1.0 s")
    yield taken("doubles-huge.wav", wav(np.full(RATE, 1e308, "<f8").tobytes(), code=3, bits=64), "1.0 s")
    yield refused("one-sample.wav", wav(b"\1\0"), UNDECODABLE)
    yield taken("half-a-sample.wav", wav(PCM + b"\1"), "1.0 s")
    yield taken("silence.wav", wav(bytes(len(PCM))), "1.0 s")
    yield taken("full-scale.wav", wav(b"\xff\x7f\x00\x80" * (len(PCM) // 4)), "1.0 s")
    yield taken("constant.wav", wav(b"\xff\x7f" * (len(PCM) // 2)), "1.0 s")
    yield taken("stereo-cut.wav", wav(PCM[:-2], channels=2), "0.5 s")


def flac(total: int, *, channels: int = 1, rate: int = RATE, block: int = 4096) -> bytes:
    """The head of a FLAC file that says so many samples, before the frames of a real one."""
    whole = made("flac")
    packed = (rate << 44) | ((channels - 1) << 41) | (15 << 36) | total
    return whole[:8] + struct.pack(">HH", block, block) + whole[12:18] + struct.pack(">Q", packed) + whole[26:]


def _flac_headers() -> Iterator[Case]:
    yield taken("says-nothing.flac", flac(0), "1.0 s")
    yield taken("says-days.flac", flac((1 << 36) - 1), "1.0 s")
    yield taken("says-one.flac", flac(1), " s")
    for rate in (0, (1 << 20) - 1):  # its frames say it again, and are believed
        yield taken(f"rate-{rate}.flac", flac(RATE, rate=rate), "1.0 s")
    yield taken("channels-8.flac", flac(RATE, channels=8), "1.0 s")
    yield refused("block-0.flac", flac(RATE, block=0), "0 声道")
    picture = b"\x06\xff\xff\xff"
    yield refused("picture-of-16-mb.flac", made("flac")[:4] + picture + made("flac")[4:], BROKEN)
    yield taken("silence-of-15-minutes.flac", silent("FLAC", "PCM_16", HOUR // 4), "900.0 s")
    yield taken("silence-of-a-minute.opus", silent("OGG", "OPUS", 60), "60.0 s")


def silent(container: str, subtype: str, seconds: int) -> bytes:
    """So much digital silence in as few bytes as the format takes."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE, 1, subtype, format=container) as file:
        for _ in range(seconds // 60):
            file.write(np.zeros(60 * RATE, np.float32))
    return buffer.getvalue()


def _misnamed() -> Iterator[Case]:
    for name, kind in (
        ("mp3-as.wav", "mp3"),
        ("wav-as.mp3", "wav"),
        ("flac-as.ogg", "flac"),
        ("m4a-as.amr", "m4a"),
        ("call.wav.mp3.flac", "opus"),
        ("call", "wav"),
        (".wav", "wav"),
        ("CALL.WAV", "wav"),
        ("call.exe", "wav"),
        ("call.wav ", "wav"),
        ("-rf.wav", "wav"),
        ("subfile,,start,1,end,2,,:x.wav", "wav"),
        ("concat:a|b.wav", "wav"),
        ("%d.wav", "wav"),
        ("http:.wav", "wav"),
        ("a\nb.wav", "wav"),
        ("'\"$(id)`.wav", "wav"),
        (f"{'录' * 83}.wav", "wav"),
    ):
        yield taken(name, made(kind), "1.0 s")


def _no_sound() -> Iterator[Case]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("call.wav"), bytes(1 << 20), zipfile.ZIP_DEFLATED)
    for name, content, told in (
        ("empty.wav", b"", "0 字节"),
        ("one-byte.wav", b"R", "文本文件"),
        ("zeros.wav", bytes(100_000), "全是零"),
        ("ones.wav", b"\xff" * 100_000, "认不出"),
        ("archive.wav", archive.getvalue(), "压缩包"),
        ("page.wav", b"<!DOCTYPE html><html>404</html>" * 20, "文本文件"),
        ("page-gbk.wav", "录音不存在\n".encode("gbk") * 50, "文本文件"),
        ("json.wav", b'{"error": "not found"}' * 9, "文本文件"),
        ("sidecar.wav", b'{"setting": "phone"}', "文本文件"),
        ("playlist.wav", b"#EXTM3U\n#EXTINF:9,\nhttp://localhost/a.ts\n", "播放列表"),
        ("playlist-of-files.wav", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "文本文件"),
        ("sdp.wav", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", "文本文件"),
        ("dash.wav", b'<?xml version="1.0"?><MPD><Period/></MPD>', "文本文件"),
        ("midi.wav", b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0", "认不出"),
        ("picture.wav", b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        ("pdf.wav", b"%PDF-1.7\n" + bytes(100), "PDF"),
        ("program.wav", b"\x7fELF" + bytes(100), "程序"),
        ("database.wav", b"SQLite format 3\0" + bytes(100), "数据库"),
        ("office.wav", b"\xd0\xcf\x11\xe0" + bytes(100), "Office"),
        ("gzip.wav", b"\x1f\x8b\x08" + bytes(100), "gzip"),
        ("ogg-pages.ogg", (b"OggS\0\2" + bytes(20) + b"\1\0") * 500, "录音"),
        (
            "matroska-deep.webm",
            MATROSKA + b"\xec\x40\0" * 500,
            "录音",
        ),
        (
            "mp4-box-itself.m4a",
            MP4 + struct.pack(">I4s", 8, b"moov") * 500,
            "没有声音轨",
        ),
        (
            "mp4-box-huge.m4a",
            MP4 + struct.pack(">I4sQ", 1, b"moov", 1 << 62),
            "没有声音轨",
        ),
        ("adts-nothing.aac", b"\xff\xf1\x50\x80\0\x1f\xfc" * 50, "0 声道"),
        ("amr-nothing.amr", b"#!AMR\n", UNDECODABLE),
    ):
        yield refused(name, content, told)
