"""Plays: encounters written down by hand, as text.

    setting: phone
    ring_seconds: 6
    staff @0.5-3.9: 您好,这里是不动产登记窗口,请讲。
    citizen @4.5-9.0: 我想问一下过户要带什么。

Header lines are the keys of the metadata beside a recording (docs/formats.md). Times are seconds. All turns have them,
or none: then each turn follows the one before after half a second, at four characters a second. In a play with times,
`staff:` without one is the header that names who served. `machine` is an announcement. `#` begins a comment line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from speechaudit.errors import TranscriptError
from speechaudit.model import LONGEST, Role, Segment, Setting, Transcript
from speechaudit.reasons import because

_TURN = re.compile(r"(staff|citizen|machine|unknown)\s*(?:@\s*([\d.]+)\s*-\s*([\d.]+)\s*)?[:\uff1a]\s*(.*)")
_TIMED = re.compile(r"(staff|citizen|machine|unknown)\s*@")
_HEADER = re.compile(r"([a-z_]+)\s*[:\uff1a]\s*(.*)")
_PAUSE = 0.5
_CHARACTERS_PER_SECOND = 4.0
STATED = (because("stated"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """The header as written, and the transcript."""

    header: dict[str, str]
    transcript: Transcript

    @property
    def setting(self) -> Setting:
        """The setting that the header names; counter without a word on it."""
        return "phone" if self.header.get("setting") == "phone" else "counter"


def parse(text: str, where: str = "play") -> Play:
    """Read a play. Raises TranscriptError with the line number."""
    header: dict[str, str] = {}
    segments: list[Segment] = []
    lines = tuple(_lines(text))
    turn = _TIMED if any(_TIMED.match(line) for _, line in lines) else _TURN
    for number, line in lines:
        place = f"{where} 第{number}行"
        if turn.match(line):
            segments.append(_segment(line, segments[-1].end if segments else 0.0, place))
        elif (match := _HEADER.fullmatch(line)) and not segments:
            if match[1] in header:
                raise TranscriptError(place, f"“{match[1]}”写了两次", "请删去一行")
            header[match[1]] = match[2].strip()
        else:
            raise TranscriptError(place, "看不懂这一行", "应为“staff @0.5-3.9: 您好”或写在最前面的“setting: phone”")
    if not segments:
        raise TranscriptError(where, "里面没有一句话", "请加上“staff @0.5-3.9: 您好”这样的行")
    ordered = tuple(sorted(segments, key=lambda s: (s.start, s.end)))
    return Play(header=header, transcript=Transcript(segments=ordered, duration=max(s.end for s in ordered)))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _segment(line: str, previous_end: float, place: str) -> Segment:
    match = _TURN.fullmatch(line)
    if not match or not match[4].strip():
        raise TranscriptError(place, "这一句写得不完整", "应为“staff @0.5-3.9: 您好”")
    role, text = _role(match[1]), match[4].strip()
    start, end = _times(match[2], match[3], previous_end, text, place)
    return Segment(
        start=start,
        end=end,
        text=text,
        role=role,
        role_confidence=None if role == "unknown" else 1.0,
        role_reasons=STATED,
    )


def _role(name: str) -> Role:
    stated: tuple[Role, ...] = ("staff", "citizen", "machine")
    return next((role for role in stated if role == name), "unknown")


def _times(start: str | None, end: str | None, previous_end: float, text: str, place: str) -> tuple[float, float]:
    if start is None or end is None:
        begin = previous_end + (_PAUSE if previous_end else 0.0)
        return begin, begin + len(text) / _CHARACTERS_PER_SECOND
    try:
        begin, finish = float(start), float(end)
    except ValueError as problem:
        raise TranscriptError(place, f"时间“{start}-{end}”不是数字", "应为“@0.5-3.9”,单位是秒") from problem
    if finish < begin:
        raise TranscriptError(place, f"时间“{start}-{end}”的结束早于开始", "请改正时间")
    if finish > LONGEST:
        raise TranscriptError(place, f"时间“{start[:20]}-{end[:20]}”超过一周", "单位是秒,从录音开始数")
    return begin, finish
