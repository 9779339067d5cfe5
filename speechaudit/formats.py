"""Files that people and programs exchange with us: metadata beside a recording, saved transcripts, audits, schemas."""

from __future__ import annotations

import json
import math
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, TypeAdapter, ValidationError, ValidationInfo
from pydantic.dataclasses import dataclass
from pydantic_core.core_schema import with_info_after_validator_function

from speechaudit.errors import InputError, SidecarError, TranscriptError, printable
from speechaudit.model import (
    LONGEST,
    Alternative,
    Aside,
    Audit,
    Call,
    CallFacts,
    Encounter,
    Leg,
    LegKind,
    MadeBy,
    Probe,
    Recording,
    Segment,
    Setting,
    Span,
    Tone,
    Transcript,
    facts_of,
    recording_with,
)
from speechaudit.text import file_name_form
from speechaudit.validation import field_of, meaning

AUDIT_SUFFIX = ".audit.json"
_MAX_JSON_BYTES = 64 * 1024 * 1024
_CHANNELS = range(2)
MOST_METADATA_BYTES = 1024 * 1024  # of a file beside a recording
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


NO_OTHER_KEYS = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class _QueueCall(BaseModel):
    """A call of the queue, as a recorder or a queue machine knows it."""

    model_config = NO_OTHER_KEYS

    at: Annotated[float, Field(ge=0, le=LONGEST)] | datetime = Field(
        description="叫号的时间:距录音开始的秒数,或 ISO 8601 时间"
    )
    number: Annotated[str, Field(max_length=200)] = Field(default="", description="叫到的号码")


class _Leg(BaseModel):
    """A party of a call, as a switch knows it."""

    model_config = NO_OTHER_KEYS

    kind: LegKind = Field(description="person 人,machine 自动语音,queue 排队")
    start: Annotated[float, Field(ge=0, le=LONGEST)] = Field(description="接通的时间,距录音开始的秒数")
    end: Annotated[float, Field(ge=0, le=LONGEST)] = Field(description="结束的时间,距录音开始的秒数")
    who: ShortText | None = Field(default=None, description="分机、工号或窗口")
    staff: ShortText | None = Field(default=None, description="接听人的工号")
    ring_seconds: Annotated[float, Field(ge=0, le=3600)] | None = Field(default=None, description="响铃的秒数")


def _calls(given: tuple[_QueueCall, ...], info: ValidationInfo) -> tuple[Call, ...]:
    """In order of time and in seconds of the recording; a call before it counts as its start."""
    started_at = info.data.get("started_at")
    calls = (Call(at=_seconds(call.at, started_at), number=call.number) for call in given)
    return tuple(sorted(calls, key=lambda call: call.at))


def _seconds(at: float | datetime, started_at: datetime | None) -> float:
    if not isinstance(at, datetime):
        return at
    if started_at is None or (at.tzinfo is None) != (started_at.tzinfo is None):
        cure = "请在 started_at 写明录音开始时间(时区要么都写,要么都不写),或把 at 写成距录音开始的秒数"
        raise ValueError(f"里的时刻无法换算到录音里。{cure}")
    if (seconds := (at - started_at).total_seconds()) > LONGEST:
        raise ValueError("里有一个时刻在录音开始的一周以后")
    return max(0.0, seconds)


def _legs(given: tuple[_Leg, ...], _info: ValidationInfo) -> tuple[Leg, ...]:
    if any(leg.start > leg.end for leg in given):
        raise ValueError("里有一段的结束早于开始")
    return tuple(sorted((Leg(**leg.model_dump()) for leg in given), key=lambda leg: (leg.start, leg.end)))


def _written_as(shape: Any, convert: Callable[[Any, ValidationInfo], object]) -> GetPydanticSchema:
    """Return the schema of a field that people write in another shape than it flows in."""
    return GetPydanticSchema(
        lambda _type, handler: with_info_after_validator_function(convert, handler.generate_schema(shape))
    )


def _of_facts(name: str) -> Any:
    """The same default, limits and description as in `CallFacts`."""
    fact = CallFacts.__dataclass_fields__[name]
    return Field(default=fact.default, **fact.metadata)


@dataclass(frozen=True, kw_only=True, config=NO_OTHER_KEYS)
class Metadata(CallFacts):
    """What may be known about a recording: the keys of `NAME.json` beside it and of a play's header."""

    staff: ShortText | None = Field(default=None, description="工作人员编号或工号")
    window: ShortText | None = Field(default=None, description="窗口名称")
    started_at: datetime | None = _of_facts("started_at")  # before the calls, which are set off against it
    calls: Annotated[tuple[Call, ...], _written_as(tuple[_QueueCall, ...], _calls)] = _of_facts("calls")
    legs: Annotated[tuple[Leg, ...], _written_as(tuple[_Leg, ...], _legs)] = _of_facts("legs")


@dataclass(frozen=True, kw_only=True, config=NO_OTHER_KEYS)
class SavedTranscript(Metadata):
    """A transcript as a file of its own: segments, and the same keys as the metadata beside a recording."""

    segments: tuple[Segment, ...]
    probes: tuple[Probe, ...] = ()
    duration: Annotated[float, Field(ge=0)] | None = None
    cut_off: bool = False
    tones: tuple[Tone, ...] = ()
    gaps: tuple[Span, ...] = ()
    music: tuple[Span, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    made_by: MadeBy | None = None
    file: str | None = None


def sidecar_of(recording: Path) -> Path:
    """Return the path of the metadata beside a recording: `NAME.json`, in any case, width and Unicode form."""
    usual = recording.with_suffix(".json")
    if is_there(usual):
        return usual
    with suppress(OSError):
        return _json_files(recording.parent, recording.parent.stat().st_mtime_ns).get(
            file_name_form(recording.stem), usual
        )
    return usual


def is_there(path: Path) -> bool:
    """Return whether there is such a file; a name that no disk takes, such as NAME.json may be, is of none."""
    with suppress(OSError):
        return path.is_file()
    return False


@lru_cache(maxsize=4)
def _json_files(folder: Path, _changed: int) -> dict[str, Path]:
    """The JSON files of a folder by their names; read again when it changes."""
    return {file_name_form(each.stem): each for each in sorted(folder.iterdir()) if each.suffix.lower() == ".json"}


def read_sidecar(path: Path) -> Metadata:
    """Read the metadata beside a recording; nothing known if there is no such file. Raises SidecarError."""
    if not is_there(path):
        return Metadata()
    return metadata_of_json(read_text(path, MOST_METADATA_BYTES), path)


def metadata_of_json(text: str | bytes, where: object) -> Metadata:
    """Read the file beside a recording. Raises SidecarError."""
    try:
        known = _METADATA().validate_json(text, strict=True)
        check_json(text)
    except AmbiguousJsonError as problem:
        raise SidecarError(where, str(problem), "请改正") from problem
    except ValidationError as problem:
        raise SidecarError(where, *_complaint(problem)) from problem
    return known


class AmbiguousJsonError(ValueError):
    """JSON that does not say one thing: a key stands twice in an object, or a number is none. Its text is Chinese."""


def check_json(text: str | bytes) -> None:
    """Check JSON that pydantic took: of two keys the last one, NaN as a number. Raises AmbiguousJsonError."""
    json.loads(
        text, object_pairs_hook=_each_key_once, parse_int=str, parse_float=_finite, parse_constant=_finite
    )  # 5,000 digits stay text


def _each_key_once(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise AmbiguousJsonError(f"“{key[:40]}”写了两次")
        seen.add(key)


def _finite(number: str) -> float:
    if math.isfinite(found := float(number)):
        return found
    raise AmbiguousJsonError(f"“{number[:40]}”不是数字")


def metadata_of_header(header: Mapping[str, str], where: object) -> Metadata:
    """Read the header of a play, whose values are all text. Raises TranscriptError."""
    try:
        return _METADATA().validate_strings(dict(header))
    except ValidationError as problem:
        raise TranscriptError(where, *_complaint(problem)) from problem


def recording_of(file: str, known: Metadata, setting: Setting | None, staff_channel: int | None) -> Recording:
    """Return a recording with its metadata; the command line wins. Without any word on it, the setting is counter."""
    channel = known.staff_channel if staff_channel is None else staff_channel
    facts = replace(facts_of(known), setting=setting or known.setting, staff_channel=channel)
    return recording_with(facts, file=printable(file), staff=known.staff, window=known.window)


def read_transcript(path: Path) -> SavedTranscript:
    """Read a saved transcript, or the transcripts inside a saved audit. Raises TranscriptError."""
    text = read_text(path)
    try:
        audited = '"encounters"' in text
        saved = _transcript_of(_AUDIT().validate_json(text)) if audited else _SAVED().validate_json(text)
        check_json(text)
    except AmbiguousJsonError as problem:
        raise TranscriptError(path, str(problem), "请改正") from problem
    except ValidationError as problem:
        raise TranscriptError(path, *_complaint(problem)) from problem
    if told := next(_impossible(saved), None):
        cure = f"时间单位是秒,0 ≤ start ≤ end ≤ {LONGEST};声道是 0 或 1;把握在 0 和 1 之间"
        raise TranscriptError(path, told, cure)
    return saved


def _impossible(saved: SavedTranscript) -> Iterator[str]:
    """Yield what no hearing can have found: times out of order, channels and shares that there are not."""
    for number, segment in enumerate(saved.segments, 1):
        if not all(map(_in_time, (segment, *segment.words))):
            yield f"第{number}句的时间不合理({segment.start}–{segment.end})"
        if segment.channel not in _CHANNELS:
            yield f"第{number}句的 channel 是 {segment.channel}"
        shares = (
            segment.confidence,
            segment.role_confidence,
            segment.overlapped,
            *(w.confidence for w in segment.words),
        )
        if not all(0 <= share <= 1 for share in shares if share is not None):
            yield f"第{number}句的 confidence 或 overlapped 不在 0 和 1 之间"
    if (saved.duration or 0.0) > LONGEST:
        yield "duration 超过一周"
    for name in ("probes", "tones", "gaps", "music", "alternatives"):
        if not all(map(_in_time, getattr(saved, name))):
            yield f"{name} 里有不合理的时间"


def _in_time(span: Span) -> bool:
    return 0 <= span.start <= span.end <= LONGEST


def _transcript_of(audit: Audit) -> SavedTranscript:
    known = {f.name: getattr(audit.recording, f.name) for f in fields(Recording)}
    parts: list[Encounter | Aside] = [*audit.encounters, *audit.asides]
    parts.sort(key=lambda part: (part.start, part.end))
    segments = tuple(s for part in parts for s in part.transcript.segments)
    probes = tuple(p for part in parts for p in part.transcript.probes)
    cut_off = any(part.transcript.cut_off for part in parts)
    known |= {"duration": audit.duration, "made_by": audit.made_by, "cut_off": cut_off}
    known["tones"] = tuple(tone for part in parts for tone in part.transcript.tones)
    known["alternatives"] = tuple(other for part in parts for other in part.transcript.alternatives)
    known["gaps"] = tuple(dict.fromkeys(gap for part in parts for gap in part.transcript.gaps))
    known["music"] = tuple(dict.fromkeys(played for part in parts for played in part.transcript.music))
    for name, shape in (("calls", _QueueCall), ("legs", _Leg)):
        known[name] = tuple(shape(**asdict(each)) for each in known[name])
    return SavedTranscript(segments=segments, probes=probes, **known)


@cache
def _METADATA() -> TypeAdapter[Metadata]:  # noqa: N802 as below
    return TypeAdapter(Metadata)


@cache
def _SAVED() -> TypeAdapter[SavedTranscript]:  # noqa: N802 as below
    return TypeAdapter(SavedTranscript)


@cache
def _AUDIT() -> TypeAdapter[Audit]:  # noqa: N802 a constant that is dear to build
    return TypeAdapter(Audit)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of an audit."""
    return _AUDIT().json_schema(mode="serialization")


def dump(value: Audit) -> str:
    """Return an audit as one line of JSON."""
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
    """Return the error for a file or folder that cannot be written."""
    return InputError(path, f"无法写入({problem.strerror})", "请检查磁盘空间和文件夹权限")


def read_audit(path: Path) -> Audit:
    """Read a saved audit. Raises InputError if the file is none."""
    text = read_text(path)
    try:
        audit = _AUDIT().validate_json(text)
        check_json(text)
    except AmbiguousJsonError as problem:
        raise InputError(path, str(problem), "请改正,或重新稽核") from problem
    except ValidationError as problem:
        raise InputError(path, *_complaint(problem)) from problem
    return audit


def read_text(path: Path, most: int = _MAX_JSON_BYTES) -> str:
    """Read a text file written by hand, of `most` bytes.

    Raises InputError if it is not UTF-8, longer, or no file (a pipe, a device).
    """
    try:
        return _bounded(path, most).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(path, "不是 UTF-8 文本", "请以 UTF-8 编码另存为") from problem


def _at_once(path: str, flags: int) -> int:
    """Open without waiting until somebody writes into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _bounded(path: Path, most: int) -> bytes:
    try:
        with open(path, "rb", opener=_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise InputError(path, "是管道或设备,不是文件", "请给出存好的文件")
            # Some files claim to have no bytes (/proc), others grow while they are read.
            if found.st_size > most or len(content := file.read(most + 1)) > most:
                raise InputError(path, f"文件超过 {most >> 20} MB", "请检查是不是选错了文件")
            return content
    except OSError as problem:
        raise InputError(path, f"无法读取({problem.strerror})", "请检查文件是否存在、是否有权限") from problem


def _complaint(problem: ValidationError) -> tuple[str, str]:
    """All complaints of pydantic as (problem, cure)."""
    parts = [f"“{field_of(error['loc'])}”{meaning(error, with_value=True)}" for error in problem.errors()]
    return ";".join(parts[:5]), f"可用的键和类型见 docs/formats.md({'、'.join(each.name for each in fields(Metadata))})"


def transcript_of(saved: SavedTranscript) -> Transcript:
    """Return the transcript without its metadata, in order of time."""
    segments = tuple(sorted(saved.segments, key=lambda s: (s.start, s.end)))
    end = max((s.end for s in segments), default=0.0)
    duration = max(saved.duration or 0.0, end)
    kept = {field.name: getattr(saved, field.name) for field in fields(Transcript)}
    return Transcript(**kept | {"segments": segments, "duration": duration})
