"""What is known of a recording before it is heard: who served where, how the call ran, who was put through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from speechaudit.model.speech import Span

Setting = Literal["phone", "counter"]
Direction = Literal["in", "out"]
EndedBy = Literal["staff", "citizen", "line"]
LegKind = Literal["person", "machine", "queue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The queue called `number` to the window, `at` seconds after the start of the recording."""

    at: float
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg(Span):
    """One party that was put through on our side of a call, in seconds of the recording.

    `who` is an extension, a 工号 or a window as the switch names it, None where it names nobody. `staff` is the 工号 of
    the person, as somebody told it or as the roster names exactly one. `ring_seconds` is how long this party's
    telephone rang.
    """

    kind: LegKind
    who: str | None = None
    staff: str | None = None
    ring_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of a call, or of a stretch at the counter, before it is heard. None means unknown: nobody guesses.

    `ring_seconds` is ringing before the answer. `staff_channel` counts from 0. `calls` are those of the queue, in order
    of time. `legs` are who was put through, in order of time. `extras` are free. The limits and descriptions beside the
    fields are those of files and requests that people write (read by pydantic).
    """

    setting: Setting | None = field(default=None, metadata={"description": "场景:phone 电话,counter 柜台"})
    started_at: datetime | None = field(
        default=None, metadata={"description": "开始时间,ISO 8601,例如 2026-03-02T09:15:00+08:00"}
    )
    ring_seconds: float | None = field(default=None, metadata={"ge": 0, "le": 3600, "description": "接听前响铃的秒数"})
    staff_channel: int | None = field(
        default=None, metadata={"ge": 0, "le": 1, "description": "工作人员所在声道:0 左,1 右"}
    )
    direction: Direction | None = field(default=None, metadata={"description": "通话方向:in 呼入,out 呼出"})
    ended_by: EndedBy | None = field(
        default=None, metadata={"description": "谁结束的:staff 工作人员,citizen 群众,line 线路中断"}
    )
    calls: tuple[Call, ...] = field(default=(), metadata={"description": "叫号机的叫号记录,用来分开一次次服务"})
    legs: tuple[Leg, ...] = field(
        default=(), metadata={"description": "先后接通的各方:person 人,machine 自动语音,queue 排队"}
    )
    extras: Mapping[str, str] = field(default_factory=dict, metadata={"description": "其他信息,原样保留在结果里"})


def facts_of(known: CallFacts) -> CallFacts:
    """Return the facts alone, of a value that holds more."""
    return CallFacts(**fact_values(known))


def fact_values(known: CallFacts) -> dict[str, Any]:
    """Return the facts by name, for a value that holds the same ones and more."""
    return {each.name: getattr(known, each.name) for each in fields(CallFacts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording(CallFacts):
    """One file, who served where as far as somebody says so, and the facts. What says nothing else is a counter."""

    file: str
    staff: str | None = None
    window: str | None = None
    setting: Setting = "counter"


def recording_with(facts: CallFacts, *, file: str, staff: str | None = None, window: str | None = None) -> Recording:
    """Return a recording of which this is known; where nobody said the setting, it is a counter."""
    known = fact_values(facts) | {"setting": facts.setting or "counter"}
    return Recording(file=file, staff=staff, window=window, **known)
