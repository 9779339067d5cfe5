"""Files that people and programs exchange with us: metadata beside a recording, saved transcripts, audits, schemas."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from speechaudit.errors import InputError, SidecarError, TranscriptError, printable
from speechaudit.model import (
    Aside,
    Audit,
    Call,
    Direction,
    Encounter,
    MadeBy,
    Probe,
    Recording,
    Segment,
    Setting,
    Transcript,
)

AUDIT_SUFFIX = ".audit.json"
_MAX_JSON_BYTES = 64 * 1024 * 1024
_LONGEST = 7 * 24 * 3600  # seconds; no recording lasts longer
Known = Annotated[str, Field(min_length=1, max_length=200)]


class QueueCall(BaseModel):
    """A call of the queue, as a recorder or a queue machine knows it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    at: Annotated[float, Field(ge=0, le=_LONGEST)] | datetime = Field(
        description="叫号的时间:距录音开始的秒数,或 ISO 8601 时间"
    )
    number: Annotated[str, Field(max_length=200)] = Field(default="", description="叫到的号码")


class Metadata(BaseModel):
    """What may be known about a recording: the keys of `NAME.json` beside it and of a play's header."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    setting: Setting | None = Field(default=None, description="场景:phone 电话,counter 柜台")
    staff: Known | None = Field(default=None, description="工作人员编号或工号")
    window: Known | None = Field(default=None, description="窗口名称")
    started_at: datetime | None = Field(default=None, description="开始时间,ISO 8601,例如 2026-03-02T09:15:00+08:00")
    ring_seconds: Annotated[float, Field(ge=0, le=3600)] | None = Field(default=None, description="接听前响铃的秒数")
    staff_channel: Annotated[int, Field(ge=0, le=1)] | None = Field(
        default=None, description="工作人员所在声道:0 左,1 右"
    )
    direction: Direction | None = Field(default=None, description="通话方向:in 呼入,out 呼出")
    calls: tuple[QueueCall, ...] = Field(default=(), description="叫号机的叫号记录,用来分开一次次服务")
    extras: dict[str, str] = Field(default={}, description="其他信息,原样保留在结果里")


class SavedTranscript(Metadata):
    """A transcript as a file of its own: segments, and the same keys as the metadata beside a recording."""

    segments: tuple[Segment, ...]
    probes: tuple[Probe, ...] = ()
    duration: Annotated[float, Field(ge=0)] | None = None
    cut_off: bool = False
    made_by: MadeBy | None = None
    file: str | None = None


def sidecar_of(recording: Path) -> Path:
    """Where the metadata of a recording lie: `NAME.json` beside `NAME.wav`."""
    return recording.with_suffix(".json")


def read_sidecar(path: Path) -> Metadata:
    """Read the metadata beside a recording; nothing known if there is no such file. Raises SidecarError."""
    if not path.is_file():
        return Metadata()
    try:
        return Metadata.model_validate_json(read_text(path), strict=True)
    except ValidationError as problem:
        raise SidecarError(path, *_complaint(problem)) from problem


def metadata_of_header(header: Mapping[str, str], where: object) -> Metadata:
    """The header of a play, whose values are all text. Raises TranscriptError."""
    try:
        return Metadata.model_validate_strings(dict(header))
    except ValidationError as problem:
        raise TranscriptError(where, *_complaint(problem)) from problem


def recording_of(file: str, known: Metadata, setting: Setting | None, staff_channel: int | None) -> Recording:
    """A recording with its metadata; the command line wins. Without any word on it, the setting is counter.

    Raises SidecarError where calls of the queue have clock times that cannot be set off against `started_at`.
    """
    return Recording(
        file=printable(file),
        setting=setting or known.setting or "counter",
        staff=known.staff,
        window=known.window,
        started_at=known.started_at,
        ring_seconds=known.ring_seconds,
        staff_channel=known.staff_channel if staff_channel is None else staff_channel,
        direction=known.direction,
        calls=calls_of(file, known),
        extras=known.extras,
    )


def calls_of(file: str, known: Metadata) -> tuple[Call, ...]:
    """The calls of the queue in order, in seconds of the recording; one before it counts as its start.

    Raises SidecarError where clock times cannot be set off against `started_at`.
    """
    calls = (Call(at=_seconds(file, call.at, known.started_at), number=call.number) for call in known.calls)
    return tuple(sorted(calls, key=lambda call: call.at))


def _seconds(file: str, at: float | datetime, started_at: datetime | None) -> float:
    if not isinstance(at, datetime):
        return at
    if started_at is None or (at.tzinfo is None) != (started_at.tzinfo is None):
        cure = "请在 started_at 写明录音开始时间(时区要么都写,要么都不写),或把 at 写成距录音开始的秒数"
        raise SidecarError(file, "“calls”里的时刻无法换算到录音里", cure)
    return max(0.0, (at - started_at).total_seconds())


def read_transcript(path: Path) -> SavedTranscript:
    """A saved transcript, or the transcripts inside a saved audit. Raises TranscriptError."""
    text = read_text(path)
    try:
        audited = '"encounters"' in text
        saved = _transcript_of(_AUDIT().validate_json(text)) if audited else SavedTranscript.model_validate_json(text)
    except ValidationError as problem:
        raise TranscriptError(path, *_complaint(problem)) from problem
    for number, segment in enumerate(saved.segments, 1):
        if not all(0 <= span.start <= span.end <= _LONGEST for span in (segment, *segment.words)):
            cure = f"时间单位是秒,应为 0 ≤ start ≤ end ≤ {_LONGEST}"
            raise TranscriptError(path, f"第{number}句的时间不合理({segment.start}–{segment.end})", cure)
    return saved


def _transcript_of(audit: Audit) -> SavedTranscript:
    known = {f.name: getattr(audit.recording, f.name) for f in fields(Recording)}
    parts: list[Encounter | Aside] = [*audit.encounters, *audit.asides]
    parts.sort(key=lambda part: (part.start, part.end))
    segments = tuple(s for part in parts for s in part.transcript.segments)
    probes = tuple(p for part in parts for p in part.transcript.probes)
    cut_off = any(encounter.transcript.cut_off for encounter in audit.encounters)
    known |= {"duration": audit.duration, "made_by": audit.made_by, "cut_off": cut_off}
    known |= {"calls": tuple(QueueCall(at=call.at, number=call.number) for call in audit.recording.calls)}
    return SavedTranscript(segments=segments, probes=probes, **known)


@cache
def _AUDIT() -> TypeAdapter[Audit]:  # noqa: N802 a constant that is dear to build
    return TypeAdapter(Audit)


def schema() -> dict[str, Any]:
    """The JSON Schema of an audit."""
    return _AUDIT().json_schema(mode="serialization")


def dump(value: Audit) -> str:
    """An audit as one line of JSON."""
    return _AUDIT().dump_json(value).decode()


def save(audit: Audit, path: Path) -> None:
    """Write an audit so that a crash leaves either the old file or the new one. Raises InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            new = Path(folder) / "new"
            new.write_bytes(_AUDIT().dump_json(audit, indent=1))
            new.replace(path)
    except OSError as problem:
        raise unwritable(path, problem) from problem


def check_writable(folder: Path) -> None:
    """Make the folder if need be, and try to write there. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as problem:
        raise unwritable(folder, problem) from problem


def unwritable(path: Path, problem: OSError) -> InputError:
    """The error for a file or folder that cannot be written."""
    return InputError(path, f"无法写入({problem.strerror})", "请检查磁盘空间和文件夹权限")


def read_audit(path: Path) -> Audit:
    """Raises InputError if the file is not an audit."""
    try:
        return _AUDIT().validate_json(read_text(path))
    except ValidationError as problem:
        raise InputError(path, *_complaint(problem)) from problem


def read_text(path: Path) -> str:
    """A text file written by hand. Raises InputError if it is not UTF-8."""
    try:
        return _bounded(path).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(path, "不是 UTF-8 文本", "请以 UTF-8 编码另存为") from problem


def _bounded(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise InputError(path, "文件超过 64 MB", "请检查是不是选错了文件")
        return path.read_bytes()
    except OSError as problem:
        raise InputError(path, f"无法读取({problem.strerror})", "请检查文件是否存在、是否有权限") from problem


_MEANINGS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项,可能拼错了",
    "json_invalid": "不是正确的 JSON",
    "literal_error": "取值不在允许的范围内",
    "model_type": "应为对象 {…}",
    "dataclass_type": "应为对象 {…}",
}


def _complaint(problem: ValidationError) -> tuple[str, str]:
    """All complaints of pydantic as (problem, cure)."""
    parts = []
    for error in problem.errors():
        field = ".".join(str(part) for part in error["loc"]) or "全文"
        parts.append(f"“{field}”{_MEANINGS.get(error['type'], _translated(error))}")
    return ";".join(parts[:5]), f"可用的键和类型见 docs/formats.md({'、'.join(Metadata.model_fields)})"


def _translated(error: Any) -> str:
    kind = error["type"].split("_")[0]
    wanted = {"string": "文字", "float": "数字", "int": "整数", "datetime": "ISO 8601 时间", "dict": "对象"}.get(kind)
    return f"应为{wanted},实为 {error['input']!r}" if wanted else f"不正确:{error['msg']}"


def transcript_of(saved: SavedTranscript) -> Transcript:
    """The transcript without its metadata, in order of time."""
    segments = tuple(sorted(saved.segments, key=lambda s: (s.start, s.end)))
    end = max((s.end for s in segments), default=0.0)
    duration = max(saved.duration or 0.0, end)
    return Transcript(segments=segments, duration=duration, probes=saved.probes, cut_off=saved.cut_off)
