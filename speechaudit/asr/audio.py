"""What a sound file says of itself, and clear refusals of files that are no usable sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit.asr.containers import (
    missing_bytes,
    ogg_is_complete,
    sound_begins,
    states_its_length,
    unreadable_because,
)
from speechaudit.errors import AudioError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Only formats that hold sound: a playlist that poses as a recording could make FFmpeg open other files or addresses.
FORMATS = "wav,w64,flac,ogg,mp3,aac,amr,amrnb,amrwb,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,aiff,au,caf,gsm"
_COUNTED_FROM_ZERO = {"matroska,webm", "asf"}
RATES = range(4_000, 400_001)
MOST_CHANNELS = 2
LEAST_MISSING = 0.3  # seconds that a farewell takes; headers that are wrong by less are common
_LEAST_RATE = 12_800  # bits a second, where the decoder knows none
CONVERT = "请转换为常见格式后重试,例如:ffmpeg -i 原文件 -ar 16000 新文件.wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioInfo:
    """What the header says. `duration` is in seconds, None where the format does not state it.

    `complete` is False where the file is known to end before its sound does.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration: float | None
    complete: bool = True


def probe(path: Path) -> AudioInfo:
    """Read the header of `path`. Raises `AudioError` if it is no sound that can be used."""
    with opened(path) as (container, stream):
        return describe(path, container, stream)


def estimated_seconds(path: Path) -> float | None:
    """Return the length by the header of `path`, stated or by the bit rate. Raises `AudioError` without sound."""
    with opened(path) as (container, _):
        return _length(container)


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open the first audio stream of `path`. Raises `AudioError` with the reason if there is none."""
    _refuse_missing(path)
    with _container(path) as container:
        if not container.streams.audio:
            raise AudioError(path, "文件里没有声音轨", "请确认选对了文件,或重新导出带声音的录音")
        yield container, container.streams.audio[0]


def _container(path: Path) -> InputContainer:
    """Open it with FFmpeg; behind a foreign preamble the rest of the file. Raises `AudioError`."""
    import av

    container: InputContainer
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file,subfile"}
    before = sound_begins(path)
    for name in (f"subfile,,start,{before},end,0,,:{path}",) * (before > 0) + (f"file:{path}",):
        try:
            container = av.open(name, metadata_errors="ignore", options=options)
        except (av.error.FFmpegError, ValueError) as error:
            problem = error
        else:
            return container
    raise AudioError(path, *unreadable_because(path)) from problem


def describe(path: Path, container: InputContainer, stream: AudioStream) -> AudioInfo:
    """Put the header into words of our own. Raises `AudioError` for rates and channels beyond hearing."""
    name, codec = container.format.name, stream.codec_context
    if codec is None:
        raise AudioError(path, "声音的编码无法识别,可能是录音设备的私有编码或已加密", CONVERT, code="audio-encoding")
    rate, channels = codec.sample_rate or 0, codec.channels
    if channels > MOST_CHANNELS:
        cure = "请只导出通话双方的两个声道,或混合为单声道:ffmpeg -i 原文件 -ac 1 新文件.wav"
        raise AudioError(path, f"录音有 {channels} 个声道,最多支持 {MOST_CHANNELS} 个", cure)
    if rate not in RATES or channels < 1:
        raise AudioError(path, f"文件头不合理(采样率 {rate} Hz,{channels} 声道)", "文件可能已损坏,请重新导出录音")
    missing = 8 * missing_bytes(name, path) / (codec.bit_rate or container.bit_rate or _LEAST_RATE)
    seconds = _length(container) if states_its_length(name, path) else None
    return AudioInfo(
        container=name,
        codec=codec.name,
        sample_rate=rate,
        channels=channels,
        duration=seconds,
        complete=missing < LEAST_MISSING and (name != "ogg" or ogg_is_complete(path)),
    )


def _length(container: InputContainer) -> float | None:
    """Seconds from the first sample to the end. Matroska and ASF count them from zero, wherever the sound begins."""
    if not container.duration:
        return None
    before = container.start_time if container.format.name in _COUNTED_FROM_ZERO else None
    return (container.duration - max(0, before or 0)) / 1_000_000


def _refuse_missing(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise AudioError(path, "文件不存在或无法访问", "请检查路径和读取权限") from error
    if not path.is_file():
        raise AudioError(path, "这不是一个文件", "请给出录音文件的路径")
    if size == 0:
        raise AudioError(path, "文件是空的(0 字节)", "录音没有写入,请重新导出或检查录音设备", code="audio-empty")
