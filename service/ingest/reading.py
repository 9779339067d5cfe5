"""Texts under our names, as file names, tables, XML and forms give them, read into call records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from service.ingest.call_record import CallRecord, End, basename, masked
from service.spreadsheets.shown import plain
from service.store.base import in_utc
from speechaudit.model import Direction, EndedBy, Setting
from speechaudit.text import identity_form


def of_fields(known: Mapping[str, str], zone: ZoneInfo) -> CallRecord:
    """Return the call from texts under our names (`source.FIELDS`), as names, tables, XML and forms give them."""
    read = _Reader({name: text.strip() for name, text in known.items() if text.strip()}, zone)
    answered, ended = read.moment("answered_at"), read.moment("ended_at")
    ring_at = read.moment("ring_at")
    started = read.moment("started_at") or read.day_and_time() or ring_at
    rang_off = (read.text("ended_by") or "").casefold()
    read.passed_on()
    found = CallRecord(
        setting=cast("Setting | None", read.word("setting", {"phone": "phone", "counter": "counter", **_SETTINGS})),
        ended_by=_ENDED_BY.get(rang_off),
        hung_up=_HUNG_UP.get(rang_off),
        queued=bool(read.seconds("queue_seconds")),
        coarse=tuple(read.coarse),
        staff=read.identity("staff"),
        window=read.text("window"),
        extension=read.identity("extension"),
        caller=read.identity("caller"),
        callee=read.identity("callee"),
        number=read.identity("number"),
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
_SIDES: Final[Mapping[EndedBy, str]] = {
    "staff": "staff agent seat 坐席 座席 坐席挂断 座席挂断 话务员 工作人员 本方 本方挂断 我方 内线 分机",
    "citizen": "citizen user customer client 客户 客户挂断 用户 用户挂断 群众 市民 对方 对方挂断 外线 来电人 客人",
    "line": "line network 线路 网络 断线 掉线 线路中断 网络中断",
}
_ENDED_BY: Final = {word: side for side, words in _SIDES.items() for word in words.split()}
_ENDS: Final[Mapping[End, str]] = {"caller": "caller 主叫 主叫挂断 主叫方", "callee": "callee 被叫 被叫挂断 被叫方"}
_HUNG_UP: Final = {word: end for end, words in _ENDS.items() for word in words.split()}
_MOMENTS: Final = {
    "started_at": "开始时间",
    "ring_at": "响铃时间",
    "answered_at": "接通时间",
    "ended_at": "结束时间",
}
_NOWHERE: Final = frozenset({"0", "-", "--", "无", "否", "没有", "未转接"})
_FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S")
_TO_THE_MINUTE: Final = re.compile(r"[T ]\d{1,2}:\d{2}(?:Z|[+-]\d\d:?\d\d)?$")
_EPOCH: Final = re.compile(r"(1\d{9})(?:\.\d+)?|(1\d{12})")
_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")


class _Reader:
    """Texts under our names; what cannot be read goes to `doubts`."""

    def __init__(self, known: Mapping[str, str], zone: ZoneInfo) -> None:
        self._known = known
        self._zone = zone
        self.doubts: list[str] = []
        self.coarse: list[str] = []

    def text(self, name: str) -> str | None:
        """Return the text as it stands, without control characters; None if it is empty."""
        return re.sub(r"[\x00-\x1f\x7f]", "", self._known.get(name, ""))[:200] or None

    def identity(self, name: str) -> str | None:
        """Return the text in one width, without control characters; None if it is empty."""
        return identity_form(self.text(name) or "") or None

    def passed_on(self) -> None:
        """Doubt a call that a column says went on to somebody else."""
        number = self.text("transferred_to")
        if number and number not in _NOWHERE:
            self.doubts.append(f"通话转接到 {masked(number)},录音里不止一人,不知道从哪里起是谁")

    def moment(self, name: str) -> datetime | None:
        """Return a time in UTC; None, with a doubt, if it cannot be read."""
        if (text := self.text(name)) is None:
            return None
        if _TO_THE_MINUTE.search(plain(text)):
            self.coarse.append(name)
        if (found := moment(text, self._zone)) is None:
            self.doubts.append(f"{_MOMENTS[name]} {name} 不是时间:“{text[:40]}”")
        return found

    def day_and_time(self) -> datetime | None:
        """Return a time in UTC from its two halves; None, with a doubt, if they cannot be read."""
        day, time = self.text("date"), self.text("time")
        if day is None or time is None:
            return None
        text = re.sub(r"\D", "", plain(day) + re.sub(r"^(?=\d:)", "0", time))
        if len(text) != 14 or (found := moment(text, self._zone)) is None:
            self.doubts.append(f"日期和时间看不懂:“{day[:20]}”“{time[:20]}”")
            return None
        return found

    def seconds(self, name: str) -> float | None:
        """Return seconds (0 to 3600), written as a number, as 8秒, or as a clock does; else None with a doubt."""
        if (text := self.text(name)) is None:
            return None
        found = _seconds(text)
        if found is None or not 0 <= found <= 3600:
            self.doubts.append(f"{name} 不是 0 到 3600 之间的秒数:“{text[:40]}”")
            return None
        return found

    def word(self, name: str, words: Mapping[str, str]) -> str | None:
        """Return what one of a few words means; None, with a doubt, for another."""
        if (text := self.text(name)) is None:
            return None
        if (found := words.get(text.casefold())) is None:
            self.doubts.append(f"{name} 看不懂:“{text[:40]}”")
        return found

    def answered(self) -> bool | None:
        """Return whether somebody answered; None for words beyond the usual ones."""
        text = (self.text("result") or "").casefold()
        if (self.text("direction") or "") == "未接来电" or text in _MISSED:
            return False
        return True if text in _ANSWERED else None

    def channel(self) -> int | None:
        """Return the channel of the staff: 0 left, 1 right; None, with a doubt, for anything else."""
        if (text := self.text("staff_channel")) is None:
            return None
        if text not in {"0", "1"}:
            self.doubts.append(f"staff_channel 应为 0 或 1:“{text[:40]}”")
            return None
        return int(text)


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a time in UTC from ISO 8601, from what Chinese devices write, or from (milli)seconds since 1970."""
    if epoch := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(epoch[2]) / 1000 if epoch[2] else float(text), UTC)
    told = re.sub(r"\s+", " ", plain(text).replace("/", "-"))
    found = _iso(told) or next(filter(None, (_formatted(told, form) for form in _FORMATS)), None)
    try:
        return found and in_utc(found if found.tzinfo else found.replace(tzinfo=zone))
    except OverflowError:
        return None


def _seconds(text: str) -> float | None:
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return 3600.0 * hours + 60 * minutes + seconds
    try:
        return float(text.removesuffix("秒").removesuffix("s"))
    except ValueError:
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
