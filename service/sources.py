"""Where recordings come from by themselves: one `[[intake]]` table of the settings for each recorder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Annotated, Final, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.errors import RequestError
from speechaudit.model import Setting
from speechaudit.validation import field_of, meaning

Kind = Literal["sidecar", "name", "asterisk", "freeswitch", "box", "tencent"]
# What recorders may tell, under our names; docs/recorders.md explains them.
FieldName = Literal[
    "setting",
    "staff",
    "window",
    "extension",
    "caller",
    "callee",
    "number",
    "direction",
    "result",
    "call_id",
    "file",
    "date",
    "time",
    "started_at",
    "ring_at",
    "answered_at",
    "ended_at",
    "ring_seconds",
    "queue_seconds",
    "transferred_to",
    "ended_by",
    "staff_channel",
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
FIELDS: Final[tuple[str, ...]] = get_args(FieldName)
WITH_LOG: Final = frozenset({"asterisk", "freeswitch", "box", "tencent"})
# How the files of a switch are named where nothing else is set: by the number of the call.
_PATTERNS: Final[Mapping[str, str]] = {
    "asterisk": r"(?:^|[-_])(?P<call_id>\d{9,11}\.\d+)(?=\.\w+$)",
    "freeswitch": r"(?P<call_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
    "tencent": r"(?P<call_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
}


# How people call them where they write down how files are named.
_CALLED: Final[Mapping[str, FieldName]] = {
    "场景": "setting",
    "工号": "staff",
    "窗口": "window",
    "分机": "extension",
    "主叫": "caller",
    "被叫": "callee",
    "号码": "number",
    "方向": "direction",
    "编号": "call_id",
    "日期": "date",
    "时间": "time",
}
_OF_DIGITS: Final[Mapping[str, str]] = {
    "date": r"\d{4}[-._]?\d{2}[-._]?\d{2}",
    "time": r"\d{2}[-._]?\d{2}[-._]?\d{2}",
    "started_at": r"\d{10,14}",
}
_PIECES: Final = re.compile(r"\{([^{}]*)\}|(\*)")
_OPTIONAL: Final = r"(?:\.(?:[A-Za-z]\w{0,4}|3gp))?"
_SUFFIX: Final = re.compile(r"\.(?:[A-Za-z]\w{0,4}|3gp)$")
_MOST_STARS: Final = 2


def pattern_of(names: str) -> str:
    """Return the pattern of file names that are told as `{分机}-{日期}-{时间}`; `*` is anything, a suffix is left out.

    However it is written, no name takes long to compare. Raises ValueError, in Chinese.
    """
    pieces = _PIECES.split(_SUFFIX.sub("", names))
    found: list[str] = []
    for at in range(0, len(pieces) - 1, 3):
        literal, field, after = pieces[at], pieces[at + 1], pieces[at + 3]
        found += (re.escape(literal), _piece(field, after, last=at + 4 >= len(pieces)))
    if names.count("*") > _MOST_STARS:
        raise ValueError(f"* 最多写 {_MOST_STARS} 个")
    if "{" in "".join(pieces[::3]) or "(?P<" not in "".join(found):
        raise ValueError("至少写一项,各项写在花括号里,例如 {分机}-{日期}-{时间}")
    return f"^{''.join(found)}{re.escape(pieces[-1])}{_OPTIONAL}$"


def _piece(field: str | None, after: str, *, last: bool) -> str:
    """Return the pattern of one field, or of a star, by what stands behind it."""
    if field is None:
        return ".*?"
    name = _CALLED.get(field.strip(), field.strip())
    if name not in FIELDS:
        raise ValueError(f"“{field}”不认识,可用的有 {'、'.join((*_CALLED, *FIELDS))}")
    if name in _OF_DIGITS:
        return f"(?P<{name}>{_OF_DIGITS[name]})"
    if not after and not last:
        raise ValueError(f"“{field}”后面要有分隔的字,例如 -")
    return f"(?P<{name}>[^{re.escape(after[:1])}]{{1,80}})" if after else f"(?P<{name}>.{{1,80}}?)"


def _names(text: str) -> str:
    try:
        re.compile(pattern_of(text))
    except re.error as problem:
        raise ValueError("一项写了两次") from problem
    return text


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("不是时区名,例如 Asia/Shanghai 或 UTC")
    return name


def _pattern(text: str) -> str:
    try:
        groups = set(re.compile(text).groupindex)
    except re.error as problem:
        raise ValueError(f"不是正确的正则表达式:{problem}") from problem
    if wrong := groups - set(FIELDS):
        raise ValueError(f"命名组 {'、'.join(sorted(wrong))} 不认识,可用的有 {'、'.join(FIELDS)}")
    return text


class Source(BaseModel):
    """One recorder. `folder` is watched; without it recordings only come by push."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    kind: Kind
    setting: Setting
    folder: Path | None = None
    log: str | None = None
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    names: Annotated[str, Field(max_length=200), AfterValidator(_names)] | None = None
    fields: dict[str, FieldName] = {}
    window: str | None = None
    prefix: str = ""
    timezone: Annotated[str, AfterValidator(_timezone)] | None = None
    caller_channel: Literal[0, 1] | None = None
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 10
    wait_minutes: Annotated[float, Field(ge=0, le=1440)] = 10
    # Below eight hours: a clock in UTC instead of Beijing time is noticed.
    clock_hours: Annotated[float, Field(gt=0)] = 6

    @model_validator(mode="after")
    def _complete(self) -> Source:
        if self.kind == "name" and not (self.pattern or self.names):
            raise ValueError(f"来源 {self.name}:kind 为 name 时必须写 names 或 pattern")
        if self.pattern and self.names:
            raise ValueError(f"来源 {self.name}:names 和 pattern 只写一项")
        if self.kind in WITH_LOG and self.folder and not self.log:
            raise ValueError(f"来源 {self.name}:kind 为 {self.kind} 时必须写 log(通话记录文件)")
        return self

    @property
    def named(self) -> re.Pattern[str] | None:
        """What file names tell, as a pattern with named groups."""
        text = pattern_of(self.names) if self.names else self.pattern or _PATTERNS.get(self.kind)
        return re.compile(text) if text else None

    @property
    def clock(self) -> timedelta:
        """How far times of the same call may lie apart."""
        return timedelta(hours=self.clock_hours)

    def zone(self, centre: ZoneInfo) -> ZoneInfo:
        """Return the zone of its times: that of the centre, if nothing else is set."""
        return ZoneInfo(self.timezone) if self.timezone else centre


def of_values(values: Mapping[str, object]) -> Source:
    """Return the source that a person describes. Raises RequestError for the first value that does not fit."""
    try:
        return Source.model_validate(values)
    except ValidationError as problem:
        error = problem.errors()[0]
        where = field_of(error["loc"]) if error["loc"] else "来源"
        raise RequestError(where, meaning(error), "写法见 docs/recorders.md") from problem


def draft(values: Mapping[str, object]) -> Source:
    """Return a source to look at a sample with: setting and log, where they are not told, matter nothing there."""
    return of_values({"setting": "phone", "log": "*"} | dict(values))


def placed(source: Source, roots: Sequence[Path], data: Path) -> Source:
    """Return the source with its folder as it really lies, for a source that the settings file does not name.

    Whoever names a folder makes the service read, move and show what lies there: so only what is below a folder of the
    setting `intake_folders` may be named, links followed, and never the data of the service. Raises RequestError.
    """
    if source.folder is None:
        if source.log is not None:
            raise RequestError("log", "没有文件夹,就不读通话记录", "请去掉 log,或写 folder")
        return source
    if not roots:
        raise RequestError("folder", "还没有允许在网页上设置监视的文件夹", _ALLOW)
    place = source.folder.resolve()
    if not source.folder.is_absolute() or not below(place, roots):
        allowed = "、".join(map(str, roots))
        raise RequestError("folder", f"不在允许的文件夹里({allowed})", f"请选其中的一个文件夹;{_ALLOW}")
    if not place.is_dir():
        raise RequestError("folder", "没有这个文件夹", "请先在服务器上建立,或检查写法")
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        raise RequestError("folder", "服务没有读写的权限", "请把文件夹的权限给运行服务的用户,见 docs/recorders.md")
    if place.is_relative_to(data.resolve()) or data.resolve().is_relative_to(place):
        raise RequestError("folder", "是服务自己的数据文件夹", "请另选一个")
    _log_below(source.log, roots)
    return source.model_copy(update={"folder": place})


_ALLOW: Final = '在设置文件里写 intake_folders,例如 ["/srv/recordings"],然后重新启动服务'


def below(place: Path, roots: Iterable[Path]) -> bool:
    """Return whether a place, whose links were followed, lies in one of these folders or is one of them."""
    return any(place.is_relative_to(root.resolve()) for root in roots)


def _log_below(log: str | None, roots: Sequence[Path]) -> None:
    pattern = PurePath(log or "")
    fixed = tuple(takewhile(lambda part: not set("*?[") & set(part), pattern.parts))
    if ".." in pattern.parts or (pattern.is_absolute() and not below(Path(*fixed).resolve(), roots)):
        raise RequestError("log", "不在允许的文件夹里", f"请写 folder 里的文件,例如 *.csv;{_ALLOW}")
