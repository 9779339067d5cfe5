"""What a recorder says of one call, in one form whatever it writes; what cannot be read is a doubt, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from speechaudit.model import CallFacts, Direction, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord(CallFacts):
    """One call as a recorder or a request tells it; None means unknown.

    `staff` and `window` are as they are named. `caller` and `callee` are the two ends as the switch names them,
    `extension` the end that is known to be ours, `number` the citizen's. `ring_at` is when the telephone of the staff
    began to ring: without it no ringing is judged. `file` is the name that a call log gives, `ids` are the numbers of
    the call in it. `other_party` is true for a file that holds nothing but the citizen. `doubts` say in Chinese what
    contradicts itself or cannot be read.
    """

    staff: str | None = None
    window: str | None = None
    extension: str | None = None
    caller: str | None = None
    callee: str | None = None
    number: str | None = None
    answered: bool | None = None
    ring_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    file: str | None = None
    ids: tuple[str, ...] = ()
    other_party: bool = False
    doubts: tuple[str, ...] = ()

    def ring(self) -> float | None:
        """Seconds of ringing before the answer, if somebody knows."""
        if self.ring_seconds is not None or self.ring_at is None or self.answered_at is None:
            return self.ring_seconds
        return (self.answered_at - self.ring_at).total_seconds()


_LONGEST_EXTENSION, _KEPT_DIGITS = 6, 4
_COMPARED: Final = ("staff", "window", "extension", "direction", "setting")
_NAMES: Final = {"staff": "工号", "window": "窗口", "extension": "分机", "direction": "方向", "setting": "场景"}


def merged(name: CallRecord, log: CallRecord, tolerance: timedelta) -> CallRecord:
    """What file name and call log say together. The log knows more; where they disagree, that is a doubt."""
    doubts = [*name.doubts, *log.doubts]
    for key in _COMPARED:
        ours, theirs = getattr(name, key), getattr(log, key)
        if ours is not None and theirs is not None and ours != theirs:
            doubts.append(f"文件名与通话记录不一致:{_NAMES[key]} {ours} / {theirs}")
    if name.started_at and log.started_at and abs(name.started_at - log.started_at) > tolerance:
        doubts.append(f"文件名与通话记录的时间相差太大:{name.started_at.isoformat()} / {log.started_at.isoformat()}")
    gaps: dict[str, Any] = {
        each.name: getattr(name, each.name) for each in fields(CallRecord) if getattr(log, each.name) in (None, ())
    }
    gaps |= {"ids": (*name.ids, *log.ids), "extras": {**name.extras, **log.extras}, "doubts": tuple(doubts)}
    return replace(log, **gaps)


def of_fields(known: Mapping[str, str], zone: ZoneInfo) -> CallRecord:
    """CallRecord from texts under our names (`source.FIELDS`), as names, tables, XML and forms give them."""
    read = _Reader({name: text.strip() for name, text in known.items() if text.strip()}, zone)
    started = read.moment("started_at") or read.day_and_time()
    answered, ended = read.moment("answered_at"), read.moment("ended_at")
    ring_at = read.moment("ring_at")
    found = CallRecord(
        setting=cast("Setting | None", read.word("setting", {"phone": "phone", "counter": "counter", **_SETTINGS})),
        staff=read.text("staff"),
        window=read.text("window"),
        extension=read.text("extension"),
        caller=read.text("caller"),
        callee=read.text("callee"),
        number=read.text("number"),
        direction=cast("Direction | None", read.word("direction", _DIRECTIONS)),
        answered=read.answered(),
        started_at=started,
        ring_at=ring_at,
        answered_at=answered,
        ended_at=ended,
        ring_seconds=read.seconds("ring_seconds"),
        staff_channel=read.channel(),
        file=basename(read.text("file")),
        ids=tuple(filter(None, [read.text("call_id")])),
    )
    return replace(found, doubts=(*read.doubts, *_disorder(found)))


def basename(path: str | None) -> str | None:
    """The last part of a path in either notation, as call logs write it."""
    return path.replace("\\", "/").rpartition("/")[2] or None if path else None


def masked(number: str | None) -> str | None:
    """A telephone number of which only the end can be read, enough to tell calls apart. Extensions stay."""
    if number is None or len(number) <= _LONGEST_EXTENSION:
        return number
    return "*" * (len(number) - _KEPT_DIGITS) + number[-_KEPT_DIGITS:]


def _disorder(found: CallRecord) -> Iterable[str]:
    moments = [m for m in (found.started_at, found.ring_at, found.answered_at, found.ended_at) if m]
    if moments != sorted(moments):
        yield f"时间先后颠倒:{' / '.join(m.isoformat() for m in moments)}"


_SETTINGS: Final = {"电话": "phone", "热线": "phone", "柜台": "counter", "窗口": "counter"}
_IN: Final = ("in", "inbound", "incoming", "呼入", "来电", "被叫", "已接来电", "未接来电", "接入")
_OUT: Final = ("out", "outbound", "outgoing", "呼出", "去电", "主叫", "拨出", "外呼", "外拨")
_DIRECTIONS: Final = dict.fromkeys(_IN, "in") | dict.fromkeys(_OUT, "out")
_ANSWERED: Final = frozenset({"answered", "ok", "success", "接通", "已接", "已接通", "已接听", "成功", "正常"})
_MISSED: Final = frozenset(
    {"no answer", "noanswer", "busy", "failed", "congestion", "missed", "cancel", "未接", "未接通", "未接听", "占线"}
    | {"忙", "无人接听", "失败", "拒接", "放弃", "留言", "未接来电"}
)
_FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S")
_EPOCH: Final = re.compile(r"(1\d{9})(?:\.\d+)?|(1\d{12})")
_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")


class _Reader:
    """Texts under our names; what cannot be read goes to `doubts`."""

    def __init__(self, known: Mapping[str, str], zone: ZoneInfo) -> None:
        self._known = known
        self._zone = zone
        self.doubts: list[str] = []

    def text(self, name: str) -> str | None:
        """As it stands, without control characters."""
        return re.sub(r"[\x00-\x1f\x7f]", "", self._known.get(name, ""))[:200] or None

    def moment(self, name: str) -> datetime | None:
        """A time in UTC."""
        if (text := self.text(name)) is None:
            return None
        if (found := moment(text, self._zone)) is None:
            self.doubts.append(f"{name} 不是时间:“{text[:40]}”")
        return found

    def day_and_time(self) -> datetime | None:
        """A time from its two halves."""
        day, time = self.text("date"), self.text("time")
        if day is None or time is None:
            return None
        text = re.sub(r"\D", "", day + time)
        if len(text) != 14 or (found := moment(text, self._zone)) is None:
            self.doubts.append(f"日期和时间看不懂:“{day[:20]}”“{time[:20]}”")
            return None
        return found

    def seconds(self, name: str) -> float | None:
        """Seconds, written as a number, as 8秒, or as a clock does."""
        if (text := self.text(name)) is None:
            return None
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return 3600.0 * hours + 60 * minutes + seconds
        try:
            found = float(text.removesuffix("秒").removesuffix("s"))
        except ValueError:
            found = -1.0
        if not 0 <= found <= 3600:
            self.doubts.append(f"{name} 不是 0 到 3600 之间的秒数:“{text[:40]}”")
            return None
        return found

    def word(self, name: str, words: Mapping[str, str]) -> str | None:
        """One of a few words."""
        if (text := self.text(name)) is None:
            return None
        if (found := words.get(text.casefold())) is None:
            self.doubts.append(f"{name} 看不懂:“{text[:40]}”")
        return found

    def answered(self) -> bool | None:
        """Whether somebody answered; words beyond the usual ones say nothing."""
        text = (self.text("result") or "").casefold()
        if (self.text("direction") or "") == "未接来电" or text in _MISSED:
            return False
        return True if text in _ANSWERED else None

    def channel(self) -> int | None:
        """The channel of the staff: 0 left, 1 right."""
        if (text := self.text("staff_channel")) is None:
            return None
        if text not in {"0", "1"}:
            self.doubts.append(f"staff_channel 应为 0 或 1:“{text[:40]}”")
            return None
        return int(text)


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time in UTC from ISO 8601, from what Chinese devices write, or from seconds or milliseconds since 1970."""
    if epoch := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(epoch[2]) / 1000 if epoch[2] else float(text), UTC)
    plain = re.sub(r"\s+", " ", text.replace("/", "-"))
    found = _iso(plain) or next(filter(None, (_formatted(plain, form) for form in _FORMATS)), None)
    try:
        return found and (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "-" in text and ":" in text else None
    except ValueError:
        return None


def _formatted(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
