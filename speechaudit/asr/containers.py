"""Facts that lie in the bytes of a file and that the decoder does not tell: completeness, and what strangers are."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

_HEAD = 1 << 16
_LONGEST_PREAMBLE = 1 << 20  # bytes that a recorder may write of its own before the sound begins
_UNSTATED = (-1, 0, 0xFFFFFFFF, 0x7FFFFFFF)  # recorders that stream write one of these in place of a length
_MOST_CHUNKS = 1_000
_STATING = {"w64", "flac", "asf", "aiff", "au", "caf", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"}
_STRANGERS = {
    b"PK\x03\x04": "压缩包或 Office 文档",
    b"%PDF": "PDF 文档",
    b"\x89PNG": "PNG 图片",
    b"\xff\xd8\xff": "JPEG 图片",
    b"GIF8": "GIF 图片",
    b"Rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "gzip 压缩包",
    b"MZ": "Windows 程序",
    b"\x7fELF": "Linux 程序",
    b"SQLite format": "数据库文件",
    b"\xd0\xcf\x11\xe0": "旧版 Office 文档",
    b"#EXTM3U": "播放列表",
}
_BEGINS = re.compile(rb"(?:RIFF|RF64|RIFX)....WAVE|fLaC\0\0\0\x22|OggS\0\x02|#!AMR(?:-WB)?\n", re.DOTALL)
_SOUND = (b"RIFF", b"RIFX", b"fLaC", b"OggS", b"ID3", b"\x1aE\xdf\xa3", b"0&\xb2u", b"#!AMR", b"caff", b"FORM", b".snd")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunks:
    """How a format writes its chunks: `before` the first, `head` as `struct` reads it, bodies `aligned` to bytes."""

    magics: tuple[bytes, ...]
    before: int
    head: str
    aligned: int = 1
    counts_head: bool = False

    def read(self, head: bytes) -> tuple[bytes, int]:
        """Return the name and the length of the body; a length below zero where there is no chunk."""
        if len(head) < struct.calcsize(self.head):
            return b"", -1
        name, length = struct.unpack(self.head, head)
        return name, length - len(head) * self.counts_head


_CHUNKS = {
    "wav": _Chunks(magics=(b"RIFF",), before=12, head="<4sI", aligned=2),
    "w64": _Chunks(magics=(b"riff",), before=40, head="<16sq", aligned=8, counts_head=True),
    "caf": _Chunks(magics=(b"caff",), before=8, head=">4sq"),
}


def sound_begins(path: Path) -> int:
    """Return the bytes before the sound: an ID3 tag, or what a recorder wrote of its own; 0 if none are known.

    Archives and documents that hold a sound somewhere are none.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if _BEGINS.match(head) or head.startswith(tuple(_STRANGERS)):
            return 0
        found = _BEGINS.search(head + file.read(_LONGEST_PREAMBLE - _HEAD))
    return found.start() if found else 0


def states_its_length(container: str, path: Path) -> bool:
    """Return whether the header states the duration; elsewhere the decoder only estimates it from the bit rate."""
    if container == "mp3":
        head = _head(path)
        return b"Xing" in head or b"Info" in head or b"VBRI" in head
    return container in _STATING


def missing_bytes(container: str, path: Path) -> int:
    """Return how many bytes of the sound's chunk are declared and not there; 0 where the format declares none."""
    layout = _CHUNKS.get(container)
    if layout is None:
        return 0
    size, at = path.stat().st_size, sound_begins(path)
    with path.open("rb") as file:
        file.seek(at)
        if file.read(4) not in layout.magics:
            return 0
        at += layout.before
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(struct.calcsize(layout.head))
            name, length = layout.read(head)
            at += len(head)
            if name.startswith(b"data"):
                return 0 if length in _UNSTATED else max(0, at + length - size)
            if length < 0 or at + length > size:
                return 0
            at += -(-length // layout.aligned) * layout.aligned
    return 0


def ogg_is_complete(path: Path) -> bool:
    """Return whether the last page carries the end-of-stream flag (RFC 3533, section 6)."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2 * _HEAD))
        tail = file.read()
    last = tail.rfind(b"OggS")
    return last >= 0 and len(tail) > last + 5 and bool(tail[last + 5] & 4)


def unreadable_because(path: Path) -> tuple[str, str]:
    """Return the problem and the cure, in Chinese, for a file that no decoder opens."""
    head = _head(path)
    again = "请重新导出录音"
    if not head.strip(b"\0"):
        return "文件内容全是零,录音没有真正写入", "请检查录音设备的磁盘,并重新导出"
    for magic, name in _STRANGERS.items():
        if head.startswith(magic):
            return f"这不是录音,而是{name}", "请确认选对了文件;压缩包请先解压"
    if head.startswith(_SOUND) or head[4:8] == b"ftyp":
        return "录音文件已损坏或不完整,读不出声音", again
    if _is_text(head):
        return "这不是录音,而是文本文件", "请确认选对了文件"
    return "认不出的格式,可能已加密,或是录音设备的私有格式", "请用录音设备自带的软件解密或导出为 wav 或 mp3 后重试"


def _is_text(head: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        text = head[: len(head) - 4 if len(head) == _HEAD else None].decode(encoding, errors="ignore")
        if len(text.encode(encoding)) > 0.99 * len(head) and sum(
            c.isprintable() or c.isspace() for c in text
        ) > 0.99 * len(text):
            return True
    return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)
