"""Where recordings come from by themselves: one `[[intake]]` table of the settings for each recorder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from speechaudit.model import Setting

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
FIELDS: Final[tuple[str, ...]] = get_args(FieldName)
WITH_LOG: Final = frozenset({"asterisk", "freeswitch", "box", "tencent"})
# How the files of a switch are named where nothing else is set: by the number of the call.
_PATTERNS: Final[Mapping[str, str]] = {
    "asterisk": r"(?:^|[-_])(?P<call_id>\d{9,11}\.\d+)(?=\.\w+$)",
    "freeswitch": r"(?P<call_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
    "tencent": r"(?P<call_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
}


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
        if self.kind == "name" and not self.pattern:
            raise ValueError(f"来源 {self.name}:kind 为 name 时必须写 pattern")
        if self.kind in WITH_LOG and self.folder and not self.log:
            raise ValueError(f"来源 {self.name}:kind 为 {self.kind} 时必须写 log(通话记录文件)")
        return self

    @property
    def named(self) -> re.Pattern[str] | None:
        """What file names tell, as a pattern with named groups."""
        text = self.pattern or _PATTERNS.get(self.kind)
        return re.compile(text) if text else None

    @property
    def clock(self) -> timedelta:
        """How far times of the same call may lie apart."""
        return timedelta(hours=self.clock_hours)

    def zone(self, centre: ZoneInfo) -> ZoneInfo:
        """Return the zone of its times: that of the centre, if nothing else is set."""
        return ZoneInfo(self.timezone) if self.timezone else centre
